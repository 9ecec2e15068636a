"""`doorward explain`: why a sign-in was refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from doorward.surfaces.cli.arguments import AsJson
from doorward.surfaces.cli.run import read
from doorward.surfaces.cli.show import print_fields, print_json, print_table

if TYPE_CHECKING:
    from doorward.domain.sign_in.explain import ExplanationView
    from doorward.infra.database.unit_of_work import Tx


def explain(
    code: Annotated[str, typer.Argument(metavar="CODE", help="The support code that the person was given.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Say why a sign-in was refused, step by step."""

    async def use_case(tx: Tx) -> ExplanationView:
        from doorward.domain.sign_in.explain import explain as explain_code

        return await explain_code(tx, code)

    found = read(use_case)
    if as_json:
        print_json(found)
        return
    print_fields({name: value for name, value in found.items() if name != "steps"})
    print_table(["STEP", "WHAT HAPPENED"], [[each["step"], each["says"]] for each in found["steps"]])
