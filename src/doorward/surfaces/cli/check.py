"""`doorward check`: everything that is wrong with the settings, and what a deployment should not be left with."""

from __future__ import annotations

from typing import Annotated

import typer

from doorward.surfaces.cli.arguments import AsJson
from doorward.surfaces.cli.show import print_json, print_line


def check(
    *,
    deploy: Annotated[bool, typer.Option("--deploy", help="Also look for what does not belong in production.")] = False,
    as_json: AsJson = False,
) -> None:
    """Say everything that is wrong with the settings, each with its remedy. Asks neither database nor network.

    With --deploy, also what does not belong in production: `must` has to change and makes the exit code 1, `should` is
    advice.
    """
    from doorward.places import data_folder, database_url, sealing_secrets
    from doorward.settings import SettingsError, read_settings
    from doorward.surfaces.cli.deployment import Advice, advise

    wrong: list[str] = []
    advice: list[Advice] = []
    try:
        settings = read_settings()
        for place in (data_folder, database_url, sealing_secrets):
            try:
                place(settings)
            except SettingsError as error:
                wrong += [line for line in error.lines if line not in wrong]
        if deploy:
            advice = list(advise(settings))
    except SettingsError as error:
        wrong = error.lines
    has_failed = bool(wrong) or any(each.must for each in advice)
    if as_json:
        items = [{"level": "wrong", "setting": None, "finding": line, "remedy": None} for line in wrong]
        items += [
            {
                "level": "must" if each.must else "should",
                "setting": each.setting,
                "finding": each.finding,
                "remedy": each.remedy,
            }
            for each in advice
        ]
        print_json({"ok": not has_failed, "items": items})
    else:
        for line in wrong:
            print_line(f"wrong   {line}")
        for each in sorted(advice, key=lambda each: not each.must):
            print_line(f"{'must' if each.must else 'should':6}  {each.finding} {each.remedy}")
        if not (wrong or advice):
            print_line("The settings are in order.")
    if has_failed:
        raise typer.Exit(1)
