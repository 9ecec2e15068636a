"""What is shown of users. One shape for administrators, one for the user."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field
from typing_extensions import TypedDict

from doorward.domain.users.store import EmailRow, UserRow
from doorward.kernel.ids import EMAIL, USER, encode


class OwnUserView(TypedDict):
    """An account as its owner sees it."""

    id: Annotated[str, Field(examples=["usr_01h455vb4pex5vsknk084sn02q"])]
    username: Annotated[str | None, Field(examples=["ada"])]
    email: Annotated[str, Field(description="The primary address.", examples=["ada@example.com"])]
    email_verified: bool
    name: Annotated[str | None, Field(examples=["Ada Lovelace"])]
    locale: Annotated[str | None, Field(description="A language tag (BCP 47).", examples=["en-GB"])]
    time_zone: Annotated[str | None, Field(examples=["Europe/London"])]
    picture_url: str | None
    public_metadata: Annotated[dict[str, Any], Field(description="Free-form; the user may see it.")]
    status: Annotated[str, Field(description="`active`, `suspended` or `deleted`.")]
    created_at: datetime
    updated_at: datetime
    last_sign_in_at: datetime | None


class UserView(OwnUserView):
    """An account as administrators see it."""

    external_id: Annotated[str | None, Field(description="The id that another system knows the user by.")]
    admin_metadata: Annotated[dict[str, Any], Field(description="Free-form; only administrators see it.")]
    suspended_reason: str | None
    suspended_until: Annotated[datetime | None, Field(description="When the suspension ends by itself, if it does.")]
    deleted_at: datetime | None
    purge_at: Annotated[datetime | None, Field(description="When a deleted user will be erased.")]


class EmailView(TypedDict):
    """An email address of a user."""

    id: Annotated[str, Field(examples=["eml_01h455vb4pex5vsknk084sn02q"])]
    address: str
    primary: bool
    verified: bool
    verified_at: datetime | None
    created_at: datetime


def own_user_view(row: UserRow, user_id: str | None = None) -> OwnUserView:
    """An account as its owner sees it. user_id: its public id, where that is known already."""
    return {
        "id": user_id or encode(USER, row.id),
        "username": row.username,
        "email": row.email,
        "email_verified": row.email_verified,
        "name": row.name,
        "locale": row.locale,
        "time_zone": row.time_zone,
        "picture_url": row.picture_url,
        "public_metadata": row.public_metadata,
        "status": row.status,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "last_sign_in_at": row.last_sign_in_at,
    }


def user_view(row: UserRow) -> UserView:
    """An account as administrators see it."""
    return {
        "id": encode(USER, row.id),
        "external_id": row.external_id,
        "username": row.username,
        "email": row.email,
        "email_verified": row.email_verified,
        "name": row.name,
        "locale": row.locale,
        "time_zone": row.time_zone,
        "picture_url": row.picture_url,
        "public_metadata": row.public_metadata,
        "admin_metadata": row.admin_metadata,
        "status": row.status,
        "suspended_reason": row.suspended_reason,
        "suspended_until": row.suspended_until,
        "deleted_at": row.deleted_at,
        "purge_at": row.purge_at,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "last_sign_in_at": row.last_sign_in_at,
    }


def email_view(row: EmailRow) -> EmailView:
    """An email address as it is shown."""
    return {
        "id": encode(EMAIL, row.id),
        "address": row.address,
        "primary": row.is_primary,
        "verified": row.verified_at is not None,
        "verified_at": row.verified_at,
        "created_at": row.created_at,
    }
