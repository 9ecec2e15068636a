"""Identifiers, permissions, events, secrets and times: the words everything else is written in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import ClassVar
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as some

from doorward.kernel.actor import Actor, anonymous, operator, system
from doorward.kernel.clock import Clock, wire
from doorward.kernel.event import Event, personal
from doorward.kernel.ids import USER, decode, encode, find, new_id
from doorward.kernel.page import Page
from doorward.kernel.permission import Permission, require
from doorward.kernel.problem import Forbidden, InvalidInput, Kind, NotFound, Problem, Unauthenticated, Unavailable
from doorward.kernel.secret import fingerprint, new_secret, same


@given(some.uuids())
def test_reads_every_identifier_that_it_writes(value: UUID) -> None:
    text = encode("usr", value)
    assert len(text) == 30
    assert decode("usr", text) == value


def test_writes_identifiers_as_the_specification_does() -> None:
    # The example of TypeID 0.3, and its two ends.
    assert encode("prefix", UUID("01890a5d-ac96-774b-bcce-b302099a8057")) == "prefix_01h455vb4pex5vsknk084sn02q"
    assert encode("usr", UUID(int=0)) == "usr_" + "0" * 26
    assert encode("usr", UUID(int=2**128 - 1)) == "usr_7zzzzzzzzzzzzzzzzzzzzzzzzz"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "usr_",
        "usr",
        "01h455vb4pex5vsknk084sn02q",
        "ses_01h455vb4pex5vsknk084sn02q",
        "usr_01H455VB4PEX5VSKNK084SN02Q",
        "usr_01h455vb4pex5vsknk084sn02l",
        "usr_81h455vb4pex5vsknk084sn02q",
        "usr_01h455vb4pex5vsknk084sn02",
        "usr_01h455vb4pex5vsknk084sn02qq",
        " usr_01h455vb4pex5vsknk084sn02q",
        "usr_01h455vb4pex5vsknk084sn02\u0661",
    ],
)
def test_refuses_every_other_spelling(text: str) -> None:
    with pytest.raises(ValueError, match="not a usr_ identifier"):
        decode(USER, text)
    with pytest.raises(NotFound) as missing:
        find(USER, text)
    assert len(text) < 12 or text not in missing.value.detail


def test_makes_identifiers_that_sort_by_their_time() -> None:
    made = [new_id() for _ in range(1000)]
    assert made == sorted(set(made))
    assert {value.version for value in made} == {7}


def test_asks_for_a_permission() -> None:
    permission = Permission("users:read", "See.")
    require(operator(), permission)
    require(system(), permission)
    require(Actor("user", permissions=frozenset({"users:read"})), permission)
    for name in ("users", "users:*", "users:reader", "USERS:READ"):
        with pytest.raises(Forbidden):
            require(Actor("user", permissions=frozenset({name})), permission)
    with pytest.raises(Unauthenticated):
        require(anonymous(), permission)
    assert anonymous().is_anonymous
    assert not operator().is_anonymous


@dataclass(frozen=True, kw_only=True)
class _Happened(Event):
    """Something."""

    type: ClassVar[str] = "thing.happened"
    plain: int
    email: str | None = personal(default=None)


def test_keeps_personal_fields_of_an_event_apart() -> None:
    event = _Happened(plain=1, email="ada@example.com", target="x")
    assert (event.data(), event.personal_data()) == ({"plain": 1}, {"email": "ada@example.com"})
    assert _Happened(plain=1).personal_data() == {}


def test_compares_and_stores_secrets_without_keeping_them() -> None:
    secret = new_secret()
    assert len(secret) == 43
    assert len({new_secret() for _ in range(100)}) == 100
    assert fingerprint(secret) == fingerprint(secret.encode())
    assert len(fingerprint(secret)) == 32
    assert same("ü", "ü".encode())
    assert not same(secret, secret + "x")


def test_writes_times_in_utc() -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=2)))
    assert wire(moment) == "2026-01-02T01:04:05Z"
    assert wire(moment.replace(microsecond=70)) == "2026-01-02T01:04:05.000070Z"
    assert Clock().now().tzinfo is UTC


def test_ends_a_list_where_no_cursor_follows() -> None:
    assert Page([1], "cursor").has_more
    assert not Page([1], None).has_more


def test_writes_a_problem_with_what_it_has() -> None:
    document = Problem("What happened.", facts={"until": "x"}).document(instance="/v1", request_id="r")
    assert document == {
        "type": "https://doorward.dev/problems/problem",
        "title": "Something went wrong",
        "status": 500,
        "detail": "What happened.",
        "instance": "/v1",
        "code": "problem",
        "request_id": "r",
        "until": "x",
    }
    assert Unavailable(retry_after=7).retry_after == 7
    assert InvalidInput().errors == ()
    assert (Kind.NOT_FOUND.status, Kind.NOT_FOUND.grpc) == (404, "NOT_FOUND")
