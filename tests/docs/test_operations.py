"""The examples of the REST operations, run as the pages print them: each in curl, Python and TypeScript, against a real server.

`make examples` runs the same and keeps what was answered, which is what the pages show.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest

from doorward.infra.database import migrate
from doorward.surfaces.rest.examples.every import EXAMPLES, ExampleMissing, example_of, name_of
from doorward.surfaces.rest.examples.render import is_list, variables_of
from doorward.surfaces.rest.operation import Operation, Operations
from doorward.surfaces.rest.operations import OPERATIONS
from scripts.reference.operations import ANSWERS, slug
from tests.docs.answers import expected_print, shown
from tests.docs.stage import SETTINGS, Stage, arrange
from tests.make.processes import nodes

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(sys.platform == "win32", reason="the examples for a shell are written for bash"),
]

HERE: Final = Path(__file__).parent
PAGES: Final = HERE.parents[1] / "docs/reference/operations"
LANGUAGES: Final = ("sh", "python", "ts")
# Of an answer's headers, those that a reader does something with.
_HEADERS: Final = ("etag", "location", "retry-after")
_FENCE: Final = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@cache
def page(tag: str) -> dict[str, dict[str, str]]:
    """The examples of a page, by the heading they stand under and their language; those before all headings under ''."""
    text = (PAGES / slug(tag)).read_text(encoding="utf-8")
    first, *sections = re.split(r"^## `(.+)`$", text, flags=re.MULTILINE)
    named = {"": first} | dict(zip(sections[::2], sections[1::2], strict=True))
    return {name: dict(_FENCE.findall(section)) for name, section in named.items()}


@pytest.fixture(scope="session")
def recorded(request: pytest.FixtureRequest) -> Any:
    """What the pages show as answers. With --record it is written anew from what is answered now."""
    answers = json.loads(ANSWERS.read_text(encoding="utf-8"))
    yield answers
    if request.config.getoption("--record"):
        in_order = {name_of(each): answers[name_of(each)] for each in OPERATIONS if name_of(each) in answers}
        ANSWERS.write_text(json.dumps(in_order, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


@pytest.fixture(scope="session")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    folder = tmp_path_factory.mktemp("examples")
    url = f"sqlite:///{folder / 'examples.sqlite3'}"
    await asyncio.to_thread(migrate.upgrade, url)
    async with nodes(url, folder, settings=SETTINGS) as [node], node.client() as client:
        made = Stage(node, client, folder / "mail")
        await made.open()
        yield made


@dataclass
class Runner:
    """A process that runs one example after another."""

    process: asyncio.subprocess.Process

    @classmethod
    async def start(cls, *command: str) -> Runner:
        environment = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
        pipes = {"stdin": asyncio.subprocess.PIPE, "stdout": asyncio.subprocess.PIPE}
        return cls(await asyncio.create_subprocess_exec(*command, env=environment, limit=1 << 20, **pipes))

    async def run(self, **asked: Any) -> tuple[str, str]:
        """What was printed, and what went wrong."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(asked).encode() + b"\n")
        answer = json.loads(await asyncio.wait_for(self.process.stdout.readline(), 30))
        return answer["printed"], answer["error"]

    async def stop(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        await self.process.wait()


def node_program() -> str | None:
    """A Node that runs TypeScript as it is: the one that Playwright brings, or the one on the PATH."""
    from playwright._impl._driver import compute_driver_executable

    for program in (compute_driver_executable()[0], shutil.which("node")):
        if program and Path(program).exists():
            found = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
            if tuple(int(part) for part in re.findall(r"\d+", found)[:2]) >= (22, 18):
                return program
    return None


@pytest.fixture(scope="session")
async def runners() -> AsyncIterator[dict[str, Runner]]:
    """A process for each language that needs one; none for TypeScript where there is no Node for it."""
    started = {"python": await Runner.start(sys.executable, str(HERE / "run_python.py"))}
    if program := node_program():
        started["ts"] = await Runner.start(program, str(HERE / "run_typescript.mjs"))
    yield started
    for each in started.values():
        await each.stop()


@dataclass(frozen=True)
class Ran:
    """What an example printed, and for curl what it was answered."""

    printed: str
    status: int | None = None
    headers: dict[str, str] | None = None


async def run_shell(text: str, variables: dict[str, str], folder: Path) -> Ran:
    head = folder / "head"
    # curl tells nobody the status unless asked; its own file of settings asks without a word in the example.
    (folder / ".curlrc").write_text(f'dump-header = "{head}"\n', encoding="utf-8")
    environment = {**variables, "PATH": os.environ["PATH"], "HOME": str(folder), "CURL_HOME": str(folder)}
    process = await asyncio.create_subprocess_exec(
        "bash",
        "-euo",
        "pipefail",
        "-c",
        text,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == 0, f"{text}\n{err.decode()}"
    first, *lines = head.read_text(encoding="latin-1").strip().splitlines()
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    return Ran(out.decode(), int(first.split()[1]), headers)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("operation", OPERATIONS, ids=name_of)
async def test_does_what_the_page_says(
    operation: Operation,
    language: str,
    stage: Stage,
    runners: dict[str, Runner],
    recorded: Any,
    request: pytest.FixtureRequest,
    tmp_path: Path,
) -> None:
    if language == "ts" and "ts" not in runners:
        pytest.skip("there is no Node of 22.18 or newer, neither Playwright's nor on the PATH")
    name = name_of(operation)
    example = example_of(operation)
    begin, text = page(operation.tag)[""], page(operation.tag)[name][language]
    runner = runners.get(language)
    try:
        variables = await arrange(stage, operation)
        if runner is None:
            ran = await run_shell(text, variables, tmp_path)
        else:
            whole = f"{begin[language]}\n{text}"
            (tmp_path / "example.mts").write_text(whole, encoding="utf-8")
            asked = {"text": whole} if language == "python" else {"file": str(tmp_path / "example.mts")}
            printed, error = await runner.run(variables=variables, **asked)
            assert error == "", f"{whole}\n{error}"
            ran = Ran(printed)
    finally:
        now = datetime.now(UTC)
        await stage.clear(operation)
    if language == "sh":
        kept = [variables.get(each, "") for each in ("CODE",)] + _texts(example.body)
        answer = {
            "status": ran.status,
            "headers": shown({each: ran.headers[each] for each in _HEADERS if each in ran.headers}, now=now),
            "body": shown(json.loads(ran.printed), now=now, kept=kept) if example.shows else None,
        }
        if example.abridged:
            del answer["body"]["items"][example.abridged :]
        if request.config.getoption("--record"):
            recorded[name] = answer
        assert answer == recorded.get(name), f"{name} answers something else now; `make examples` writes it down"
        if not example.shows:
            assert ran.printed == f"{ran.status}\n"
        return
    if example.shows:
        expected = expected_print(recorded[name]["body"], example.shows, is_list=is_list(operation))
        if example.abridged:
            expected += "(?s:.*)"
    else:
        expected = f"{recorded[name]['status']}\n"
    assert re.fullmatch(expected, ran.printed), f"{text}\nprints\n{ran.printed}instead of\n{expected}"


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [each for inner in value.values() for each in _texts(inner)]
    return [value] if isinstance(value, str) else []


async def test_what_a_page_calls_needed_is_asked_for(stage: Stage) -> None:
    """Whoever has no role is refused by name of the permission; that it suffices is what running the examples shows."""
    try:
        variables = await arrange(stage, next(each for each in OPERATIONS if name_of(each) == "GET /v1/me"))
        for operation in OPERATIONS:
            example = example_of(operation)
            if example.needs:
                values = await arrange_nothing(operation)
                path = operation.path.format_map(values)
                answer = await stage.client.request(
                    operation.method,
                    path,
                    headers={"authorization": f"Bearer {variables['ACCESS']}"},
                    params=dict(example.query),
                    **({} if example.body is None else {"json": example.body}),
                )
                assert answer.status_code == 403, (name_of(operation), answer.text)
                assert f"'{example.needs[0]}'" in answer.json()["detail"], name_of(operation)
    finally:
        await stage.clear()


async def arrange_nothing(operation: Operation) -> dict[str, str]:
    """Values for the path that lead to nothing: who may not do a thing is not told whether it is there."""
    from doorward.surfaces.rest.examples.variables import VARIABLES

    path = example_of(operation).path
    return {each: path.get(each) or VARIABLES[each.upper()].like for each in operation.path_parameters}


def test_no_example_is_of_an_operation_that_is_gone() -> None:
    assert sorted(EXAMPLES) == sorted(name_of(each) for each in OPERATIONS)


def test_says_where_to_write_an_example_that_is_missing() -> None:
    made = Operations("Users")

    @made.add("GET", "/v1/users/{user_id}/shoes")
    async def shoes(asked: Any, user_id: str) -> Any:
        raise NotImplementedError

    shoes.__module__ = "doorward.surfaces.rest.users"
    with pytest.raises(ExampleMissing, match=r"write one into src/doorward/surfaces/rest/examples/users\.py"):
        example_of(made.all[0])


def test_every_variable_of_an_example_is_described() -> None:
    from doorward.surfaces.rest.examples.variables import VARIABLES

    used = {name for each in OPERATIONS for name in variables_of(each, example_of(each))}
    assert used == VARIABLES.keys()


def test_python_examples_are_formatted_as_the_code_is(tmp_path: Path) -> None:
    for tag in dict.fromkeys(each.tag for each in OPERATIONS):
        for name, blocks in page(tag).items():
            (tmp_path / f"{slug(tag)}-{re.sub(r'[^a-z]+', '-', name.lower())}.py").write_text(blocks["python"])
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--line-length", "88", "--diff", str(tmp_path)]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout
