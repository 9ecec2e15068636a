"""The form of a backup file: a head that anybody can read, then pieces that only a holder of the key can.

STREAM (Hoang, Reyhanitabar, Rogaway, Vizár 2015) over AES-256-GCM: each piece is sealed under its number, whether it is
the last, and the head. Pieces that were dropped, swapped, repeated, changed or cut off do not open.
"""

from __future__ import annotations

import hashlib
import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, BinaryIO, Final, TypeVar

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from doorward.infra.backup.keys import SALT_BYTES, Keys, Source
from doorward.infra.backup.problems import BackupFailed

FORMAT: Final = 1
PIECE_BYTES: Final = 1024 * 1024
_MAGIC: Final = b"doorward backup\n"
_LENGTH: Final = struct.Struct(">I")
_LONGEST_HEAD: Final = 4096
# A piece that cannot be compressed grows by a little, and the tag.
_LONGEST_PIECE: Final = PIECE_BYTES + PIECE_BYTES // 100 + 1024
_COUNTER_BYTES: Final = 11
Described = TypeVar("Described", "Head", "Facts")


@dataclass(frozen=True, slots=True)
class Head:
    """What stands readable at the beginning. key: what the file is sealed with. salt: hexadecimal digits."""

    format: int
    doorward: str
    made_at: str
    key: Source
    salt: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What stands in the first sealed piece: what the database was. tables: how many rows each had. bytes: of the database."""

    schema: str
    bytes: int
    tables: dict[str, int]


class Sealing:
    """Writes a backup. Nothing of it is whole before `finish`."""

    def __init__(self, target: BinaryIO, keys: Keys, *, doorward: str, made_at: str) -> None:
        salt = os.urandom(SALT_BYTES)
        head = Head(FORMAT, doorward, made_at, keys.seals_by, salt.hex())
        raw = orjson.dumps(asdict(head))
        start = _MAGIC + _LENGTH.pack(len(raw)) + raw
        self._target = target
        self._cipher = next(keys.ciphers(head.key, salt))
        self._bound = hashlib.sha256(start).digest()
        self._number = 0
        self._held: bytes | None = None
        target.write(start)

    def describe(self, facts: Facts) -> None:
        """Writes the first piece."""
        self.write(orjson.dumps(asdict(facts)))

    def write(self, piece: bytes) -> None:
        """Writes a piece of at most PIECE_BYTES."""
        # One is held back, since only the last may be sealed as the last.
        if self._held is not None:
            self._seal(self._held, last=False)
        self._held = piece

    def finish(self) -> None:
        """Writes what says that this is all."""
        self._seal(self._held or b"", last=True)

    def _seal(self, piece: bytes, *, last: bool) -> None:
        sealed = self._cipher.encrypt(_nonce(self._number, last=last), zlib.compress(piece, 1), self._bound)
        self._target.write(_LENGTH.pack(len(sealed)))
        self._target.write(sealed)
        self._number += 1


class Opening:
    """Reads a backup: head and facts at once, the rest by `pieces`. Raises BackupFailed for what is none, or does not open."""

    def __init__(self, source: BinaryIO, keys: Keys, name: str) -> None:
        self._source = source
        self._name = name
        start, self.head = read_head(source, name)
        self._bound = hashlib.sha256(start).digest()
        self._number = 0
        self._is_over = False
        sealed = self._next()
        self._cipher, first = self._opened(sealed, keys)
        self.facts = _described(Facts, _loaded(first), name)

    def pieces(self) -> Iterator[bytes]:
        """What was written, piece by piece. Ends only after the one that was sealed as the last, and nothing behind it."""
        while not self._is_over:
            sealed = self._next()
            piece = self._open(self._cipher, sealed)
            if piece is None:
                raise self._damaged("it was changed, or is not whole")
            yield piece
        if self._source.read(1):
            raise self._damaged("something follows its end")

    def _opened(self, sealed: bytes, keys: Keys) -> tuple[AESGCM, bytes]:
        """The cipher that opens the first piece, and what is in it."""
        salt = bytes.fromhex(self.head.salt)
        has_key = False
        for cipher in keys.ciphers(self.head.key, salt):
            has_key = True
            first = self._open(cipher, sealed)
            if first is not None:
                return cipher, first
        if self.head.key == "passphrase":
            if has_key:
                raise BackupFailed(f"The passphrase does not open {self._name}, or the file was changed.")
            raise BackupFailed(
                f"{self._name} is sealed with a passphrase. Give it by DOORWARD_BACKUP__PASSPHRASE_FILE or --ask-passphrase."
            )
        raise BackupFailed(
            f"{self._name} was sealed with a secret that is not configured, or was changed. Put the secret of that time "
            "into DOORWARD_SECRETS, behind the present one; where development kept it, as the file 'secret' in the data folder."
        )

    def _open(self, cipher: AESGCM, sealed: bytes) -> bytes | None:
        """A piece in its turn, as the last if not as another one; None for anything else."""
        for last in (False, True):
            try:
                packed = cipher.decrypt(_nonce(self._number, last=last), sealed, self._bound)
            except InvalidTag:
                continue
            # Sealed by us; bounded all the same, for whoever has the key may have written anything.
            unpacking = zlib.decompressobj()
            try:
                piece = unpacking.decompress(packed, PIECE_BYTES + 1)
            except zlib.error:
                raise self._damaged("one of its pieces cannot be read") from None
            if not unpacking.eof or len(piece) > PIECE_BYTES:
                raise self._damaged("one of its pieces is longer than any may be")
            self._number += 1
            self._is_over = last
            return piece
        return None

    def _next(self) -> bytes:
        prefix = self._source.read(_LENGTH.size)
        if len(prefix) < _LENGTH.size:
            raise self._damaged("it is cut short")
        (length,) = _LENGTH.unpack(prefix)
        if length > _LONGEST_PIECE:
            raise self._damaged("it was changed, or is not whole")
        sealed = self._source.read(length)
        if len(sealed) < length:
            raise self._damaged("it is cut short")
        return sealed

    def _damaged(self, why: str) -> BackupFailed:
        return BackupFailed(f"{self._name} is damaged: {why}. Nothing was changed; take another backup.")


def read_head(source: BinaryIO, name: str) -> tuple[bytes, Head]:
    """The head of a backup, and the bytes it was read from. Raises BackupFailed when the file is no backup of ours."""
    magic = source.read(len(_MAGIC))
    if magic != _MAGIC:
        raise BackupFailed(f"{name} is not a backup made by `doorward backup`.")
    prefix = source.read(_LENGTH.size)
    length = _LENGTH.unpack(prefix)[0] if len(prefix) == _LENGTH.size else 0
    raw = source.read(length) if 0 < length <= _LONGEST_HEAD else b""
    if not raw or len(raw) < length:
        raise BackupFailed(f"{name} is damaged: its head is cut short or changed. Take another backup.")
    document = _loaded(raw)
    if isinstance(document, dict) and isinstance(document.get("format"), int) and document["format"] > FORMAT:
        raise BackupFailed(
            f"{name} was made by a newer Doorward ({document.get('doorward')}). Restore it with that version."
        )
    head = _described(Head, document, name)
    if head.key not in {"secrets", "passphrase"} or not _is_salt(head.salt):
        raise BackupFailed(f"{name} is damaged: its head was changed. Take another backup.")
    return magic + prefix + raw, head


def _is_salt(text: str) -> bool:
    try:
        return len(bytes.fromhex(text)) == SALT_BYTES
    except ValueError:
        return False


def _loaded(raw: bytes) -> Any:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None


_KINDS: Final[dict[str, type]] = {
    "format": int,
    "doorward": str,
    "made_at": str,
    "key": str,
    "salt": str,
    "schema": str,
    "bytes": int,
    "tables": dict,
}


def _described(of: type[Described], document: Any, name: str) -> Described:
    names = set(of.__dataclass_fields__)
    if (
        not isinstance(document, dict)
        or set(document) != names
        or not all(type(value) is _KINDS[each] for each, value in document.items())
    ):
        raise BackupFailed(f"{name} is damaged: its description cannot be read. Take another backup.")
    return of(**document)


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(_COUNTER_BYTES, "big") + (b"\x01" if last else b"\x00")
