"""`doorward config show`: every setting with its source, and no secret."""

from __future__ import annotations

import json

import pytest

from doorward.settings import variables
from doorward.surfaces.cli.config import masked_address
from doorward.surfaces.cli.program import run

SECRET = "a secret that serves in tests and nowhere else"


def test_names_the_source_of_each_value(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("PORT", "8123")
    monkeypatch.setenv("DOORWARD_LOG__LEVEL", "ERROR")
    assert run(["config", "show", "--json"]) == 0
    items = {each["variable"]: each for each in json.loads(capsys.readouterr().out)["items"]}
    assert list(items) == [variable for variable, _, _ in variables()]
    assert (items["DOORWARD_SERVER__PORT"]["value"], items["DOORWARD_SERVER__PORT"]["source"]) == (8123, "PORT")
    assert items["DOORWARD_LOG__LEVEL"]["source"] == "DOORWARD_LOG__LEVEL"
    assert (items["DOORWARD_SERVER__HOST"]["value"], items["DOORWARD_SERVER__HOST"]["source"]) == (
        "127.0.0.1",
        "default",
    )
    assert all(each["description"] for each in items.values())


def test_masks_secrets(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("DOORWARD_SECRETS", SECRET)
    monkeypatch.setenv("DOORWARD_METRICS__TOKEN", SECRET)
    monkeypatch.setenv("DATABASE_URL", "postgresql://app:geheim@db.example.com/doorward")
    for arguments in (["--changed"], ["--json"], ["--explain"]):
        assert run(["config", "show", *arguments]) == 0
        said = capsys.readouterr().out
        assert SECRET not in said
        assert "geheim" not in said
        assert "postgresql://app:********@db.example.com/doorward" in said


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://app:ge/heim@host/db",
        "postgresql://app:ge?heim@host/db",
        "postgresql://app:ge#heim@host/db",
        "postgresql://app:12/heim@host/db",
        "postgresql://app:heim@@host/db",
        "postgresql://host/db?password=heim",
        "postgresql://host/db?password=he@heim",
        "postgresql://app:heim@[host/db",
    ],
)
def test_masks_also_what_is_badly_written(url: str) -> None:
    assert "heim" not in masked_address(url)


def test_lists_them_also_where_they_are_wrong(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DOORWARD_SERVER__WORKERS", "geheim")
    assert run(["config", "show", "--json"]) == 1
    said = capsys.readouterr()
    items = {each["variable"]: each for each in json.loads(said.out)["items"]}
    assert items["DOORWARD_SERVER__WORKERS"]["value"] == "?"
    assert said.err.startswith("doorward: DOORWARD_SERVER__WORKERS is not valid: ")
    assert "geheim" not in said.out + said.err
