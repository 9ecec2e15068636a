"""The committed description of the REST API is the one that servers answer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from doorward.surfaces.cli.program import run

SNAPSHOT = Path(__file__).parents[1] / "rest" / "snapshots" / "openapi.json"


@pytest.mark.integration
def test_committed_description_is_fresh(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["openapi", "--output", str(tmp_path / "openapi.json")]) == 0
    capsys.readouterr()
    written = (tmp_path / "openapi.json").read_text(encoding="utf-8")
    fresh = json.loads(written)
    assert fresh["openapi"].startswith("3.")
    assert json.loads(SNAPSHOT.read_text(encoding="utf-8")) == fresh, (
        f"the API changed; look at the difference, then: doorward openapi --output {SNAPSHOT}"
    )


@pytest.mark.integration
def test_needs_no_settings(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("DOORWARD_MODE", "production")
    assert run(["openapi"]) == 0
    assert json.loads(capsys.readouterr().out)["info"]["title"] == "Doorward"


@pytest.mark.integration
def test_says_where_it_cannot_write(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["openapi", "--output", "/no/such/folder/openapi.json"]) == 1
    assert capsys.readouterr().err == "doorward: /no/such/folder/openapi.json: No such file or directory.\n"
