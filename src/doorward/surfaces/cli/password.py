"""`doorward password`: what hashing a password costs on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer

from doorward.surfaces.cli.arguments import AsJson, seconds
from doorward.surfaces.cli.lazy import Commands
from doorward.surfaces.cli.show import note, print_json, print_line

if TYPE_CHECKING:
    from doorward.infra.crypto.hashing.calibrate import Measurement

commands: Final = Commands("Measure what hashing a password costs on this machine.")


@commands.command()
def calibrate(
    *,
    target: Annotated[
        float, typer.Option(parser=seconds, metavar="DURATION", help="How long one hash may take, such as 250ms.")
    ] = "250ms",  # type: ignore[assignment]  # parsed like a value that was given
    memory: Annotated[int, typer.Option(help="The most memory for one hash, in MiB.", min=19, max=1024)] = 256,
    as_json: AsJson = False,
) -> None:
    """Find the Argon2id cost that takes a wanted time on this machine, and print the settings for it.

    Run it on the machine that will serve, with nothing else to do. Hashes of other costs still verify and are renewed
    when their owners sign in.
    """
    from doorward.infra.crypto.hashing.calibrate import calibrate as find_cost

    def tell(each: Measurement) -> None:
        note(f"{each.memory_kib / 1024:6.0f} MiB, {each.passes} passes: {each.seconds * 1000:.0f} ms")

    found = find_cost(target, memory_ceiling_kib=memory * 1024, report=tell)
    if found.seconds > target:
        note(f"This machine takes {found.seconds * 1000:.0f} ms for the least cost that is safe; go no lower.")
    chosen = {
        "DOORWARD_PASSWORD_HASHING__ARGON2_MEMORY_KIB": found.memory_kib,
        "DOORWARD_PASSWORD_HASHING__ARGON2_TIME": found.passes,
        "DOORWARD_PASSWORD_HASHING__ARGON2_PARALLELISM": found.parallelism,
    }
    if as_json:
        print_json({"seconds": found.seconds, "settings": {name: str(value) for name, value in chosen.items()}})
        return
    for name, value in chosen.items():
        print_line(f"{name}={value}")
    note(f"About {1 / found.seconds:.0f} sign-ins a second for each core.")
