"""What holds for every operation alike, driven by the list of operations itself."""

from __future__ import annotations

import copy
import itertools
import json
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from doorward.surfaces.rest.application import OPERATIONS
from tests.surfaces.rest.calls import BODIES, BY_NAME, House, looks_like_a_problem

pytestmark = pytest.mark.integration

GUARDED = [name for name, operation in BY_NAME.items() if not operation.public]
# What a member may do, and so cannot be refused for want of a permission.
OWN = [name for name in GUARDED if BY_NAME[name].path.startswith("/v1/me") or name == "POST /v1/sign-out"]
STRANGERS: list[dict[str, Any]] = [
    {},
    {"headers": {"authorization": "Bearer nonsense"}},
    {"headers": {"authorization": "Basic YTpi"}},
    {"headers": {"authorization": ""}},
    {"headers": {"cookie": "__Host-doorward_session=nonsense", "origin": "http://127.0.0.1:8000"}},
    {"content": b"{not json", "headers": {"content-type": "text/plain"}},
    {"params": {"unknown": "1"}},
]
CONFIRM = BY_NAME["POST /v1/me/totp/confirm"]
SECRET_WORD = "hunter2-must-never-come-back"


@cache
def described() -> Any:
    """The description by which answers are judged; another test holds that the server hands out the same."""
    from schemathesis import openapi

    text = (Path(__file__).parent / "snapshots/openapi.json").read_text(encoding="utf-8")
    return openapi.from_dict(json.loads(text))


def test_describes_a_good_call_of_every_operation() -> None:
    assert BODIES.keys() == {name for name, operation in BY_NAME.items() if operation.body is not None}
    assert len(BY_NAME) == len(OPERATIONS)


@pytest.mark.parametrize("name", BY_NAME)
async def test_does_what_it_promises(house: House, name: str) -> None:
    operation = BY_NAME[name]
    if "restore" in name:
        await house.call(BY_NAME["DELETE /v1/users/{user_id}"], person=house.root)
    if name == "POST /v1/me/emails/{email_id}/make-primary":
        await house.call(BY_NAME["POST /v1/users/{user_id}/emails/{email_id}/verify"], person=house.root)
    if name == "POST /v1/me/recovery-codes":
        await house.call(CONFIRM, person=house.ada, body=house.bodies(CONFIRM)[0])
    for body in house.bodies(operation) or [None]:
        person = house.ada if name in OWN else house.root
        answer = await house.call(operation, person=person, body=body)
        assert answer.status_code == operation.status, answer.text
        if answer.status_code == 204:
            assert answer.content == b""
            assert "content-type" not in answer.headers
        else:
            assert answer.headers["content-type"] == "application/json"
            assert answer.json()
            described()[operation.path][operation.method].validate_response(answer)
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-request-id"]


async def test_refuses_a_stranger_before_looking_at_anything_else(house: House) -> None:
    for name, options in itertools.product(GUARDED, STRANGERS):
        answer = await house.call(BY_NAME[name], person=None, **copy.deepcopy(options))
        assert answer.status_code == 401, (name, options, answer.text)
        assert looks_like_a_problem(answer)
        assert answer.headers["www-authenticate"].startswith('Bearer realm="doorward"')


async def test_refuses_a_member_without_the_permission(house: House) -> None:
    # On somebody else, for everyone may do some things with their own account.
    house.values["user_id"] = house.root.user["id"]
    for name in sorted(set(GUARDED) - set(OWN)):
        for body in house.bodies(BY_NAME[name]) or [None]:
            answer = await house.call(BY_NAME[name], person=house.ada, body=body)
            assert answer.status_code == 403, (name, answer.text)
            assert looks_like_a_problem(answer)
            assert answer.json()["code"] == "forbidden"


def _spoiled(body: dict[str, Any]) -> Iterator[tuple[str, bytes]]:
    """Documents that are nearly like a good one. What is wrong, and the document as it is sent."""
    for name, value in body.items():
        without = {key: each for key, each in body.items() if key != name}
        yield f"{name} missing", json.dumps(without).encode()
        for wrong in ("", None, 0, -1, 1.5, True, [], {}, [SECRET_WORD], {SECRET_WORD: SECRET_WORD}, SECRET_WORD * 400):
            if type(wrong) is not type(value):
                yield f"{name} is {str(wrong)[:30]!r}", json.dumps(body | {name: wrong}).encode()
        for text in ("", " ", "\x00", "a\x00b", "\u202e" + SECRET_WORD, "\ufeff", "x" * 3000, "\U0001f468" * 200, "\n"):
            spoiled = copy.deepcopy(body)
            spoiled[name] = text
            yield f"{name} is {text[:10]!r}", json.dumps(spoiled).encode()
        pair = f"{json.dumps(name)}:{json.dumps(value)}"
        yield f"{name} twice", ("{" + pair + "," + json.dumps(without)[1:].strip("}") + "," + pair + "}").encode()
    yield "an extra member", json.dumps(body | {SECRET_WORD: SECRET_WORD}).encode()
    yield "an array", json.dumps([body]).encode()
    yield "a text", json.dumps(SECRET_WORD).encode()
    yield "null", b"null"
    yield "broken", json.dumps(body).encode()[:-1]
    yield "not UTF-8", b'{"\xff": 1}'
    yield "NaN", b'{"a": NaN}'


@pytest.mark.parametrize("name", BODIES)
async def test_refuses_bad_bodies_plainly_and_never_repeats_them(house: House, name: str) -> None:
    operation = BY_NAME[name]
    person = None if operation.public else house.ada if name in OWN else house.root
    for body in house.bodies(operation):
        for what, content in _spoiled(body):
            answer = await house.call(
                operation, person=person, content=content, headers={"content-type": "application/json"}
            )
            # Some are fine by chance: null empties, and a space is trimmed. Failing is never fine.
            assert answer.status_code < 500, (what, answer.text)
            if answer.status_code >= 400:
                assert looks_like_a_problem(answer), (what, answer.text)
                assert SECRET_WORD not in answer.text, what
                for error in answer.json().get("errors", ()):
                    assert error["pointer"].startswith("/") or error["pointer"] == "", what
                    assert error["code"], what
            if "twice" in what or what in {"an extra member", "an array", "a text", "null", "broken", "NaN"}:
                assert answer.status_code in {400, 422}, (what, answer.text)


async def test_reads_nothing_but_json(house: House) -> None:
    for name in BODIES:
        await _reads_nothing_but_json(house, name)


async def _reads_nothing_but_json(house: House, name: str) -> None:
    operation = BY_NAME[name]
    person = None if operation.public else house.ada if name in OWN else house.root
    content = json.dumps(house.bodies(operation)[-1]).encode()
    for kind in ("text/plain", "application/x-www-form-urlencoded", "application/json+x", ""):
        answer = await house.call(operation, person=person, content=content, headers={"content-type": kind})
        assert (answer.status_code, answer.json()["code"]) == (415, "unsupported-media-type")
    compressed = {"content-type": "application/json", "content-encoding": "gzip"}
    assert (await house.call(operation, person=person, content=content, headers=compressed)).status_code == 415
    too_large = json.dumps({"x": "y" * 1_100_000}).encode()
    answer = await house.call(operation, person=person, content=too_large, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")


async def test_refuses_unknown_and_repeated_parameters(house: House) -> None:
    for name in BY_NAME:
        await _refuses_parameters(house, name)


async def _refuses_parameters(house: House, name: str) -> None:
    operation = BY_NAME[name]
    person = house.ada if name in OWN else house.root
    body = (house.bodies(operation) or [None])[0]
    for query in (f"{SECRET_WORD}=1", "limit=1&limit=2", "%ff=1", "x=%00", "a&b", "=", "limit=" + SECRET_WORD):
        answer = await house.client.request(
            operation.method,
            f"{house.path(operation)}?{query}",
            headers=person.headers,
            **({"json": body} if body is not None else {}),
        )
        assert answer.status_code in {400, 422}, (name, query, answer.text)
        assert looks_like_a_problem(answer)
        assert SECRET_WORD not in answer.text


async def test_finds_nothing_under_made_up_names(house: House) -> None:
    for name in BY_NAME:
        await _finds_nothing(house, name)


async def _finds_nothing(house: House, name: str) -> None:
    operation = BY_NAME[name]
    person = house.ada if name in OWN else house.root
    body = (house.bodies(operation) or [None])[-1]
    good = dict(house.values)
    for parameter in operation.path_parameters:
        for value in (
            "x",
            "usr_00000000000000000000000000",
            "usr_zzzzzzzzzzzzzzzzzzzzzzzzzz",
            "%00",
            "a%00b",
            "%ff",
            "%F0%9F%92%A9",
            "x" * 2000,
            good[parameter].upper(),
            "'%20OR%201=1--",
        ):
            if value == good[parameter]:  # of a support code, whose letters are large
                continue
            house.values = good | {parameter: value}
            answer = await house.call(operation, person=person, body=body)
            assert answer.status_code in {404, 410, 405}, (name, value, answer.text)
            assert looks_like_a_problem(answer)
    house.values = good


def naughty_strings() -> list[str]:
    given = os.environ.get("DOORWARD_VECTORS")
    folders = (
        [Path(given)] if given else [parent / "shared" / "vectors" for parent in Path(__file__).resolve().parents[3:]]
    )
    for folder in folders:
        if (file := folder / "naughty-strings.json").is_file():
            return list(json.loads(file.read_text()))
    pytest.skip("naughty-strings.json is not at hand; set DOORWARD_VECTORS to its folder")


async def test_takes_naughty_strings_or_refuses_them_without_repeating(house: House, database_name: str) -> None:
    # The rules see all of them in `tests/domain`; here it is about what databases and answers make of some.
    strings = naughty_strings()[:: 2 if database_name == "sqlite" else 5]
    root = house.root.headers
    for text in strings:
        answers = [
            await house.client.post(
                "/v1/sign-up", json={"email": "naughty@example.com", "password": "x", "name": text}
            ),
            await house.client.patch("/v1/me", headers=house.ada.headers, json={"name": text, "username": text}),
            await house.client.patch(
                f"/v1/users/{house.ada.user['id']}",
                headers=root,
                json={"name": text, "public_metadata": {text: [text]}, "external_id": text},
            ),
            await house.client.get("/v1/users", headers=root, params={"q": text, "limit": "1"}),
            await house.client.get("/v1/users", headers=root, params={"username": text, "email": text}),
            await house.client.post("/v1/sign-in", json={"identifier": text[:300] or "x", "password": "x"}),
        ]
        for answer in answers:
            assert answer.status_code < 500, (text, answer.text)
            if answer.status_code >= 400:
                assert looks_like_a_problem(answer)
                assert len(text) < 12 or text not in answer.text
        if answers[2].status_code == 200:
            shown = answers[2].json()
            assert shown["public_metadata"] == {text: [text]}
