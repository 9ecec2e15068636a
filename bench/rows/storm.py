"""A sign-in storm: what is left of who-am-I while twice as many people sign in as the cores can hash for."""

from __future__ import annotations

from dataclasses import asdict
from typing import Final

from bench.load import Caller, measure
from bench.rounds import Contender, Figures, Result, alternate, loaded
from bench.stage import Stage
from bench.subjects.doorward import Doorward
from bench.subjects.peer import Peer

SIGNING_IN: Final = 16


async def run(stage: Stage) -> Result:
    """Who-am-I of Doorward and of fastapi-users, alone and in the storm, in turns."""
    contenders: dict[str, Contender] = {}
    for subject in (stage.peer, stage.doorward):
        if subject:
            asking = await subject.who_am_i()
            contenders[f"{subject.name} alone"] = loaded(subject.load(asking), stage.ground.seconds)
            contenders[f"{subject.name} in the storm"] = _stormy(stage, subject, asking)
    return await alternate("storm", stage.ground.database, contenders, stage.ground.rounds)


def _stormy(stage: Stage, subject: Doorward | Peer, asking: list[Caller]) -> Contender:
    storm = subject.load(subject.sign_in(SIGNING_IN))

    async def once() -> Figures:
        asked, signed_in = await measure([subject.load(asking), storm], seconds=stage.ground.seconds)
        return asdict(asked) | {"sign_in_rate": signed_in.rate}

    return once
