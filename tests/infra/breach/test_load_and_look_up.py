"""Breached passwords: whatever the list looks like, what is in it is found, and nothing else."""

from __future__ import annotations

import hashlib
import os
import random
from pathlib import Path

import pytest
import structlog

from doorward.infra.breach import write
from doorward.infra.breach.read import BreachedPasswords, BreachFile, digests
from doorward.infra.breach.write import UnusableList, write_breach_file

PASSWORDS = [f"password {number}" for number in range(5000)]


def sha1(password: str) -> str:
    return hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper()


def line(password: str, count: int = 3) -> str:
    return f"{sha1(password)}:{count}\n"


def known(path: Path) -> BreachedPasswords:
    passwords = BreachedPasswords()
    passwords.path = path
    return passwords


@pytest.mark.parametrize("order", ["sorted", "shuffled", "late"])
@pytest.mark.parametrize("most_in_memory", [4_000_000, 500])
def test_finds_everything_that_is_in_the_list_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, order: str, most_in_memory: int
) -> None:
    monkeypatch.setattr(write, "_MOST_IN_MEMORY", most_in_memory)
    monkeypatch.setattr(write, "_PIECE", 5000)
    lines = sorted(line(each) for each in PASSWORDS)
    if order == "shuffled":
        random.Random(7).shuffle(lines)
    elif order == "late":
        lines.append(lines.pop(0))
    source = tmp_path / "list.txt"
    source.write_text("".join(lines))
    assert write_breach_file(source, tmp_path / "file") == len(PASSWORDS)
    passwords = known(tmp_path / "file")
    assert all(passwords.has(each) for each in PASSWORDS)
    assert not any(passwords.has(f"other {number}") for number in range(5000))
    assert [each.name for each in tmp_path.iterdir() if each.name not in {"list.txt", "file"}] == []


def test_finds_the_first_and_the_last_of_all(tmp_path: Path) -> None:
    source = tmp_path / "list.txt"
    source.write_text("0" * 40 + "\n" + "f" * 40 + ":9\r\n\n" + "F" * 40 + ":9\n")
    assert write_breach_file(source, tmp_path / "file") == 2
    file = BreachFile(tmp_path / "file")
    assert file.has(bytes(20))
    assert file.has(b"\xff" * 20)
    assert not file.has(b"\x00" * 5 + b"\x01" * 15)
    file.close()


def test_reads_a_folder_of_range_files_without_their_padding(tmp_path: Path) -> None:
    folder = tmp_path / "ranges"
    folder.mkdir()
    for text in map(line, PASSWORDS[:200]):
        with (folder / f"{text[:5]}.txt").open("a") as file:
            file.write(text[5:])
    padding = sha1("padding")
    (folder / f"{padding[:5]}.txt").write_text(f"{padding[5:]}:0\n")
    assert write_breach_file(folder, tmp_path / "file") == 200
    passwords = known(tmp_path / "file")
    assert all(passwords.has(each) for each in PASSWORDS[:200])
    assert not passwords.has("padding")


def test_leaves_out_what_was_seen_less_often(tmp_path: Path) -> None:
    source = tmp_path / "list.txt"
    source.write_text(line("rare", 9) + line("frequent", 10))
    assert write_breach_file(source, tmp_path / "file", at_least=10) == 1
    assert known(tmp_path / "file").has("frequent")


def test_finds_a_password_that_was_typed_in_another_form(tmp_path: Path) -> None:
    source = tmp_path / "list.txt"
    source.write_text(line("ﬁre and ice"))
    write_breach_file(source, tmp_path / "file")
    assert known(tmp_path / "file").has("ﬁre and ice")
    source.write_text(line("fire and ice"))
    write_breach_file(source, tmp_path / "file")
    assert known(tmp_path / "file").has("ﬁre and ice")
    assert len(digests("fire and ice")) == 1


@pytest.mark.parametrize(
    "text", ["hunter2\n", "8846f7eaee8fb117ad06bdd830b7586c:3\n", "x" * 40 + "\n", "AB" * 10 + " " * 20 + ":1\n"]
)
def test_refuses_what_is_no_list_of_sha1_and_keeps_the_file_that_was_there(tmp_path: Path, text: str) -> None:
    source = tmp_path / "list.txt"
    source.write_text(line("known"))
    write_breach_file(source, tmp_path / "file")
    source.write_text(line("new") + text)
    with pytest.raises(UnusableList):
        write_breach_file(source, tmp_path / "file")
    assert known(tmp_path / "file").has("known")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["file", "list.txt"]


def test_takes_up_a_new_file_and_the_loss_of_it(tmp_path: Path) -> None:
    source = tmp_path / "list.txt"
    passwords = known(tmp_path / "file")
    assert not passwords.has("one")
    source.write_text(line("one"))
    write_breach_file(source, tmp_path / "file")
    assert passwords.has("one")
    source.write_text(line("two"))
    write_breach_file(source, tmp_path / "file")
    assert (passwords.has("one"), passwords.has("two")) == (False, True)
    (tmp_path / "file").unlink()
    assert not passwords.has("two")


@pytest.mark.parametrize("content", [b"", b"x" * 10, b"doorward-breach1", b"y" * 600_000])
def test_a_damaged_file_is_told_and_stops_nothing(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    passwords = known(tmp_path / "file")
    with structlog.testing.capture_logs() as lines:
        assert not passwords.has("anything")
        assert not passwords.has("anything else")
    assert len(lines) == 1


def test_a_file_that_was_cut_short_is_not_used(tmp_path: Path) -> None:
    source = tmp_path / "list.txt"
    source.write_text("".join(map(line, PASSWORDS)))
    write_breach_file(source, tmp_path / "file")
    os.truncate(tmp_path / "file", (tmp_path / "file").stat().st_size - 3)
    with pytest.raises(ValueError, match="cut short"):
        BreachFile(tmp_path / "file")
