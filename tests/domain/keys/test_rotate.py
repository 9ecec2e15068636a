"""Signing keys: one signs, the next is announced, the last one still verifies."""

from __future__ import annotations

import base64
import json

import pytest
from sqlalchemy import select

from doorward.domain.access.authenticate import authenticate_token
from doorward.domain.keys.ring import KeyRing, ring
from doorward.domain.keys.rotate import ensure_key, list_keys, rotate_key, rotate_when_due
from doorward.domain.keys.settings import KeysSettings
from doorward.domain.keys.tables import signing_keys
from doorward.domain.keys.views import key_views
from doorward.domain.sign_in.begin import begin_sign_in
from doorward.domain.sign_in.complete import Complete
from doorward.infra.database.statement import Query
from doorward.infra.tools import Tools
from doorward.kernel.actor import Origin, anonymous, operator, system
from doorward.kernel.problem import Forbidden, Unauthenticated
from tests.make.actors import as_user, logged
from tests.make.databases import open_for_test
from tests.make.people import PASSWORD, make_user
from tests.make.tools import changed, make_tools

pytestmark = pytest.mark.integration


async def states(tools: Tools) -> list[str]:
    async with tools.reading(operator()) as tx:
        return [view["state"] for view in key_views(await list_keys(tx), tx.now)]


async def signing(tools: Tools) -> str:
    async with tools.reading(operator()) as tx:
        return (await ring(tx)).signer(tx.now).kid


async def token_of(tools: Tools) -> str:
    async with tools.writing(anonymous()) as tx:
        outcome = await begin_sign_in(tx, identifier="ada@example.com", password=PASSWORD)
    assert isinstance(outcome, Complete)
    assert outcome.access_token is not None
    return outcome.access_token


async def test_announces_then_signs_then_verifies_then_forgets(tools: Tools) -> None:
    await make_user(tools)
    first = await signing(tools)
    async with tools.writing(operator()) as tx:
        made = await rotate_key(tx)
    assert await states(tools) == ["signing", "announced"]
    assert await signing(tools) == first
    old = await token_of(tools)
    tools.clock.advance(seconds=3600)  # type: ignore[attr-defined]
    assert await states(tools) == ["verifying", "signing"]
    assert await signing(tools) == made.kid
    async with tools.reading(operator()) as tx:
        published = (await ring(tx)).published(tx.now)
    assert [key["kid"] for key in published] == [first, made.kid]
    assert all(key.keys() == {"kty", "crv", "x", "y", "kid", "alg", "use"} for key in published)
    assert old
    tools.clock.advance(seconds=86400)  # type: ignore[attr-defined]
    assert await states(tools) == ["signing"]


async def test_keeps_tokens_valid_over_a_rotation(tools: Tools) -> None:
    ada = await make_user(tools)
    token = await token_of(tools)
    async with tools.writing(operator()) as tx:
        await rotate_key(tx, at_once=True)
    newer = await token_of(tools)
    for each in (token, newer):
        assert (await authenticate_token(tools, each, Origin())).user.id == ada.id


async def test_goes_on_signing_with_the_newest_after_an_emergency_during_an_announcement(tools: Tools) -> None:
    async with tools.writing(operator()) as tx:
        await rotate_key(tx)
    tools.clock.advance(seconds=10)  # type: ignore[attr-defined]
    async with tools.writing(operator()) as tx:
        emergency = await rotate_key(tx, at_once=True)
    for hours in (0, 1, 20, 10):
        tools.clock.advance(hours=hours)  # type: ignore[attr-defined]
        assert await signing(tools) == emergency.kid, hours
    assert await states(tools) == ["signing"]


async def test_knows_at_once_what_another_process_rotated(own_database_url: str) -> None:
    here, there = open_for_test(own_database_url), open_for_test(own_database_url)
    one, other = await make_tools(here), await make_tools(there)
    try:
        await make_user(one)
        assert await authenticate_token(other, await token_of(one), Origin())
        # A second later, for the other process looks again at most once in a second.
        for each in (one, other):
            each.clock.advance(seconds=2)  # type: ignore[attr-defined]
        async with one.writing(operator()) as tx:
            await rotate_key(tx, at_once=True)
        assert await authenticate_token(other, await token_of(one), Origin())
    finally:
        for tools, database in ((one, here), (other, there)):
            tools.hashing.close()
            await database.close()


async def test_asks_the_database_at_most_once_a_second_for_made_up_keys(tools: Tools) -> None:
    await make_user(tools)
    token = await token_of(tools)
    header, payload, signature = token.split(".")
    held = tools.hold(KeyRing)
    reads = 0
    read = held.read

    async def counted(*arguments: object) -> None:
        nonlocal reads
        reads += 1
        await read(*arguments)  # type: ignore[arg-type]

    held.read = counted  # type: ignore[method-assign,assignment]
    for number in range(20):
        made_up = json.loads(base64.urlsafe_b64decode(header + "=="))
        made_up["kid"] = f"key-{number}"
        other = base64.urlsafe_b64encode(json.dumps(made_up).encode()).decode().rstrip("=")
        with pytest.raises(Unauthenticated):
            await authenticate_token(tools, f"{other}.{payload}.{signature}", Origin())
    assert reads <= 1


async def test_rotates_by_itself_when_the_key_is_old_enough(tools: Tools) -> None:
    async with tools.writing(system()) as tx:
        await rotate_when_due(tx, {})
    assert await states(tools) == ["signing"]
    tools.clock.advance(days=90)  # type: ignore[attr-defined]
    for _ in range(2):
        async with tools.writing(system()) as tx:
            await rotate_when_due(tx, {})
    assert await states(tools) == ["signing", "announced"]
    tools.clock.advance(days=3)  # type: ignore[attr-defined]
    async with tools.writing(system()) as tx:
        await rotate_when_due(tx, {})
        assert len(await tx.db.all(Query(select(signing_keys.c.kid), tuple[str]))) == 1


async def test_leaves_rotation_to_people_where_the_setting_says_so(tools: Tools) -> None:
    changed(tools, KeysSettings, rotate_days=0)
    tools.clock.advance(days=1000)  # type: ignore[attr-defined]
    async with tools.writing(system()) as tx:
        await rotate_when_due(tx, {})
    assert await states(tools) == ["signing"]


@pytest.mark.parametrize("algorithm", ["ES256", "RS256", "Ed25519"])
async def test_signs_with_every_algorithm_of_the_setting(tools: Tools, algorithm: str) -> None:
    changed(tools, KeysSettings, algorithm=algorithm)
    ada = await make_user(tools)
    async with tools.writing(operator()) as tx:
        assert (await rotate_key(tx, at_once=True)).algorithm == algorithm
    assert (await authenticate_token(tools, await token_of(tools), Origin())).user.id == ada.id


async def test_makes_a_first_key_once_and_stores_it_sealed(tools: Tools) -> None:
    async with tools.writing(operator()) as tx:
        await ensure_key(tx)
        (key,) = await list_keys(tx)
    assert b"PRIVATE" not in key.private_sealed
    assert "d" not in key.public_jwk
    assert [event.target for event in await logged(tools, type_="key.rotated")] == [key.kid]


async def test_asks_for_the_permissions(tools: Tools) -> None:
    ada = await make_user(tools)
    async with tools.writing(as_user(ada, "keys:read")) as tx:
        assert await list_keys(tx)
        with pytest.raises(Forbidden):
            await rotate_key(tx)
    async with tools.reading(as_user(ada)) as tx:
        with pytest.raises(Forbidden):
            await list_keys(tx)


async def test_serves_on_when_the_clock_jumps_back(tools: Tools) -> None:
    await make_user(tools)
    tools.clock.advance(hours=-2)  # type: ignore[attr-defined]
    assert (await authenticate_token(tools, await token_of(tools), Origin())).user.email == "ada@example.com"


async def test_refuses_at_once_what_a_revoked_key_signed(tools: Tools) -> None:
    ada = await make_user(tools)
    async with tools.writing(operator()) as tx:
        await rotate_key(tx)  # announced only; it may have leaked with the other one
    leaked = await token_of(tools)
    before = await states(tools)
    async with tools.writing(operator()) as tx:
        made = await rotate_key(tx, revoke=True)
    assert before == ["signing", "announced"]
    assert await states(tools) == ["signing"]
    assert await signing(tools) == made.kid
    with pytest.raises(Unauthenticated):
        await authenticate_token(tools, leaked, Origin())
    assert (await authenticate_token(tools, await token_of(tools), Origin())).user.id == ada.id
    assert [event.type for event in await logged(tools)].count("key.revoked") == 2


async def test_another_process_refuses_a_revoked_key_within_seconds(own_database_url: str) -> None:
    here, there = open_for_test(own_database_url), open_for_test(own_database_url)
    one, other = await make_tools(here), await make_tools(there)
    try:
        await make_user(one)
        leaked = await token_of(one)
        assert await authenticate_token(other, leaked, Origin())
        async with one.writing(operator()) as tx:
            await rotate_key(tx, revoke=True)
        other.clock.advance(seconds=5)  # type: ignore[attr-defined]
        with pytest.raises(Unauthenticated):
            await authenticate_token(other, leaked, Origin())
    finally:
        for tools, database in ((one, here), (other, there)):
            tools.hashing.close()
            await database.close()
