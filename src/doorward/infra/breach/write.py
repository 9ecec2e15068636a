"""Build the file from a downloaded list: lines of a SHA-1 in hexadecimal digits, perhaps with a colon and a count.

That is how "Have I Been Pwned" gives them out: one file in the order of the hashes, or a folder of range files that are
named by the first five digits and hold the rest. Any other order is sorted in parts on the disk.
"""

from __future__ import annotations

import heapq
import os
import tempfile
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final

from doorward.infra.breach.layout import BUCKETS, ENDS, HEADER, KEPT, MAGIC, PREFIX

_DIGITS: Final = 40
_RANGE_DIGITS: Final = 5
_AFTER_DIGITS: Final = frozenset({b":", b"\r", b"\n"})
_RECORD: Final = PREFIX + KEPT
_PIECE: Final = 1 << 22
# Sorting this many at once takes about 400 MiB.
_MOST_IN_MEMORY: Final = 4_000_000
_AT_ONCE: Final = 65_536

# Called with how many passwords and how many bytes of the list were read.
Report = Callable[[int, int], None]


class UnusableList(Exception):  # noqa: N818 - said to the operator as it is
    """The list is not one of SHA-1 hashes."""


class _OutOfOrderError(Exception):
    """The list is not in the order of the hashes."""


def list_size(source: Path) -> int:
    """How many bytes there are to read."""
    return sum(each.stat().st_size for each in _files(source))


def write_breach_file(source: Path, target: Path, *, at_least: int = 1, report: Report | None = None) -> int:
    """Builds the file and puts it in place of the one that is there, whole or not at all; answers how many it holds.

    source: a file, or a folder of range files. at_least: leave out what was seen less often, where the list counts.
    Raises UnusableList or OSError.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}-")
    draft = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as out, ExitStack() as stack:
            try:
                count = _write(out, _ordered(_records(source, at_least, report)))
            except _OutOfOrderError:
                out.seek(0)
                out.truncate()
                count = _write(out, _sorted(_records(source, at_least, report), target.parent, stack))
            out.flush()
            os.fsync(out.fileno())
        draft.chmod(0o644)
        draft.replace(target)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    return count


def _files(source: Path) -> list[Path]:
    if not source.is_dir():
        return [source]
    files = sorted(each for each in source.iterdir() if len(each.stem) == _RANGE_DIGITS and each.is_file())
    if not files:
        raise UnusableList(f"{source} holds no range files, which are named by five digits such as 0ABCD.txt.")
    return files


def _records(source: Path, at_least: int, report: Report | None) -> Iterator[list[bytes]]:
    """What is kept of each hash, a list for each piece of the source."""
    done = read = 0
    for path in _files(source):
        prefix = path.stem.upper().encode() if source.is_dir() else b""
        with path.open("rb") as file:
            number = 0
            while lines := file.readlines(_PIECE):
                number += len(lines)
                read += sum(map(len, lines))
                try:
                    piece = _read(lines, prefix, at_least)
                except ValueError:
                    raise UnusableList(
                        f"{path} is not a list of SHA-1 hashes: see the {len(lines)} lines up to line {number}. "
                        "Each holds 40 hexadecimal digits, and perhaps a colon and a count."
                    ) from None
                done += len(piece)
                yield piece
                if report is not None:
                    report(done, read)


def _read(lines: list[bytes], prefix: bytes, at_least: int) -> list[bytes]:
    wanted = _DIGITS - len(prefix)
    if at_least <= 1 and not prefix:
        kept = [line[:wanted] for line in lines]
        if not all(line[wanted : wanted + 1] in _AFTER_DIGITS for line in lines):
            kept = _picked(lines, wanted, at_least)
    else:
        kept = [prefix + digits for digits in _picked(lines, wanted, at_least)]
    whole = bytes.fromhex(b"".join(kept).decode("ascii"))
    if len(whole) != len(kept) * _DIGITS // 2:
        # Spaces among the digits, which `fromhex` passes over.
        raise ValueError
    return [whole[start : start + _RECORD] for start in range(0, len(whole), _DIGITS // 2)]


def _picked(lines: list[bytes], wanted: int, at_least: int) -> list[bytes]:
    """The digits of those lines that are kept."""
    kept = []
    for line in lines:
        digits, _, count = line.strip().partition(b":")
        if not digits:
            continue
        if len(digits) != wanted:
            raise ValueError
        # What the range service pads its answers with has a count of 0.
        if not count or int(count) >= max(1, at_least):
            kept.append(digits)
    return kept


def _ordered(pieces: Iterator[list[bytes]]) -> Iterator[list[bytes]]:
    """The pieces of a list that is in order already. Raises _OutOfOrderError from where it is not."""
    last = b""
    for piece in pieces:
        if piece and (piece[0] < last or piece != sorted(piece)):
            raise _OutOfOrderError
        yield piece
        last = piece[-1] if piece else last


def _sorted(pieces: Iterator[list[bytes]], folder: Path, stack: ExitStack) -> Iterator[list[bytes]]:
    """The pieces of any list, sorted in parts on the disk."""
    runs: list[BinaryIO] = []
    pending: list[bytes] = []
    for piece in pieces:
        pending += piece
        if len(pending) >= _MOST_IN_MEMORY:
            runs.append(_spill(pending, folder, stack))
            pending = []
    pending.sort()
    merged = heapq.merge(*(_read_run(run) for run in runs), pending)
    while piece := list(islice(merged, _AT_ONCE)):
        yield piece


def _spill(records: list[bytes], folder: Path, stack: ExitStack) -> BinaryIO:
    """Sorted records in a file without a name, which goes with the process."""
    records.sort()
    file = stack.enter_context(tempfile.TemporaryFile(dir=folder))  # noqa: SIM115 - the stack closes it
    file.write(b"".join(records))
    file.seek(0)
    return file


def _read_run(file: BinaryIO) -> Iterator[bytes]:
    while piece := file.read(_RECORD * _AT_ONCE):
        yield from (piece[start : start + _RECORD] for start in range(0, len(piece), _RECORD))


def _write(out: BinaryIO, pieces: Iterable[list[bytes]]) -> int:
    """Writes records that come in order, piece by piece, each of them once."""
    out.write(bytes(HEADER))
    ends = [0] * BUCKETS
    count = bucket = 0
    last = b""
    for piece in pieces:
        records = list(dict.fromkeys(piece))
        if records[:1] == [last]:
            del records[0]
        if not records:
            continue
        last = records[-1]
        for number in range(bucket, last[0] << 8 | last[1]):
            ends[number] = count + bisect_left(records, (number + 1).to_bytes(PREFIX, "big"))
        bucket = last[0] << 8 | last[1]
        out.write(b"".join([record[PREFIX:] for record in records]))
        count += len(records)
    ends[bucket:] = [count] * (BUCKETS - bucket)
    out.seek(0)
    out.write(MAGIC + ENDS.pack(*ends))
    return count
