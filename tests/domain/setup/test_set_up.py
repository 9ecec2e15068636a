"""The first administrator: one link, once, for half an hour; or from the settings, while there is none."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from doorward.domain.access.authenticate import authenticate_token
from doorward.domain.setup.ensure import ensure
from doorward.domain.setup.first_administrator import bootstrap, set_up
from doorward.domain.setup.link import check_link, new_link, spend_link
from doorward.domain.setup.problems import SetupLinkInvalid
from doorward.domain.setup.settings import BootstrapAdminSettings
from doorward.domain.sign_in.begin import begin_sign_in
from doorward.domain.sign_in.complete import Complete
from doorward.domain.users.administrators import has_administrator
from doorward.infra.tools import Tools
from doorward.kernel.actor import Origin, anonymous, operator
from doorward.kernel.problem import Forbidden, InvalidInput
from tests.make.actors import as_user, logged
from tests.make.people import PASSWORD, make_user
from tests.make.tools import changed

pytestmark = pytest.mark.integration


async def link(tools: Tools) -> str:
    async with tools.writing(operator()) as tx:
        secret = await new_link(tx)
    assert secret is not None
    return secret


async def made(tools: Tools, secret: str, email: str = "root@example.com", password: str = PASSWORD) -> None:
    async with tools.writing(anonymous()) as tx:
        await set_up(tx, secret=secret, email=email, password=password, name="Root", username="rooted")


async def test_makes_an_administrator_once(tools: Tools) -> None:
    secret = await link(tools)
    async with tools.reading(anonymous()) as tx:
        await check_link(tx, secret)
    await made(tools, secret)
    async with tools.writing(anonymous()) as tx:
        outcome = await begin_sign_in(tx, identifier="root@example.com", password=PASSWORD)
    assert isinstance(outcome, Complete)
    assert outcome.access_token is not None
    identity = await authenticate_token(tools, outcome.access_token, Origin())
    assert "*" in identity.actor.permissions
    assert identity.user.email_verified
    for email in ("root@example.com", "second@example.com"):
        with pytest.raises(SetupLinkInvalid):
            await made(tools, secret, email)
    async with tools.writing(operator()) as tx:
        assert await new_link(tx) is None
    assert [event.type for event in await logged(tools, user_id=identity.user.id)][:2] == [
        "user.created",
        "role.granted",
    ]


async def test_lasts_half_an_hour(tools: Tools) -> None:
    secret = await link(tools)
    tools.clock.advance(minutes=29)  # type: ignore[attr-defined]
    async with tools.reading(anonymous()) as tx:
        await check_link(tx, secret)
    tools.clock.advance(minutes=1)  # type: ignore[attr-defined]
    with pytest.raises(SetupLinkInvalid):
        await made(tools, secret)
    with pytest.raises(SetupLinkInvalid):
        async with tools.writing(anonymous()) as tx:
            await spend_link(tx, secret)


async def test_replaces_the_links_before_it(tools: Tools) -> None:
    first = await link(tools)
    second = await link(tools)
    with pytest.raises(SetupLinkInvalid):
        await made(tools, first)
    await made(tools, second)


async def test_stays_open_after_bad_input(tools: Tools) -> None:
    secret = await link(tools)
    with pytest.raises(InvalidInput):
        await made(tools, secret, "no address")
    with pytest.raises(InvalidInput):
        await made(tools, secret, password="short")
    await made(tools, secret)


@pytest.mark.parametrize("secret", ["", "x", "\x00", "ü" * 300])
async def test_refuses_made_up_links(tools: Tools, secret: str) -> None:
    await link(tools)
    with pytest.raises(SetupLinkInvalid):
        await made(tools, secret)
    async with tools.reading(operator()) as tx:
        assert not await has_administrator(tx)


async def test_closes_with_the_first_administrator_however_they_came(tools: Tools) -> None:
    secret = await link(tools)
    await make_user(tools, "other@example.com", roles=["admin"])
    async with tools.reading(anonymous()) as tx:
        with pytest.raises(SetupLinkInvalid):
            await check_link(tx, secret)


async def test_lets_only_the_machines_operator_make_links(tools: Tools) -> None:
    ada = await make_user(tools)
    with pytest.raises(Forbidden):
        async with tools.writing(as_user(ada, "users:write", "roles:write")) as tx:
            await new_link(tx)


async def test_makes_the_administrator_of_the_settings_while_there_is_none(tools: Tools) -> None:
    changed(tools, BootstrapAdminSettings, email="boot@example.com", password=SecretStr(PASSWORD))
    await ensure(tools)
    await ensure(tools)
    async with tools.writing(operator()) as tx:
        assert await has_administrator(tx)
        assert await bootstrap(tx) is None
    changed(tools, BootstrapAdminSettings, email="other@example.com")
    await ensure(tools)
    assert len(await logged(tools, type_="user.created")) == 1
    assert PASSWORD not in repr(tools.section(BootstrapAdminSettings))


async def test_does_nothing_without_both_settings_and_refuses_bad_ones(tools: Tools) -> None:
    for fields in ({"email": "boot@example.com"}, {"email": None, "password": SecretStr(PASSWORD)}):
        changed(tools, BootstrapAdminSettings, **fields)
        async with tools.writing(operator()) as tx:
            assert await bootstrap(tx) is None
    changed(tools, BootstrapAdminSettings, email="boot@example.com", password=SecretStr("short"))
    with pytest.raises(InvalidInput):
        await ensure(tools)
