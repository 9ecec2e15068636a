"""The commands `user import`, `user export` and `seed`, as processes on both databases."""

from __future__ import annotations

import csv
import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.make.people import PASSWORD

pytestmark = pytest.mark.integration

_SRC = Path(__file__).parents[3] / "src"

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def environment(own_database_url: str, tmp_path: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DOORWARD_")}
    return kept | {
        "PYTHONPATH": str(_SRC),
        "DATABASE_URL": own_database_url,
        "DOORWARD_DATA_DIR": str(tmp_path / "data"),
    }


@pytest.fixture
def run(environment: dict[str, str], tmp_path: Path) -> Run:
    """Runs a command of Doorward in a folder of its own."""

    def command(*words: str, given: str = "", **more: str) -> subprocess.CompletedProcess[str]:
        return doorward(words, tmp_path, environment | more, given)

    return command


def doorward(
    words: tuple[str, ...], folder: Path, environment: dict[str, str], given: str = ""
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "doorward", *words],
        cwd=folder,
        env=environment,
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def result(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """What a command said as JSON."""
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_imports_a_file_and_says_what_became_of_it(run: Run, tmp_path: Path) -> None:
    write(tmp_path / "people.csv", "Mail,Full Name\nada@example.com,Ada\nnobody,Bob\n")
    words = ("user", "import", "people.csv", "--map", "Mail=email", "--map", "Full Name=name")
    tried = run(*words, "--dry-run", "--json")
    assert (tried.returncode, result(tried)["created"], result(tried)["dry_run"]) == (1, 1, True)
    done = run(*words)
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "2 read, 1 created, 1 rejected.",
        "The rejected lines and the reasons are in people.rejects.csv. Mend them there and import that file.",
    ]
    assert run(*words, "--json").returncode == 1
    # Nothing is left behind of an import that came to its end.
    assert not (tmp_path / "people.resume.json").exists()


def test_rejects_go_to_a_file_that_can_be_mended_and_imported(run: Run, tmp_path: Path) -> None:
    write(tmp_path / "people.csv", 'email,name,password_hash\nada@example.com,"Ada, ""A""",\nnobody,Bob,$2b$nonsense\n')
    done = run("user", "import", "people.csv")
    assert "nonsense" not in done.stdout + done.stderr
    rejects = tmp_path / "people.rejects.csv"
    assert stat.S_IMODE(rejects.stat().st_mode) == 0o600
    [row] = list(csv.DictReader(rejects.read_text(encoding="utf-8").splitlines()))
    assert (row["line"], row["field"]) == ("3", "email password_hash")
    assert (row["code"], row["password_hash"]) == ("email-syntax password-hash-unknown", "$2b$nonsense")
    write(rejects, rejects.read_text(encoding="utf-8").replace("nobody,Bob,$2b$nonsense", "bob@example.com,Bob,"))
    mended = run("user", "import", "people.rejects.csv", "--json")
    assert (mended.returncode, result(mended)["created"]) == (0, 1), mended.stderr


def test_reads_standard_input(run: Run) -> None:
    done = run("user", "import", "-", "--format", "jsonl", "--json", given='{"email": "ada@example.com"}\n')
    assert (done.returncode, result(done)["created"]) == (0, 1), done.stderr


def test_says_the_same_of_a_file_as_of_standard_input(run: Run, tmp_path: Path) -> None:
    """A file is checked in a process beside, a stream in the same one; what is wrong must not depend on it."""
    lines = [f"{number}@example.com,name{number}," for number in range(40)]
    lines += [
        "nobody,x,",
        "a@example.com,admin,",
        "b@example.com,name3,",
        "d@example.com",
        "7@example.com,name7,",
        "c@example.com,ok,2$",
    ]
    text = "\n".join(["email,username,password_hash", *lines, ""])
    streamed = run("user", "import", "-", "--format", "csv", "--dry-run", "--json", "--rejects", "one.csv", given=text)
    write(tmp_path / "people.csv", text)
    filed = run("user", "import", "people.csv", "--json", "--rejects", "other.csv")
    assert result(filed) | {"dry_run": True, "rejects": "one.csv"} == result(streamed)
    again = run("user", "import", "-", "--format", "csv", "--json", "--rejects", "again.csv", given=text)
    assert (result(again)["created"], result(again)["skipped"]) == (0, result(filed)["created"] + 1)
    assert result(filed)["created"] == 40
    rejected = (tmp_path / "other.csv").read_text(encoding="utf-8")
    assert rejected.count("\n") > 4
    assert rejected == (tmp_path / "again.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("nowhere.csv",), 1, "nowhere.csv cannot be read: No such file or directory."),
        (("people.xlsx",), 2, "--format"),
        (("people.csv",), 1, "Did you mean 'username'? Then say --map 'Usrname=username'."),
        (("people.csv", "--map", "Usrname=nickname"), 2, "--map takes NAME=COLUMN"),
        (("-", "--format", "csv", "--resume"), 2, "cannot be resumed"),
        (("good.csv", "--rejects", "good.csv"), 2, "cannot go into the file that they come from"),
        (("good.csv", "--delimiter", "::"), 2, "one character"),
    ],
)
def test_refuses_in_one_clear_sentence_and_needs_no_database_for_it(
    tmp_path: Path, words: tuple[str, ...], code: int, says: str
) -> None:
    write(tmp_path / "people.csv", "email,Usrname\na@example.com,a\n")
    write(tmp_path / "good.csv", "email\na@example.com\n")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DOORWARD_")}
    done = doorward(("user", "import", *words), tmp_path, environment | {"PYTHONPATH": str(_SRC)})
    assert done.returncode == code
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert (tmp_path / "good.csv").read_text(encoding="utf-8") == "email\na@example.com\n"


def test_exports_to_a_new_file_that_only_its_owner_reads(run: Run, tmp_path: Path) -> None:
    run("user", "import", "-", "--format", "csv", given="email,name\nada@example.com,Zoë\n")
    done = run("user", "export", "out.csv")
    assert (done.returncode, done.stdout) == (0, "1 users exported to out.csv.\n"), done.stderr
    out = tmp_path / "out.csv"
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert "Zoë" in out.read_text(encoding="utf-8")
    again = run("user", "export", "out.csv")
    assert (again.returncode, again.stderr) == (
        1,
        "doorward: out.csv is there already. Choose another name, or --force.\n",
    )
    assert run("user", "export", "out.csv", "--force").returncode == 0
    stream = run("user", "export", "-", "--format", "jsonl")
    assert json.loads(stream.stdout)["email"] == "ada@example.com"


def test_leaves_no_part_of_a_file_when_an_export_fails(run: Run, tmp_path: Path) -> None:
    done = run("user", "export", "out.csv", "--role", "emperor")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert [path.name for path in tmp_path.iterdir() if "out.csv" in path.name] == []


def test_seeds_people_who_can_sign_in_but_not_in_production_unasked(run: Run) -> None:
    refused = run("seed", "--users", "5", DOORWARD_MODE="production", DOORWARD_SECRETS="s" * 40)
    assert refused.returncode == 2
    assert "--yes" in refused.stderr
    done = run("seed", "--users", "50", "--json")
    assert (done.returncode, result(done)["created"]) == (0, 50), done.stderr
    assert len(result(done)["password"]) >= 16
    again = run("seed", "--users", "50")
    assert again.stdout.startswith("0 created, 50 skipped."), again.stderr


@pytest.mark.fault
def test_goes_on_after_being_killed_and_makes_everybody_once(
    environment: dict[str, str], run: Run, tmp_path: Path
) -> None:
    """Killed whenever it has just remembered something, and resumed, until it comes to its end."""
    people = 17_000
    rows = "".join(
        f"person{number}@example.com,{number}\n" if number % 1000 else "broken,\n" for number in range(1, people + 1)
    )
    write(tmp_path / "people.csv", "email,external_id\n" + rows)
    memory = tmp_path / "people.resume.json"
    words = [sys.executable, "-m", "doorward", "user", "import", "people.csv", "--resume", "--json"]
    kills = 0
    while True:
        before = memory.read_bytes() if memory.exists() else b""
        with subprocess.Popen(
            words, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            while process.poll() is None and (memory.read_bytes() if memory.exists() else b"") in (before, b""):
                time.sleep(0.002)  # looks again; nothing announces a change of the file
            # The first is killed at once, the next ones somewhat into the following chunk.
            if process.poll() is None:
                time.sleep(0.05 * kills)
                process.send_signal(signal.SIGKILL)
            out, err = process.communicate()
        # The last one may have said its result before it was killed.
        if out or process.returncode != -signal.SIGKILL:
            break
        kills += 1
        assert kills < 10, err
    assert kills >= 2
    assert process.returncode in {1, -signal.SIGKILL}, err
    tally = json.loads(out)
    assert (tally["read"], tally["rejected"]) == (people, 17), tally
    assert len((tmp_path / "people.rejects.csv").read_text(encoding="utf-8").splitlines()) == 18
    assert not memory.exists()
    done = run("user", "export", "out.csv", "--json")
    assert result(done)["exported"] == people - 17
    found = [
        row["external_id"] for row in csv.DictReader((tmp_path / "out.csv").read_text(encoding="utf-8").splitlines())
    ]
    assert len(set(found)) == people - 17


def test_seals_hashes_and_gives_them_back_only_when_asked(run: Run, tmp_path: Path) -> None:
    import bcrypt

    encoded = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
    write(tmp_path / "people.csv", f"email,email_verified,password_hash\nada@example.com,true,{encoded}\n")
    secret = "x" * 48
    assert run("user", "import", "people.csv", DOORWARD_SECRETS=secret).returncode == 0
    assert encoded not in run("user", "export", "-", "--format", "jsonl", DOORWARD_SECRETS=secret).stdout
    out = run("user", "export", "-", "--format", "jsonl", "--with-password-hashes", DOORWARD_SECRETS=secret)
    assert json.loads(out.stdout)["password_hash"] == encoded
