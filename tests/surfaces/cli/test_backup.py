"""`doorward backup`, `doorward restore` and `doorward after-restore`."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import stat
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from pathlib import Path

import pytest

from doorward.infra.database import migrate
from doorward.surfaces.cli.program import run
from tests.make.people import PASSWORD
from tests.make.small_disk import small_disk
from tests.surfaces.cli.conftest import CHEAP, SECRET, Command, Running, Said

pytestmark = pytest.mark.integration

PASSPHRASE = "five words are a passphrase"


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("migrated") / "migrated.sqlite3"
    migrate.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
def database(tmp_path: Path, migrated_file: Path) -> Path:
    """The database of an installation on SQLite."""
    folder = tmp_path / "data"
    folder.mkdir()
    shutil.copy(migrated_file, folder / "doorward.sqlite3")
    return folder / "doorward.sqlite3"


@pytest.fixture
def lite(database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Command:
    """Gives a command within this process, on that installation. Keywords are variables."""
    monkeypatch.chdir(tmp_path)
    threads = ThreadPoolExecutor(1)

    def command(*arguments: str, stdin: str = "", **variables: str) -> Said:
        with monkeypatch.context() as environment:
            for name, value in {**CHEAP, "DOORWARD_SECRETS": SECRET, **variables}.items():
                environment.setenv(name, value)
            environment.setattr(sys, "stdin", StringIO(stdin))
            capfd.readouterr()
            code = threads.submit(run, arguments).result()
            said = capfd.readouterr()
        return Said(code, said.out, said.err)

    return command


def add_user(lite: Command, email: str) -> None:
    assert lite("user", "create", email, "--password-stdin", stdin=PASSWORD).code == 0


def emails(database: Path) -> set[str]:
    connection = sqlite3.connect(database)
    try:
        return {email for (email,) in connection.execute("SELECT email FROM users")}
    finally:
        connection.close()


def state_of(folder: Path) -> dict[str, str]:
    """Every file of a folder with its fingerprint: nothing may be changed, added or left behind."""
    return {each.name: hashlib.sha256(each.read_bytes()).hexdigest() for each in sorted(folder.iterdir())}


@pytest.fixture
def backed_up(lite: Command, tmp_path: Path) -> Path:
    """A backup with one user in it, and another user who came afterwards."""
    add_user(lite, "ada@example.com")
    assert lite("backup", "one.backup").code == 0
    add_user(lite, "late@example.com")
    return tmp_path / "one.backup"


def test_makes_a_backup_that_only_its_owner_can_read_and_says_what_is_in_it(lite: Command, tmp_path: Path) -> None:
    add_user(lite, "ada@example.com")
    made = lite("backup", "one.backup", "--json")
    assert made.code == 0, made.err
    file = tmp_path / "one.backup"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    document = made.document
    assert document["tables"]["users"] == 1
    assert document["schema"] == migrate.newest()
    assert document["sealed_with"] == "secrets"
    assert document["bytes"] == file.stat().st_size
    assert b"ada@example.com" not in file.read_bytes()
    verified = lite("backup", "--verify", "one.backup", "--json").document
    assert {**verified, "file": document["file"]} == document
    said = lite("backup", "two.backup")
    assert "two.backup was restored on trial and is whole" in said.out
    assert sorted(each.name for each in tmp_path.iterdir()) == ["data", "one.backup", "two.backup"]
    assert [each.name for each in (tmp_path / "data").iterdir()] == ["doorward.sqlite3"]


def test_leaves_behind_what_was_erased(lite: Command, database: Path, tmp_path: Path) -> None:
    """Pages that are free still hold what stood in them; a backup must not."""
    connection = sqlite3.connect(database, isolation_level=None)
    # Some systems build SQLite so that it wipes free pages; not all do.
    connection.execute("PRAGMA secure_delete = OFF")
    connection.execute("BEGIN")
    connection.execute("CREATE TABLE notes (text TEXT)")
    connection.executemany("INSERT INTO notes VALUES (?)", [(f"erased person {number}",) for number in range(5000)])
    connection.execute("COMMIT")
    connection.execute("DELETE FROM notes")
    connection.close()
    assert b"erased person" in database.read_bytes()
    assert lite("backup", "one.backup").code == 0
    database.unlink()
    assert lite("restore", "one.backup").code == 0
    assert b"erased person" not in database.read_bytes()


def test_replaces_a_file_only_when_told(lite: Command, backed_up: Path) -> None:
    before = backed_up.read_bytes()
    refused = lite("backup", "one.backup")
    assert refused.code == 1
    assert refused.lines == ["doorward: one.backup is there already. Choose another name, or --force."]
    assert backed_up.read_bytes() == before
    assert lite("backup", "one.backup", "--force").code == 0
    assert lite("backup", "--verify", "one.backup", "--json").document["tables"]["users"] == 2


def test_restores_beside_the_former_database_and_only_when_told(lite: Command, backed_up: Path, database: Path) -> None:
    refused = lite("restore", "one.backup")
    assert refused.code == 1
    assert "--replace keeps it beside" in refused.lines[0]
    assert emails(database) == {"ada@example.com", "late@example.com"}
    restored = lite("restore", "one.backup", "--replace", "--json")
    assert restored.code == 0, restored.err
    assert emails(database) == {"ada@example.com"}
    kept = Path(restored.document["kept"])
    assert emails(kept) == {"ada@example.com", "late@example.com"}
    assert {each.name for each in database.parent.iterdir()} == {database.name, kept.name}
    assert lite("migrate", "--check").code == 0
    assert lite("doctor").code == 0
    log = lite("audit", "list", "--json").document["items"]
    (event,) = [each for each in log if each["type"] == "database.restored"]
    assert event["data"]["backup_made_at"] == restored.document["made_at"]


def test_restores_into_an_empty_place(lite: Command, backed_up: Path, database: Path) -> None:
    shutil.rmtree(database.parent)
    # What a former database left: its log would be played into the restored one.
    database.parent.mkdir()
    Path(f"{database}-wal").write_bytes(b"a log of another database")
    restored = lite("restore", "one.backup")
    assert restored.code == 0, restored.err
    assert emails(database) == {"ada@example.com"}
    assert stat.S_IMODE(database.stat().st_mode) == 0o600
    assert not Path(f"{database}-wal").exists()


def test_gives_the_restored_file_to_whom_the_former_one_belonged(
    lite: Command, backed_up: Path, database: Path
) -> None:
    database.chmod(0o640)
    if os.geteuid() == 0:
        os.chown(database, 12345, 12345)
    before = database.stat()
    assert lite("restore", "one.backup", "--replace").code == 0
    after = database.stat()
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)
    assert after.st_ino != before.st_ino


def test_replaces_a_database_that_is_damaged_beyond_opening(lite: Command, backed_up: Path, database: Path) -> None:
    database.write_bytes(b"\xff" * 20_000)
    restored = lite("restore", "one.backup", "--replace")
    assert restored.code == 0, restored.err
    assert emails(database) == {"ada@example.com"}


def test_refuses_while_a_server_uses_the_database(
    lite: Command, backed_up: Path, database: Path, running: Callable[..., Running]
) -> None:
    server = running("serve", DOORWARD_SECRETS=SECRET)
    server.wait_for("  database ")
    refused = lite("restore", "one.backup", "--replace")
    assert refused.code == 1
    assert "is in use: somebody has it open" in refused.lines[-1]
    assert emails(database) == {"ada@example.com", "late@example.com"}
    # A backup needs nobody to end.
    assert lite("backup", "two.backup").code == 0
    server.end()
    assert lite("restore", "one.backup", "--replace").code == 0


def test_changes_nothing_with_another_secret(lite: Command, backed_up: Path, database: Path) -> None:
    # Folds the log, which reading by itself may do.
    emails(database)
    before = state_of(database.parent)
    refused = lite("restore", "one.backup", "--replace", DOORWARD_SECRETS="another secret that is long enough")
    assert refused.code == 1
    assert "sealed with a secret that is not configured" in refused.lines[-1]
    assert emails(database) == {"ada@example.com", "late@example.com"}
    assert before.keys() == state_of(database.parent).keys()
    # One that was replaced since is enough.
    both = f"another secret that is long enough,{SECRET}"
    assert lite("restore", "one.backup", "--replace", DOORWARD_SECRETS=both).code == 0


def test_seals_with_a_passphrase_and_still_needs_the_secret_of_what_is_in_it(
    lite: Command, database: Path, tmp_path: Path
) -> None:
    add_user(lite, "ada@example.com")
    assert lite("key", "rotate", "--now").code == 0
    (tmp_path / "passphrase").write_text(f"{PASSPHRASE}\n")
    given = {"DOORWARD_BACKUP__PASSPHRASE_FILE": str(tmp_path / "passphrase")}
    made = lite("backup", "one.backup", "--json", **given)
    assert made.code == 0, made.err
    assert made.document["sealed_with"] == "passphrase"
    before = state_of(database.parent)
    for variables, reason in (
        ({}, "is sealed with a passphrase"),
        ({"DOORWARD_BACKUP__PASSPHRASE": "five other words of some length"}, "The passphrase does not open"),
        ({**given, "DOORWARD_SECRETS": "another secret that is long enough"}, "'signing-key' cannot be opened"),
    ):
        refused = lite("restore", "one.backup", "--replace", **variables)
        assert refused.code == 1
        assert reason in refused.lines[-1]
        assert PASSPHRASE not in refused.err
    assert before == state_of(database.parent)
    assert lite("restore", "one.backup", "--replace", **given).code == 0


def test_wants_a_passphrase_worth_the_name(lite: Command) -> None:
    refused = lite("backup", "one.backup", DOORWARD_BACKUP__PASSPHRASE="short")
    assert refused.code == 1
    assert "DOORWARD_BACKUP__PASSPHRASE" in refused.lines[0]
    assert "short" not in refused.err.replace("too_short", "")
    asked = lite("backup", "one.backup", "--ask-passphrase")
    assert asked.code == 2
    assert "no terminal" in asked.lines[0]


def test_development_makes_no_secret_for_a_backup_of_another_installation(
    lite: Command, backed_up: Path, database: Path, process: Command
) -> None:
    shutil.rmtree(database.parent)
    refused = process("restore", "one.backup")
    assert refused.code == 1
    assert "the file 'secret' in the data folder" in refused.lines[-1]
    assert not (database.parent / "secret").exists()


def test_refuses_a_newer_schema_and_brings_an_older_one_up_to_date(
    lite: Command, database: Path, tmp_path: Path
) -> None:
    add_user(lite, "ada@example.com")
    connection = sqlite3.connect(database, isolation_level=None)
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    assert lite("backup", "new.backup").code == 0
    connection.execute("UPDATE alembic_version SET version_num = ?", [migrate.newest()])
    connection.close()
    refused = lite("restore", "new.backup", "--replace")
    assert refused.code == 1
    assert "has schema 9999, and this version works with" in refused.lines[-1]

    from alembic import command

    old = tmp_path / "old.sqlite3"
    command.upgrade(migrate._config(f"sqlite:///{old}"), "0001")
    assert lite("backup", "old.backup", DATABASE_URL=f"sqlite:///{old}").code == 0
    restored = lite("restore", "old.backup", "--replace")
    assert restored.code == 0, restored.err
    assert "Migrating it from schema 0001" in restored.err
    assert lite("migrate", "--check").code == 0
    assert lite("doctor").code == 0


@pytest.mark.parametrize("cut", [0, 10, 200, -1])
def test_refuses_a_backup_that_is_cut_short_and_changes_nothing(
    lite: Command, backed_up: Path, database: Path, cut: int
) -> None:
    emails(database)
    before = state_of(database.parent)
    backed_up.write_bytes(backed_up.read_bytes()[:cut])
    for command in (("restore", "one.backup", "--replace"), ("backup", "--verify", "one.backup")):
        refused = lite(*command)
        assert refused.code == 1
        assert "is damaged" in refused.lines[-1] or "is not a backup" in refused.lines[-1]
    assert before.keys() == state_of(database.parent).keys()
    assert emails(database) == {"ada@example.com", "late@example.com"}


def test_says_what_is_wrong_with_a_file_or_a_folder(lite: Command, backed_up: Path, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("hello")
    for arguments, reason in (
        (("restore", "text", "--replace"), "text is not a backup made by `doorward backup`."),
        (("restore", "nothing", "--replace"), "nothing: No such file or directory."),
        (("backup", "nowhere/one.backup"), "There is no folder nowhere. Make it first."),
        (("backup", "data"), "data is a folder. Name a file in it."),
        (("backup", "--force", "/sys/one.backup"), "/sys/one.backup cannot be read or written: "),
    ):
        refused = lite(*arguments)
        assert refused.code == 1
        assert refused.lines[-1].startswith(f"doorward: {reason}")
    empty = lite("backup", "two.backup", DATABASE_URL=f"sqlite:///{tmp_path}/none.sqlite3")
    assert empty.lines == [f"doorward: There is no database at {tmp_path}/none.sqlite3."]


def test_says_that_a_disk_is_full_and_leaves_nothing_on_it(lite: Command, backed_up: Path, tmp_path: Path) -> None:
    with small_disk(tmp_path / "small", mib=1) as disk:
        disk.fill(leave=4096)
        for arguments in (
            ("backup", "small/two.backup"),
            ("backup", "three.backup", "--scratch", "small"),
            ("backup", "--verify", "one.backup", "--scratch", "small"),
        ):
            refused = lite(*arguments)
            assert refused.code == 1
            assert "There is no space left for small" in refused.lines[-1]
        assert [each.name for each in disk.folder.iterdir()] == ["filler"]
        assert not (tmp_path / "three.backup").exists()


def test_points_to_the_tools_of_postgresql(doorward: Command, database_name: str) -> None:
    if database_name == "sqlite":
        pytest.skip("this one is about the other database")
    for command in (("backup", "one.backup"), ("restore", "one.backup")):
        refused = doorward(*command)
        assert refused.code == 2
        assert "pg_dump and pg_restore, then `doorward after-restore`" in refused.lines[0]


def test_makes_a_database_safe_that_other_tools_restored(doorward: Command) -> None:
    asked = doorward("after-restore")
    assert asked.code == 2
    assert "Say --yes if you mean it" in asked.lines[0]
    done = doorward("after-restore", "--yes", "--made-at", "2026-01-31T12:00:00Z", "--json")
    assert done.code == 0, done.err
    assert done.document["sessions_ended"] == 0
    events = doorward("audit", "list", "--json").document["items"]
    (event,) = [each for each in events if each["type"] == "database.restored"]
    assert event["data"]["backup_made_at"] == "2026-01-31T12:00:00Z"
