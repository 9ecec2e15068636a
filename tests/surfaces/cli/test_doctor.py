"""`doorward doctor`: each part, what ails it, and what to do."""

from __future__ import annotations

import shutil
import socket
import socketserver
import threading
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from doorward.hot_queries import HOT_QUERIES
from doorward.infra.database.statement import Plain
from doorward.infra.outbox.record import Job
from doorward.infra.tools import Tools
from doorward.kernel.actor import system
from doorward.surfaces.cli import doctor
from tests.make.redis import RedisServer
from tests.surfaces.cli.conftest import SECRET, Command

pytestmark = pytest.mark.integration


async def execute(tools: Tools, statement: str) -> None:
    transaction = await tools.database.begin()
    await transaction.run(Plain(statement), [])
    await transaction.commit()


def later(tools: Tools) -> str:
    """An hour from now, in the database's words."""
    moment = tools.clock.now() + timedelta(hours=1)
    return str(int(moment.timestamp() * 1_000_000)) if tools.database.name == "sqlite" else f"'{moment.isoformat()}'"


def states(doorward: Command) -> tuple[int, dict[str, tuple[str, str]]]:
    said = doorward("doctor", "--json")
    items = said.document["items"]
    # Whatever is not well comes with something to do.
    assert all(bool(each["remedy"]) == (each["state"] != "ok") for each in items), items
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
        "secrets": "ok",
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
    assert found["secrets"] == ("failed", "1 credentials and signing keys open with none of them")
    monkeypatch.setenv("DOORWARD_SECRETS", f"another secret that opens nothing at all here,{SECRET}")
    code, found = states(doorward)
    assert (code, found["signing key"][0]) == (0, "ok")
    assert found["secrets"] == ("warning", "1 credentials and signing keys open with an earlier one only")


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


async def test_finds_jobs_that_were_given_up(committing_tools: Tools, doorward: Command) -> None:
    async with committing_tools.writing(system()) as tx:
        tx.enqueue(Job("nobody.knows", {}))
    await execute(committing_tools, "UPDATE jobs SET dead_at = run_at")
    _, found = states(doorward)
    assert found["worker"] == ("warning", "0 jobs wait, 1 were given up, such as nobody.knows")


async def test_finds_a_key_whose_time_has_not_come(committing_tools: Tools, doorward: Command) -> None:
    await execute(committing_tools, "DELETE FROM signing_keys")  # sealed with the secret of the tests
    assert doorward("key", "rotate").code == 0
    await execute(committing_tools, f"UPDATE signing_keys SET active_from = {later(committing_tools)}")  # noqa: S608 - our own words
    assert states(doorward)[1]["signing key"] == ("warning", "none signs yet: all are announced only")


async def test_finds_a_schema_that_is_behind(committing_tools: Tools, doorward: Command) -> None:
    await execute(committing_tools, "UPDATE alembic_version SET version_num = '0001'")
    code, found = states(doorward)
    assert (code, found["schema"][0]) == (1, "failed")
    assert found["schema"][1].startswith("at revision 0001, and this version needs ")
    assert "worker" not in found
    # What asks the database itself says so too, and asks nothing.
    refused = doorward("doctor", "--queries", "--json")
    assert refused.code == 1
    assert [each["part"] for each in refused.document["items"]] == ["settings"]


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://doorward:x@127.0.0.1:{port}/doorward", "The PostgreSQL database doorward at 127.0.0.1:{port}"),
        ("sqlite:////proc/version", "The SQLite file /proc/version"),
    ],
)
def test_finds_a_database_that_is_away(url: str, said: str, doorward: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
        monkeypatch.setenv("DATABASE_URL", url.format(port=port))
        if url.startswith("sqlite"):
            monkeypatch.setattr(shutil, "disk_usage", lambda _folder: SimpleNamespace(total=1, used=0, free=10**11))
        code, found = states(doorward)
        assert (code, found["database"][0]) == (1, "failed")
        assert found["database"][1].startswith(said.format(port=port))
        assert "schema" not in found


def test_finds_a_data_folder_that_cannot_be_written(
    doorward: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.delenv("DATABASE_URL")
    monkeypatch.setenv("DOORWARD_DATA_DIR", str(tmp_path / "file" / "data"))
    code, found = states(doorward)
    assert (code, found["data folder"][0], found["database"][0]) == (1, "failed", "failed")


@pytest.mark.parametrize(
    ("greeting", "state"), [(b"220 post.example.com ESMTP\r\n", "ok"), (b"HTTP/1.1 400\r\n", "failed")]
)
def test_finds_a_mail_server_that_is_none(
    greeting: bytes, state: str, doorward: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Greeting(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.sendall(greeting)

    with socketserver.TCPServer(("127.0.0.1", 0), Greeting) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("DOORWARD_MAIL__HOST", "127.0.0.1")
        monkeypatch.setenv("DOORWARD_MAIL__PORT", str(server.server_address[1]))
        assert states(doorward)[1]["mail"][0] == state
        server.shutdown()


async def test_finds_a_redis_that_answers(
    doorward: Command, monkeypatch: pytest.MonkeyPatch, redis_server: RedisServer
) -> None:
    monkeypatch.setenv("REDIS_URL", redis_server.url)
    found = states(doorward)[1]
    assert found["redis"] == ("ok", "it answers, and counts")


async def test_fails_on_a_hot_query_that_lost_its_index(committing_tools: Tools, doorward: Command) -> None:
    await execute(committing_tools, "DROP INDEX uq_users_external_id")
    said = doorward("doctor", "--queries", "--json")
    assert said.code == 1
    (failed,) = [each for each in said.document["items"] if each["state"] == "failed"]
    assert (failed["part"], failed["finding"]) == ("user, by external id", "reads users from end to end")
    assert failed["remedy"].startswith("Run `doorward migrate`, then ANALYZE. If it stays: ")


def test_asks_the_database_how_it_would_run_the_hot_queries(doorward: Command) -> None:
    said = doorward("doctor", "--queries", "--json")
    assert said.code == 0
    items = said.document["items"]
    assert {each["part"] for each in items} == HOT_QUERIES.keys()
    assert {each["state"] for each in items} == {"ok"}
