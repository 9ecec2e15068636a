"""Examples as curl, Python and TypeScript, laid out as people would write them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

from doorward.surfaces.rest.examples.example import Example
from doorward.surfaces.rest.examples.variables import ACCESS, API, VARIABLES
from doorward.surfaces.rest.operation import Operation

_WIDTH: Final = 88
_PARAMETER: Final = re.compile(r"\{(\w+)\}")
_NAME: Final = re.compile(r"[A-Za-z_]\w*")


class Style(NamedTuple):
    """How a language writes values."""

    indent: str
    trailing_comma: str
    constants: Mapping[object, str]
    variable: Callable[[str], str]
    bare_names: bool = False
    spaced: bool = False  # within braces


def _in_json(name: str) -> str:
    return f"${name}" if VARIABLES[name].is_json else f'"${name}"'


_JSON: Final = Style("  ", "", {True: "true", False: "false", None: "null"}, _in_json)
_PYTHON: Final = Style("    ", ",", {True: "True", False: "False", None: "None"}, str)
_TYPESCRIPT: Final = Style("  ", ",", _JSON.constants, str, bare_names=True, spaced=True)


def variables_of(operation: Operation, example: Example) -> list[str]:
    """The names of what the reader puts in, in the order in which it is met."""
    found = [API] if operation.public else [API, ACCESS]
    found += [
        each.upper() if each not in example.path else example.path[each].removeprefix("$")
        for each in operation.path_parameters
        if example.path.get(each, "$").startswith("$")
    ]
    found += [each[1:] for each in _texts([example.query, example.body]) if each.startswith("$")]
    return list(dict.fromkeys(found))


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, Sequence):
        for each in value:
            yield from _texts(each)


def curl(operation: Operation, example: Example) -> str:
    """The example for a shell."""
    address = _path(operation, example, lambda name: f"${name}")
    if example.query:
        address += "?" + urlencode(example.query, safe="$:")
    plain_post = operation.method == "POST" and example.body is not None
    method = "" if operation.method == "GET" or plain_post else f"-X {operation.method} "
    words = [f'curl -s {method}"${API}{address}"']
    if not operation.public:
        words.append(f'-H "Authorization: Bearer ${ACCESS}"')
    after = ""
    if example.body is not None:
        if any(each.startswith("$") for each in _texts(example.body)):
            words.append("--json @- <<JSON")
            after = f"\n{literal(example.body, _JSON)}\nJSON"
        else:
            body = literal(example.body, _JSON, room=_WIDTH - len("  --json") - 3)
            words.append(f"--json '{_deeper(body, _JSON)}'")
    if not example.shows:
        words.insert(len(words) - bool(after), "-w '%{http_code}\\n'")
    line = " ".join(words)
    return (line if len(line) <= _WIDTH and "\n" not in line else " \\\n  ".join(words)) + after


def python(operation: Operation, example: Example) -> str:
    """The example for Python with httpx2."""
    path = _path(operation, example, lambda name: f"{{{name}}}")
    arguments: list[tuple[str, Any]] = [("", f'{"f" if "{" in path else ""}"{path}"')]
    if not operation.public:
        arguments.append(("headers=", "bearer"))
    if example.query:
        arguments.append(("params=", example.query))
    if example.body is not None:
        arguments.append(("json=", example.body))
    lines = [_python_call(f"answer = api.{operation.method.lower()}", arguments), "answer.raise_for_status()"]
    name = example.answer
    if not example.shows:
        lines.append("print(answer.status_code)")
    else:
        printed = f"print({', '.join(name + _python_member(each) for each in example.shows)})"
        if is_list(operation):
            lines += [f'for {name} in answer.json()["items"]:', f"    {printed}"]
        else:
            lines += [f"{name} = answer.json()", printed]
    return "\n".join(lines)


def _python_call(function: str, arguments: list[tuple[str, Any]]) -> str:
    """A call as formatters lay it out: on one line, else its arguments on one, else each on its own."""

    def written(room: int) -> list[str]:
        return [
            name + (value if isinstance(value, str) else literal(value, _PYTHON, room=room - len(name)))
            for name, value in arguments
        ]

    flat = ", ".join(written(10_000))
    if len(function) + len(flat) + 2 <= _WIDTH:
        return f"{function}({flat})"
    if len(flat) + 4 <= _WIDTH:
        return f"{function}(\n    {flat}\n)"
    lines = "".join(f"    {_deeper(each, _PYTHON)},\n" for each in written(_WIDTH - 5))
    return f"{function}(\n{lines})"


def typescript(operation: Operation, example: Example) -> str:
    """The example for TypeScript with the fetch of browsers and Node."""
    lines = []
    address = f"${{{API}}}" + _path(operation, example, lambda name: f"${{{name}}}")
    if any(each.startswith("$") for each in _texts(example.query)):
        lines.append(f"const query = new URLSearchParams({literal(example.query, _TYPESCRIPT)});")
        address += "?${query}"
    elif example.query:
        address += "?" + urlencode(example.query, safe=":")
    options = []
    if operation.method != "GET":
        options.append(f'method: "{operation.method}"')
    if example.body is not None:
        bearer = "" if operation.public else "...bearer, "
        options.append(f'headers: {{ {bearer}"Content-Type": "application/json" }}')
        options.append(f"body: JSON.stringify({literal(example.body, _TYPESCRIPT, room=_WIDTH - 27)})")
    elif not operation.public:
        options.append("headers: bearer")
    head = f"const response = await fetch(`{address}`"
    flat = f"{head}, {{ {', '.join(options)} }});" if options else f"{head});"
    if len(options) > 1 or len(flat) > _WIDTH:
        flat = f"{head}, {{\n" + "".join(f"  {_deeper(each, _TYPESCRIPT)},\n" for each in options) + "});"
    lines += [flat, "if (!response.ok) throw new Error(await response.text());"]
    name = _camel(example.answer)
    if not example.shows:
        lines.append("console.log(response.status);")
    else:
        printed = f"console.log({', '.join(name + _typescript_member(each) for each in example.shows)});"
        if is_list(operation):
            lines += ["const { items } = await response.json();", f"for (const {name} of items) {printed}"]
        else:
            lines += [f"const {name} = await response.json();", printed]
    return "\n".join(lines)


def begin_shell(names: Sequence[str]) -> str:
    """What the examples for a shell begin with. names: what the reader puts in."""
    return "\n".join(f"export {name}={_shell_word(VARIABLES[name].like)}" for name in names)


def begin_python(names: Sequence[str]) -> str:
    """What the examples for Python begin with."""
    imports = ["import json"] if any(VARIABLES[name].is_json for name in names) else []
    lines = [*imports, "import os", "", "import httpx2", "", f'api = httpx2.Client(base_url=os.environ["{API}"])']
    for name in names:
        if name == ACCESS:
            lines.append(f'bearer = {{"Authorization": f"Bearer {{os.environ[\'{ACCESS}\']}}"}}')
        elif name != API:
            value = f'os.environ["{name}"]'
            lines.append(f"{name} = {f'json.loads({value})' if VARIABLES[name].is_json else value}")
    return "\n".join(lines)


def begin_typescript(names: Sequence[str]) -> str:
    """What the examples for TypeScript begin with."""
    texts = [name for name in names if not VARIABLES[name].is_json]
    line = f"const {{ {', '.join(texts)} }} = process.env as Record<string, string>;"
    if len(line) > _WIDTH:
        line = "const {\n" + "".join(f"  {name},\n" for name in texts) + "} = process.env as Record<string, string>;"
    lines = [line]
    lines += [f"const {name} = JSON.parse(process.env.{name}!);" for name in names if name not in texts]
    if ACCESS in names:
        lines.append(f"const bearer = {{ Authorization: `Bearer ${{{ACCESS}}}` }};")
    return "\n".join(lines)


def is_list(operation: Operation) -> bool:
    """Whether it answers a page of a list."""
    return "ListView" in str(operation.answer)


def literal(value: Any, style: Style, *, room: int = _WIDTH) -> str:
    """A JSON value in a language: on one line where there is room, else each member on its own."""
    flat = _flat(value, style)
    if len(flat) <= room or not value or not isinstance(value, Mapping | list | tuple):
        return flat
    room -= len(style.indent) + 1
    if isinstance(value, Mapping):
        members = [
            f"{_key(name, style)}: {literal(each, style, room=room - len(name) - 4)}" for name, each in value.items()
        ]
        first, last = "{}"
    else:
        members = [literal(each, style, room=room) for each in value]
        first, last = "[]"
    inside = ",\n".join(style.indent + _deeper(each, style) for each in members) + style.trailing_comma
    return f"{first}\n{inside}\n{last}"


def _flat(value: Any, style: Style) -> str:
    if isinstance(value, bool) or value is None:
        return style.constants[value]
    if isinstance(value, str):
        return style.variable(value[1:]) if value.startswith("$") else json.dumps(value, ensure_ascii=False)
    if isinstance(value, Mapping):
        inside = ", ".join(f"{_key(name, style)}: {_flat(each, style)}" for name, each in value.items())
        return f"{{ {inside} }}" if style.spaced and inside else f"{{{inside}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_flat(each, style) for each in value)}]"
    return str(value)


def _key(name: str, style: Style) -> str:
    return name if style.bare_names and _NAME.fullmatch(name) else json.dumps(name)


def _deeper(text: str, style: Style) -> str:
    return text.replace("\n", "\n" + style.indent)


def _path(operation: Operation, example: Example, variable: Callable[[str], str]) -> str:
    def put(found: re.Match[str]) -> str:
        given = example.path.get(found[1], f"${found[1].upper()}")
        return variable(given[1:]) if given.startswith("$") else given

    return _PARAMETER.sub(put, operation.path)


def _python_member(place: str) -> str:
    return "".join(f"[{part}]" if part.isdecimal() else f'["{part}"]' for part in place.split("."))


def _typescript_member(place: str) -> str:
    return "".join(f"[{part}]" if part.isdecimal() else f".{part}" for part in place.split("."))


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(each.capitalize() for each in others)


def _shell_word(text: str) -> str:
    return text if re.fullmatch(r"[\w:/.@%+…-]+", text) else f"'{text}'"
