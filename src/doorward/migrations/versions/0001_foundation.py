"""The foundation: users, sessions, roles, keys, the outbox"""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import sqlalchemy as sa
from alembic import op

from doorward.infra.database.base import Id, Json, Moment
from doorward.infra.database.dialect import Key

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_ROLES = (
    (1, "admin", "May do everything.", "*"),
    (
        2,
        "support",
        "Helps people: sees users, sessions and events, ends sessions, suspends and reinstates.",
        "users:read users:suspend sessions:read sessions:end roles:read events:read",
    ),
    (3, "member", "Everybody with an account: sees and changes their own.", "me:read me:write"),
)


def upgrade() -> None:
    """Expands the schema."""
    op.create_table(
        "events",
        sa.Column("id", Id(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("occurred_at", Moment(), nullable=False),
        sa.Column("actor_kind", sa.Text(), nullable=False),
        sa.Column("actor_id", Id(), nullable=True),
        sa.Column("session_id", Id(), nullable=True),
        sa.Column("user_id", Id(), nullable=True),
        sa.Column("target", sa.Text(), nullable=True),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("data", Json(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
    )
    op.create_index("ix_events_type_id", "events", ["type", "id"], unique=False)
    op.create_index("ix_events_user_id_id", "events", ["user_id", "id"], unique=False)
    op.create_table(
        "idempotency_keys",
        sa.Column("scope_hash", sa.LargeBinary(), nullable=False),
        sa.Column("request_hash", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
    )
    op.create_index("ix_idempotency_keys_created_at", "idempotency_keys", ["created_at"], unique=False)
    op.create_index("uq_idempotency_keys_scope_hash", "idempotency_keys", ["scope_hash"], unique=True)
    op.create_table(
        "jobs",
        sa.Column("id", Id(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=True),
        sa.Column("payload", Json(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("run_at", Moment(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("leased_until", Moment(), nullable=True),
        sa.Column("leased_by", sa.Text(), nullable=True),
        sa.Column("dead_at", Moment(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
    )
    op.create_index(
        "ix_jobs_run_at",
        "jobs",
        ["run_at"],
        unique=False,
        postgresql_where=sa.text("dead_at IS NULL"),
        sqlite_where=sa.text("dead_at IS NULL"),
    )
    op.create_index("uq_jobs_key", "jobs", ["key"], unique=True)
    op.create_table(
        "roles",
        sa.Column("id", Id(), nullable=False),
        sa.Column("name", Key, nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("built_in", sa.Boolean(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roles")),
    )
    op.create_index("uq_roles_name", "roles", ["name"], unique=True)
    op.create_table(
        "schedules",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("next_run_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_schedules")),
    )
    op.create_table(
        "setup_links",
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("expires_at", Moment(), nullable=False),
        sa.Column("spent_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("secret_hash", name=op.f("pk_setup_links")),
    )
    op.create_table(
        "sign_in_attempts",
        sa.Column("id", Id(), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("expires_at", Moment(), nullable=False),
        sa.Column("completed_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_attempts")),
    )
    op.create_index("ix_sign_in_attempts_expires_at", "sign_in_attempts", ["expires_at"], unique=False)
    op.create_table(
        "signing_keys",
        sa.Column("kid", sa.Text(), nullable=False),
        sa.Column("algorithm", sa.Text(), nullable=False),
        sa.Column("public_jwk", Json(), nullable=False),
        sa.Column("private_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("active_from", Moment(), nullable=False),
        sa.Column("expires_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("kid", name=op.f("pk_signing_keys")),
    )
    op.create_index("ix_signing_keys_active_from", "signing_keys", ["active_from"], unique=False)
    op.create_table(
        "users",
        sa.Column("id", Id(), nullable=False),
        sa.Column("external_id", Key, nullable=True),
        sa.Column("username", sa.Text(), nullable=True),
        sa.Column("username_key", Key, nullable=True),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("email_key", Key, nullable=False),
        sa.Column("email_verified", sa.Boolean(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("name_key", Key, nullable=False),
        sa.Column("locale", sa.Text(), nullable=True),
        sa.Column("time_zone", sa.Text(), nullable=True),
        sa.Column("picture_url", sa.Text(), nullable=True),
        sa.Column("public_metadata", Json(), nullable=False),
        sa.Column("admin_metadata", Json(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("status_before_deletion", sa.Text(), nullable=True),
        sa.Column("suspended_reason", sa.Text(), nullable=True),
        sa.Column("suspended_until", Moment(), nullable=True),
        sa.Column("deleted_at", Moment(), nullable=True),
        sa.Column("purge_at", Moment(), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.Column("last_sign_in_at", Moment(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
    )
    op.create_index("ix_users_created_at_id", "users", ["created_at", "id"], unique=False)
    op.create_index("ix_users_email_key_id", "users", ["email_key", "id"], unique=False)
    op.create_index("ix_users_name_key_id", "users", ["name_key", "id"], unique=False)
    op.create_index(
        "ix_users_purge_at",
        "users",
        ["purge_at"],
        unique=False,
        postgresql_where=sa.text("purge_at IS NOT NULL"),
        sqlite_where=sa.text("purge_at IS NOT NULL"),
    )
    op.create_index(
        "ix_users_status_created_at_id",
        "users",
        ["status", "created_at", "id"],
        unique=False,
        postgresql_where=sa.text("status <> 'active'"),
        sqlite_where=sa.text("status <> 'active'"),
    )
    op.create_index("uq_users_external_id", "users", ["external_id"], unique=True)
    op.create_index("uq_users_username_key", "users", ["username_key"], unique=True)
    op.create_table(
        "credentials",
        sa.Column("id", Id(), nullable=False),
        sa.Column("user_id", Id(), nullable=False),
        sa.Column("method", Key, nullable=False),
        sa.Column("lookup_key", Key, nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("label", sa.Text(), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.Column("last_used_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_credentials_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credentials")),
    )
    op.create_index("ix_credentials_user_id", "credentials", ["user_id"], unique=False)
    op.create_index("uq_credentials_method_lookup_key", "credentials", ["method", "lookup_key"], unique=True)
    op.create_index(
        "uq_credentials_one_password",
        "credentials",
        ["user_id"],
        unique=True,
        postgresql_where=sa.text("method = 'password'"),
        sqlite_where=sa.text("method = 'password'"),
    )
    op.create_table(
        "event_persons",
        sa.Column("event_id", Id(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("user_id", Id(), nullable=True),
        sa.Column("data", Json(), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_event_persons_event_id")),
        sa.PrimaryKeyConstraint("event_id", "side", name=op.f("pk_event_persons")),
    )
    op.create_index("ix_event_persons_user_id", "event_persons", ["user_id"], unique=False)
    op.create_table(
        "role_permissions",
        sa.Column("role_id", Id(), nullable=False),
        sa.Column("permission", Key, nullable=False),
        sa.ForeignKeyConstraint(
            ["role_id"], ["roles.id"], name=op.f("fk_role_permissions_role_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("role_id", "permission", name=op.f("pk_role_permissions")),
    )
    op.create_table(
        "sessions",
        sa.Column("id", Id(), nullable=False),
        sa.Column("user_id", Id(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("rotated_at", Moment(), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("authenticated_at", Moment(), nullable=False),
        sa.Column("last_used_at", Moment(), nullable=False),
        sa.Column("expires_at", Moment(), nullable=False),
        sa.Column("ended_at", Moment(), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.Column("methods", Json(), nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("user_agent", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_sessions_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
    )
    op.create_index("ix_sessions_expires_at", "sessions", ["expires_at"], unique=False)
    op.create_index("ix_sessions_user_id_id", "sessions", ["user_id", "id"], unique=False)
    op.create_index(
        "uq_sessions_secret_hash",
        "sessions",
        ["secret_hash"],
        unique=True,
        postgresql_where=sa.text("kind = 'cookie'"),
        sqlite_where=sa.text("kind = 'cookie'"),
    )
    op.create_table(
        "user_emails",
        sa.Column("id", Id(), nullable=False),
        sa.Column("user_id", Id(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("address_key", Key, nullable=False),
        sa.Column("is_primary", sa.Boolean(), nullable=False),
        sa.Column("verified_at", Moment(), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_user_emails_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_emails")),
    )
    op.create_index("ix_user_emails_user_id", "user_emails", ["user_id"], unique=False)
    op.create_index("uq_user_emails_address_key", "user_emails", ["address_key"], unique=True)
    op.create_index(
        "uq_user_emails_primary",
        "user_emails",
        ["user_id"],
        unique=True,
        postgresql_where=sa.text("is_primary"),
        sqlite_where=sa.text("is_primary"),
    )
    op.create_table(
        "user_roles",
        sa.Column("user_id", Id(), nullable=False),
        sa.Column("role_id", Id(), nullable=False),
        sa.Column("granted_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["role_id"], ["roles.id"], name=op.f("fk_user_roles_role_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_user_roles_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "role_id", name=op.f("pk_user_roles")),
    )
    op.create_index("ix_user_roles_role_id_user_id", "user_roles", ["role_id", "user_id"], unique=False)
    _built_in_roles()
    _leave_room()


def _leave_room() -> None:
    """Signing in and refreshing change rows in place; with room on its page PostgreSQL leaves every index alone (HOT)."""
    if op.get_context().dialect.name == "postgresql":
        for table in ("users", "sessions", "credentials"):
            op.execute(f"ALTER TABLE {table} SET (fillfactor = 85)")


def _built_in_roles() -> None:
    """The roles that every installation has; `domain.roles.rules` says the same, and adds what later versions bring."""
    now = datetime.now(UTC)
    roles = sa.table(
        "roles",
        sa.column("id", Id()),
        sa.column("name", sa.Text()),
        sa.column("description", sa.Text()),
        sa.column("built_in", sa.Boolean()),
        sa.column("created_at", Moment()),
        sa.column("updated_at", Moment()),
    )
    permissions = sa.table("role_permissions", sa.column("role_id", Id()), sa.column("permission", sa.Text()))
    for number, name, description, held in _ROLES:
        role_id = UUID(int=0x00000000_0000_7000_8000_000000000000 + number)
        values = {"id": role_id, "name": name, "description": description, "built_in": True}
        op.execute(roles.insert().values(**values, created_at=now, updated_at=now))
        for permission in held.split():
            op.execute(permissions.insert().values(role_id=role_id, permission=permission))


def downgrade() -> None:
    """Takes the expansion back."""
    op.drop_index("ix_user_roles_role_id_user_id", table_name="user_roles")
    op.drop_table("user_roles")
    op.drop_index(
        "uq_user_emails_primary",
        table_name="user_emails",
        postgresql_where=sa.text("is_primary"),
        sqlite_where=sa.text("is_primary"),
    )
    op.drop_index("uq_user_emails_address_key", table_name="user_emails")
    op.drop_index("ix_user_emails_user_id", table_name="user_emails")
    op.drop_table("user_emails")
    op.drop_index("uq_sessions_secret_hash", table_name="sessions")
    op.drop_index("ix_sessions_user_id_id", table_name="sessions")
    op.drop_index("ix_sessions_expires_at", table_name="sessions")
    op.drop_table("sessions")
    op.drop_table("role_permissions")
    op.drop_index("ix_event_persons_user_id", table_name="event_persons")
    op.drop_table("event_persons")
    op.drop_index(
        "uq_credentials_one_password",
        table_name="credentials",
        postgresql_where=sa.text("method = 'password'"),
        sqlite_where=sa.text("method = 'password'"),
    )
    op.drop_index("uq_credentials_method_lookup_key", table_name="credentials")
    op.drop_index("ix_credentials_user_id", table_name="credentials")
    op.drop_table("credentials")
    op.drop_index("uq_users_username_key", table_name="users")
    op.drop_index("uq_users_external_id", table_name="users")
    op.drop_index(
        "ix_users_status_created_at_id",
        table_name="users",
        postgresql_where=sa.text("status <> 'active'"),
        sqlite_where=sa.text("status <> 'active'"),
    )
    op.drop_index(
        "ix_users_purge_at",
        table_name="users",
        postgresql_where=sa.text("purge_at IS NOT NULL"),
        sqlite_where=sa.text("purge_at IS NOT NULL"),
    )
    op.drop_index("ix_users_name_key_id", table_name="users")
    op.drop_index("ix_users_email_key_id", table_name="users")
    op.drop_index("ix_users_created_at_id", table_name="users")
    op.drop_table("users")
    op.drop_index("ix_signing_keys_active_from", table_name="signing_keys")
    op.drop_table("signing_keys")
    op.drop_index("ix_sign_in_attempts_expires_at", table_name="sign_in_attempts")
    op.drop_table("sign_in_attempts")
    op.drop_table("setup_links")
    op.drop_table("schedules")
    op.drop_index("uq_roles_name", table_name="roles")
    op.drop_table("roles")
    op.drop_index("uq_jobs_key", table_name="jobs")
    op.drop_index(
        "ix_jobs_run_at",
        table_name="jobs",
        postgresql_where=sa.text("dead_at IS NULL"),
        sqlite_where=sa.text("dead_at IS NULL"),
    )
    op.drop_table("jobs")
    op.drop_index("uq_idempotency_keys_scope_hash", table_name="idempotency_keys")
    op.drop_index("ix_idempotency_keys_created_at", table_name="idempotency_keys")
    op.drop_table("idempotency_keys")
    op.drop_index("ix_events_user_id_id", table_name="events")
    op.drop_index("ix_events_type_id", table_name="events")
    op.drop_table("events")
