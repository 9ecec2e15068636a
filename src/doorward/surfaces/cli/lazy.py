"""Commands that are imported and built only when they are asked for.

Help for all of them needs nothing but their names and the first lines of what they say of themselves; building a
command, with the types of its options, costs ten times that.
"""

from __future__ import annotations

import difflib
import importlib
import inspect
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import typer
from typer.core import TyperGroup
from typer.main import get_command, get_group

if TYPE_CHECKING:
    from typer._click import Command, Context, HelpFormatter

Verb = Callable[..., None]
Defined = TypeVar("Defined", bound=Verb)


class Lazy(NamedTuple):
    """A command in a file that is not imported yet. place: `module:name` of a function or Commands. help: one sentence."""

    place: str
    help: str


class Commands:
    """The commands of one noun. help: what the noun is for. elsewhere: those that stand in other files."""

    def __init__(self, help: str, elsewhere: Mapping[str, Lazy] | None = None) -> None:  # noqa: A002 - Typer's word
        self.help = help
        self.all: dict[str, Lazy | Verb] = dict(elsewhere or {})

    def command(self, name: str | None = None) -> Callable[[Defined], Defined]:
        """Makes the decorated function a command. name: unless it is the function's own."""

        def decorate(function: Defined) -> Defined:
            self.all[name or function.__name__.replace("_", "-")] = function
            return function

        return decorate


def new_typer(**options: Any) -> typer.Typer:
    """A Typer with our habits: plain text (rich costs start-up), no shell files, help where nothing is asked."""
    return typer.Typer(
        rich_markup_mode=None,
        add_completion=False,
        pretty_exceptions_enable=False,
        no_args_is_help=True,
        context_settings={"help_option_names": ["-h", "--help"]},
        **options,
    )


def lazy_group(commands: Mapping[str, Lazy | Verb]) -> type[TyperGroup]:
    """A kind of group that has these commands."""

    class LazyGroup(TyperGroup):
        """A group whose commands are built when they are asked for."""

        def list_commands(self, ctx: Context) -> list[str]:  # noqa: ARG002 - an override
            """Every name, in the order in which help lists them."""
            return list(commands)

        def get_command(self, ctx: Context, cmd_name: str) -> Command | None:  # noqa: ARG002 - an override
            """One command, built now."""
            return built(cmd_name, commands[cmd_name]) if cmd_name in commands else None

        def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
            """Splits a command from its own arguments. Only what begins with an option is read by Typer, which then loads Pydantic."""
            if not args or args[0].startswith("-"):
                return super().parse_args(ctx, args)
            ctx._protected_args, ctx.args = args[:1], args[1:]  # noqa: SLF001 - as the method that this one overrides
            return ctx.args

        def format_commands(self, ctx: Context, formatter: HelpFormatter) -> None:  # noqa: ARG002 - an override
            """Lists the commands without building any."""
            rows = [(name, each.help if isinstance(each, Lazy) else _summary(each)) for name, each in commands.items()]
            with formatter.section("Commands"):
                formatter.write_dl(rows)

        def resolve_command(self, ctx: Context, args: list[str]) -> tuple[str | None, Command | None, list[str]]:
            """The command that is asked for; one that does not exist is answered with the nearest name."""
            name = args[0]
            if not name.startswith("-") and name not in commands:
                near = difflib.get_close_matches(name, commands, n=1)
                hint = f" Did you mean '{near[0]}'?" if near else ""
                ctx.fail(f"There is no command '{name}'.{hint}")
            return super().resolve_command(ctx, args)

    return LazyGroup


def _summary(function: Verb) -> str:
    # A list has room for one sentence.
    return (inspect.getdoc(function) or "").partition("\n")[0].partition(". ")[0].rstrip(".") + "."


def built(name: str, what: Lazy | Verb) -> Command:
    """The command that a name stands for, imported where it is not yet."""
    found: Any = what
    if isinstance(what, Lazy):
        module, _, attribute = what.place.partition(":")
        found = getattr(importlib.import_module(module), attribute)
    if isinstance(found, Commands):
        command: Command = get_group(new_typer(cls=lazy_group(found.all), help=found.help))
    else:
        alone = new_typer()
        alone.command(name)(found)
        command = get_command(alone)
    command.name = name
    return command
