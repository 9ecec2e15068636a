"""Help: at once, for every command, and without what only running a command needs."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module

import pytest

from doorward.surfaces.cli.lazy import Commands, Lazy, Verb, built
from doorward.surfaces.cli.program import COMMANDS, run
from tests.surfaces.cli.conftest import SOURCES

# Each costs more to import than help may take.
HEAVY = ("pydantic", "sqlalchemy", "fastapi", "rich", "asyncio", "doorward.settings", "doorward.app")
NOUNS = [name for name, lazy in COMMANDS.items() if lazy.place.endswith(":commands")]


def found(what: object) -> object:
    """The function or the commands that a name stands for."""
    if not isinstance(what, Lazy):
        return what
    module, _, attribute = what.place.partition(":")
    return getattr(import_module(module), attribute)


def every(commands: Mapping[str, Lazy | Verb], *before: str) -> Iterator[list[str]]:
    """Every command, as its words; nouns within nouns too."""
    for name, each in commands.items():
        words = [*before, name]
        within = found(each)
        if isinstance(within, Commands):
            yield from every(within.all, *words)
        if before or not isinstance(within, Commands):
            yield words


def named(words: Sequence[str]) -> Lazy | Verb:
    within: Mapping[str, Lazy | Verb] = COMMANDS
    for word in words[:-1]:
        noun = found(within[word])
        assert isinstance(noun, Commands)
        within = noun.all
    return within[words[-1]]


@pytest.mark.integration
@pytest.mark.parametrize("arguments", [["--help"], *([noun, "--help"] for noun in NOUNS)], ids=" ".join)
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    script = (
        "import sys\n"
        "from doorward.surfaces.cli.program import run\n"
        f"assert run({arguments!r}) == 0\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={"PYTHONPATH": str(SOURCES)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.startswith("Usage: doorward")
    assert done.stderr == "[]\n"


@pytest.mark.parametrize(
    "arguments",
    list(every(COMMANDS)),
    ids=" ".join,
)
def test_every_command_explains_itself(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*arguments, "--help"]) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"Usage: doorward {' '.join(arguments)} [OPTIONS]")
    explained = said.partition("\n\n")[2].partition("\n\n")[0].strip()
    assert explained.endswith(".")
    command = built(arguments[-1], named(arguments))
    assert [each.name for each in command.params if not each.help] == []
    assert max(map(len, said.splitlines())) <= 80


def test_nothing_asked_for_is_answered_with_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([]) == 2
    said = capsys.readouterr()
    assert all(name in said.out + said.err for name in COMMANDS)


def test_says_its_version(capsys: pytest.CaptureFixture[str]) -> None:
    from doorward import __version__

    assert run(["--version"]) == 0
    assert capsys.readouterr().out.startswith(f"doorward {__version__} ")
