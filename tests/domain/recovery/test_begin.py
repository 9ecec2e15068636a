"""An administrator has somebody choose a new password, and never learns of it more than that it was asked for."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx2
import pytest

from doorward.domain.methods.password.choose import set_password
from doorward.domain.methods.password.problems import PasswordForOwnerOnly
from doorward.domain.methods.password.settings import PasswordSettings
from doorward.domain.recovery.begin import begin_recovery
from doorward.domain.recovery.problems import MailIsOff
from doorward.domain.sign_up.create_user import create_user
from doorward.domain.users.delete import delete_user
from doorward.domain.users.problems import UserDeleted, UserNotFound, UserSuspended
from doorward.domain.users.suspend import suspend_user
from doorward.infra.tools import Tools
from doorward.kernel.actor import operator
from doorward.kernel.ids import USER, decode, new_id
from doorward.kernel.problem import Forbidden
from tests.make.actors import as_user, logged
from tests.make.people import PASSWORD, make_administrator, make_person, make_user, sign_in
from tests.make.post import PostOffice, opened_post
from tests.make.tools import changed
from tests.surfaces.rest.conftest import client as client  # noqa: PLC0414 - the fixture, for its use here

pytestmark = pytest.mark.integration

NEW = "quite another sentence 7"


@pytest.fixture
async def post(tools: Tools) -> AsyncIterator[PostOffice]:
    async with opened_post() as office:
        office.serve(tools)
        yield office


async def test_the_owner_alone_gets_what_opens_the_account(
    tools: Tools, client: httpx2.AsyncClient, post: PostOffice
) -> None:
    root = await make_administrator(tools, client)
    ada = await make_person(tools, client, email_verified=True)
    path = f"/v1/users/{ada.user['id']}/recovery"
    answer = await client.post(path, headers=root.headers)
    assert (answer.status_code, answer.content) == (204, b"")
    letter = await post.only(tools)
    assert (letter.to, letter.subject) == ("ada@example.com", "Choose a new password")
    assert "An administrator" in letter.text
    assert "24 hours" in letter.text
    # Until then everything is as it was.
    assert (await client.get("/v1/me", headers=ada.headers)).status_code == 200
    await sign_in(client)
    seen = (await client.get("/v1/links", params={"token": letter.token})).json()
    assert seen["needs"] == "new-password"
    tools.clock.advance(hours=23)  # type: ignore[attr-defined]
    body = {"token": letter.token, "new_password": NEW}
    assert (await client.post(f"/v1/recovery/{seen['attempt']}/answers", json=body)).status_code == 204
    await sign_in(client, password=NEW)
    assert (await client.post(f"/v1/recovery/{seen['attempt']}/answers", json=body)).status_code == 403
    (event,) = await logged(tools, user_id=decode(USER, ada.user["id"]), type_="recovery.begun")
    assert event.data == {"sessions_ended": False}
    assert event.actor_id == decode(USER, root.user["id"])


async def test_ends_the_sessions_where_that_is_wanted(
    tools: Tools, client: httpx2.AsyncClient, post: PostOffice
) -> None:
    root = await make_administrator(tools, client)
    ada = await make_person(tools, client)
    path = f"/v1/users/{ada.user['id']}/recovery"
    assert (await client.post(path, headers=root.headers, json={"end_sessions": True})).status_code == 204
    assert (await client.get("/v1/me", headers=ada.headers)).status_code == 401
    await post.only(tools)


async def test_gives_a_first_password_to_who_has_none(
    tools: Tools, client: httpx2.AsyncClient, post: PostOffice
) -> None:
    ada = await make_user(tools, password=None)
    async with tools.writing(operator()) as tx:
        await begin_recovery(tx, ada.id)
    letter = await post.only(tools)
    seen = (await client.get("/v1/links", params={"token": letter.token})).json()
    body = {"code": letter.code, "new_password": NEW}
    assert (await client.post(f"/v1/recovery/{seen['attempt']}/answers", json=body)).status_code == 204
    await sign_in(client, password=NEW)


async def test_refuses_who_may_not_be_sent_one(tools: Tools, post: PostOffice) -> None:
    ada, root = await make_user(tools), await make_user(tools, "root@example.com", roles=["admin"])
    for actor, user_id, problem in [
        (as_user(ada), root.id, Forbidden),
        # Who may change users, but not those who may do more.
        (as_user(ada, "users:write"), root.id, Forbidden),
        (operator(), new_id(), UserNotFound),
    ]:
        with pytest.raises(problem):
            async with tools.writing(actor) as tx:
                await begin_recovery(tx, user_id)
    async with tools.writing(operator()) as tx:
        await suspend_user(tx, ada.id)
    with pytest.raises(UserSuspended):
        async with tools.writing(operator()) as tx:
            await begin_recovery(tx, ada.id)
    async with tools.writing(operator()) as tx:
        await delete_user(tx, ada.id)
    with pytest.raises(UserDeleted):
        async with tools.writing(operator()) as tx:
            await begin_recovery(tx, ada.id)
    assert await post.collect(tools) == []
    tools.mailer = None
    with pytest.raises(MailIsOff):
        async with tools.writing(operator()) as tx:
            await begin_recovery(tx, root.id)
    assert await logged(tools, type_="recovery.begun") == []


async def test_administrators_choose_no_passwords_where_the_setting_says_so(
    tools: Tools, client: httpx2.AsyncClient
) -> None:
    root = await make_administrator(tools, client)
    ada = await make_person(tools, client)
    changed(tools, PasswordSettings, set_by_administrators=False)
    hashed = tools.hashing.finished
    put = await client.put(f"/v1/users/{ada.user['id']}/password", headers=root.headers, json={"password": NEW})
    own = await client.put(f"/v1/users/{root.user['id']}/password", headers=root.headers, json={"password": NEW})
    made = await client.post("/v1/users", headers=root.headers, json={"email": "new@example.com", "password": NEW})
    for answer in (put, own, made):
        assert (answer.status_code, answer.json()["code"]) == (403, "password-for-owner-only")
    for attempt in (
        lambda tx: set_password(tx, decode(USER, ada.user["id"]), NEW),
        lambda tx: create_user(tx, {"email": "new@example.com"}, password=NEW),
    ):
        with pytest.raises(PasswordForOwnerOnly):
            async with tools.writing(operator()) as tx:
                await attempt(tx)
    assert tools.hashing.finished == hashed
    without = await client.post("/v1/users", headers=root.headers, json={"email": "new@example.com"})
    assert without.status_code == 201
    # One's own password is one's own to choose.
    mine = {"current_password": PASSWORD, "new_password": NEW}
    assert (await client.post("/v1/me/password", headers=ada.headers, json=mine)).status_code == 204
