"""Prints what the changelog says of a version, and refuses a version that the package or the chart does not go by.

scripts/release_notes.py 0.2.0
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]


def versions() -> dict[str, str]:
    """By file: the version that it names."""

    def found(path: str, pattern: str) -> str:
        match = re.search(pattern, (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE)
        return match[1] if match else "none"

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {
        "pyproject.toml": project["version"],
        "src/doorward/__init__.py": found("src/doorward/__init__.py", r'^__version__ = "([^"]+)"'),
        "deploy/helm/doorward/Chart.yaml (version)": found("deploy/helm/doorward/Chart.yaml", r"^version: (\S+)"),
        "deploy/helm/doorward/Chart.yaml (appVersion)": found("deploy/helm/doorward/Chart.yaml", r"^appVersion: (\S+)"),
        "deploy/kubernetes/base/kustomization.yaml": found(
            "deploy/kubernetes/base/kustomization.yaml", r"newTag: (\S+)"
        ),
    }


def notes(version: str) -> str:
    """The changelog's section on a version. Raises LookupError when there is none, or it is still called unreleased."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    for section in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        title, _, body = section.partition("\n")
        if title.split(",")[0].strip() == version:
            if "unreleased" in title:
                raise LookupError(f"CHANGELOG.md calls {version} unreleased; write the day of its release there.")
            return body.strip() + "\n"
    raise LookupError(f"CHANGELOG.md says nothing of {version}.")


def main(version: str) -> int:
    """Prints the notes; the exit code."""
    others = {file: named for file, named in versions().items() if named != version}
    for file, named in others.items():
        print(f"release: {file} names {named}, not {version}", file=sys.stderr)
    if others:
        return 1
    try:
        print(notes(version), end="")
    except LookupError as error:
        print(f"release: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
