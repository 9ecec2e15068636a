"""Growth: the same reads at 1,000 and at 1,000,000 users, whose slowest answers must cost about the same.

To fill takes minutes and any machine, to measure a quiet one: with a folder that is kept, these may be two runs.
"""

from __future__ import annotations

from typing import Final

from bench.ground import Ground
from bench.rounds import Contender, Result, alternate, loaded
from bench.stage import Stage
from bench.subjects.doorward import Doorward

FEW: Final = 1_000
MANY: Final = 1_000_000
READS: Final = ("who-am-i", "user-by-id", "list first page", "list deep page")


async def fill(ground: Ground) -> None:
    """Fills both into a folder that is kept, for a run that measures them."""
    for count in (FEW, MANY):
        doorward = Doorward(ground, count=count, label=f"growth{count}")
        await doorward.open(keeps=True)
        doorward.close()


async def run(stage: Stage) -> Result:
    """Two Doorwards that differ in nothing but how many people they hold."""
    contenders: dict[str, Contender] = {}
    opened: list[Doorward] = []
    try:
        for count in (FEW, MANY) if Doorward.name in stage.taking_part else ():
            doorward = Doorward(stage.ground, count=count, label=f"growth{count}")
            opened.append(doorward)
            await doorward.open(keeps=stage.ground.keeps)
            callers = {
                "who-am-i": await doorward.who_am_i(),
                "user-by-id": await doorward.user_by_id(),
                "list first page": await doorward.list_first(),
                "list deep page": await doorward.list_deep(),
            }
            for read in READS:
                contenders[f"{read} at {count:,}"] = loaded(doorward.load(callers[read]), stage.ground.seconds)
        # The two sizes of one read follow each other, so that both meet the same machine.
        paired = {
            name: contenders[name] for name in sorted(contenders, key=lambda name: READS.index(name.split(" at ")[0]))
        }
        return await alternate("growth", stage.ground.database, paired, stage.ground.rounds)
    finally:
        for each in opened:
            each.close()
