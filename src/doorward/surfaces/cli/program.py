"""All commands. A command's file is imported only when it is asked for, so that help appears at once."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Annotated, Final

import typer
from typer.main import get_command

from doorward import __version__
from doorward.surfaces.cli.lazy import Lazy, lazy_group, new_typer

_HERE: Final = "doorward.surfaces.cli"

COMMANDS: Final = {
    "serve": Lazy(f"{_HERE}.serve:serve", "Run the server."),
    "worker": Lazy(f"{_HERE}.worker:worker", "Run queued and scheduled work, without a server."),
    "migrate": Lazy(f"{_HERE}.migrate:migrate", "Bring the database's schema up to date."),
    "setup-link": Lazy(f"{_HERE}.setup_link:setup_link", "Print a link that makes the first administrator."),
    "check": Lazy(f"{_HERE}.check:check", "Say everything that is wrong with the settings."),
    "doctor": Lazy(f"{_HERE}.doctor:doctor", "Look at every part of the installation and say what ails it."),
    "config": Lazy(f"{_HERE}.config:commands", "Show the settings and where each comes from."),
    "user": Lazy(f"{_HERE}.user:commands", "Create, find, change, suspend and delete users; import and export them."),
    "session": Lazy(f"{_HERE}.session:commands", "List and end the sessions of a user."),
    "role": Lazy(f"{_HERE}.role:commands", "Make, change, grant and revoke roles."),
    "key": Lazy(f"{_HERE}.key:commands", "List and rotate the keys that sign tokens."),
    "audit": Lazy(f"{_HERE}.audit:commands", "Read the log of what happened."),
    "password": Lazy(f"{_HERE}.password:commands", "Measure what hashing a password costs on this machine."),
    "seed": Lazy(f"{_HERE}.transfer:seed", "Fill the database with invented people, for trying things out."),
    "openapi": Lazy(f"{_HERE}.openapi:openapi", "Write the description of the REST API."),
    "version": Lazy(f"{_HERE}.version:version", "Say which version this is."),
}

_program: Final = new_typer(cls=lazy_group(COMMANDS))


def _say_version(asked: bool) -> None:  # noqa: FBT001 - called by the option parser
    if asked:
        typer.echo(f"doorward {__version__}")
        raise typer.Exit


@_program.callback()
def _doorward(
    *,
    debug: Annotated[
        bool, typer.Option("--debug", help="Log everything, and show where a failure comes from.")
    ] = False,
    version: Annotated[  # noqa: ARG001 - it is answered by its callback
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Say which version this is.")
    ] = False,
) -> None:
    """User management: accounts, sign-in, sessions, roles and tokens.

    Settings come from the environment: `doorward config show` lists them all. Exit codes are 0 for success, 1 for a
    failure and 2 for a command that cannot be understood.
    """
    if debug:
        # Set where settings are read, so that processes started from here follow it too.
        os.environ["DOORWARD_LOG__LEVEL"] = "DEBUG"


def run(arguments: Sequence[str]) -> int:
    """Runs one command; the exit code: 0 ok, 1 failure, 2 usage."""
    try:
        get_command(_program).main(list(arguments), prog_name="doorward")
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 1
    except Exception as error:
        # Only now: what explains failures knows the whole house.
        from doorward.surfaces.cli.failures import explain

        explained = explain(error)
        if explained is None or os.environ.get("DOORWARD_LOG__LEVEL", "").upper() == "DEBUG":
            if explained is None:
                raise
            import traceback

            traceback.print_exception(error)
        for line in explained.lines:
            print(f"doorward: {line}", file=sys.stderr)  # noqa: T201 - said to whoever gave the command
        return explained.exit_code
    return 0
