"""`doorward serve`."""

from __future__ import annotations

import os
from typing import Annotated

import typer


def serve(
    host: Annotated[str | None, typer.Option(help="The address to listen on.", show_default="127.0.0.1")] = None,
    port: Annotated[
        int | None, typer.Option(help="The port to listen on.", min=0, max=65535, show_default="8000")
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            help="How many server processes; more than one needs PostgreSQL.", min=1, max=256, show_default="1"
        ),
    ] = None,
) -> None:
    """Run the server until it is told to end.

    In development it migrates the database and makes its secret by itself; in production it refuses to start without.
    SIGTERM ends it in order. The options go before DOORWARD_SERVER__HOST, __PORT and __WORKERS.
    """
    for name, value in (("HOST", host), ("PORT", port), ("WORKERS", workers)):
        if value is not None:
            # The server processes read their settings from the environment as this one does.
            os.environ[f"DOORWARD_SERVER__{name}"] = str(value)
    from doorward.serving import run
    from doorward.settings import read_settings

    raise typer.Exit(run(read_settings()))
