"""`doorward doctor`: each part, what ails it, and what to do."""

from __future__ import annotations

import shutil
import socket
from pathlib import Path
from types import SimpleNamespace

import pytest

from doorward.hot_queries import HOT_QUERIES
from doorward.surfaces.cli import doctor
from tests.surfaces.cli.conftest import Command

pytestmark = pytest.mark.integration


def states(doorward: Command) -> tuple[int, dict[str, tuple[str, str]]]:
    said = doorward("doctor", "--json")
    items = said.document["items"]
    # Whatever is not well comes with something to do.
    assert all(each["remedy"] or each["state"] == "ok" or each["part"] in {"database", "signing key"} for each in items)
    return said.code, {each["part"]: (each["state"], each["finding"]) for each in items}


def test_finds_nothing_in_a_sound_installation(doorward: Command) -> None:
    assert doorward("key", "rotate").code == 0
    code, found = states(doorward)
    assert code == 0
    assert {part: state for part, (state, _) in found.items() if part not in {"disk", "database"}} == {
        "settings": "ok",
        **({"data folder": "ok"} if "data folder" in found else {}),
        "clock": "ok",
        "schema": "ok",
        "signing key": "ok",
        "worker": "ok",
    }
    # How long a statement takes is this machine's matter.
    assert "version" in found["database"][1]


def test_finds_a_secret_that_opens_nothing(doorward: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    assert states(doorward)[1]["signing key"][0] == "warning"
    assert doorward("key", "rotate").code == 0
    monkeypatch.setenv("DOORWARD_SECRETS", "another secret that opens nothing at all here")
    code, found = states(doorward)
    assert (code, found["signing key"][0]) == (1, "failed")


def test_finds_an_empty_database(doorward: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'empty.sqlite3'}")
    code, found = states(doorward)
    assert (code, found["schema"]) == (1, ("failed", "the database is empty"))


def test_finds_wrong_settings(doorward: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOORWARD_SERVR__PORT", "1")
    code, found = states(doorward)
    assert code == 1
    assert found == {
        "settings": ("failed", "DOORWARD_SERVR__PORT is not a setting. Did you mean DOORWARD_SERVER__PORT?")
    }


@pytest.mark.parametrize(("free", "state"), [(10**6, "failed"), (5 * 10**8, "warning"), (10**11, "ok")])
def test_finds_a_full_disk(free: int, state: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The one thing here that cannot be had for real: a disk that is nearly full.
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: SimpleNamespace(total=10**12, used=0, free=free))
    assert doctor._space(tmp_path).state == state


@pytest.mark.parametrize(("ahead", "state"), [(0.1, "ok"), (-5, "warning"), (60, "failed"), (-60, "failed")])
def test_finds_clocks_that_differ(ahead: float, state: str) -> None:
    assert doctor._clock(ahead).state == state


async def test_finds_work_that_waits_and_work_that_was_given_up(committing_tools, doorward: Command) -> None:
    from datetime import timedelta

    from doorward.infra.outbox.record import Job
    from doorward.kernel.actor import system

    tools = committing_tools
    tools.clock.advance(minutes=-10)
    async with tools.writing(system()) as tx:
        tx.enqueue(Job("nobody.knows", {}))
    tools.clock.advance(minutes=10)
    assert timedelta(0) <= tools.clock.now() - tx.now - timedelta(minutes=10) < timedelta(minutes=1)
    _, found = states(doorward)
    assert found["worker"][0] == "warning"
    assert found["worker"][1].startswith("1 jobs wait, 0 were given up; the oldest since")


def test_finds_a_mail_server_and_a_redis_that_are_away(doorward: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as nobody:
        # Bound and not listening: whoever knocks is refused.
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
        monkeypatch.setenv("DOORWARD_MAIL__HOST", "127.0.0.1")
        monkeypatch.setenv("DOORWARD_MAIL__PORT", str(port))
        monkeypatch.setenv("REDIS_URL", f"redis://127.0.0.1:{port}/0")
        code, found = states(doorward)
    assert (code, found["mail"][0], found["redis"][0]) == (1, "failed", "warning")


def test_asks_the_database_how_it_would_run_the_hot_queries(doorward: Command) -> None:
    said = doorward("doctor", "--queries", "--json")
    assert said.code == 0
    items = said.document["items"]
    assert {each["part"] for each in items} == HOT_QUERIES.keys()
    assert {each["state"] for each in items} == {"ok"}
