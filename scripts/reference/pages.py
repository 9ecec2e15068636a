"""Every page of docs/reference, by its place there, and what writes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from scripts.reference import classes, operations, problems

FOLDER: Final = Path(__file__).parents[2] / "docs/reference"

PAGES: Final[Mapping[str, Callable[[], str]]] = {
    "settings.md": classes.settings_page,
    "problems.md": problems.problems_page,
    "events.md": classes.events_page,
    "permissions.md": classes.permissions_page,
    "commands.md": classes.commands_page,
    "metrics.md": classes.metrics_page,
    **operations.pages(),
}
