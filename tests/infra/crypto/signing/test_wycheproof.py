"""Project Wycheproof's vectors for JSON Web Signatures and keys, where they touch what is supported here.

The folder with them is named by DOORWARD_VECTORS or lies at `../shared/vectors` beside the repository.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from doorward.infra.crypto.signing import KeyUnsuitable, TokenInvalid, Verifier, public_key

REPOSITORY = Path(__file__).parents[4]
FOLDER = Path(os.environ.get("DOORWARD_VECTORS") or REPOSITORY / "../shared/vectors")
# Vectors may be valid and yet for an algorithm that is not offered.
SUPPORTED = {"ES256", "RS256"}


def vectors() -> Iterator[Any]:
    for kind in ("signature", "key", "crypto"):
        path = FOLDER / f"wycheproof-json_web_{kind}_test.json"
        if not path.is_file():
            yield pytest.param(
                [], {}, marks=pytest.mark.skip(reason=f"needs {path.name}; set DOORWARD_VECTORS"), id=f"{kind}-missing"
            )
            continue
        for group in json.loads(path.read_text())["testGroups"]:
            source = group.get("public") or group["private"]
            for test in group["tests"]:
                if "jws" in test:
                    yield pytest.param(
                        source.get("keys", [source]), test, id=f"{kind}-{test['tcId']}-{test['comment']}"
                    )


def accepts(jwks: list[dict[str, Any]], token: object) -> bool:
    try:
        keys = [public_key(jwk) for jwk in jwks]
        # Wycheproof's payloads are not claims and its headers name no type, so only the signature's part runs.
        Verifier({key.kid: key for key in keys})._authentic(token if isinstance(token, str) else json.dumps(token))
    except (KeyUnsuitable, TokenInvalid):
        return False
    return True


@pytest.mark.parametrize(("jwks", "test"), list(vectors()))
def test_judges_as_wycheproof_does(jwks, test):
    supported = all(jwk.get("alg") in SUPPORTED for jwk in jwks)
    assert accepts(jwks, test["jws"]) == (test["result"] == "valid" and supported)
