"""Argon2 in memory that is kept: the digests are those of the library, and nothing of a password stays in it."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from argon2.low_level import Type, ffi, hash_secret_raw

from doorward.infra.crypto.hashing import large_pages
from doorward.infra.crypto.hashing.large_pages import Argon2FailedError, compute

SALT = b"sixteen bytes!!!"
linux = pytest.mark.skipif(sys.platform != "linux", reason="memory is kept on Linux only")


def _computed(secret: bytes, memory_kib: int, variant: Type = Type.ID, version: int = 19, lanes: int = 1) -> bytes:
    return compute(
        secret, SALT, variant=variant, version=version, memory_kib=memory_kib, passes=2, lanes=lanes, length=32
    )


def _expected(secret: bytes, memory_kib: int, variant: Type = Type.ID, version: int = 19, lanes: int = 1) -> bytes:
    return hash_secret_raw(secret, SALT, 2, memory_kib, lanes, 32, variant, version)


@pytest.mark.parametrize("variant", list(Type))
@pytest.mark.parametrize("version", [16, 19])
@pytest.mark.parametrize("lanes", [1, 4])
@pytest.mark.parametrize("secret", [b"", b"correct horse", b"a\x00b"])
def test_computes_what_the_library_computes(variant, version, lanes, secret):
    assert _computed(secret, 64, variant, version, lanes) == _expected(secret, 64, variant, version, lanes)


def test_computes_the_same_in_memory_that_another_hash_left_smaller_and_larger():
    for memory_kib in (64, 4096, 64, 2047, 2048, 2049, 8192, 64):
        assert _computed(b"correct horse", memory_kib) == _expected(b"correct horse", memory_kib)


def test_computes_what_takes_more_memory_than_is_kept():
    memory_kib = large_pages.MOST_KEPT // 1024 + 64
    assert _computed(b"correct horse", memory_kib) == _expected(b"correct horse", memory_kib)


def test_many_threads_do_not_disturb_each_other():
    secrets = [str(number).encode() for number in range(64)]
    with ThreadPoolExecutor(8) as threads:
        computed = list(threads.map(lambda secret: _computed(secret, 1024), secrets))
    assert computed == [_expected(secret, 1024) for secret in secrets]


@linux
def test_keeps_its_memory_and_leaves_nothing_of_a_hash_in_it():
    _computed(b"correct horse", 3000)
    kept = large_pages.kept()
    assert len(kept) >= 3000 * 1024
    assert not any(bytes(ffi.buffer(kept)))
    _computed(b"another", 3000)
    assert large_pages.kept() == kept


def test_refuses_what_argon2_refuses():
    with pytest.raises(Argon2FailedError):
        compute(b"x", b"short", variant=Type.ID, version=19, memory_kib=64, passes=1, lanes=1, length=32)
