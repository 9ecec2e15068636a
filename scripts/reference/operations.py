"""The pages of the REST API: for each tag its operations with what they take and answer, and examples in three languages.

What an example answers was recorded when it last ran (tests/docs/test_operations.py), so that it can be shown as it comes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from doorward.domain.risk.problems import ChallengeRequired
from doorward.domain.sessions.problems import StepUpRequired
from doorward.kernel.problem import PreconditionFailed, Problem
from doorward.surfaces.cli.openapi import description
from doorward.surfaces.rest.examples import render
from doorward.surfaces.rest.examples.every import example_of, name_of
from doorward.surfaces.rest.examples.variables import VARIABLES
from doorward.surfaces.rest.operation import Operation
from doorward.surfaces.rest.operations import OPERATIONS
from scripts.reference.classes import NOTE, table
from scripts.reference.general import GENERAL
from scripts.reference.members import resolved, rows_of, shape_link

ANSWERS: Final = Path(__file__).parent / "answers.json"
# Whether to write operations too whose example has not run yet.
unanswered = False
_NOT_IN_ANCHORS: Final = re.compile(r"[^\w\- ]")
_MEMBERS: Final = ("Member", "Value", "Default", "Meaning")


@cache
def document() -> Mapping[str, Any]:
    """The description of the API."""
    return description()


@cache
def answers() -> Mapping[str, Any]:
    """What the examples answered when they last ran, by operation: `status`, `headers`, `body`."""
    recorded: Mapping[str, Any] = json.loads(ANSWERS.read_text(encoding="utf-8"))
    return recorded


def slug(tag: str) -> str:
    """What the page of a tag is called."""
    return tag.lower().replace(" ", "-") + ".md"


def place_of(operation: Operation) -> str:
    """Where an operation is described, within docs/reference/operations."""
    anchor = _NOT_IN_ANCHORS.sub("", name_of(operation).lower()).replace(" ", "-")
    return f"{slug(operation.tag)}#{anchor}"


def tags() -> list[str]:
    """Every tag, in the order of the operations."""
    return list(dict.fromkeys(each.tag for each in OPERATIONS))


def pages() -> dict[str, Callable[[], str]]:
    """The pages, by their place in docs/reference."""

    def of(tag: str) -> Callable[[], str]:
        return lambda: tag_page(tag)

    return {
        "operations/README.md": index_page,
        **{f"operations/{slug(tag)}": of(tag) for tag in tags()},
        "operations/shapes.md": shapes_page,
    }


def index_page() -> str:
    """What holds for all operations, and where each is."""
    parts = [
        f"""# REST operations

{NOTE}
Every operation with what it takes, what it answers, what can go wrong, and an example each for curl, Python and TypeScript. A test runs
every example against a server, as it is printed. A running server shows the same at `/redoc`, and lets you try it at `/docs`;
`/openapi.json` is for programs.

* Bodies and answers are JSON; times are RFC 3339 in UTC; ids have the kind in front (`usr_…`). [HTTP](../../guides/http.md) has the rest.
* Who is signed in sends `Authorization: Bearer …`, or the session cookie where it is a browser.
* What is wrong is a [problem](../problems.md) in [one form](../../guides/errors.md), whose `code` programs go by.
* The examples need curl 7.82, Python with httpx2, or Node 24, which runs TypeScript as it is; browsers have `fetch` too.

"""
    ]
    for tag in tags():
        rows = (
            (
                f"[`{name_of(each)}`]({place_of(each)})",
                _summary(each),
                "" if each.public else _needs(each) or "own account",
            )
            for each in OPERATIONS
            if each.tag == tag
        )
        parts.append(f"## [{tag}]({slug(tag)})\n\n{table(('Operation', 'What it does', 'Who may'), rows)}\n")
    rows_general = (
        (str(each.problem.kind.status), _problem_link(each.problem), each.problem.title, each.where) for each in GENERAL
    )
    parts.append(
        f"""## Lists

A list answers a page of itself:

{table(_MEMBERS, iter(_list_rows()))}
Send `next_cursor` as `cursor` for the following page, with the same filter. A page costs the same wherever in the list it is.

## Problems that many operations answer

Beside those that are named at the operation:

{table(("Status", "Code", "Title", "Where"), rows_general)}"""
    )
    return "".join(parts)


def _list_rows() -> list[tuple[str, ...]]:
    schemas = document()["components"]["schemas"]
    schema = next(each for name, each in schemas.items() if name.startswith("ListView_"))
    return [
        (name, "list of the things" if name == "`items`" else value, "", meaning)
        for name, value, _, meaning in rows_of(schema, document())
    ]


def tag_page(tag: str) -> str:
    """The operations of one tag."""
    operations = [each for each in OPERATIONS if each.tag == tag]
    names = list(dict.fromkeys(name for each in operations for name in render.variables_of(each, example_of(each))))
    known = [name for name in VARIABLES if name in names]
    parts = [
        f"# {tag}\n\n{NOTE}\n",
        table(
            ("Operation", "What it does"),
            ((f"[`{name_of(each)}`](#{place_of(each).partition('#')[2]})", _summary(each)) for each in operations),
        ),
        "\nAll operations, and what they have in common, are in [REST operations](README.md).\n\n",
        "## What the examples begin with\n\n",
        table(("Variable", "What to put in"), ((f"`{name}`", VARIABLES[name].about) for name in known)),
        "\nPut those that an example names into the environment:\n",
        f"\n```sh\n{render.begin_shell(known)}\n```\n",
        "\nThe examples in Python and TypeScript begin like this:\n",
        f"\n```python\n{render.begin_python(known)}\n```\n",
        f"\n```ts\n{render.begin_typescript(known)}\n```\n",
        *(_section(each) for each in operations),
    ]
    return "".join(parts)


def _section(operation: Operation) -> str:
    described = document()["paths"][operation.path][operation.method.lower()]
    example = example_of(operation)
    parts = [f"\n## `{name_of(operation)}`\n\n{described['summary']}.\n"]
    if described.get("description"):
        parts.append(f"\n{described['description']}\n")
    parts.append(f"\n**Who may:** {_who(operation)}\n")
    if headers := _headers(operation):
        parts.append(f"\n**Headers:** {headers}\n")
    parts.append(_input(described))
    parts.append(_answer(operation))
    rows = (
        (str(each.kind.status), _problem_link(each), each.title)
        for each in sorted(operation.problems, key=lambda each: (each.kind.status, each.code))
    )
    if operation.problems:
        parts.append(f"\n**Problems:**\n\n{table(('Status', 'Code', 'Title'), rows)}")
        parts.append("\nAnd [those that many operations answer](README.md#problems-that-many-operations-answer).\n")
    else:
        parts.append(
            "\n**Problems:** [those that many operations answer](README.md#problems-that-many-operations-answer).\n"
        )
    parts.append(f"\n**Example:** {example.note}".rstrip() + "\n")
    parts.append(f"\n```sh\n{render.curl(operation, example)}\n```\n")
    parts.append(f"\n```python\n{render.python(operation, example)}\n```\n")
    parts.append(f"\n```ts\n{render.typescript(operation, example)}\n```\n")
    return "".join(parts)


def _who(operation: Operation) -> str:
    if operation.public:
        who = "anybody."
        if ChallengeRequired in operation.problems:
            who += (
                " Where the operator asks for it, with a solved [challenge](signing-in.md#get-v1challenges) in the header "
                "`Challenge-Response`."
            )
        return who
    needs = _needs(operation)
    who = f"whoever has {needs}." if needs else "whoever is signed in, for their own account."
    if StepUpRequired in operation.problems:
        who += (
            " It can ask for a [fresh proof](your-account.md#post-v1mestep-up) of who you are, no older than 15 minutes "
            "(`DOORWARD_SESSIONS__STEP_UP_SECONDS`)."
        )
    return who


def _needs(operation: Operation) -> str:
    return " and ".join(f"[`{each}`](../permissions.md#permissions)" for each in example_of(operation).needs)


def _headers(operation: Operation) -> str:
    """What it reads of the request's headers beside the usual."""
    words = []
    if operation.method != "GET" and operation.keeps_answers:
        words.append("[`Idempotency-Key`](../../guides/http.md#send-it-again-without-fear)")
    if PreconditionFailed in operation.problems:
        words.append("[`If-Match`](../../guides/http.md#only-if-it-has-not-changed)")
    if operation.method == "GET" and "etag" in answers().get(name_of(operation), {}).get("headers", {}):
        words.append("[`If-None-Match`](../../guides/http.md#only-if-it-has-not-changed)")
    return ", ".join(words) + " may be sent." if words else ""


def _input(described: Mapping[str, Any]) -> str:
    parts = []
    for place, title in (("path", "In the path"), ("query", "In the query")):
        found = [each for each in described.get("parameters", ()) if each["in"] == place]
        if found:
            rows = (
                (*row[:3], each.get("description", ""))
                for each in found
                for row in rows_of(
                    {
                        "properties": {each["name"]: each["schema"]},
                        "required": [each["name"]] if each["required"] else [],
                    },
                    document(),
                )
            )
            parts.append(f"\n{table((title, *_MEMBERS[1:]), rows)}")
    if "requestBody" in described:
        schema = described["requestBody"]["content"]["application/json"]["schema"]
        _, shape = resolved(schema, document())
        parts.append(f"\n{table(('In the body', *_MEMBERS[1:]), iter(rows_of(shape, document())))}")
        if not described["requestBody"].get("required"):
            parts.append("\nThe body may be left out.\n")
    return "".join(parts)


def _answer(operation: Operation) -> str:
    recorded = answers().get(name_of(operation))
    if recorded is None and unanswered:
        return ""
    if recorded is None:
        raise LookupError(f"{name_of(operation)} has no recorded answer: run `make examples`.")
    status = recorded["status"]
    text = f"\n**Answers** {status} {HTTPStatus(status).phrase}"
    described = document()["paths"][operation.path][operation.method.lower()]["responses"]
    content = described.get(str(status), described[str(operation.status)]).get("content", {}).get("application/json")
    if content:
        text += ": " + _shapes(content["schema"])
    headers = [f"`{name}: {value}`" for name, value in recorded["headers"].items()]
    if headers:
        text += f", with {' and '.join(headers)}"
    text += ".\n"
    if example_of(operation).abridged:
        text += "Shown are the first of the list.\n"
    if recorded["body"] is not None:
        text += f"\n```json\n{json.dumps(recorded['body'], indent=2, ensure_ascii=False)}\n```\n"
    return text


def _shapes(schema: Mapping[str, Any]) -> str:
    return " or ".join(
        shape_link(each["$ref"].rpartition("/")[2]) for each in schema.get("anyOf", [schema]) if "$ref" in each
    )


def shapes_page() -> str:
    """Every shape that is answered, with its members."""
    parts = [
        f"""# Shapes

{NOTE}
What operations answer, with the meaning of each member. New members may be added at any time; programs ignore those they do not know.
"""
    ]
    for name, schema in sorted(document()["components"]["schemas"].items(), key=lambda each: each[0].lower()):
        if (name.endswith("View") and not name.startswith("ListView_")) or name == "Problem":
            title = name.removesuffix("View")
            rows = (
                (member, value, "" if default == "needed" else "not always", meaning)
                for member, value, default, meaning in rows_of(schema, document())
            )
            parts.append(f"\n## {title}\n\n{schema.get('description', '').strip()}\n\n")
            parts.append(table(("Member", "Value", "", "Meaning"), rows))
    return "".join(parts)


def answered_by(problem: type[Problem]) -> str:
    """Which operations answer a problem, as a sentence with links for docs/reference."""
    named = [each for each in OPERATIONS if problem in each.problems]
    words = ", ".join(f"[`{name_of(each)}`](operations/{place_of(each)})" for each in named)
    where = next((each.where for each in GENERAL if each.problem is problem), "").replace("](", "](operations/")
    if named and where:
        return f"{words}; and {where}"
    return words or where


def _problem_link(problem: type[Problem]) -> str:
    return f"[`{problem.code}`](../problems.md#{problem.code})"


def _summary(operation: Operation) -> str:
    summary: str = document()["paths"][operation.path][operation.method.lower()]["summary"]
    return summary
