"""Ids made many at a time: like those made one by one."""

from __future__ import annotations

from uuid import UUID

from doorward.kernel.ids import USER, decode, encode, new_id, new_row_ids


def test_makes_ids_that_sort_by_the_time_they_were_made() -> None:
    ids = [new_id(), *new_row_ids(5000), new_id(), *new_row_ids(5000), new_id()]
    numbers = [each.int for each in ids]
    assert numbers == sorted(set(numbers))


def test_makes_ids_of_version_7_that_are_written_and_read_like_others() -> None:
    for each in new_row_ids(100):
        same = UUID(bytes=each.bytes)
        assert (same.version, same.variant) == (7, "specified in RFC 4122")
        assert decode(USER, encode(USER, each)) == same


def test_makes_as_many_as_asked() -> None:
    assert new_row_ids(0) == []
    assert len(new_row_ids(3)) == 3
