"""All commands. A group's file is imported only when a command of the group is asked for, so that help appears at once."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def run(arguments: Sequence[str]) -> int:
    """Runs one command; the exit code."""
    from doorward.infra.database import migrate
    from doorward.places import database_url
    from doorward.settings import SettingsError, read_settings

    try:
        settings = read_settings()
        if arguments[0] == "serve":
            from doorward import serving

            return serving.run(settings)
        if arguments[0] == "migrate":
            migrate.upgrade(database_url(settings))
            return 0
    except SettingsError as error:
        for line in error.lines:
            print(f"doorward: {line}", file=sys.stderr)
        return 1
    return 2
