"""A disk of some MiB of its own, which a test may fill."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


class SmallDisk:
    """A file system in memory. folder: where it is."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._filler = folder / "filler"

    def free(self) -> int:
        """Bytes that are left."""
        status = os.statvfs(self.folder)
        return status.f_bavail * status.f_frsize

    def fill(self, *, leave: int = 0) -> None:
        """Takes all the room, to the last page; but for some bytes."""
        with self._filler.open("ab", buffering=0) as filler:
            while self.free() > leave:
                filler.write(b"\0" * min(self.free() - leave, 1 << 20))

    def make_room(self) -> None:
        """Gives it back."""
        self._filler.unlink()


@contextmanager
def small_disk(folder: Path, *, mib: int) -> Iterator[SmallDisk]:
    """Mounts one. Skips the test where that cannot be done."""
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        pytest.skip("a disk of its own is mounted by root on Linux only")
    folder.mkdir(parents=True, exist_ok=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={mib}m,mode=0777", "tmpfs", str(folder)],  # noqa: S607 - where it is differs
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode != 0:
        pytest.skip(f"a disk of its own cannot be mounted here: {mounted.stderr.strip()}")
    try:
        yield SmallDisk(folder)
    finally:
        # Lazily: whatever a failed test left open must not keep it mounted.
        subprocess.run(["umount", "-l", str(folder)], check=True)  # noqa: S607 - as above
