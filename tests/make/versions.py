"""Earlier versions of Doorward, built from the history of this checkout and run beside the present one."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from doorward.infra.database import migrate

_ROOT: Final = Path(__file__).parents[2]
_REVISIONS: Final = "src/doorward/migrations/versions"
# Each line a setting that the version knows.
_LIST_SETTINGS: Final = "from doorward.settings import variables\nfor name, _, _ in variables(): print(name)"


@dataclass(frozen=True, slots=True)
class Version:
    """A version as it would be installed. source: the folder that its package stands in. schema: what it was made for."""

    commit: str
    source: Path
    schema: str
    settings: frozenset[str]

    def environment(self, given: dict[str, str]) -> dict[str, str]:
        """What of an environment this version takes; settings that came later would keep it from starting."""
        return {
            name: value
            for name, value in given.items()
            if not name.startswith("DOORWARD_") or name in self.settings or name.removesuffix("_FILE") in self.settings
        } | {"PYTHONPATH": str(self.source)}


def before_the_newest_revision() -> str:
    """The commit before the one that brought the newest migration: the newest version that was made for another schema.

    What lies between is one release's worth of changes, or what will be one. A commit in the middle of it may hold a
    migration that was still being written; nobody ever ran that.
    """
    (newest,) = (path.name for path in (_ROOT / _REVISIONS).glob(f"{migrate.newest()}_*.py"))
    added = _git("log", "--diff-filter=A", "--format=%H", "--", f"{_REVISIONS}/{newest}").split()
    if not added:
        pytest.skip("the newest migration is not in the history yet: commit it first")
    return _parent(added[-1])


def before_this_commit() -> str:
    """The commit before the present one."""
    return _parent("HEAD")


def _parent(commit: str) -> str:
    try:
        return _git("rev-parse", "--verify", "--quiet", f"{commit}^").strip()
    except subprocess.CalledProcessError:
        pytest.skip("this checkout has no history (a shallow clone): fetch it to run versions beside each other")


def _git(*words: str) -> str:
    if not (_ROOT / ".git").exists():
        pytest.skip("no git checkout: there is no earlier version to run")
    try:
        done = subprocess.run(["git", "-C", str(_ROOT), *words], check=True, capture_output=True, text=True)  # noqa: S607 - of the path
    except FileNotFoundError:
        pytest.skip("no git on the PATH: an earlier version cannot be had")
    return done.stdout


def build(commit: str, folder: Path) -> Version:
    """Builds the wheel of a commit and unpacks it, as installing it without its dependencies does. Asks no network."""
    tree, built, source = folder / "tree", folder / "built", folder / "installed"
    packed = subprocess.run(["git", "-C", str(_ROOT), "archive", commit], check=True, capture_output=True)  # noqa: S607 - of the path
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as archive:
        archive.extractall(tree, filter="data")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(built)],
        cwd=tree,
        check=True,
        capture_output=True,
    )
    (wheel,) = built.glob("*.whl")
    shutil.unpack_archive(wheel, source, "zip")
    listed = subprocess.run(
        [sys.executable, "-c", _LIST_SETTINGS],
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(source)},
    )
    newest = max(path.name[:4] for path in (source / "doorward/migrations/versions").glob("[0-9]*.py"))
    return Version(commit, source, newest, frozenset(listed.stdout.split()))
