"""Fill the database with invented people, for trying things out and for measuring."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from functools import partial
from typing import Final

from doorward.domain.roles.rules import SUPPORT
from doorward.domain.transfer.bring_in import Choices, Import, Tally
from doorward.domain.transfer.people import Maker
from doorward.domain.transfer.prepare import CHUNK, Chunk
from doorward.infra.tools import Tools
from doorward.kernel.actor import Actor

# One in so many helps the others. Nobody is an administrator: all share one password.
_SUPPORT_EVERY: Final = 400


async def seed_users(
    tools: Tools,
    actor: Actor,
    count: int,
    *,
    seed: int = 1,
    with_passwords: bool = True,
    progress: Callable[[Tally], None] = lambda _: None,
) -> tuple[Tally, str | None]:
    """Makes so many people and answers their one password. The same seed makes the same people; who is there is skipped.

    The password is hashed once for all of them: a million hashes would take days. Raises Forbidden.
    """
    running = Import(tools, actor, Choices(source="seed"), lambda tally, *_: progress(tally))
    await running.rules()
    maker = Maker(seed, tools.clock.now())
    password = secrets.token_urlsafe(12) if with_passwords else None
    password_hash = None if password is None else await tools.hashing.hash(password)
    for start in range(1, count + 1, CHUNK):
        people = []
        for number in range(start, min(start + CHUNK, count + 1)):
            person = maker.person(number)
            person.password_hash = password_hash
            if number % _SUPPORT_EVERY == 0:
                person.roles = {SUPPORT.name: SUPPORT.id}
            people.append(person)
        await running.settle(Chunk(len(people), [], partial(list, people)))
    return running.tally, password
