"""What somebody may say of a user, checked: the same fields when an account is made, changed or imported."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import orjson

from doorward.domain.users.rules.email_address import EmailAddress, check_email
from doorward.domain.users.rules.username import Username, check_username
from doorward.domain.users.settings import UsersSettings
from doorward.kernel.problem import FieldError, InvalidInput
from doorward.kernel.text import Collector, check_line, check_locale, check_time_zone, check_url, collecting, fold

_METADATA_BYTES: Final = 16 * 1024
_EXTERNAL_ID_LENGTH: Final = 255


class NewUser(NamedTuple):
    """A user to be, with everything checked."""

    email: EmailAddress
    username: Username | None = None
    name: str | None = None
    locale: str | None = None
    time_zone: str | None = None
    picture_url: str | None = None
    public_metadata: Mapping[str, Any] | None = None
    admin_metadata: Mapping[str, Any] | None = None
    external_id: str | None = None
    email_verified: bool = False


def check_metadata(value: Mapping[str, Any], *, pointer: str) -> Mapping[str, Any]:
    """A free-form JSON object of at most 16 KiB. Raises InvalidInput."""
    try:
        document = orjson.dumps(value)
    except TypeError:
        raise InvalidInput(
            FieldError(
                pointer, "metadata-number", "Whole numbers in metadata have at most 64 bits. Send it as a string."
            )
        ) from None
    if len(document) > _METADATA_BYTES:
        raise InvalidInput(FieldError(pointer, "metadata-too-large", "Metadata may have at most 16 KiB as JSON."))
    # Pairs of backslashes are backslashes; what is left in front of a `u` begins an escape.
    if b"\\u0000" in document.replace(b"\\\\", b""):
        # PostgreSQL cannot store it.
        raise InvalidInput(FieldError(pointer, "metadata-null-character", "Leave out the character U+0000."))
    return value


def check_external_id(value: str, *, pointer: str = "/external_id") -> str:
    """The id that another system knows a user by: 1 to 255 printable characters. Raises InvalidInput."""
    return check_line(value, pointer=pointer, max_length=_EXTERNAL_ID_LENGTH)


def check_profile(fields: Mapping[str, Any], settings: UsersSettings, errors: Collector) -> dict[str, Any]:
    """The columns that the given fields of a profile fill; fields that are not given stay out. Errors are collected.

    fields: any of username, name, locale, time_zone, picture_url, public_metadata, admin_metadata, external_id; None
    empties one.
    """
    columns: dict[str, Any] = {}
    for field, value in fields.items():
        if field == "username":
            columns |= _username_columns(value, settings, errors)
        elif value is None:
            columns[field] = {} if field.endswith("_metadata") else None
        else:
            columns[field] = errors.check(_CHECKS[field], value, pointer=f"/{field}")
        if field == "name":
            columns["name_key"] = fold(columns["name"] or "")
    return columns


def _username_columns(value: str | None, settings: UsersSettings, errors: Collector) -> dict[str, Any]:
    if value is None:
        if settings.username_required:
            errors.add(FieldError("/username", "username-required", "Every user needs a username here. Give one."))
        return {"username": None, "username_key": None}
    username = errors.check(check_username, value, settings)
    # After a refusal there is no name; the block that collects raises before anybody uses what is returned here.
    return {"username": username.display, "username_key": username.key} if errors.found == [] else {}


_CHECKS: Final[dict[str, Any]] = {
    "name": check_line,
    "locale": check_locale,
    "time_zone": check_time_zone,
    "picture_url": check_url,
    "public_metadata": check_metadata,
    "admin_metadata": check_metadata,
    "external_id": check_external_id,
}


_POINTERS: Final = {field: f"/{field}" for field in _CHECKS}


def check_new_user(fields: Mapping[str, Any], settings: UsersSettings) -> NewUser:
    """A user to be, from the fields of a request. Raises InvalidInput naming everything that is wrong."""
    try:
        return _check_straight(fields, settings)
    except InvalidInput:
        # Something is wrong: look at everything, to name all of it.
        return _check_everything(fields, settings)


def _check_straight(fields: Mapping[str, Any], settings: UsersSettings) -> NewUser:
    """Up to the first thing that is wrong, which imports of hundreds of thousands seldom find. Raises InvalidInput."""
    columns: dict[str, Any] = {}
    for field, value in fields.items():
        check = _CHECKS.get(field)
        if value is not None and check is not None:
            columns[field] = check(value, pointer=_POINTERS[field])
    name = fields.get("username")
    if name is not None:
        columns["username"] = check_username(name, settings)
    elif settings.username_required:
        raise InvalidInput
    return NewUser(
        check_email(fields["email"], settings), email_verified=bool(fields.get("email_verified", False)), **columns
    )


def _check_everything(fields: Mapping[str, Any], settings: UsersSettings) -> NewUser:
    given = {name: value for name, value in fields.items() if name not in {"email", "email_verified"}}
    given.setdefault("username", None)
    with collecting() as errors:
        email = errors.check(check_email, fields["email"], settings)
        columns = check_profile(given, settings, errors)
    return NewUser(
        email=email,
        username=Username(columns["username"], columns["username_key"]) if columns["username"] else None,
        name=columns.get("name"),
        locale=columns.get("locale"),
        time_zone=columns.get("time_zone"),
        picture_url=columns.get("picture_url"),
        public_metadata=columns.get("public_metadata"),
        admin_metadata=columns.get("admin_metadata"),
        external_id=columns.get("external_id"),
        email_verified=bool(fields.get("email_verified", False)),
    )
