"""Imports and exports as the command line does them, without the command line."""

from __future__ import annotations

import io
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from doorward.domain.transfer.bring_in import Choices, Import, Tally
from doorward.domain.transfer.export import export_users
from doorward.domain.transfer.prepare import Reject
from doorward.domain.transfer.read import Reader
from doorward.domain.users.list import UserFilter
from doorward.infra.tools import Tools
from doorward.kernel.actor import operator


@dataclass
class Imported:
    """What came of an import. codes: by line, the codes of what was wrong."""

    tally: Tally
    rejects: list[Reject] = field(default_factory=list)

    @property
    def codes(self) -> dict[int, list[str]]:
        return {reject.record.line: [error.code for error in reject.errors] for reject in self.rejects}

    def counts(self) -> dict[str, int]:
        named = {name: getattr(self.tally, name) for name in ("created", "updated", "unchanged", "skipped", "rejected")}
        return {name: number for name, number in named.items() if number}


BringIn = Callable[..., Awaitable[Imported]]


def reader_of(text: str | bytes, **how: Any) -> Reader:
    """A reader of a file with this content."""
    content = text.encode() if isinstance(text, str) else text
    return Reader(io.BytesIO(content), **({"kind": "csv", "mapping": {}} | how))


async def bring_in_to(tools: Tools, text: str | bytes, **how: Any) -> Imported:
    choices = Choices(**{name: how.pop(name) for name in ("existing", "dry_run", "chunk") if name in how})
    rejects: list[Reject] = []

    def settled(_: Tally, refused: Sequence[Reject], __: int | None) -> None:
        rejects.extend(refused)

    running = Import(tools, operator(), choices, settled)
    return Imported(await running.run(iter(reader_of(text, **how))), rejects)


@pytest.fixture
def bring_in(tools: Tools) -> BringIn:
    """Imports a file's content, given as text."""

    async def run(text: str | bytes, **how: Any) -> Imported:
        return await bring_in_to(tools, text, **how)

    return run


async def export_from(tools: Tools, kind: str = "csv", which: UserFilter | None = None, **how: Any) -> str:
    """What an export writes."""
    file = io.BytesIO()
    await export_users(tools, operator(), file, kind, which or UserFilter(), **how)  # type: ignore[arg-type]
    return file.getvalue().decode()
