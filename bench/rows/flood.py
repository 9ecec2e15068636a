"""Sign-in under a flood of guesses: what is left of right sign-ins while many wrong passwords arrive."""

from __future__ import annotations

from dataclasses import asdict
from typing import Final

from bench.load import measure
from bench.rounds import Contender, Figures, Result, alternate, loaded
from bench.stage import Stage

SIGNING_IN: Final = 4
GUESSING: Final = 16


async def run(stage: Stage) -> Result:
    """Doorward's sign-ins alone, and beside four times as many connections that guess."""
    contenders: dict[str, Contender] = {}
    if stage.doorward:
        right = stage.doorward.load(stage.doorward.sign_in(SIGNING_IN))
        wrong = stage.doorward.load(stage.doorward.guesses(GUESSING))

        async def flooded() -> Figures:
            signed_in, guessed = await measure([right, wrong], seconds=stage.ground.seconds)
            return asdict(signed_in) | {"guess_rate": guessed.rate}

        contenders["doorward alone"] = loaded(right, stage.ground.seconds)
        contenders["doorward in the flood"] = flooded
    return await alternate("flood", stage.ground.database, contenders, stage.ground.rounds)
