"""Argon2 (RFC 9106) in memory that each thread keeps from one hash to the next, in pages of 2 MiB where the kernel gives them.

Argon2 jumps through its memory at random. With pages of 4 KiB the processor has to look up where a block lies in nearly
every step, which is a sixth of the time of a hash.
"""

from __future__ import annotations

import contextlib
import mmap
import sys
import threading
from typing import Any, Final

from argon2.low_level import Type, core, ffi

_PAGE: Final = 2 * 1024 * 1024
# A hash that takes more (an import may bring one of a GiB) gets its memory from the system, and gives it back.
MOST_KEPT: Final = 64 * 1024 * 1024


class Argon2FailedError(Exception):
    """Argon2 refuses the parameters, or there is no memory."""


class _Memory(threading.local):
    """What the calling thread keeps: a mapping, and the first whole page in it."""

    mapping: mmap.mmap | None = None
    pages: Any = None
    size = 0


_memory: Final = _Memory()


def compute(
    secret: bytes,
    salt: bytes,
    *,
    variant: Type,
    version: int,
    memory_kib: int,
    passes: int,
    lanes: int,
    length: int,
) -> bytes:
    """The Argon2 digest of a secret. version: 19 or 16. length: of the digest in bytes. Raises Argon2FailedError."""
    digest = ffi.new("uint8_t[]", length)
    # Named, so that they live until the end.
    secret_part = ffi.from_buffer("uint8_t[]", secret)
    salt_part = ffi.from_buffer("uint8_t[]", salt)
    context = ffi.new("argon2_context *")
    context.out, context.outlen = digest, length
    context.pwd, context.pwdlen = secret_part, len(secret)
    context.salt, context.saltlen = salt_part, len(salt)
    context.t_cost, context.m_cost = passes, memory_kib
    context.lanes = context.threads = lanes
    context.version = version
    if _CALLBACKS is not None and _prepare(memory_kib * 1024):
        context.allocate_cbk, context.free_cbk = _CALLBACKS
    if core(context, variant.value) != 0:
        raise Argon2FailedError
    return bytes(ffi.buffer(digest))


def kept() -> Any:
    """The memory that the calling thread keeps, as an array of bytes; None before its first hash."""
    return _memory.pages


def _prepare(size: int) -> bool:
    """Makes the calling thread's memory at least so many bytes large, if that may be kept."""
    if size <= _memory.size:
        return True
    if size > MOST_KEPT:
        return False
    whole = (size + _PAGE - 1) // _PAGE * _PAGE
    _memory.size, _memory.pages, _memory.mapping = 0, None, None
    try:
        # One page more, of which only addresses are used, so that whole pages fit in wherever it comes to lie.
        mapping = mmap.mmap(-1, whole + _PAGE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    except OSError:
        return False
    # A kernel without large pages refuses; kept memory is no worse than other memory there.
    with contextlib.suppress(OSError):
        mapping.madvise(mmap.MADV_HUGEPAGE)
    start = ffi.from_buffer("uint8_t[]", mapping)
    skipped = -int(ffi.cast("uintptr_t", start)) % _PAGE
    _memory.mapping, _memory.pages, _memory.size = mapping, start[skipped : skipped + whole], whole
    return True


def _take(place: Any, size: int) -> int:
    """Argon2 asks for its memory, in the thread that computes."""
    if size > _memory.size:
        return -1
    place[0] = ffi.cast("uint8_t *", ffi.addressof(_memory.pages))
    return 0


def _leave(_place: Any, _size: int) -> None:
    """Argon2 has wiped its memory and needs it no more: it stays for the next hash."""


def _callbacks() -> tuple[Any, Any] | None:
    if sys.platform != "linux":
        return None
    try:
        return (
            ffi.callback("int(uint8_t **, size_t)", _take, error=-1),
            ffi.callback("void(uint8_t *, size_t)", _leave),
        )
    except (MemoryError, OSError, SystemError):
        return None  # a system that lets no program make code at run time


_CALLBACKS: Final = _callbacks()
