"""Renders deploy/helm/doorward without Helm, so that what the chart makes is checked on any machine.

scripts/render_chart.py [NAME=VALUE …]   prints the manifests; NAME is a value's path, VALUE is YAML

It knows the part of Go's templates that our chart uses, and refuses what it does not know. GitHub Actions runs Helm itself.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml

CHART: Final = Path(__file__).parents[1] / "deploy/helm/doorward"
_ACTION: Final = re.compile(r"\{\{(-?)\s*(.*?)\s*(-?)\}\}", re.DOTALL)
_WORD: Final = re.compile(r'"[^"]*"|\S+')


class Unknown(Exception):  # noqa: N818 - says what it met
    """The chart uses what this renderer does not know."""


Node = tuple[str, str, list[Any], list[Any]]  # kind, expression, what is inside, what is inside of `else`


def render(changes: Mapping[str, Any] | None = None, *, release: str = "doorward") -> str:
    """All manifests of the chart, as one YAML stream. changes: values by their path, such as `ingress.enabled`."""
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))
    values = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
    for path, value in (changes or {}).items():
        *folders, name = path.split(".")
        place = values
        for folder in folders:
            place = place[folder]
        if name not in place:
            raise Unknown(f"values.yaml has no {path}")
        place[name] = value
    root = {
        "Values": values,
        "Chart": {"Name": chart["name"], "AppVersion": str(chart["appVersion"])},
        "Release": {"Name": release, "Namespace": "doorward", "Service": "Helm"},
    }
    defined: dict[str, list[Any]] = {}
    files = sorted((CHART / "templates").glob("*"), key=lambda file: (file.suffix != ".tpl", file.name))
    parts = []
    for file in files:
        nodes = _parse(file.read_text(encoding="utf-8"))
        for node in [each for each in nodes if each[0] == "define"]:
            defined[node[1].strip('"')] = node[2]
        text = _run([each for each in nodes if each[0] != "define"], root, {"$": root}, defined)
        if file.suffix == ".yaml" and text.strip():
            parts.append(f"---\n# {file.name}\n{text.strip()}\n")
    return "".join(parts)


def _parse(text: str) -> list[Any]:
    pieces: list[tuple[str, str]] = []
    at = 0
    trim = False
    for found in _ACTION.finditer(text):
        before = text[at : found.start()]
        before = before.lstrip() if trim else before
        pieces += [("text", before.rstrip() if found[1] else before), ("action", found[2])]
        trim, at = bool(found[3]), found.end()
    pieces.append(("text", text[at:].lstrip() if trim else text[at:]))
    pieces.reverse()
    nodes, ended = _block(pieces)
    if ended:
        raise Unknown("an end without a beginning")
    return nodes


def _block(pieces: list[tuple[str, str]]) -> tuple[list[Any], str]:
    nodes: list[Any] = []
    while pieces:
        kind, content = pieces.pop()
        if kind == "text":
            nodes.append(("text", content, [], []))
            continue
        word, _, rest = content.partition(" ")
        if word in {"end", "else"}:
            if rest:
                raise Unknown(content)
            return nodes, word
        if word in {"if", "range", "define"}:
            inside, ended = _block(pieces)
            otherwise: list[Any] = []
            if ended == "else":
                otherwise, ended = _block(pieces)
            if ended != "end":
                raise Unknown(f"{content} without its end")
            nodes.append((word, rest, inside, otherwise))
        elif not word.startswith("/*"):
            nodes.append(("print", content, [], []))
    return nodes, ""


def _run(nodes: list[Any], dot: Any, names: dict[str, Any], defined: dict[str, list[Any]]) -> str:
    out = []
    for kind, expression, inside, otherwise in nodes:
        if kind == "text":
            out.append(expression)
        elif kind == "print":
            out.append(_text(_value(expression, dot, names, defined)))
        elif kind == "if":
            chosen = inside if _value(expression, dot, names, defined) else otherwise
            out.append(_run(chosen, dot, names, defined))
        else:
            variables, _, of = expression.partition(":=")
            given = [each.strip() for each in variables.split(",")]
            over = _value(of.strip(), dot, names, defined)
            # Go goes through a map in the order of its keys.
            pairs = sorted(over.items()) if isinstance(over, dict) else list(enumerate(over))
            for key, value in pairs:
                inner = dict(zip(given, [value] if len(given) == 1 else [key, value], strict=True))
                out.append(_run(inside, value, {**names, **inner}, defined))
    return "".join(out)


def _value(expression: str, dot: Any, names: dict[str, Any], defined: dict[str, list[Any]]) -> Any:
    passed: list[Any] = []
    for stage in expression.split(" | "):
        words = _WORD.findall(stage)
        if len(words) == 1 and not passed and words[0][0] in '."$':
            passed = [_operand(words[0], dot, names)]
            continue
        function, *rest = words
        arguments = [*(_operand(word, dot, names) for word in rest), *passed]
        passed = [_call(function, arguments, defined)]
    return passed[0]


def _operand(word: str, dot: Any, names: dict[str, Any]) -> Any:
    if word.startswith('"'):
        return word[1:-1]
    if word.lstrip("-").isdigit():
        return int(word)
    if word.startswith("$"):
        head, _, path = word.partition(".")
        value = names[head]
    elif word.startswith("."):
        value, path = dot, word[1:]
    else:
        raise Unknown(word)
    for step in path.split(".") if path else []:
        # Helm prints nothing for what is not there; a chart that asks for it is mistaken.
        if step not in value:
            raise Unknown(f"{word}: there is no {step}")
        value = value[step]
    return value


def _call(function: str, arguments: list[Any], defined: dict[str, list[Any]]) -> Any:  # noqa: PLR0911 - a table of functions
    match function, arguments:
        case "include", [name, dot]:
            return _run(defined[name], dot, {"$": dot}, defined)
        case "toYaml", [value]:
            return yaml.safe_dump(value, default_flow_style=False, sort_keys=True).rstrip("\n")
        case "nindent", [int(width), str(text)]:
            return "\n" + "\n".join(" " * width + line if line else line for line in text.split("\n"))
        case "quote", [value]:
            escaped = _text(value).replace("\\", "\\\\").replace('"', '\\"')
            return f'"{escaped}"'
        case "default", [otherwise, value]:
            return value or otherwise
        case "not", [value]:
            return not value
        case "list", values:
            return values
        case _:
            raise Unknown(function)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


if __name__ == "__main__":
    pairs = (argument.partition("=") for argument in sys.argv[1:])
    print(render({name: yaml.safe_load(value) for name, _, value in pairs}), end="")
