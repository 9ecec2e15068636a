"""`doorward config`: the settings and where each comes from."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Final, NamedTuple

import typer

from doorward.surfaces.cli.arguments import AsJson
from doorward.surfaces.cli.lazy import Commands
from doorward.surfaces.cli.show import print_json, print_table

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

    from doorward.settings import Settings

commands: Final = Commands("Show the settings and where each comes from.")

_MASKED: Final = "********"


class Shown(NamedTuple):
    """One setting. variable: that sets it. source: the variable that did, or `default`."""

    variable: str
    value: Any
    source: str
    description: str


@commands.command()
def show(
    *,
    changed: Annotated[bool, typer.Option("--changed", help="Only those that are not left at their default.")] = False,
    explain: Annotated[bool, typer.Option("--explain", help="Say what each is for.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show every setting: the variable that sets it, its value, and where the value comes from. Secrets are masked.

    With _FILE at the end of a variable's name, the value is the content of the file that it names. DATABASE_URL and PORT
    are honored too. Where settings are wrong, what is wrong is said after the list.
    """
    from doorward.settings import SettingsError, read_settings

    wrong: SettingsError | None = None
    try:
        settings = read_settings()
    except SettingsError as error:
        # The list is what helps to mend them.
        wrong, settings = error, read_settings({})
    shown = [each for each in _all(settings, given=wrong is None) if not changed or each.source != "default"]
    if as_json:
        print_json({"items": [each._asdict() for each in shown]})
    else:
        headings = ["VARIABLE", "VALUE", "SOURCE", *(["MEANING"] if explain else [])]
        print_table(headings, [each if explain else each[:3] for each in shown])
    if wrong is not None:
        raise wrong


def _all(settings: Settings, *, given: bool) -> Iterator[Shown]:
    """Every setting. given: whether the settings are those of the environment; else its values are left unknown."""
    from doorward.settings import variables

    environment = {name.upper(): name for name in os.environ}
    for variable, path, field in variables():
        source = settings.sources.get(path) or (
            None if given else environment.get(variable) or environment.get(f"{variable}_FILE")
        )
        value = _value(settings, path, field) if given or source is None else "?"
        yield Shown(variable, value, source or "default", field.description or "")


def _value(settings: Settings, path: str, field: FieldInfo) -> Any:
    from pydantic import SecretStr

    from doorward.settings import SECTIONS

    section, _, name = path.rpartition(".")
    value = getattr(settings.section(SECTIONS[section]) if section else settings.root, name)
    if isinstance(value, SecretStr):
        return _MASKED
    if isinstance(field.json_schema_extra, dict) and field.json_schema_extra.get("secret"):
        return masked_address(value)
    if isinstance(value, (tuple, list)):
        return ",".join(str(each) for each in value)
    return value if value is None or isinstance(value, (bool, int, float)) else str(value)


def masked_address(url: str) -> str:
    """An address that may hold a password, without it."""
    from doorward.infra.database.connect import readable_parts

    if not url or url.startswith("sqlite:"):
        return url
    parts = readable_parts(url)
    if parts is None:
        return _MASKED
    user, _, where = parts.netloc.rpartition("@")
    name = user.partition(":")[0]
    masked = f"{name}:{_MASKED}@{where}" if ":" in user else parts.netloc
    # Drivers take passwords there too.
    query = f"?{_MASKED}" if parts.query else ""
    return f"{parts.scheme}://{masked}{parts.path}{query}"
