"""Commands that are imported only when they are asked for: help for all of them needs nothing but their names."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import typer
from typer.core import TyperGroup
from typer.main import get_command

if TYPE_CHECKING:
    from typer._click import Command, Context, HelpFormatter


class Lazy(NamedTuple):
    """A command that is not imported yet. place: `module:name` of a function or a Typer. help: one sentence for the list."""

    place: str
    help: str


def new_typer(**options: Any) -> typer.Typer:
    """A Typer with our habits: plain text (rich costs start-up), bare tracebacks, help where nothing is asked."""
    return typer.Typer(
        rich_markup_mode=None,
        add_completion=False,
        pretty_exceptions_enable=False,
        no_args_is_help=True,
        context_settings={"help_option_names": ["-h", "--help"]},
        **options,
    )


def lazy_group(commands: Mapping[str, Lazy]) -> type[TyperGroup]:
    """A kind of group that has these commands beside those that are registered in it."""

    class LazyGroup(TyperGroup):
        """A group whose commands are imported when they are asked for."""

        def list_commands(self, ctx: Context) -> list[str]:
            """Every name, in the order in which help lists them."""
            return [*commands, *super().list_commands(ctx)]

        def get_command(self, ctx: Context, cmd_name: str) -> Command | None:
            """One command, imported now."""
            if cmd_name in commands:
                return _load(cmd_name, commands[cmd_name])
            return super().get_command(ctx, cmd_name)

        def format_commands(self, ctx: Context, formatter: HelpFormatter) -> None:  # noqa: ARG002 - an override
            """Lists the commands without importing any."""
            rows = [(name, commands[name].help) for name in commands]
            rows += [
                (name, (command.help or "").partition("\n")[0])
                for name, command in self.commands.items()
                if not command.hidden
            ]
            with formatter.section("Commands"):
                formatter.write_dl(rows)

        def resolve_command(self, ctx: Context, args: list[str]) -> tuple[str | None, Command | None, list[str]]:
            """The command that is asked for; one that does not exist is answered with the nearest name."""
            name = args[0]
            if not name.startswith("-") and self.get_command(ctx, name) is None:
                near = difflib.get_close_matches(name, self.list_commands(ctx), n=1)
                hint = f" Did you mean '{near[0]}'?" if near else ""
                ctx.fail(f"There is no command '{name}'.{hint}")
            return super().resolve_command(ctx, args)

    return LazyGroup


def _load(name: str, lazy: Lazy) -> Command:
    module, _, attribute = lazy.place.partition(":")
    found: typer.Typer | Callable[..., Any] = getattr(importlib.import_module(module), attribute)
    if not isinstance(found, typer.Typer):
        alone = new_typer()
        alone.command(name)(found)
        found = alone
    command = get_command(found)
    command.name = name
    return command
