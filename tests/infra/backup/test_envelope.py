"""What a backup file says it is, it is: nothing of it can be changed, left out, added or swapped unnoticed."""

from __future__ import annotations

import io
import os
from collections.abc import Callable

import pytest

from doorward.infra.backup.envelope import PIECE_BYTES, Facts, Opening, Sealing
from doorward.infra.backup.keys import Keys
from doorward.infra.backup.problems import BackupFailed
from doorward.infra.crypto.sealing import Sealer

SECRET = b"a" * 32
FACTS = Facts(schema="0002", bytes=12, tables={"users": 3})
KEYS = Keys.of(Sealer([SECRET]), None)


def sealed(pieces: list[bytes], keys: Keys = KEYS) -> bytes:
    target = io.BytesIO()
    sealing = Sealing(target, keys, doorward="0.1.0", made_at="2026-01-01T00:00:00Z")
    sealing.describe(FACTS)
    for piece in pieces:
        sealing.write(piece)
    sealing.finish()
    return target.getvalue()


def opened(file: bytes, keys: Keys = KEYS) -> bytes:
    opening = Opening(io.BytesIO(file), keys, "the file")
    assert opening.facts == FACTS
    return b"".join(opening.pieces())


def split(file: bytes) -> tuple[bytes, list[bytes]]:
    """The head of a file, and its sealed pieces, each with its length in front."""
    at = 16 + 4 + int.from_bytes(file[16:20], "big")
    head, pieces = file[:at], []
    while at < len(file):
        end = at + 4 + int.from_bytes(file[at : at + 4], "big")
        pieces.append(file[at:end])
        at = end
    return head, pieces


@pytest.mark.parametrize("size", [0, 1, PIECE_BYTES, PIECE_BYTES + 1, 3 * PIECE_BYTES])
def test_gives_back_what_was_written(size: int) -> None:
    data = os.urandom(size)
    assert opened(sealed([data[at : at + PIECE_BYTES] for at in range(0, size, PIECE_BYTES)])) == data


def test_says_nothing_of_what_is_inside_to_those_without_the_key() -> None:
    file = sealed([b"ada@example.com" * 20])
    assert b"ada@example" not in file
    assert b"users" not in file


def test_refuses_a_file_with_any_bit_changed() -> None:
    file = sealed([b"one", b"two"])
    for place in range(len(file)):
        changed = bytearray(file)
        changed[place] ^= 1 << place % 8
        with pytest.raises(BackupFailed):
            opened(bytes(changed))


def test_refuses_a_file_that_is_cut_anywhere() -> None:
    file = sealed([b"one", b"two"])
    for length in range(len(file)):
        with pytest.raises(BackupFailed):
            opened(file[:length])


@pytest.mark.parametrize(
    "rearranged",
    [
        lambda pieces: [pieces[0], pieces[2], pieces[1], pieces[3]],
        lambda pieces: [pieces[0], pieces[1], pieces[3]],
        lambda pieces: [pieces[0], pieces[1], pieces[1], pieces[2], pieces[3]],
        lambda pieces: [pieces[0], pieces[1], pieces[2]],
        lambda pieces: [*pieces, pieces[3]],
        lambda pieces: [*pieces, b"\0"],
        lambda pieces: [pieces[3]],
    ],
)
def test_refuses_pieces_that_were_swapped_dropped_repeated_or_added(
    rearranged: Callable[[list[bytes]], list[bytes]],
) -> None:
    head, pieces = split(sealed([b"one", b"two", b"three"]))
    assert len(pieces) == 4
    with pytest.raises(BackupFailed):
        opened(head + b"".join(rearranged(pieces)))


def test_refuses_pieces_of_another_backup_under_the_same_key() -> None:
    head, pieces = split(sealed([b"one", b"two"]))
    _, others = split(sealed([b"one", b"two"]))
    with pytest.raises(BackupFailed):
        opened(head + pieces[0] + others[1] + pieces[2])
    with pytest.raises(BackupFailed):
        opened(head + b"".join(others))


def test_opens_by_any_configured_secret_and_by_no_other() -> None:
    file = sealed([b"one"])
    assert opened(file, Keys.of(Sealer([b"b" * 32, SECRET]), None)) == b"one"
    with pytest.raises(BackupFailed, match="a secret that is not configured"):
        opened(file, Keys.of(Sealer([b"b" * 32]), None))
    with pytest.raises(BackupFailed, match="a secret that is not configured"):
        opened(file, Keys.of(None, "a passphrase of some length"))


def test_opens_by_its_passphrase_however_it_is_typed_and_by_no_other() -> None:
    file = sealed([b"one"], Keys.of(Sealer([SECRET]), "schl\u00fcssel zum keller"))
    assert opened(file, Keys.of(None, "schlu\u0308ssel zum keller")) == b"one"
    with pytest.raises(BackupFailed, match="The passphrase does not open"):
        opened(file, Keys.of(None, "schluessel zum keller"))
    with pytest.raises(BackupFailed, match="Give it by DOORWARD_BACKUP__PASSPHRASE_FILE"):
        opened(file)


def test_keys_show_nothing_of_themselves() -> None:
    assert "passphrase of" not in repr(Keys.of(Sealer([SECRET]), "a passphrase of some length"))


@pytest.mark.parametrize("file", [b"", b"SQLite format 3\0" * 10, b"doorward backup\n", bytes(range(100, 200))])
def test_refuses_what_is_no_backup(file: bytes) -> None:
    with pytest.raises(BackupFailed, match=r"is not a backup|is damaged"):
        opened(file)


def test_names_the_version_for_a_newer_form() -> None:
    head = b'{"format":2,"doorward":"9.0.0","whatever":1}'
    with pytest.raises(BackupFailed, match=r"made by a newer Doorward \(9\.0\.0\)"):
        opened(b"doorward backup\n" + len(head).to_bytes(4, "big") + head)
