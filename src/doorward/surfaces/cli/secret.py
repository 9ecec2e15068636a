"""`doorward secret`: the secrets of the installation, and what is sealed with each of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import typer

from doorward.surfaces.cli.arguments import AsJson
from doorward.surfaces.cli.lazy import Commands
from doorward.surfaces.cli.progress import Progress
from doorward.surfaces.cli.run import read, write
from doorward.surfaces.cli.show import note, print_json, print_line, print_table

if TYPE_CHECKING:
    from doorward.domain.sealed.reseal import Resealed, SecretUse
    from doorward.infra.database.unit_of_work import Tx

commands: Final = Commands("Say what each secret of the installation opens, and seal everything with the first.")


async def _uses(tx: Tx) -> list[SecretUse]:
    from doorward.domain.sealed.reseal import uses

    return await uses(tx)


@commands.command()
def status(*, as_json: AsJson = False) -> None:
    """Say how much each secret opens. They are named by a code that tells nothing of them.

    The first of DOORWARD_SECRETS seals; the others only open. One that opens nothing any more can be taken out of the list
    without anybody noticing, once every session that is not refreshed since has ended. A stolen one is taken out at once,
    at the cost of those sessions, and of the sign-ins, links and codes that it sealed.
    """
    found = read(_uses)
    if as_json:
        print_json({"items": [each._asdict() for each in found], "next_cursor": None, "has_more": False})
        return
    numbers = [each.lasting | each.passing for each in found]
    print_table(
        ["SEALED", *(f"{each.key_id} ({_place(each.place)})".upper() for each in found)],
        [[kind, *(f"{of[kind]:,}" for of in numbers)] for kind in numbers[0]],
    )
    unknown = sum(sum(each.lasting.values()) for each in found if each.place is None)
    earlier = sum(sum(each.lasting.values()) for each in found if each.place not in {None, 1})
    if unknown:
        print_line(f"{unknown:,} credentials and signing keys open with none of the secrets: put the missing one back.")
    if earlier:
        print_line(f"{earlier:,} credentials and signing keys need an earlier secret: run `doorward secret reseal`.")
    if not unknown and not earlier:
        print_line("All credentials and signing keys open with the first secret. The rest is forgotten by itself.")


def _place(place: int | None) -> str:
    if place is None:
        return "missing"
    return "first, seals" if place == 1 else f"{place}, opens"


@commands.command()
def reseal(*, as_json: AsJson = False) -> None:
    """Seal every credential and signing key with the first secret, so that the earlier ones can be taken away.

    Servers may work meanwhile, if all of them have the new secret first in their list. What is done stays when this is
    interrupted; run it again.
    """
    waiting = sum(sum(each.lasting.values()) for each in read(_uses) if each.place != 1)
    with Progress(total=waiting) as progress:

        async def use_case(tx: Tx) -> Resealed:
            from doorward.domain.sealed.reseal import reseal as reseal_all

            return await reseal_all(tx, progress.at)

        resealed = write(use_case)
    if as_json:
        print_json(resealed._asdict())
    else:
        print_line(f"Sealed {resealed.credentials:,} credentials and {resealed.signing_keys:,} signing keys anew.")
    if resealed.unopened:
        note(
            f"{resealed.unopened:,} open with none of the secrets and were left as they are: put the missing one back "
            "into DOORWARD_SECRETS, after the first, and run this again."
        )
        raise typer.Exit(1)
