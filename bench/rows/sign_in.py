"""Sign-in with a password, beside what the cores give when they do nothing but hash."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Final

from bench.processes import ROOT, clean_environment
from bench.rounds import Contender, Figures, Result, alternate
from bench.stage import Stage

CONNECTIONS: Final = 8
# About thirty hashes a second on a slow core: a shorter window would count too few.
_SHORTEST_SECONDS: Final = 4.0


def raw_hash(seconds: float, library: str) -> Contender:
    """Verifications per second with as many threads as cores, in a process of their own. library: see `targets.hashing`."""

    async def once() -> Figures:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bench.targets.hashing",
            str(seconds),
            library,
            cwd=ROOT,
            env=clean_environment(),
            stdout=asyncio.subprocess.PIPE,
        )
        output, _ = await process.communicate()
        found = json.loads(output)
        return {
            "rate": found["verified"] / found["seconds"],
            "requests": found["verified"],
            "seconds": found["seconds"],
        }

    return once


async def run(stage: Stage) -> Result:
    """Doorward beside fastapi-users and the raw hash, all with the same Argon2id parameters."""
    seconds = max(stage.ground.seconds, _SHORTEST_SECONDS)
    contenders: dict[str, Contender] = {
        "raw hash": raw_hash(seconds, "argon2-cffi"),
        "raw hash, ours": raw_hash(seconds, "ours"),
    }
    for subject in (stage.peer, stage.doorward):
        if subject:
            contenders[subject.name] = stage.contender(subject, subject.sign_in(CONNECTIONS))
    return await alternate("sign-in", stage.ground.database, contenders, stage.ground.rounds)
