"""Writes the pages of docs/reference, or checks them.

python -m scripts.reference          writes the pages
python -m scripts.reference --check  names the pages that are not what it would write, and fails if there are any
python -m scripts.reference --unanswered  writes also operations whose example has not run yet, so that it can
"""

from __future__ import annotations

import sys

from scripts.reference import operations
from scripts.reference.pages import FOLDER, PAGES


def main(arguments: list[str]) -> int:
    """Writes or checks the pages; the exit code."""
    operations.unanswered = "--unanswered" in arguments
    behind = []
    for name, write in PAGES.items():
        path, text = FOLDER / name, write()
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        behind.append(name)
        if "--check" not in arguments:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            print(f"wrote docs/reference/{name}")
        else:
            print(f"docs/reference/{name} is behind the code: run `make reference`", file=sys.stderr)
    return 1 if behind and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
