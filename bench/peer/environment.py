"""Makes the peer's own environment from its hash-pinned requirements, once, and says what is in it."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from bench.processes import ROOT, clean_environment

FOLDER: Final = ROOT / "bench" / ".peer"
PYTHON: Final = FOLDER / "bin" / "python"
_REQUIREMENTS: Final = ROOT / "requirements" / "bench-peer.txt"
_SHOWN: Final = (
    "fastapi-users",
    "fastapi",
    "starlette",
    "sqlalchemy",
    "asyncpg",
    "aiosqlite",
    "uvicorn",
    "uvloop",
    "httptools",
    "pwdlib",
)


def ready() -> Path:
    """The peer's interpreter, after making its environment when it is missing or older than its requirements."""
    wanted = hashlib.sha256(_REQUIREMENTS.read_bytes() + sys.version.encode()).hexdigest()
    stamp = FOLDER / ".installed"
    if stamp.exists() and stamp.read_text() == wanted and PYTHON.exists():
        return PYTHON
    print("bench: making the peer's environment in bench/.peer", file=sys.stderr)
    shutil.rmtree(FOLDER, ignore_errors=True)
    # The same interpreter for both, or the comparison would be between two Pythons.
    subprocess.run([sys.executable, "-m", "venv", str(FOLDER)], check=True)
    if _works("uv"):
        install = ["uv", "pip", "install", "--quiet", "--python", str(PYTHON)]
    else:
        install = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*install, "--require-hashes", "-r", str(_REQUIREMENTS)], check=True)
    subprocess.run([str(PYTHON), "-m", "compileall", "-q", str(FOLDER / "lib")], check=False)
    stamp.write_text(wanted)
    return PYTHON


def versions() -> dict[str, str]:
    """The versions of what the peer is made of."""
    program = "import json, sys; from importlib.metadata import version; print(json.dumps({n: version(n) for n in sys.argv[1:]}))"
    answer = subprocess.run(
        [str(PYTHON), "-c", program, *_SHOWN], check=True, capture_output=True, env=clean_environment()
    )
    found: dict[str, str] = json.loads(answer.stdout)
    return found


def _works(program: str) -> bool:
    path = shutil.which(program)
    return path is not None and subprocess.run([path, "--version"], capture_output=True, check=False).returncode == 0
