"""Who am I: a token is verified in full, the user and the session are read, and the user is shown."""

from __future__ import annotations

from bench.rounds import Contender, Result, alternate
from bench.stage import Stage


async def run(stage: Stage) -> Result:
    """Doorward beside fastapi-users, and beside a bare point select as the limit."""
    contenders: dict[str, Contender] = {}
    for subject in (stage.peer, stage.doorward):
        if subject:
            contenders[subject.name] = stage.contender(subject, await subject.who_am_i())
    if stage.bare:
        contenders[stage.bare.name] = stage.contender(stage.bare, stage.bare.point_select())
    return await alternate("who-am-i", stage.ground.database, contenders, stage.ground.rounds)
