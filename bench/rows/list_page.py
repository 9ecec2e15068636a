"""A page of fifty users, the first and deep ones; fastapi-users lists nobody, so its who-am-I is the yardstick."""

from __future__ import annotations

from bench.rounds import Contender, Result, alternate
from bench.stage import Stage


async def run(stage: Stage) -> Result:
    """Both kinds of page beside the who-am-I of fastapi-users."""
    contenders: dict[str, Contender] = {}
    if stage.peer:
        contenders["fastapi-users who-am-i"] = stage.contender(stage.peer, await stage.peer.who_am_i())
    if stage.doorward:
        contenders["doorward first page"] = stage.contender(stage.doorward, await stage.doorward.list_first())
        contenders["doorward deep page"] = stage.contender(stage.doorward, await stage.doorward.list_deep())
    return await alternate("list", stage.ground.database, contenders, stage.ground.rounds)
