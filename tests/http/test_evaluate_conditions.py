from __future__ import annotations

import pytest

from doorward.http.conditional import content_tag, is_unchanged, require_match, version_tag
from doorward.http.problems import MalformedRequest
from doorward.kernel.problem import PreconditionFailed


@pytest.mark.parametrize("header", [None, '"a"', '"x", "a"', ' "a" ', "*", '"x,y","a"'])
def test_lets_a_write_through_when_the_state_is_named(header):
    require_match(header, '"a"')


@pytest.mark.parametrize("header", ['"b"', 'W/"a"', '"A"', '"x", W/"a"'])
def test_stops_a_write_on_another_state(header):
    with pytest.raises(PreconditionFailed):
        require_match(header, '"a"')


def test_stops_a_write_on_what_is_not_there_or_only_alike():
    for header, current in (("*", None), ('"a"', None), ('W/"a"', 'W/"a"'), ('"a"', 'W/"a"')):
        with pytest.raises(PreconditionFailed):
            require_match(header, current)


@pytest.mark.parametrize("header", ["a", '"a', '"a" "b"', '"a",', ",", '"a";"b"', "", ",".join(['"a"'] * 65)])
def test_refuses_lists_that_are_none(header):
    with pytest.raises(MalformedRequest):
        require_match(header, '"a"')
    with pytest.raises(MalformedRequest):
        is_unchanged(header, '"z"')


def test_answers_reads_by_weak_comparison():
    assert is_unchanged('"a"', 'W/"a"')
    assert is_unchanged('W/"a", "b"', '"b"')
    assert is_unchanged("*", '"b"')
    assert not is_unchanged("*", None)
    assert not is_unchanged('"c"', '"b"')
    assert not is_unchanged(None, '"b"')


def test_makes_tags_that_it_can_read():
    assert content_tag(b"one") != content_tag(b"two")
    for tag in (version_tag(7), content_tag(b"one")):
        assert is_unchanged(tag, tag)
        require_match(tag, tag)
