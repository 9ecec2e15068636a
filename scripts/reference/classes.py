"""The pages that are written from classes: settings, problems, events, permissions, commands, metrics."""

from __future__ import annotations

import contextlib
import importlib
import inspect
import io
import os
import pkgutil
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from types import NoneType, UnionType
from typing import Final, Literal, Union, get_args, get_origin

import annotated_types
from pydantic.fields import FieldInfo

import doorward
from doorward.domain.roles.rules import BUILT_IN
from doorward.features import FEATURES
from doorward.infra.telemetry.metrics import MEASURES
from doorward.kernel.event import Event
from doorward.kernel.permission import EVERYTHING
from doorward.kernel.problem import Problem
from doorward.settings import SECTIONS, Root, variables
from doorward.surfaces.cli.lazy import Commands, Lazy
from doorward.surfaces.cli.program import COMMANDS, run

NOTE: Final = "<!-- Written by scripts/reference from the code. Change the code and run `make reference`. -->\n"
# Importing these does something; none of them holds what is described here.
_NOT_IMPORTED: Final = ("doorward.migrations", "doorward.__main__")


def import_everything() -> None:
    """Imports every module, so that every class is known, whatever was imported before."""
    for module in pkgutil.walk_packages(doorward.__path__, "doorward."):
        if not module.name.startswith(_NOT_IMPORTED):
            importlib.import_module(module.name)


def described(of: type) -> str:
    """The docstring of a class itself, not of one that it inherits from. Raises ValueError when there is none."""
    text = inspect.cleandoc(of.__dict__.get("__doc__") or "")
    if not text or text.startswith(f"{of.__name__}("):  # what `dataclass` makes up
        raise ValueError(f"{of.__module__}.{of.__name__} has no description")
    return text


def table(names: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    """A Markdown table."""
    lines = [names, tuple("---" for _ in names), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', '&#124;') for cell in line)} |\n" for line in lines)


def settings_page() -> str:
    """Every setting, by section."""
    parts = [
        f"""# Settings

{NOTE}
Doorward reads its settings from the environment, once, at the start. A setting's variable is `DOORWARD_`, its section and
its name, joined by two underscores. What is wrong is reported all at once, and a variable that begins with `DOORWARD_` but
is no setting is an error, with the nearest name.

* With `_FILE` at the end a variable names a file that holds the value: `DOORWARD_SECRETS_FILE=/run/secrets/doorward`.
* Lists are separated by commas: `DOORWARD_HTTP__CORS_ORIGINS=https://app.example.com,https://admin.example.com`.
* `DATABASE_URL`, `REDIS_URL` and `PORT` are honored under these names too.
""",
    ]
    by_section: dict[str, list[tuple[str, FieldInfo]]] = {}
    for variable, path, field in variables():
        by_section.setdefault(path.rpartition(".")[0], []).append((variable, field))
    for section, members in by_section.items():
        about = described(SECTIONS[section] if section else Root)
        parts.append(f"\n## {section or 'general'}\n\n{about}\n\n")
        parts.append(table(("Variable", "Value", "Default", "Meaning"), (setting_row(*each) for each in members)))
    return "".join(parts)


def setting_row(variable: str, field: FieldInfo) -> tuple[str, ...]:
    """One setting as cells. Raises ValueError when it has no description."""
    if not field.description:
        raise ValueError(f"{variable} has no description")
    return f"`{variable}`", value_of(field), default_of(field), field.description


def value_of(field: FieldInfo) -> str:  # noqa: PLR0911 - a table
    """What may be put in."""
    kind = field.annotation
    if get_origin(kind) in {Union, UnionType}:
        (kind,) = [each for each in get_args(kind) if each is not NoneType]
    if get_origin(kind) is Literal:
        return ", ".join(f"`{each}`" for each in get_args(kind))
    if get_origin(kind) in {list, tuple}:
        return "list"
    if kind is bool:
        return "`true`, `false`"
    if kind in {int, float}:
        return ("whole number" if kind is int else "number") + bounds_of(field)
    if kind is Path:
        return "path"
    if kind.__name__ == "SecretStr" or (field.json_schema_extra or {}).get("secret"):  # type: ignore[union-attr]
        return "text, secret"
    return "text"


def bounds_of(field: FieldInfo) -> str:
    """The limits of a number."""
    least: object = None
    most: object = None
    above: object = None
    for rule in field.metadata:
        if isinstance(rule, annotated_types.Ge):
            least = rule.ge
        elif isinstance(rule, annotated_types.Gt):
            above = rule.gt
        elif isinstance(rule, annotated_types.Le):
            most = rule.le
    if least is not None and most is not None:
        return f", {least} to {most}"
    words = [f"{least} or more"] if least is not None else [f"above {above}"] if above is not None else []
    words += [f"at most {most}"] if most is not None else []
    return ", " + ", ".join(words) if words else ""


def default_of(field: FieldInfo) -> str:
    """What holds unless something is put in."""
    if field.default_factory is not None:
        return "see there"
    value = field.default
    if value is None or value in ("", [], ()):
        return "none"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def problems() -> list[type[Problem]]:
    """Every problem of the code, by its code."""
    found: dict[str, type[Problem]] = {}
    waiting: list[type[Problem]] = [Problem]
    while waiting:
        for each in waiting.pop().__subclasses__():
            waiting.append(each)
            # Tests make problems of their own.
            if each.__module__.startswith("doorward.") and found.setdefault(each.code, each) is not each:
                raise ValueError(f"two problems have the code {each.code}")
    return [found[code] for code in sorted(found)]


def events_page() -> str:
    """Every event."""
    events = sorted((event for feature in FEATURES for event in feature.events), key=lambda event: event.type)
    parts = [
        f"""# Events

{NOTE}
What happens is written into the audit log together with the change itself, and stays. `GET /v1/events` lists it. Each entry
has `id`, `type`, `occurred_at`, `actor` (its `kind` and, for users, `id`), `user_id` (whose account it concerns),
`session_id`, `target`, `request_id`, and two objects whose members depend on the type:

* `data` holds what stays for ever and says nothing about a person.
* `person` holds personal data. It goes when the person is erased. Unless said otherwise below, the address and user agent
  of whoever acted on their own account stand there too.

"""
    ]
    parts.append(
        table(
            ("Type", "What happened", "`data`", "`person`"),
            ((f"`{event.type}`", " ".join(described(event).split()), *members_of(event)) for event in events),
        )
    )
    return "".join(parts)


def members_of(event: type[Event]) -> tuple[str, str]:
    """The members of `data` and of `person`."""
    lasting: list[str] = []
    personal: list[str] = []
    for each in fields(event):
        if each.name not in {"user_id", "target"}:
            (personal if each.metadata.get("personal") else lasting).append(f"`{each.name}`")
    if not event.traced:
        personal.append("no address, no user agent")
    return ", ".join(lasting), ", ".join(personal)


def permissions_page() -> str:
    """Every permission, and who has it from the start."""
    permissions = sorted((each for feature in FEATURES for each in feature.permissions), key=str)

    def holders(name: str) -> str:
        return ", ".join(f"`{role.name}`" for role in BUILT_IN if {name, EVERYTHING} & set(role.permissions))

    for each in permissions:
        if not each.description:
            raise ValueError(f"the permission {each.name} has no description")
    parts = [
        f"""# Permissions and built-in roles

{NOTE}
A role is a name for some permissions. Three are there from the start and cannot be changed; make others with
`POST /v1/roles`. `{EVERYTHING}` stands for every permission, present and future.

## Built-in roles

""",
        table(("Role", "What it is for"), ((f"`{role.name}`", role.description) for role in BUILT_IN)),
        "\n## Permissions\n\n",
        table(
            ("Permission", "What it allows", "Built-in roles that have it"),
            ((f"`{each.name}`", each.description, holders(each.name)) for each in permissions),
        ),
    ]
    return "".join(parts)


def commands_page() -> str:
    """What every command says of itself."""
    nouns = [(name, list(verbs_below(lazy))) for name, lazy in COMMANDS.items()]
    rows = ((f"[`doorward {name}`](#doorward-{name})", COMMANDS[name].help) for name, _ in nouns)
    parts = [
        f"""# Commands

{NOTE}
This is what `--help` prints. In a checkout the program is `.venv/bin/doorward`. Commands that read take `--json` and then
print JSON in the shape of the REST API. Whoever may run commands on the machine may do everything; nobody signs in here.

""",
        table(("Command", "What it does"), rows),
    ]
    for name, verbs in nouns:
        parts.append(f"\n## doorward {name}\n\n```text\n{help_of(name)}```\n")
        parts.extend(
            f"\n### doorward {name} {' '.join(verb)}\n\n```text\n{help_of(name, *verb)}```\n" for verb in verbs
        )
    return "".join(parts)


def verbs_below(what: object) -> Iterator[tuple[str, ...]]:
    """The commands below a noun, each as its words; none below a verb."""
    if isinstance(what, Lazy):
        module, _, attribute = what.place.partition(":")
        what = getattr(importlib.import_module(module), attribute)
    if isinstance(what, Commands):
        for name, each in what.all.items():
            yield (name,)
            yield from ((name, *words) for words in verbs_below(each))


def help_of(*words: str) -> str:
    """The help of one command, as on a terminal of eighty columns."""
    columns = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = "80"
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            code = run([*words, "--help"])
    finally:
        del os.environ["COLUMNS"]
        if columns is not None:
            os.environ["COLUMNS"] = columns
    if code != 0 or not printed.getvalue():
        raise ValueError(f"`doorward {' '.join(words)} --help` says nothing")
    return "".join(f"{line.rstrip()}\n" for line in printed.getvalue().strip().splitlines())


def metrics_page() -> str:
    """Every metric."""
    parts = [
        f"""# Metrics

{NOTE}
`/metrics` shows these to Prometheus; [Observability](../guides/observability.md) says who may see them and which dashboards and
alerts there are. Labels have few possible values: routes are templates, never paths, and nothing that a caller wrote is among them.
A histogram is three series, whose names end in `_bucket`, `_sum` and `_count`.

"""
    ]
    rows = (
        (f"`{each.name}`", each.kind, ", ".join(f"`{label}`" for label in each.labels), each.about) for each in MEASURES
    )
    parts.append(table(("Name", "Kind", "Labels", "What it says"), rows))
    return "".join(parts)
