"""Devices: known by a secret of ours, trusted by who proved two factors, and forgotten in time."""

from __future__ import annotations

import pytest

from doorward.domain.methods.password.choose import set_password
from doorward.domain.methods.totp.stored import Authenticator
from doorward.domain.risk.device_settings import DevicesSettings
from doorward.domain.risk.devices import Client, devices_of, drop_trust, forget_device, purge_devices
from doorward.domain.risk.problems import DeviceNotFound, TooManyAttempts
from doorward.domain.sign_in.answer import answer_sign_in
from doorward.domain.sign_in.begin import begin_sign_in
from doorward.domain.sign_in.complete import Complete, Pending
from doorward.domain.sign_in.problems import SignInFailed
from doorward.domain.sign_in.settings import SignInSettings
from doorward.infra.tools import Tools
from doorward.kernel.actor import Origin, anonymous, operator, system
from tests.make.actors import ORIGIN, logged
from tests.make.authenticator_app import code_now, give_app
from tests.make.people import PASSWORD, make_user
from tests.make.tools import changed

pytestmark = pytest.mark.integration

BROWSER = Client(keeps=True)


async def begin(
    tools: Tools,
    client: Client = BROWSER,
    *,
    email: str = "ada@example.com",
    password: str = PASSWORD,
    origin: Origin = ORIGIN,
) -> Complete | Pending:
    async with tools.writing(anonymous(origin)) as tx:
        return await begin_sign_in(tx, identifier=email, password=password, client=client)


async def complete(tools: Tools, client: Client = BROWSER, **options: object) -> Complete:
    outcome = await begin(tools, client, **options)  # type: ignore[arg-type]
    assert isinstance(outcome, Complete)
    return outcome


async def with_code(tools: Tools, app: Authenticator, client: Client) -> Complete:
    tools.clock.advance(seconds=90)  # type: ignore[attr-defined]
    step = await begin(tools, client)
    assert isinstance(step, Pending)
    async with tools.writing(anonymous(ORIGIN)) as tx:
        outcome = await answer_sign_in(tx, attempt=step.attempt, answers={"totp": code_now(tools, app)}, client=client)
    assert isinstance(outcome, Complete)
    return outcome


async def test_knows_a_device_again_by_the_secret_it_was_given(tools: Tools) -> None:
    ada = await make_user(tools)
    first = await complete(tools)
    assert first.device_secret is not None
    assert first.device_secret not in repr(first)
    again = await complete(tools, Client(first.device_secret, keeps=True), origin=Origin("198.51.100.9", "other"))
    assert again.device_secret == first.device_secret
    async with tools.reading(operator()) as tx:
        (device,) = await devices_of(tx, ada.id)
    assert (device.address, device.user_agent, device.last_seen_at) == (
        "198.51.100.9",
        "other",
        again.session.created_at,
    )
    # A program that keeps nothing gets nothing, and is one device for each place.
    for _ in range(3):
        assert (await complete(tools, Client(), origin=Origin("192.0.2.4", "curl"))).device_secret is None
    async with tools.reading(operator()) as tx:
        assert len(await devices_of(tx, ada.id)) == 2


@pytest.mark.parametrize("secret", ["", "planted", "x" * 129, "\ud800"])
async def test_takes_no_secret_from_a_client(tools: Tools, secret: str) -> None:
    await make_user(tools)
    outcome = await complete(tools, Client(secret, keeps=True))
    assert outcome.device_secret not in {None, secret}


async def test_moves_a_planted_secret_on_and_lets_a_browser_serve_two_people(tools: Tools) -> None:
    ada, mallory = await make_user(tools), await make_user(tools, "mallory@example.com")
    planted = (await complete(tools, email="mallory@example.com")).device_secret
    given = (await complete(tools, Client(planted, keeps=True))).device_secret
    assert given not in {None, planted}
    # The copy that the planter kept opens nothing and is known to nobody; the browser is known to both.
    for email in ("ada@example.com", "mallory@example.com"):
        assert (await complete(tools, Client(given, keeps=True), email=email)).device_secret == given
    assert (await complete(tools, Client(planted, keeps=True))).device_secret != planted
    async with tools.reading(operator()) as tx:
        assert (len(await devices_of(tx, ada.id)), len(await devices_of(tx, mallory.id))) == (2, 1)


async def test_tells_of_a_new_device_to_who_has_others(tools: Tools) -> None:
    await make_user(tools)
    first = await complete(tools)
    assert await logged(tools, type_="device.added") == []
    await complete(tools, Client(first.device_secret, keeps=True), origin=Origin("198.51.100.9", "same browser"))
    # Same place and same browser without its cookie is nothing to tell of.
    await complete(tools, BROWSER, origin=Origin("198.51.100.9", "same browser"))
    assert await logged(tools, type_="device.added") == []
    for client in (BROWSER, Client()):
        await complete(tools, client, origin=Origin("192.0.2.66", f"stranger {client.keeps}"))
    assert len(await logged(tools, type_="device.added")) == 2


async def test_asks_no_second_factor_on_a_trusted_device_for_some_days(tools: Tools) -> None:
    ada = await make_user(tools)
    app = await give_app(tools, ada.id)
    plain = (await with_code(tools, app, BROWSER)).device_secret
    assert isinstance(await begin(tools, Client(plain, keeps=True)), Pending)
    trusted = (await with_code(tools, app, Client(plain, keeps=True, trust=True))).device_secret
    assert trusted == plain
    outcome = await complete(tools, Client(plain, keeps=True))
    # It spares the question; it is no second factor.
    assert outcome.session.methods == ["pwd"]
    for stranger in (BROWSER, Client("x", keeps=True), Client()):
        assert isinstance(await begin(tools, stranger), Pending)
    tools.clock.advance(days=31)  # type: ignore[attr-defined]
    assert isinstance(await begin(tools, Client(plain, keeps=True)), Pending)


async def test_trusts_no_device_after_one_factor_nor_where_the_operator_does_not(tools: Tools) -> None:
    ada = await make_user(tools)
    secret = (await complete(tools, Client(keeps=True, trust=True))).device_secret
    app = await give_app(tools, ada.id)
    assert isinstance(await begin(tools, Client(secret, keeps=True)), Pending)
    changed(tools, DevicesSettings, trusted_days=0)
    secret = (await with_code(tools, app, Client(secret, keeps=True, trust=True))).device_secret
    changed(tools, DevicesSettings, trusted_days=30)
    assert isinstance(await begin(tools, Client(secret, keeps=True)), Pending)
    assert await logged(tools, type_="device.trusted") == []


@pytest.mark.parametrize("what", ["password", "factor", "revoked", "turned off", "another's"])
async def test_drops_trust_when_what_it_rests_on_changes(tools: Tools, what: str) -> None:
    ada = await make_user(tools)
    app = await give_app(tools, ada.id)
    secret = (await with_code(tools, app, Client(keeps=True, trust=True))).device_secret
    known = Client(secret, keeps=True)
    assert isinstance(await begin(tools, known), Complete)
    password, email = PASSWORD, "ada@example.com"
    if what == "password":
        password = "quite another sentence 7"
        async with tools.writing(operator()) as tx:
            await set_password(tx, ada.id, password)
    elif what == "factor":
        await give_app(tools, ada.id)
    elif what == "turned off":
        changed(tools, DevicesSettings, trusted_days=0)
    elif what == "another's":
        bob = await make_user(tools, "bob@example.com")
        await give_app(tools, bob.id)
        email = "bob@example.com"
    else:
        async with tools.writing(operator()) as tx:
            (device,) = await devices_of(tx, ada.id)
            with pytest.raises(DeviceNotFound):
                await forget_device(tx, (await make_user(tools, "eve@example.com")).id, device.id)
        async with tools.writing(operator()) as tx:
            await forget_device(tx, ada.id, device.id)
    assert isinstance(await begin(tools, known, password=password, email=email), Pending)
    async with tools.reading(operator()) as tx:
        # Known it stays, unless it was revoked.
        assert len(await devices_of(tx, ada.id)) == (0 if what == "revoked" else 1)


async def test_trust_is_no_factor_where_one_is_required(tools: Tools) -> None:
    ada = await make_user(tools)
    app = await give_app(tools, ada.id)
    secret = (await with_code(tools, app, Client(keeps=True, trust=True))).device_secret
    changed(tools, SignInSettings, second_factor="required")
    assert isinstance(await begin(tools, Client(secret, keeps=True)), Complete)
    async with tools.writing(operator()) as tx:
        await drop_trust(tx, ada.id)
    assert isinstance(await begin(tools, Client(secret, keeps=True)), Pending)


async def test_keeps_the_owner_in_while_strangers_guess(tools: Tools) -> None:
    await make_user(tools)
    secret = (await complete(tools)).device_secret
    for _ in range(3):
        with pytest.raises(SignInFailed):
            await begin(tools, BROWSER, password="wrong")
    with pytest.raises(TooManyAttempts):
        await begin(tools, BROWSER)
    assert isinstance(await begin(tools, Client(secret, keeps=True)), Complete)
    # The count of a known device is one too: nobody guesses for ever on it.
    for _ in range(3):
        with pytest.raises(SignInFailed):
            await begin(tools, Client(secret, keeps=True), password="wrong")
    with pytest.raises(TooManyAttempts):
        await begin(tools, Client(secret, keeps=True))


async def test_forgets_devices_in_time(tools: Tools) -> None:
    ada = await make_user(tools)
    await complete(tools)
    for days, left in [(399, 1), (2, 0)]:
        tools.clock.advance(days=days)  # type: ignore[attr-defined]
        async with tools.writing(system()) as tx:
            await purge_devices(tx, {})
            assert len(await devices_of(tx, ada.id)) == left


async def test_keeps_the_trust_that_is_given_with_the_factor(tools: Tools) -> None:
    await make_user(tools)
    changed(tools, SignInSettings, second_factor="required")
    client = Client(keeps=True, trust=True)
    step = await begin(tools, client)
    assert isinstance(step, Pending)
    data = next(prompt.data for prompt in step.prompts if prompt.name == "totp")
    assert data is not None
    async with tools.writing(anonymous(ORIGIN)) as tx:
        code = code_now(tools, data["secret"])
        outcome = await answer_sign_in(tx, attempt=step.attempt, answers={"totp": code}, client=client)
    assert isinstance(outcome, Complete)
    assert isinstance(await begin(tools, Client(outcome.device_secret, keeps=True)), Complete)
