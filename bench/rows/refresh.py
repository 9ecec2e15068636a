"""Refresh: a real rotation for each answer, on sessions that the connections own, with reuse detection on."""

from __future__ import annotations

from bench.rounds import Contender, Result, alternate
from bench.stage import Stage


async def run(stage: Stage) -> Result:
    """Doorward's refresh beside the who-am-I of fastapi-users, which has no refresh tokens."""
    contenders: dict[str, Contender] = {}
    if stage.peer:
        contenders["fastapi-users who-am-i"] = stage.contender(stage.peer, await stage.peer.who_am_i())
    if stage.doorward:
        contenders[stage.doorward.name] = stage.contender(stage.doorward, await stage.doorward.refresh())
    return await alternate("refresh", stage.ground.database, contenders, stage.ground.rounds)
