"""Sign-in by password and the code of an authenticator app: two requests each, of which the first hashes."""

from __future__ import annotations

import asyncio
import math
from typing import Final

from bench.rounds import Contender, Result, alternate, loaded
from bench.stage import Stage
from bench.subjects.doorward import APP_DRIFT

CONNECTIONS: Final = 8
# Each has five codes at once, of which setting the app up takes one.
_CODES_OF_EACH: Final = 4
# More than the hashes of a few cores let through.
_MOST_PER_SECOND: Final = 250
_WARM_UP_SECONDS: Final = 1.0


async def run(stage: Stage) -> Result:
    """Doorward's sign-in with a second factor beside its sign-in by password. The rate counts requests: two are one sign-in."""
    contenders: dict[str, Contender] = {}
    if not stage.doorward:
        return await alternate("totp", stage.ground.database, contenders, stage.ground.rounds)
    drifting = {"DOORWARD_TOTP__DRIFT_STEPS": str(APP_DRIFT)}
    server = await asyncio.to_thread(stage.doorward.start, drifting)
    try:
        by_password = stage.doorward.load(stage.doorward.sign_in(CONNECTIONS), server)
        seconds = (stage.ground.seconds + _WARM_UP_SECONDS) * stage.ground.rounds
        people = min(stage.doorward.count - 1, math.ceil(seconds * _MOST_PER_SECOND / _CODES_OF_EACH))
        by_app = stage.doorward.load(await stage.doorward.apps(server, CONNECTIONS, people), server)
        contenders["doorward password"] = loaded(by_password, stage.ground.seconds, warm_up=_WARM_UP_SECONDS)
        contenders[stage.doorward.name] = loaded(by_app, stage.ground.seconds, warm_up=_WARM_UP_SECONDS)
        return await alternate("totp", stage.ground.database, contenders, stage.ground.rounds)
    finally:
        server.stop()
