"""Sign-in by password and the code of an authenticator app: two requests each, of which the first hashes."""

from __future__ import annotations

import asyncio
from typing import Final

from bench.rounds import Contender, Result, alternate, loaded
from bench.stage import Stage
from bench.subjects.doorward import APP_DRIFT

CONNECTIONS: Final = 8
# Each has five codes at once, of which setting the app up takes one.
PEOPLE: Final = 120


async def run(stage: Stage) -> Result:
    """Doorward's sign-in with a second factor beside its sign-in by password. The rate counts requests: two are one sign-in."""
    contenders: dict[str, Contender] = {}
    if not stage.doorward:
        return await alternate("totp", stage.ground.database, contenders, stage.ground.rounds)
    drifting = {"DOORWARD_TOTP__DRIFT_STEPS": str(APP_DRIFT)}
    server = await asyncio.to_thread(stage.doorward.start, drifting)
    try:
        by_password = stage.doorward.load(stage.doorward.sign_in(CONNECTIONS), server)
        by_app = stage.doorward.load(await stage.doorward.apps(server, CONNECTIONS, PEOPLE), server)
        contenders["doorward password"] = loaded(by_password, stage.ground.seconds)
        contenders[stage.doorward.name] = loaded(by_app, stage.ground.seconds)
        return await alternate("totp", stage.ground.database, contenders, stage.ground.rounds)
    finally:
        server.stop()
