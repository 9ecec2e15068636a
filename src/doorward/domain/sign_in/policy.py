"""What a sign-in still needs: proofs, the account's standing and the rules in, the next stage out. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from doorward.domain.methods.method import Factor, Stage
from doorward.domain.users.sign_in_settings import SecondFactor


@dataclass(frozen=True, slots=True)
class Proven:
    """One proof as policy sees it. method: its name. factors: what it rests on."""

    method: str
    factors: frozenset[Factor]


@dataclass(frozen=True, slots=True)
class Standing:
    """The account as policy sees it.

    second_factor: what the rules ask of this user, by the strictest of their roles. turned_on: whether they set up a
    factor that every sign-in then asks for. usable: the methods they could answer as a second factor. trusted_device:
    whether the sign-in comes from a device on which they chose not to be asked again. email_verified: of the primary
    address. must_change_password: whether the password is known to others. authenticators: how many second factors there
    are, with the one that is set up at this moment.
    """

    second_factor: SecondFactor = "optional"
    turned_on: bool = False
    usable: frozenset[str] = frozenset()
    trusted_device: bool = False
    email_verified: bool = True
    must_change_password: bool = False
    authenticators: int = 0


@dataclass(frozen=True, slots=True)
class Rules:
    """What the operator set. mailbox_may_be_second: whether a code by mail may stand beside a password. at_least_two: whether
    who has one authenticator needs another.
    """

    verify_email: Literal["off", "optional", "required"] = "off"
    mailbox_may_be_second: bool = False
    at_least_two: bool = False


def next_stage(proofs: Sequence[Proven], standing: Standing, rules: Rules) -> Stage | None:
    """What is asked for next; None when the user may come in.

    A second factor is a possession beside something else. A mailbox is no factor (SP 800-63B section 3.1.3): it stands
    beside a password only where the operator allows it and the user set nothing better up.
    """
    if not proofs:
        return "first"
    factors = frozenset[Factor]().union(*(proof.factors for proof in proofs))
    if _needs_second(standing) and not _has_second(factors, standing, rules):
        return "second" if standing.usable - {proof.method for proof in proofs} else "enroll"
    if rules.at_least_two and "possession" in factors and standing.authenticators == 1:
        # Only with the first one at hand: who knows no more than the password may not add one.
        return "enroll"
    verified = standing.email_verified or any(proof.method == "email_verification" for proof in proofs)
    if rules.verify_email == "required" and not verified:
        return "verify-email"
    methods = {proof.method for proof in proofs}
    if standing.must_change_password and "password" in methods and "new_password" not in methods:
        return "new-password"
    return None


def step_up_stage(proofs: Sequence[Proven], standing: Standing, rules: Rules) -> Stage | None:
    """What is asked for next of somebody who is signed in and proves it anew: no less than a sign-in asks of what they have.

    A device they trust spares them nothing here, for it is where a stranger may sit.
    """
    anew = replace(standing, trusted_device=False, must_change_password=False)
    stage = next_stage(proofs, anew, replace(rules, verify_email="off"))
    return None if stage == "enroll" else stage


def _needs_second(standing: Standing) -> bool:
    if standing.second_factor == "off":
        return False
    return standing.second_factor == "required" or standing.turned_on


def _has_second(factors: frozenset[Factor], standing: Standing, rules: Rules) -> bool:
    if "possession" in factors:
        return len(factors) > 1
    if standing.trusted_device and (standing.turned_on or standing.usable):
        return True
    return rules.mailbox_may_be_second and not standing.turned_on and factors >= {"knowledge", "mailbox"}
