"""Commands for many users at once: `user import`, `user export` and `seed`."""

from __future__ import annotations

import contextlib
import gc
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, BinaryIO, Literal

import orjson
import typer

from doorward.domain.transfer.bring_in import Choices, Existing, Import, Tally, checking_beside
from doorward.domain.transfer.columns import COLUMNS
from doorward.domain.transfer.export import export_users as write_users
from doorward.domain.transfer.prepare import Reject
from doorward.domain.transfer.read import Format, Reader, UnusableFile, format_of
from doorward.domain.transfer.rejects import Rejects
from doorward.domain.transfer.resume import Memory, Remembered, digest_of
from doorward.domain.transfer.seed import seed_users
from doorward.domain.users.list import UserFilter
from doorward.infra.beside import Beside, may_work_beside
from doorward.infra.tools import Tools
from doorward.kernel.actor import operator
from doorward.kernel.problem import Problem
from doorward.settings import read_settings
from doorward.surfaces.cli.ask import UsageMistake
from doorward.surfaces.cli.progress import Progress
from doorward.surfaces.cli.run import ensure_roles, with_tools

_STREAM = Path("-")


def import_users(
    file: Annotated[Path, typer.Argument(help="A CSV or JSON Lines file, or - for standard input.")],
    *,
    map_: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="NAME=COLUMN", help="What a column of the file means; may be given often."),
    ] = None,
    ignore_unknown: Annotated[
        bool, typer.Option("--ignore-unknown", help="Pass over columns that are not known.")
    ] = False,
    existing: Annotated[
        Existing,
        typer.Option(help="Users who are there already, by id, external id or email address: skip, update or reject."),
    ] = "skip",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything and change nothing.")] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on where an interrupted import of the same file was.")
    ] = False,
    hash_passwords: Annotated[
        bool,
        typer.Option(
            "--hash-passwords",
            help="Take a column 'password' of plain texts and hash each: slow, some tens of users a second.",
        ),
    ] = False,
    rejects: Annotated[
        Path | None, typer.Option(help="Where rejected lines go; beside the file unless given.", metavar="FILE")
    ] = None,
    format_: Annotated[
        Format | None, typer.Option("--format", help="csv or jsonl, where the file's name does not tell.")
    ] = None,
    delimiter: Annotated[
        str | None, typer.Option(help="The delimiter of a CSV file, where the header does not tell; 'tab' for a tab.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Import users from a file, with their existing password hashes. Safe to run again."""
    # What comes through a pipe can be read once only.
    is_stream = file == _STREAM or (file.exists() and not file.is_file())
    if is_stream and resume:
        raise UsageMistake("Standard input cannot be resumed. Save it to a file first.")
    kind = format_ or (None if is_stream else format_of(file.name))
    if kind is None:
        raise UsageMistake("Say with --format whether it is csv or jsonl.")
    delimiter = "\t" if delimiter in {"tab", "\\t"} else delimiter
    if delimiter is not None and len(delimiter) != 1:
        raise UsageMistake("A delimiter is one character, or 'tab'.")
    mapping = _mapping(map_ or [])
    with _opened_for_reading(file) as source:
        reader = Reader(
            source,
            kind=kind,
            mapping=mapping,
            ignore_unknown=ignore_unknown,
            hash_passwords=hash_passwords,
            delimiter=delimiter,
        )
        how = (kind, sorted(mapping.items()), ignore_unknown, existing, hash_passwords, delimiter)
        beside = Path("import") if is_stream else file
        # A dry run leaves nothing behind that an import could take for its own.
        memory = None if is_stream or dry_run else Memory(_beside(file, "resume.json"), digest_of(file, *how))
        into = rejects or _beside(beside, f"rejects.{kind}")
        if not is_stream and into.exists() and into.samefile(file):
            raise UsageMistake("The rejected lines cannot go into the file that they come from.")
        total = None if is_stream else file.stat().st_size
        tally = _run_import(
            reader,
            Choices(existing=existing, dry_run=dry_run),
            memory=memory,
            resume=resume,
            into=into,
            progress=Progress(total_bytes=total),
            # Of a dry run, and of people whose passwords are hashed, every one is looked at in this process anyway.
            beside=not (is_stream or dry_run or hash_passwords),
        )
    _tell(tally, into, dry_run=dry_run, json=json)
    if tally.rejected:
        raise typer.Exit(1)


def _run_import(
    reader: Reader,
    choices: Choices,
    *,
    memory: Memory | None,
    resume: bool,
    into: Path,
    progress: Progress,
    beside: bool,
) -> Tally:
    remembered = memory.read() if memory and resume else None
    rejected = Rejects(into, reader.kind, reader.columns, kept=remembered.rejects_size if remembered else 0)

    def settled(tally: Tally, refused: Sequence[Reject], read_bytes: int | None) -> None:
        rejected.write(refused)
        if memory is not None:
            memory.write(tally, rejected.size)
        progress.at(tally.read, done_bytes=read_bytes, note=_note(tally))

    if remembered is not None:
        reader.skip(remembered.tally.read)
    skipped_bytes = reader.bytes_read()

    async def work(tools: Tools) -> Tally:
        await ensure_roles(tools)
        running = Import(tools, operator(), choices, settled)
        if remembered is not None:
            running.tally = remembered.tally
            progress.go_on(remembered.tally.read, done_bytes=skipped_bytes)
        return await _bring_in(running, reader, checking)

    # The other process comes first of all: it cannot be made once the progress bar has its thread.
    with (
        _checking(reader, beside=beside) as checking,
        progress,
        contextlib.closing(rejected),
        _collecting_seldom(),
    ):
        if resume:
            progress.say(_where_it_goes_on(remembered))
        try:
            tally = with_tools(work)
        except (Problem, KeyboardInterrupt):
            if memory is not None and memory.path.exists():
                progress.say("What was imported is kept. The same command with --resume goes on from there.")
            raise
    if memory is not None:
        memory.forget()
    return tally


async def _bring_in(running: Import, reader: Reader, checking: Beside | None) -> Tally:
    if checking is not None:
        return await running.run_beside(checking)
    return await running.run(iter(reader), bytes_read=reader.bytes_read)


def _where_it_goes_on(remembered: Remembered | None) -> str:
    if remembered is None:
        return "There is nothing to resume; beginning at the start. Users who are there already are found."
    return f"Going on after {remembered.tally.read:,} records."


@contextlib.contextmanager
def _checking(reader: Reader, *, beside: bool) -> Iterator[Beside | None]:
    """A process that reads and checks beside this one, where that is wanted and possible."""
    if not (beside and may_work_beside()):
        yield None
        return
    with contextlib.closing(checking_beside(reader)) as checking:
        yield checking


def _note(tally: Tally) -> str:
    parts = [f"{tally.created:,} created"]
    parts += [
        f"{number:,} {name}"
        for name, number in (
            ("updated", tally.updated),
            ("unchanged", tally.unchanged),
            ("skipped", tally.skipped),
            ("rejected", tally.rejected),
        )
        if number
    ]
    return ", ".join(parts)


def _tell(tally: Tally, rejects: Path, *, dry_run: bool, json: bool) -> None:
    where = str(rejects) if tally.rejected else None
    if json:
        _print(orjson.dumps(asdict(tally) | {"dry_run": dry_run, "rejects": where}).decode())
        return
    _print(f"{'It would be: ' if dry_run else ''}{tally.read:,} read, {_note(tally)}.")
    if where:
        _print(f"The rejected lines and the reasons are in {where}. Mend them there and import that file.")


def export_users(
    file: Annotated[Path, typer.Argument(help="A new file, .csv or .jsonl, or - for standard output.")],
    *,
    status: Annotated[
        Literal["active", "suspended", "deleted"] | None,
        typer.Option(help="Only these; without it all but deleted users."),
    ] = None,
    role: Annotated[str | None, typer.Option(help="Only users who hold this role.")] = None,
    with_password_hashes: Annotated[
        bool,
        typer.Option(
            "--with-password-hashes",
            help="Add the password hashes, for moving away. Guard such a file like the database.",
        ),
    ] = False,
    spreadsheet_safe: Annotated[
        bool,
        typer.Option(
            "--spreadsheet-safe",
            help="Keep a spreadsheet from running cells as formulas; not for importing again. CSV only.",
        ),
    ] = False,
    format_: Annotated[
        Format | None, typer.Option("--format", help="csv or jsonl, where the file's name does not tell.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if there is one.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Export users to a file that can be imported again."""
    is_stream = file == _STREAM
    kind = format_ or (None if is_stream else format_of(file.name))
    if kind is None:
        raise UsageMistake("Say with --format whether it is to be csv or jsonl.")
    if is_stream and json:
        raise UsageMistake("--json and the users cannot both go to standard output. Name a file.")
    if not is_stream and file.exists() and not force:
        raise UnusableFile([f"{file} is there already. Choose another name, or --force."])

    with Progress() as progress, _opened_for_writing(file) as into, _collecting_seldom():

        async def work(tools: Tools) -> int:
            return await write_users(
                tools,
                operator(),
                into,
                kind,
                UserFilter(status=status, role=role),
                with_password_hashes=with_password_hashes,
                spreadsheet_safe=spreadsheet_safe,
                progress=progress.at,
            )

        count = with_tools(work)
    if json:
        _print(orjson.dumps({"exported": count, "file": str(file)}).decode())
    elif not is_stream:
        _print(f"{count:,} users exported to {file}.")


def seed(
    users: Annotated[int, typer.Option(min=1, max=100_000_000, help="How many people.")] = 1000,
    *,
    seed_: Annotated[
        int, typer.Option("--seed", help="Another number makes other people; the same one makes the same again.")
    ] = 1,
    without_passwords: Annotated[bool, typer.Option("--without-passwords", help="Give nobody a password.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Also in production mode.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Fill the database with invented people, for trying things out."""
    settings = read_settings()
    if settings.is_production and not yes:
        raise UsageMistake("This is production mode. --yes puts invented people there all the same.")
    progress = Progress(total=users)

    async def work(tools: Tools) -> tuple[Tally, str | None]:
        await ensure_roles(tools)
        return await seed_users(
            tools,
            operator(),
            users,
            seed=seed_,
            with_passwords=not without_passwords,
            progress=lambda tally: progress.at(tally.read, note=_note(tally)),
        )

    with progress, _collecting_seldom():
        tally, password = with_tools(work, settings)
    if json:
        _print(orjson.dumps(asdict(tally) | {"password": password}).decode())
        return
    _print(f"{_note(tally)}.")
    if password is not None:
        _print(f"Everybody's password: {password}")


def _mapping(given: Sequence[str]) -> dict[str, str]:
    """`Full Name=name` as it is meant. Raises UsageMistake."""
    mapping = {}
    for each in given:
        name, equals, column = each.rpartition("=")
        if not equals or column not in COLUMNS:
            raise UsageMistake(f"--map takes NAME=COLUMN, where the column is one of {', '.join(COLUMNS)}.")
        mapping[name] = column
    return mapping


def _beside(file: Path, ending: str) -> Path:
    return file.with_name(f"{file.stem if file.suffix else file.name}.{ending}")


@contextlib.contextmanager
def _opened_for_reading(file: Path) -> Iterator[BinaryIO]:
    if file == _STREAM:
        yield sys.stdin.buffer
        return
    try:
        source = file.open("rb")
    except OSError as error:
        raise UnusableFile([f"{file} cannot be read: {error.strerror}."]) from None
    with source:
        yield source


@contextlib.contextmanager
def _opened_for_writing(file: Path) -> Iterator[BinaryIO]:
    """A file that appears under its name when it is whole, readable to its owner only: it holds everybody's data."""
    if file == _STREAM:
        try:
            yield sys.stdout.buffer
            sys.stdout.buffer.flush()
        except BrokenPipeError:
            # Whoever read it has enough, as `head` does. Nothing may be flushed into it again at the end of the process.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(1) from None
        return
    draft = file.with_name(f".{file.name}.part")
    draft.unlink(missing_ok=True)
    try:
        draft.touch(0o600, exist_ok=False)
        target = draft.open("wb")
    except OSError as error:
        raise UnusableFile([f"{file} cannot be written: {error.strerror}."]) from None
    try:
        with target:
            yield target
        draft.replace(file)
    except OSError as error:
        raise UnusableFile([f"{file} could not be written to its end: {error.strerror}."]) from None
    finally:
        draft.unlink(missing_ok=True)


@contextlib.contextmanager
def _collecting_seldom() -> Iterator[None]:
    """Work that makes millions of objects and hardly a cycle: looking for cycles at the usual pace takes half of its time."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(500_000, 20, 20)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def _print(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - what a command says
