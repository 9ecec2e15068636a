"""A Doorward without a server around it, as cheap as tests want it and otherwise whole."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import BaseModel

from doorward.app import build_tools, prepare
from doorward.infra.crypto.hashing import HashingSettings
from doorward.infra.database.driver import Database
from doorward.infra.limits.settings import RateLimitSettings
from doorward.infra.tools import Tools
from doorward.kernel.clock import Clock
from doorward.settings import SECTIONS

TEST_ENVIRONMENT = frozenset({"DOORWARD_VECTORS", "DOORWARD_VENV"})
SECRET = b"a secret that serves in tests and nowhere else"


class MovableClock(Clock):
    """A clock that tests move."""

    def __init__(self) -> None:
        self._ahead = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def advance(self, **by: float) -> None:
        """Moves the clock forward, as `timedelta` understands it."""
        self._ahead += timedelta(**by)


def cheap_sections(**changed: BaseModel) -> dict[type, BaseModel]:
    """The default settings, with hashing that costs nothing. changed: sections by name."""
    sections = {name: section() for name, section in SECTIONS.items()}
    sections["password_hashing"] = HashingSettings(argon2_memory_kib=64, argon2_time=1, threads=2)
    # Tests ask a lot from one address; those of the limits turn them on.
    sections["rate_limits"] = RateLimitSettings(enabled=False)
    sections |= changed
    return {type(section): section for section in sections.values()}


async def make_tools(database: Database, *, clock: Clock | None = None, **changed: BaseModel) -> Tools:
    """Tools on a database, prepared as every start prepares them."""
    tools = build_tools(database, [SECRET], cheap_sections(**changed), clock=clock or MovableClock())
    await prepare(tools)
    return tools


def changed(tools: Tools, section: type[BaseModel], **fields: Any) -> None:
    """Changes settings of a slice for the rest of the test."""
    assert isinstance(tools.sections, dict)
    tools.sections[section] = tools.sections[section].model_copy(update=fields)
