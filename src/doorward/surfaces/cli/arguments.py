"""How the values of arguments are read."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s)")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, in the shape of the REST API.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
PasswordStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from the first line of standard input.")
]
Limit = Annotated[int, typer.Option(help="How many at most.", min=1, max=200)]
Cursor = Annotated[str | None, typer.Option(help="Go on after the page that ended with this cursor.")]
WhichUser = Annotated[str, typer.Argument(metavar="USER", help="The user's id, email address or username.")]


def moment(text: str) -> datetime:
    """A moment such as 2030-01-31T12:00:00Z or 2030-01-31; UTC unless it says otherwise."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("Write a moment as 2030-01-31T12:00:00Z, or a day as 2030-01-31.") from None
    return read if read.tzinfo is not None else read.replace(tzinfo=UTC)


def seconds(text: str) -> float:
    """A duration such as 250ms or 0.5s, in seconds."""
    found = _DURATION.fullmatch(text.strip())
    if found is None or float(found[1]) == 0:
        raise typer.BadParameter("Write a duration as 250ms or 0.5s.")
    return float(found[1]) / (1000 if found[2] == "ms" else 1)


def json_object(text: str) -> dict[str, Any]:
    """A JSON object."""
    try:
        read = json.loads(text)
    except ValueError:
        read = None
    if not isinstance(read, dict):
        raise typer.BadParameter('Write a JSON object, such as {"team": "north"}.')
    return read
