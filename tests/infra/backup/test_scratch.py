"""What a killed process leaves is removed by the next run; what a living one works on is not."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from doorward.infra.backup.problems import BackupFailed
from doorward.infra.backup.scratch import draft, scratch

pytestmark = pytest.mark.integration

_SRC = Path(__file__).parents[3] / "src"
_WORKING = """
import sys
from pathlib import Path
from doorward.infra.backup.scratch import draft, scratch
with scratch(Path(sys.argv[1]), print) as folder, draft(Path(sys.argv[1]) / "backup", print) as (path, file):
    (folder / "copy.sqlite3").write_text("everybody's data")
    print("ready", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def working(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process in the middle of making a backup."""
    process = subprocess.Popen(
        [sys.executable, "-c", _WORKING, str(tmp_path)],
        env={"PYTHONPATH": str(_SRC)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    yield process
    process.kill()
    process.communicate()


def run_once(folder: Path) -> list[str]:
    """A run of its own; what it said."""
    said: list[str] = []
    with scratch(folder, said.append), draft(folder / "backup", said.append):
        pass
    return said


def test_removes_what_a_killed_process_left(working: subprocess.Popen[str], tmp_path: Path) -> None:
    working.kill()
    working.wait()
    assert len(list(tmp_path.iterdir())) == 2
    said = run_once(tmp_path)
    assert len(said) == 2
    assert all("which an interrupted run had left" in line for line in said)
    assert list(tmp_path.iterdir()) == []


def test_leaves_alone_what_another_process_works_on(working: subprocess.Popen[str], tmp_path: Path) -> None:
    assert run_once(tmp_path) == []
    assert len(list(tmp_path.iterdir())) == 2
    working.communicate("")
    assert working.returncode == 0
    assert list(tmp_path.iterdir()) == []


def test_is_open_to_its_owner_only(tmp_path: Path) -> None:
    with scratch(tmp_path, print) as folder, draft(tmp_path / "backup", print) as (path, _):
        assert folder.stat().st_mode & 0o777 == 0o700
        assert path.stat().st_mode & 0o777 == 0o600


def test_says_what_is_wrong_with_a_folder_that_cannot_be_written() -> None:
    with pytest.raises(BackupFailed, match="/sys cannot be read or written"), scratch(Path("/sys"), print):
        pass
