"""What a sign-in needs next: every kind of proof, account and rule."""

from __future__ import annotations

from dataclasses import replace

import pytest

from doorward.domain.methods.method import Factor, Stage
from doorward.domain.sign_in.policy import Proven, Rules, Standing, next_stage, step_up_stage
from doorward.domain.users.sign_in_settings import SignInSettings, strictest


def proven(method: str, *factors: Factor) -> Proven:
    return Proven(method, frozenset(factors))


PASSWORD = proven("password", "knowledge")
TOTP = proven("totp", "possession")
RECOVERY_CODE = proven("recovery_code", "possession")
PASSKEY = proven("passkey", "possession", "inherence")
SILENT_PASSKEY = proven("passkey", "possession")
MAIL = proven("email_code", "mailbox")

PLAIN = Standing()
WITH_TOTP = Standing(turned_on=True, usable=frozenset({"totp", "recovery_code", "password"}))
WITH_PASSKEY = Standing(usable=frozenset({"passkey", "password"}))


@pytest.mark.parametrize(
    ("proofs", "standing", "stage"),
    [
        ([], PLAIN, "first"),
        ([], WITH_TOTP, "first"),
        ([PASSWORD], PLAIN, None),
        ([MAIL], PLAIN, None),
        ([PASSWORD], WITH_PASSKEY, None),
        ([PASSWORD], WITH_TOTP, "second"),
        ([MAIL], WITH_TOTP, "second"),
        ([PASSWORD, TOTP], WITH_TOTP, None),
        ([PASSWORD, RECOVERY_CODE], WITH_TOTP, None),
        ([PASSKEY], WITH_TOTP, None),
        # A mailbox and a password are no second factor where a better one was set up.
        ([MAIL, PASSWORD], WITH_TOTP, "second"),
        ([PASSWORD, MAIL], WITH_TOTP, "second"),
        # A passkey that did not look who holds it is one factor.
        ([SILENT_PASSKEY], WITH_TOTP, "second"),
        ([SILENT_PASSKEY, PASSWORD], WITH_TOTP, None),
        ([PASSWORD], replace(WITH_TOTP, second_factor="off"), None),
        ([PASSWORD], replace(PLAIN, second_factor="required"), "enroll"),
        ([PASSKEY], replace(PLAIN, second_factor="required"), None),
        ([PASSWORD], replace(WITH_PASSKEY, second_factor="required"), "second"),
        ([PASSWORD], replace(WITH_TOTP, trusted_device=True), None),
        # Trust replaces asking again; it never replaces having a factor.
        ([PASSWORD], replace(PLAIN, second_factor="required", trusted_device=True), "enroll"),
        ([PASSWORD], replace(PLAIN, email_verified=False), None),
        ([PASSWORD], replace(PLAIN, must_change_password=True), "new-password"),
        ([MAIL], replace(PLAIN, must_change_password=True), None),
        ([PASSWORD], replace(WITH_TOTP, must_change_password=True), "second"),
        ([PASSWORD, TOTP], replace(WITH_TOTP, must_change_password=True), "new-password"),
    ],
)
def test_asks_for_what_is_missing(proofs: list[Proven], standing: Standing, stage: Stage | None) -> None:
    assert next_stage(proofs, standing, Rules()) == stage


def test_asks_for_a_verified_address_only_where_it_is_required() -> None:
    new = Standing(email_verified=False)
    for choice, stage in (("off", None), ("optional", None), ("required", "verify-email")):
        assert next_stage([PASSWORD], new, Rules(verify_email=choice)) == stage  # type: ignore[arg-type]
    assert next_stage([PASSWORD], Standing(), Rules(verify_email="required")) is None


def test_takes_a_mailbox_for_a_second_factor_only_where_allowed_and_nothing_better_is_there() -> None:
    rules = Rules(mailbox_may_be_second=True)
    required = Standing(second_factor="required", usable=frozenset({"email_code"}))
    assert next_stage([PASSWORD], required, rules) == "second"
    assert next_stage([PASSWORD, MAIL], required, rules) is None
    assert next_stage([PASSWORD, MAIL], required, Rules()) != None  # noqa: E711 - any stage will do
    assert next_stage([PASSWORD, MAIL], WITH_TOTP, rules) == "second"
    assert next_stage([MAIL], required, rules) != None  # noqa: E711 - as above


def test_the_strictest_of_several_rules_counts() -> None:
    assert strictest(["optional", "required", "off"]) == "required"
    assert strictest(["off", "optional"]) == "optional"


@pytest.mark.parametrize(
    ("proofs", "authenticators", "stage"),
    [
        ([PASSWORD, TOTP], 1, "enroll"),
        ([PASSWORD, TOTP], 2, None),
        ([PASSKEY], 1, "enroll"),
        # Nobody is made to have a factor by this rule.
        ([PASSWORD], 0, None),
        # Not by the password alone, as on a trusted device.
        ([PASSWORD], 1, None),
    ],
)
def test_asks_for_another_authenticator_where_two_are_needed(
    proofs: list[Proven], authenticators: int, stage: Stage | None
) -> None:
    standing = replace(WITH_TOTP, authenticators=authenticators, trusted_device=True)
    assert next_stage(proofs, standing, Rules(at_least_two=True)) == stage
    assert next_stage(proofs, standing, Rules()) is None
    # Proving anew who one is sets nothing up.
    assert step_up_stage([PASSWORD, TOTP], standing, Rules(at_least_two=True)) is None


@pytest.mark.parametrize(
    ("proofs", "standing", "stage"),
    [
        ([], PLAIN, "first"),
        ([PASSWORD], PLAIN, None),
        ([PASSWORD], WITH_TOTP, "second"),
        ([PASSWORD], replace(WITH_TOTP, trusted_device=True), "second"),
        ([PASSWORD, TOTP], WITH_TOTP, None),
        ([PASSKEY], WITH_TOTP, None),
        ([PASSWORD], replace(PLAIN, second_factor="required"), None),
        ([PASSWORD], replace(PLAIN, must_change_password=True, email_verified=False), None),
    ],
)
def test_asks_of_who_is_signed_in_no_less_than_a_sign_in_would(
    proofs: list[Proven], standing: Standing, stage: Stage | None
) -> None:
    assert step_up_stage(proofs, standing, Rules(verify_email="required")) == stage


def test_knows_when_nobody_signs_in_by_one_factor() -> None:
    assert SignInSettings(second_factor="required").everybody_has_two
    assert not SignInSettings(second_factor="required", second_factor_by_role={"guest": "optional"}).everybody_has_two
    assert not SignInSettings(second_factor="optional", second_factor_by_role={"admin": "required"}).everybody_has_two
