"""The public keys that access tokens are verified with."""

from __future__ import annotations

from typing import Any, Final

from typing_extensions import TypedDict

from doorward.domain.keys.ring import ring
from doorward.infra.database.unit_of_work import Tx
from doorward.surfaces.rest.asked import Asked, Reply, reply
from doorward.surfaces.rest.operation import Operations

operations: Final = Operations("Keys")


class KeySetView(TypedDict):
    """A JWK Set (RFC 7517 section 5)."""

    keys: list[dict[str, Any]]


@operations.add("GET", "/.well-known/jwks.json", answer=KeySetView, public=True)
async def jwks(asked: Asked) -> Reply:
    """The public keys that access tokens are verified with."""

    async def use_case(tx: Tx) -> Reply:
        keys = (await ring(tx)).published(tx.now)
        return reply({"keys": keys}, headers=(("cache-control", "public, max-age=300"),))

    return await asked.read(use_case)
