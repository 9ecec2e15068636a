"""Compares two streams of Kubernetes manifests as data: scripts/same_manifests.py ONE TWO; exit code 1 where they differ."""

from __future__ import annotations

import difflib
import sys
from pathlib import Path
from typing import Any

import yaml


def read(path: str) -> dict[str, Any]:
    """By kind and name: the manifest."""
    documents = yaml.safe_load_all(Path(path).read_text(encoding="utf-8"))
    return {f"{each['kind']}/{each['metadata']['name']}": each for each in documents if each}


def main(one: str, two: str) -> int:
    """Prints what differs; the exit code."""
    sides = [yaml.safe_dump(read(path), sort_keys=True).splitlines() for path in (one, two)]
    differences = list(difflib.unified_diff(*sides, one, two, lineterm=""))
    print("\n".join(differences))
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
