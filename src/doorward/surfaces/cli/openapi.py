"""`doorward openapi`."""

from __future__ import annotations

import json
import secrets
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer

from doorward.surfaces.cli.show import note, print_line


def openapi(
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write it to this file.", show_default=False)
    ] = None,
) -> None:
    """Write the description of the REST API (OpenAPI 3.1, JSON), as a server answers it at /openapi.json.

    It needs no database and no settings.
    """
    text = json.dumps(description(), indent=2, ensure_ascii=False)
    if output is None:
        print_line(text)
    else:
        output.write_text(text + "\n", encoding="utf-8")
        note(f"Wrote {output}.")


def description() -> dict[str, Any]:
    """The description, from an application around an empty database that nobody asks anything."""
    from doorward.app import build_tools
    from doorward.infra.database.base import metadata
    from doorward.infra.database.connect import open_database
    from doorward.infra.database.settings import DatabaseSettings
    from doorward.settings import read_settings
    from doorward.surfaces.rest.router import described

    with tempfile.TemporaryDirectory() as folder:
        database = open_database(f"sqlite:///{folder}/empty.sqlite3", DatabaseSettings(), metadata)
        tools = build_tools(database, [secrets.token_bytes(32)], read_settings({}).sections)
        document: dict[str, Any] = described(tools).openapi()
        tools.hashing.close()
        return document
