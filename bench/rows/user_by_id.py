"""A user by id, as an administrator, over people from the whole table."""

from __future__ import annotations

from bench.rounds import Contender, Result, alternate
from bench.stage import Stage


async def run(stage: Stage) -> Result:
    """Doorward beside fastapi-users."""
    contenders: dict[str, Contender] = {}
    for subject in (stage.peer, stage.doorward):
        if subject:
            contenders[subject.name] = stage.contender(subject, await subject.user_by_id())
    return await alternate("user-by-id", stage.ground.database, contenders, stage.ground.rounds)
