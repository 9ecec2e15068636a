"""Changing users: what changes, what stays, and who may."""

from __future__ import annotations

from uuid import UUID

import pytest

from doorward.domain.users import store
from doorward.domain.users.problems import ExternalIdTaken, UsernameTaken, UserNotFound
from doorward.domain.users.settings import UsersSettings
from doorward.domain.users.update import update_me, update_user
from doorward.infra.tools import Tools
from doorward.kernel.actor import anonymous, operator
from doorward.kernel.ids import new_id
from doorward.kernel.problem import Forbidden, InvalidInput, PreconditionFailed, Unauthenticated
from tests.make.actors import as_user, logged
from tests.make.people import make_user
from tests.make.tools import changed

pytestmark = pytest.mark.integration

EVERYTHING = {
    "username": "ada",
    "name": "Ada Lovelace",
    "locale": "en-GB",
    "time_zone": "Europe/London",
    "picture_url": "https://example.com/ada.png",
    "public_metadata": {"a": [1, {"b": None}], "ü": "ß"},
    "admin_metadata": {"note": 1.5},
    "external_id": "crm-1",
}


async def test_changes_what_is_given_and_keeps_the_rest(tools: Tools) -> None:
    ada = await make_user(tools)
    async with tools.writing(operator()) as tx:
        first = await update_user(tx, ada.id, EVERYTHING)
    assert {name: getattr(first, name) for name in EVERYTHING} == EVERYTHING
    tools.clock.advance(seconds=5)  # type: ignore[attr-defined]
    async with tools.writing(operator()) as tx:
        second = await update_user(tx, ada.id, {"name": "Ada"})
    assert second.name == "Ada"
    assert second._replace(name=first.name, version=first.version, updated_at=first.updated_at) == first
    assert (second.version, first.version, ada.version) == (3, 2, 1)
    assert second.updated_at > first.updated_at
    async with tools.reading(operator()) as tx:
        assert await tx.db.first(store.FIND, id=ada.id) == second


async def test_empties_what_is_null(tools: Tools) -> None:
    ada = await make_user(tools, **EVERYTHING)
    async with tools.writing(operator()) as tx:
        row = await update_user(tx, ada.id, dict.fromkeys(EVERYTHING))
    assert {name: getattr(row, name) for name in EVERYTHING} == dict.fromkeys(EVERYTHING) | {
        "public_metadata": {},
        "admin_metadata": {},
    }


async def test_names_changed_fields_in_the_log_and_never_their_values(tools: Tools) -> None:
    ada = await make_user(tools)
    async with tools.writing(operator()) as tx:
        await update_user(tx, ada.id, {"name": "Ada", "external_id": "x", "locale": None})
    (event,) = await logged(tools, user_id=ada.id, type_="user.updated")
    assert event.data == {"fields": ["external_id", "name"]}


async def test_leaves_everything_alone_when_nothing_changes(tools: Tools) -> None:
    ada = await make_user(tools, **EVERYTHING)
    async with tools.writing(operator()) as tx:
        assert await update_user(tx, ada.id, EVERYTHING) == ada
    assert await logged(tools, user_id=ada.id, type_="user.updated") == []


async def test_changes_the_spelling_of_ones_own_username(tools: Tools) -> None:
    ada = await make_user(tools, username="ada")
    async with tools.writing(operator()) as tx:
        row = await update_user(tx, ada.id, {"username": "Ada"})
    assert row.username in {"ada", "Ada"}


async def test_refuses_taken_names(tools: Tools) -> None:
    await make_user(tools, "ada@example.com", username="ada", external_id="1")
    bob = await make_user(tools, "bob@example.com")
    with pytest.raises(UsernameTaken):
        async with tools.writing(operator()) as tx:
            await update_user(tx, bob.id, {"username": "ADA"})
    with pytest.raises(ExternalIdTaken):
        async with tools.writing(operator()) as tx:
            await update_user(tx, bob.id, {"external_id": "1"})


async def test_refuses_a_version_that_is_no_longer_present(tools: Tools) -> None:
    ada = await make_user(tools)
    async with tools.writing(operator()) as tx:
        await update_user(tx, ada.id, {"name": "One"}, version=1)
    with pytest.raises(PreconditionFailed):
        async with tools.writing(operator()) as tx:
            await update_user(tx, ada.id, {"name": "Two"}, version=1)


async def test_names_everything_that_is_wrong_at_once(tools: Tools) -> None:
    ada = await make_user(tools)
    wrong = {
        "username": "no spaces",
        "name": "line\nbreak",
        "locale": "e",
        "time_zone": "Moon/Sea",
        "picture_url": "javascript:alert(1)",
        "external_id": "\x00",
        "public_metadata": {"x": "y" * 20_000},
        "admin_metadata": {"x": "\x00"},
    }
    with pytest.raises(InvalidInput) as refused:
        async with tools.writing(operator()) as tx:
            await update_user(tx, ada.id, wrong)
    assert {error.pointer for error in refused.value.errors} == {f"/{name}" for name in wrong}


@pytest.mark.parametrize(
    "metadata",
    [
        {"n": 2**63},
        {"n": -(2**80)},
        {"n": 1e308},
        {"text": "a backslash and \\u0000 in letters"},
        {"deep": [[[[[[[[{"x": 1}]]]]]]]]},
    ],
)
async def test_keeps_unusual_metadata_or_refuses_it_plainly(tools: Tools, metadata: dict[str, object]) -> None:
    ada = await make_user(tools)
    try:
        async with tools.writing(operator()) as tx:
            row = await update_user(tx, ada.id, {"public_metadata": metadata})
    except InvalidInput as refused:
        assert refused.errors[0].pointer == "/public_metadata"  # noqa: PT017 - either outcome is right
        assert "n" in metadata
    else:
        assert row.public_metadata == metadata


async def test_requires_a_username_where_the_setting_says_so(tools: Tools) -> None:
    ada = await make_user(tools, username="ada")
    changed(tools, UsersSettings, username_required=True)
    with pytest.raises(InvalidInput) as refused:
        async with tools.writing(operator()) as tx:
            await update_user(tx, ada.id, {"username": None})
    assert refused.value.errors[0].code == "username-required"


async def test_refuses_those_who_may_not(tools: Tools) -> None:
    root = await make_user(tools, "root@example.com", roles=["admin"])
    ada = await make_user(tools, "ada@example.com")
    for actor, target, problem in [
        (as_user(ada), root.id, Forbidden),
        (as_user(ada), ada.id, Forbidden),
        # Who may change users, still not those who may do more than they.
        (as_user(ada, "users:write"), root.id, Forbidden),
        (anonymous(), ada.id, Unauthenticated),
        (operator(), new_id(), UserNotFound),
    ]:
        with pytest.raises(problem):
            async with tools.writing(actor) as tx:
                await update_user(tx, UUID(str(target)), {"name": "X"})


async def test_changes_ones_own_account_but_not_what_is_for_administrators(tools: Tools) -> None:
    ada = await make_user(tools)
    async with tools.writing(as_user(ada)) as tx:
        assert (await update_me(tx, {"name": "Ada", "username": "ada"})).name == "Ada"
    for field in ("external_id", "admin_metadata", "public_metadata"):
        with pytest.raises(UserNotFound):
            async with tools.writing(as_user(ada)) as tx:
                await update_me(tx, {field: None})
    with pytest.raises(UserNotFound):
        async with tools.writing(operator()) as tx:
            await update_me(tx, {"name": "X"})
