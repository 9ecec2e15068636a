from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

import pytest
from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError

from doorward.http.strict_json import MalformedJson
from doorward.http.validation import validate
from doorward.kernel.problem import InvalidInput


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")
    city: str = Field(max_length=5)


class Document(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str = Field(min_length=2)
    age: int = Field(default=1, ge=0, le=150)
    since: datetime | None = None
    id: UUID | None = None
    kind: Literal["a", "b"] = "a"
    homes: list[Inner] = []
    notes: dict[str, int] = {}
    nick: str = "x"
    word: str = "x"

    @field_validator("nick")
    @classmethod
    def _nick(cls, value: str) -> str:
        if value == "taken":
            raise PydanticCustomError("nick_taken", "Choose another nick.")
        return value

    @field_validator("word")
    @classmethod
    def _word(cls, value: str) -> str:
        if value != "x":
            raise ValueError(f"{value} is bad")
        return value


def errors(body: bytes) -> set[tuple[str, str]]:
    with pytest.raises(InvalidInput) as caught:
        validate(Document, body)
    return {(error.pointer, error.code) for error in caught.value.errors}


def test_takes_json_forms_of_times_and_ids():
    document = validate(
        Document, b'{"name": "Ada", "since": "2026-01-31T12:00:00Z", "id": "0190a1b2-0000-7000-8000-000000000000"}'
    )
    assert document.since is not None
    assert isinstance(document.id, UUID)


def test_does_not_bend_types():
    assert errors(b'{"name": "Ada", "age": "1"}') == {("/age", "wrong-type")}
    assert errors(b'{"name": "Ada", "age": 1.0}') <= {("/age", "wrong-type")}
    assert errors(b'{"name": "Ada", "age": true}') == {("/age", "wrong-type")}
    assert errors(b'{"name": 5}') == {("/name", "wrong-type")}
    assert errors(b"[]") == {("", "wrong-type")}
    assert errors(b"null") == {("", "wrong-type")}


def test_tells_every_broken_rule_at_once_and_where():
    body = (
        b'{"name": "A", "age": 200, "kind": "c", "homes": [{"city": "Lyon"}, {"city": "Marseille"}], "since": "soon"}'
    )
    assert errors(body) == {
        ("/name", "too-short"),
        ("/age", "out-of-range"),
        ("/kind", "unknown-value"),
        ("/homes/1/city", "too-long"),
        ("/since", "invalid-time"),
    }


def test_tells_limits_and_remedies():
    with pytest.raises(InvalidInput) as caught:
        validate(Document, b'{"name": "A", "nick": "taken", "kind": "c"}')
    details = {error.pointer: error.detail for error in caught.value.errors}
    assert "at least 2 characters" in details["/name"]
    assert details["/nick"] == "Choose another nick."
    assert "'a' or 'b'" in details["/kind"]


def test_never_repeats_what_it_was_sent():
    body = (
        b'{"hunter2": 1, "name": "hunter2", "age": "hunter2", "since": "hunter2", "id": "hunter2", "kind": "hunter2",'
        b' "homes": [{"hunter2": "hunter2", "city": "hunter2"}], "notes": {"hunter2": "hunter2"}, "word": "hunter2"}'
    )
    with pytest.raises(InvalidInput) as caught:
        validate(Document, body)
    assert "hunter2" not in str(caught.value.document(instance="/", request_id=""))
    assert {error.pointer for error in caught.value.errors} == {
        "",
        "/age",
        "/since",
        "/id",
        "/kind",
        "/homes/0",
        "/homes/0/city",
        "/notes",
        "/word",
    }
    assert caught.value.__context__ is None


def test_refuses_ambiguous_json_before_it_is_looked_at():
    for body in (b'{"name": "Ada", "name": "Eve"}', b'{"name": "\\ud800x"}', b'{"name": "Ada", "age": NaN}', b""):
        with pytest.raises(MalformedJson):
            validate(Document, body)
