"""Users and their email addresses.

The primary address stands in `users` too, in the same transaction always: the hottest queries and the sorted lists need
it without a join. Uniqueness is decided by `user_emails` alone.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, Table, Text, literal_column

from doorward.domain.users.problems import EmailTaken, ExternalIdTaken, UsernameTaken
from doorward.infra.database.base import Id, Json, Moment, metadata
from doorward.infra.database.dialect import Key

users: Final = Table(
    "users",
    metadata,
    Column("id", Id, primary_key=True),
    Column("external_id", Key),
    Column("username", Text),
    Column("username_key", Key),
    Column("email", Text, nullable=False),
    Column("email_key", Key, nullable=False),
    Column("email_verified", Boolean, nullable=False),
    Column("name", Text),
    # Folded for search and order; empty where there is no name.
    Column("name_key", Key, nullable=False),
    Column("locale", Text),
    Column("time_zone", Text),
    Column("picture_url", Text),
    Column("public_metadata", Json, nullable=False),
    Column("admin_metadata", Json, nullable=False),
    Column("status", Text, nullable=False),
    Column("status_before_deletion", Text),
    Column("suspended_reason", Text),
    Column("suspended_until", Moment),
    Column("deleted_at", Moment),
    Column("purge_at", Moment),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("last_sign_in_at", Moment),
    # Grows by one with each change; the ETag.
    Column("version", Integer, nullable=False),
    Index("uq_users_username_key", "username_key", unique=True, info={"problem": UsernameTaken}),
    Index("uq_users_external_id", "external_id", unique=True, info={"problem": ExternalIdTaken}),
    Index("ix_users_created_at_id", "created_at", "id"),
    Index("ix_users_email_key_id", "email_key", "id"),
    Index("ix_users_name_key_id", "name_key", "id"),
    # The rare states; nearly every user is active and in no such index.
    Index(
        "ix_users_status_created_at_id",
        "status",
        "created_at",
        "id",
        postgresql_where=literal_column("status <> 'active'"),
        sqlite_where=literal_column("status <> 'active'"),
    ),
    Index(
        "ix_users_purge_at",
        "purge_at",
        postgresql_where=literal_column("purge_at IS NOT NULL"),
        sqlite_where=literal_column("purge_at IS NOT NULL"),
    ),
)

user_emails: Final = Table(
    "user_emails",
    metadata,
    Column("id", Id, primary_key=True),
    Column("user_id", Id, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("address", Text, nullable=False),
    Column("address_key", Key, nullable=False),
    Column("is_primary", Boolean, nullable=False),
    Column("verified_at", Moment),
    Column("created_at", Moment, nullable=False),
    Index("uq_user_emails_address_key", "address_key", unique=True, info={"problem": EmailTaken}),
    Index(
        "uq_user_emails_primary",
        "user_id",
        unique=True,
        postgresql_where=literal_column("is_primary"),
        sqlite_where=literal_column("is_primary"),
    ),
    Index("ix_user_emails_user_id", "user_id"),
)
