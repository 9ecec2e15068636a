"""Argon2 by two libraries: whichever computes it, the digests are the same, and several threads compute at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from argon2.low_level import Type, hash_secret_raw

from doorward.infra.crypto.hashing import digest
from doorward.infra.crypto.hashing.digest import Argon2FailedError, compute

SALT = b"sixteen bytes!!!"


@pytest.fixture(params=[True, False], ids=["wide-registers", "others"], autouse=True)
def _processor(request, monkeypatch):
    monkeypatch.setattr(digest, "_HAS_WIDE_REGISTERS", request.param)


@pytest.mark.parametrize("variant", list(Type))
@pytest.mark.parametrize("version", [16, 19])
@pytest.mark.parametrize("lanes", [1, 4])
@pytest.mark.parametrize("passes", [1, 2, 3])
@pytest.mark.parametrize("secret", [b"", b"correct horse", b"a\x00b"])
def test_computes_what_the_standard_says(variant, version, lanes, passes, secret):
    computed = compute(
        secret, SALT, variant=variant, version=version, memory_kib=64, passes=passes, lanes=lanes, length=32
    )
    assert computed == hash_secret_raw(secret, SALT, passes, 64, lanes, 32, variant, version)


@pytest.mark.parametrize("memory_kib", [8, 9, 2047, 2048, 2049, 19456])
@pytest.mark.parametrize("length", [4, 15, 16, 32, 64])
@pytest.mark.parametrize("salt", [b"8 bytes!", SALT, SALT * 2])
def test_computes_the_same_whatever_the_sizes(memory_kib, length, salt):
    computed = compute(
        b"correct horse",
        salt,
        variant=Type.ID,
        version=19,
        memory_kib=memory_kib,
        passes=2,
        lanes=1,
        length=length,
    )
    assert computed == hash_secret_raw(b"correct horse", salt, 2, memory_kib, 1, length, Type.ID, 19)


def test_reproduces_the_example_of_the_reference_implementation():
    computed = compute(
        b"password", b"somesalt", variant=Type.ID, version=19, memory_kib=65536, passes=2, lanes=1, length=32
    )
    assert computed.hex() == "09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7"


def test_many_threads_do_not_disturb_each_other():
    secrets = [str(number).encode() for number in range(64)]

    def computed(secret: bytes) -> bytes:
        return compute(secret, SALT, variant=Type.ID, version=19, memory_kib=1024, passes=2, lanes=1, length=32)

    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(computed, secrets))
    assert found == [hash_secret_raw(secret, SALT, 2, 1024, 1, 32, Type.ID, 19) for secret in secrets]


@pytest.mark.parametrize(("salt", "memory_kib"), [(b"short", 64), (SALT, 1)])
def test_refuses_what_argon2_refuses(salt, memory_kib):
    with pytest.raises(Argon2FailedError):
        compute(b"x", salt, variant=Type.ID, version=19, memory_kib=memory_kib, passes=1, lanes=1, length=32)


def test_says_so_when_there_is_no_memory():
    with pytest.raises(Argon2FailedError):
        compute(b"x", SALT, variant=Type.ID, version=19, memory_kib=2**31, passes=1, lanes=1, length=32)
