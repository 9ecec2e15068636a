"""Sign-up of somebody new: one hash and the writes of an account."""

from __future__ import annotations

from bench.rounds import Contender, Result, alternate
from bench.rows.sign_in import CONNECTIONS
from bench.stage import Stage


async def run(stage: Stage) -> Result:
    """Doorward beside fastapi-users."""
    contenders: dict[str, Contender] = {}
    for subject in (stage.peer, stage.doorward):
        if subject:
            contenders[subject.name] = stage.contender(subject, subject.sign_up(CONNECTIONS))
    return await alternate("sign-up", stage.ground.database, contenders, stage.ground.rounds)
