"""Check one record of a file by the same rules as a user made in any other way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from doorward.domain.methods.password.rules import check_password
from doorward.domain.methods.password.settings import PasswordSettings
from doorward.domain.roles.rules import MEMBER
from doorward.domain.transfer.columns import COLUMNS
from doorward.domain.transfer.read import Record
from doorward.domain.users.create_many import NewAccount
from doorward.domain.users.profile import NewUser, check_new_user
from doorward.domain.users.rules.email_address import EmailAddress, check_email
from doorward.domain.users.settings import UsersSettings
from doorward.infra.crypto.hashing import PasswordHasher
from doorward.kernel.ids import new_id
from doorward.kernel.problem import FieldError, InvalidInput
from doorward.kernel.text import check_line

_MOST_ADDRESSES: Final = 10
_PROFILE: Final = frozenset(
    {
        "external_id",
        "email",
        "email_verified",
        "username",
        "name",
        "locale",
        "time_zone",
        "picture_url",
        "public_metadata",
        "admin_metadata",
    }
)
# Texts that the rules of the profile check; every other column is read here first.
_PLAIN: Final = frozenset({"email", "username", "name", "locale", "time_zone", "picture_url", "external_id"})


@dataclass(slots=True)
class Person:
    """A user of a file, with everything checked.

    has_id: whether the file names the id. given: the columns that say something. roles: ids by name. password: in plain
    text, until it is hashed.
    """

    record: Record
    account: NewAccount
    has_id: bool
    given: frozenset[str]
    roles: Mapping[str, UUID] = field(default_factory=dict)
    password_hash: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Rules:
    """What records are checked by. roles: ids by name. now: nothing can have happened after it."""

    users: UsersSettings
    passwords: PasswordSettings
    hasher: PasswordHasher
    roles: Mapping[str, UUID]
    now: datetime


def check_person(record: Record, rules: Rules) -> Person:
    """The user that a record stands for. Raises InvalidInput naming everything that is wrong, with nothing of the record."""
    if record.broken is not None:
        raise InvalidInput(record.broken)
    errors: list[FieldError] = []
    profile, other = _values(record, errors)
    user = _user(record, profile, rules, errors)
    details: dict[str, Any] = {}
    roles: dict[str, UUID] = {}
    password_hash = other.get("password_hash")
    if password_hash is not None and rules.hasher.recognize(password_hash) is None:
        errors.append(_UNKNOWN_HASH)
    if len(other) > (password_hash is not None):
        details = _life(other, rules, errors)
        details["more_emails"] = _more_emails(other, rules, errors)
        roles = _roles(other, rules, errors)
        if "password" in other:
            _check_password(other, profile, rules, errors)
    if errors or user is None:
        raise InvalidInput(*errors)
    account = NewAccount(id=other.get("id") or new_id(), user=user, **details)
    return Person(record, account, "id" in other, frozenset(record.values), roles, password_hash, other.get("password"))


def _values(record: Record, errors: list[FieldError]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the record says, as values: of the profile, and of everything else."""
    profile: dict[str, Any] = {}
    other: dict[str, Any] = {}
    for name, value in record.values.items():
        if name in _PLAIN and type(value) is str:
            profile[name] = value
            continue
        try:
            (profile if name in _PROFILE else other)[name] = COLUMNS[name](value, name)
        except InvalidInput as problem:
            errors.extend(problem.errors)
    return profile, other


def _user(record: Record, profile: dict[str, Any], rules: Rules, errors: list[FieldError]) -> NewUser | None:
    if "email" in profile:
        try:
            return check_new_user(profile, rules.users)
        except InvalidInput as problem:
            errors.extend(problem.errors)
    elif "email" not in record.values:
        errors.append(FieldError("/email", "email-missing", "Every user needs an email address."))
    return None


_UNKNOWN_HASH: Final = FieldError(
    "/password_hash",
    "password-hash-unknown",
    "This is no password hash that can be checked here. Known are bcrypt, Argon2, PBKDF2 and scrypt in their usual "
    "spellings, and Django's, as far as their cost is bearable. Leave it empty and let the user choose a password anew.",
)


def _life(other: dict[str, Any], rules: Rules, errors: list[FieldError]) -> dict[str, Any]:
    """What is kept of a user's life elsewhere."""
    details: dict[str, Any] = {name: other[name] for name in ("status", "suspended_until") if name in other}
    for name in ("created_at", "last_sign_in_at"):
        if name in other:
            details[name] = other[name]
            if other[name] > rules.now:
                errors.append(FieldError(f"/{name}", "time-future", "Give a moment that has passed."))
    if "suspended_reason" in other:
        try:
            details["suspended_reason"] = check_line(
                other["suspended_reason"], pointer="/suspended_reason", max_length=500
            )
        except InvalidInput as problem:
            errors.extend(problem.errors)
    if other.get("status") != "suspended" and ("suspended_reason" in details or "suspended_until" in details):
        errors.append(
            FieldError("/status", "status-not-suspended", "Only suspended users have a reason or an end of that.")
        )
    return details


def _more_emails(
    other: dict[str, Any], rules: Rules, errors: list[FieldError]
) -> tuple[tuple[EmailAddress, bool], ...]:
    """Further addresses, each once."""
    more: list[tuple[EmailAddress, bool]] = []
    # Verified ones last: of an address that stands in both columns, the better is kept.
    for column, verified in (("more_unverified_emails", False), ("more_verified_emails", True)):
        for address in other.get(column, ()):
            try:
                more.append((check_email(address, rules.users, f"/{column}"), verified))
            except InvalidInput as problem:
                errors.extend(problem.errors)
    if len(more) >= _MOST_ADDRESSES:
        errors.append(
            FieldError("/more_verified_emails", "email-too-many", f"A user has at most {_MOST_ADDRESSES} addresses.")
        )
    return tuple({email.key: (email, verified) for email, verified in more}.values())


def _roles(other: dict[str, Any], rules: Rules, errors: list[FieldError]) -> dict[str, UUID]:
    # Everybody holds `member`, and no row says so.
    names = [name for name in other.get("roles", ()) if name != MEMBER.name]
    if any(name not in rules.roles for name in names):
        errors.append(
            FieldError("/roles", "role-not-found", "There is no such role. Make it first: doorward role create.")
        )
        return {}
    return {name: rules.roles[name] for name in names}


def _check_password(other: dict[str, Any], profile: dict[str, Any], rules: Rules, errors: list[FieldError]) -> None:
    if "password_hash" in other:
        errors.append(FieldError("/password", "password-twice", "Give either a password or the hash of one, not both."))
        return
    personal = [profile[name] for name in ("email", "username", "name") if profile.get(name)]
    try:
        check_password(other["password"], rules.passwords, personal=personal)
    except InvalidInput as problem:
        errors.extend(problem.errors)
