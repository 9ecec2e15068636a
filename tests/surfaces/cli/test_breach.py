"""`doorward breach load` puts a list where running servers find it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import orjson
import pytest

from doorward.infra.breach.read import BreachFile
from doorward.surfaces.cli.program import run


def test_loads_a_list_into_the_data_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DOORWARD_DATA_DIR", str(tmp_path / "data"))
    digest = hashlib.sha1(b"password1", usedforsecurity=False)
    source = tmp_path / "list.txt"
    source.write_text(f"{digest.hexdigest().upper()}:2413945\n")
    assert run(["breach", "load", str(source), "--json"]) == 0
    said = orjson.loads(capsys.readouterr().out)
    assert said["count"] == 1
    file = BreachFile(Path(said["file"]))
    assert file.has(digest.digest())
    file.close()


def test_says_what_a_wrong_list_should_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DOORWARD_DATA_DIR", str(tmp_path / "data"))
    source = tmp_path / "list.txt"
    source.write_text("password1\n")
    assert run(["breach", "load", str(source)]) == 2
    assert "is not a list of SHA-1 hashes" in capsys.readouterr().err
    assert run(["breach", "load", str(tmp_path / "nothing.txt")]) == 2
