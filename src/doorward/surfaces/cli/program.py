"""All commands. A command's file is imported only when it is asked for, so that help appears at once."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Final

from typer.main import get_group

from doorward.surfaces.cli.lazy import Lazy, lazy_group, new_typer

_HERE: Final = "doorward.surfaces.cli"
_LEVEL: Final = "DOORWARD_LOG__LEVEL"

COMMANDS: Final = {
    "serve": Lazy(f"{_HERE}.serve:serve", "Run the server."),
    "worker": Lazy(f"{_HERE}.worker:worker", "Run queued and scheduled work, without a server."),
    "migrate": Lazy(f"{_HERE}.migrate:migrate", "Bring the database's schema up to date."),
    "backup": Lazy(f"{_HERE}.backup:backup", "Write a sealed backup of an SQLite database, while it is in use."),
    "restore": Lazy(f"{_HERE}.restore:restore", "Put an SQLite database back from a backup."),
    "after-restore": Lazy(
        f"{_HERE}.after_restore:after_restore", "Make a database safe to serve that other tools have restored."
    ),
    "setup-link": Lazy(f"{_HERE}.setup_link:setup_link", "Print a link that makes the first administrator."),
    "check": Lazy(f"{_HERE}.check:check", "Say everything that is wrong with the settings."),
    "doctor": Lazy(f"{_HERE}.doctor:doctor", "Look at every part of the installation and say what ails it."),
    "health": Lazy(f"{_HERE}.health:health", "Ask the server on this machine whether it is ready."),
    "config": Lazy(f"{_HERE}.config:commands", "Show the settings and where each comes from."),
    "user": Lazy(f"{_HERE}.user:commands", "Create, find, change, suspend and delete users; import and export them."),
    "session": Lazy(f"{_HERE}.session:commands", "List and end the sessions of a user."),
    "role": Lazy(f"{_HERE}.role:commands", "Make, change, grant and revoke roles."),
    "key": Lazy(f"{_HERE}.key:commands", "List and rotate the keys that sign tokens."),
    "secret": Lazy(f"{_HERE}.secret:commands", "Say what each secret opens, and seal everything with the first."),
    "audit": Lazy(f"{_HERE}.audit:commands", "Read the log of what happened."),
    "explain": Lazy(f"{_HERE}.explain:explain", "Say why a sign-in was refused, by its support code."),
    "password": Lazy(f"{_HERE}.password:commands", "Measure what hashing a password costs on this machine."),
    "breach": Lazy(f"{_HERE}.breach:commands", "Load the list of passwords that are known from breaches."),
    "seed": Lazy(f"{_HERE}.transfer:seed", "Fill the database with invented people, for trying things out."),
    "openapi": Lazy(f"{_HERE}.openapi:openapi", "Write the description of the REST API."),
    "version": Lazy(f"{_HERE}.version:version", "Say which version this is."),
}

_HELP: Final = """User management: accounts, sign-in, sessions, roles and tokens.

Settings come from the environment: `doorward config show` lists them all. Exit codes are 0 for success, 1 for a failure
and 2 for a command that cannot be understood.

Before a command, --debug logs everything and shows where a failure comes from. --version says which version this is.
"""


def run(arguments: Sequence[str]) -> int:
    """Runs one command; the exit code: 0 ok, 1 failure, 2 usage."""
    given = list(arguments)
    # Not declared as options: reading those loads what doubles the time until help appears.
    if given[:1] == ["--version"]:
        given[0] = "version"
    if given[:1] == ["--debug"]:
        # Set where settings are read, so that processes started from here follow it too.
        os.environ[_LEVEL] = "DEBUG"
        del given[0]
    try:
        get_group(new_typer(cls=lazy_group(COMMANDS), help=_HELP)).main(given, prog_name="doorward")
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 1
    except Exception as error:
        # Only now: what explains failures knows the whole house.
        from doorward.surfaces.cli.failures import explain

        explained = explain(error)
        if explained is None:
            raise
        if os.environ.get(_LEVEL, "").upper() == "DEBUG":
            import traceback

            traceback.print_exception(error)
        for line in explained.lines:
            print(f"doorward: {line}", file=sys.stderr)  # noqa: T201 - said to whoever gave the command
        return explained.exit_code
    return 0
