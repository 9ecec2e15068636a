"""What a command asks of the person at the terminal, and what it does where there is none."""

from __future__ import annotations

import sys

import typer


class UsageMistake(Exception):  # noqa: N818 - says who has to change something
    """The command cannot be understood or done as it was given. The message says what to give instead."""


def new_password(*, from_stdin: bool) -> str:
    """A password: typed twice, or the first line of standard input. Never an argument, which every process could read."""
    if from_stdin:
        line = sys.stdin.readline()
        password = line.removesuffix("\n").removesuffix("\r")
        if not password:
            raise UsageMistake("There was no password on standard input.")
        return password
    if not _is_terminal():
        raise UsageMistake("There is no terminal to ask for the password on. Give it by --password-stdin.")
    typed: str = typer.prompt("Password", hide_input=True, confirmation_prompt="Once more", err=True)
    return typed


def passphrase(*, is_new: bool) -> str:
    """A passphrase typed at the terminal, twice where something is sealed with it that nobody could open after a slip."""
    if not _is_terminal():
        raise UsageMistake(
            "There is no terminal to ask for the passphrase on. Give it by DOORWARD_BACKUP__PASSPHRASE_FILE."
        )
    typed: str = typer.prompt(
        "Passphrase", hide_input=True, confirmation_prompt="Once more" if is_new else False, err=True
    )
    return typed


def confirm(question: str, *, yes: bool) -> None:
    """Goes on only when the person agrees. yes: they have already said so."""
    if yes:
        return
    if not _is_terminal():
        raise UsageMistake(f"{question} There is no terminal to answer on. Say --yes if you mean it.")
    typer.confirm(question, abort=True, err=True)


def _is_terminal() -> bool:
    return sys.stdin.isatty()
