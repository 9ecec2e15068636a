"""Sign-in by passkey: two requests each, of which the second checks a signature and starts a session."""

from __future__ import annotations

from typing import Final

from bench.rounds import Contender, Result, alternate
from bench.stage import Stage

CONNECTIONS: Final = 8


async def run(stage: Stage) -> Result:
    """Doorward's sign-in by passkey beside its sign-in by password. The rate counts requests: two are one sign-in."""
    contenders: dict[str, Contender] = {}
    if stage.doorward:
        contenders["doorward password"] = stage.contender(stage.doorward, stage.doorward.sign_in(CONNECTIONS))
        contenders[stage.doorward.name] = stage.contender(stage.doorward, await stage.doorward.passkey(CONNECTIONS))
    return await alternate("passkey", stage.ground.database, contenders, stage.ground.rounds)
