"""What is asked for before signing up and recovering an account, where the operator wants it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import Field
from typing_extensions import TypedDict

from doorward.domain.risk.challenges import new_challenge
from doorward.infra.database.unit_of_work import Tx
from doorward.surfaces.rest.asked import Asked, Reply, reply
from doorward.surfaces.rest.operation import Operations

operations: Final = Operations("Signing in")

# The header that carries the answer.
HEADER: Final = b"challenge-response"


class ChallengeView(TypedDict):
    """What is asked for before signing up and recovering an account."""

    kind: Literal["none", "proof-of-work", "captcha"]
    challenge: Annotated[
        str | None,
        Field(
            description="Find a text so that SHA-256 over this, a dot and the text begins with `difficulty` zero bits, and send "
            "this, a dot and the text as the header `Challenge-Response`. Each serves once."
        ),
    ]
    difficulty: int | None
    expires_at: datetime | None
    site_key: Annotated[
        str | None, Field(description="For the script of a CAPTCHA, whose token is sent in the same header.")
    ]


@operations.add("GET", "/v1/challenges", answer=ChallengeView, public=True)
async def show(asked: Asked) -> Reply:
    """Get a challenge to solve."""

    async def use_case(tx: Tx) -> Reply:
        made = new_challenge(tx)
        return reply(
            {
                "kind": made.kind,
                "challenge": made.challenge,
                "difficulty": made.difficulty,
                "expires_at": made.expires_at,
                "site_key": made.site_key,
            }
        )

    return await asked.read(use_case)
