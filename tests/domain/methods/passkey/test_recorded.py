"""What a real browser answered, recorded once with three virtual authenticators: it verifies, and spoiled it does not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from doorward.domain.methods.passkey.answer import NotAccepted, user_handle
from doorward.domain.methods.passkey.ceremony import check_new, check_use
from doorward.domain.methods.passkey.relying_party import RelyingParty
from doorward.infra.crypto import base64url

RECORDED = json.loads((Path(__file__).parent / "recorded.json").read_text(encoding="utf-8"))
PARTY = RelyingParty("localhost", "Doorward", (RECORDED["origin"],), "required")
BY_NAME: dict[str, dict[str, Any]] = {each["name"]: each for each in RECORDED["recorded"]}
HANDLE = b"h" * 64


@pytest.mark.parametrize("name", BY_NAME)
def test_takes_what_a_real_browser_made_and_used(name: str) -> None:
    one = BY_NAME[name]
    passkey = check_new(one["created"], challenge=one["create_challenge"].encode(), party=PARTY, handle=HANDLE)
    assert (passkey.synced, passkey.verified) == (name == "synced", True)
    assert passkey.counter > 0
    used = check_use(one["used"], passkey, challenge=one["get_challenge"].encode(), party=PARTY)
    assert used.verified
    assert used.counter > passkey.counter
    assert used.backed_up is (name == "synced")
    assert user_handle(one["used"]) == HANDLE


@pytest.mark.parametrize("name", BY_NAME)
@pytest.mark.parametrize("part", ["clientDataJSON", "authenticatorData", "signature"])
def test_every_bit_of_what_a_real_browser_signed_counts(name: str, part: str) -> None:
    one = BY_NAME[name]
    passkey = check_new(one["created"], challenge=one["create_challenge"].encode(), party=PARTY, handle=HANDLE)
    whole = base64url.decode(one["used"]["response"][part])
    for place in range(len(whole) * 8):
        spoiled = bytearray(whole)
        spoiled[place // 8] ^= 1 << place % 8
        response = one["used"]["response"] | {part: base64url.encode(bytes(spoiled))}
        with pytest.raises(NotAccepted):
            check_use(
                one["used"] | {"response": response}, passkey, challenge=one["get_challenge"].encode(), party=PARTY
            )
