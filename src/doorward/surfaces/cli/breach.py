"""`doorward breach`: the list of passwords that are known from breaches."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from doorward.surfaces.cli.arguments import AsJson
from doorward.surfaces.cli.lazy import Commands
from doorward.surfaces.cli.show import print_json, print_line

commands: Final = Commands("Load the list of passwords that are known from breaches.")


@commands.command()
def load(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", exists=True, readable=True, help="Lines of SHA-1 and count, or a folder of range files."
        ),
    ],
    *,
    at_least: Annotated[
        int, typer.Option(metavar="COUNT", min=1, help="Leave out what was seen less often; makes a smaller file.")
    ] = 1,
    as_json: AsJson = False,
) -> None:
    """Build the file of breached passwords from a downloaded list. Running servers take it up by themselves.

    The list is what "Have I Been Pwned" gives out as Pwned Passwords (SHA-1). The file takes four bytes a password.
    """
    from doorward.infra.breach.write import UnusableList, list_size, write_breach_file
    from doorward.places import breach_file
    from doorward.settings import read_settings
    from doorward.surfaces.cli.ask import UsageMistake
    from doorward.surfaces.cli.progress import Progress

    target = breach_file(read_settings())
    try:
        with Progress(total_bytes=list_size(source)) as progress:
            count = write_breach_file(
                source, target, at_least=at_least, report=lambda done, read: progress.at(done, done_bytes=read)
            )
    except UnusableList as error:
        raise UsageMistake(str(error)) from None
    if as_json:
        print_json({"count": count, "bytes": target.stat().st_size, "file": str(target)})
        return
    print_line(f"{count:,} breached passwords are in {target} ({target.stat().st_size / 2**20:,.1f} MiB).")
