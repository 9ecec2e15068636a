"""Account security: values that work once, wrong answers, explanations of refused sign-ins"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from doorward.infra.database.base import Id, Json, Moment
from doorward.infra.database.dialect import Key

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Expands the schema."""
    _add_one_time_values()
    _add_failed_attempts()
    _add_sign_in_traces()
    _add_rate_limit_counts()
    _add_messages()
    _add_invitations()
    _add_spent_challenges()


def downgrade() -> None:
    """Takes the schema back; what stands in the new tables is lost."""
    op.drop_table("spent_challenges")
    op.drop_table("rate_limit_counts")
    op.drop_table("invitations")
    op.drop_table("messages")
    op.drop_table("sign_in_traces")
    op.drop_table("failed_attempts")
    op.drop_table("one_time_values")


def _add_one_time_values() -> None:
    op.create_table(
        "one_time_values",
        sa.Column("id", Id(), nullable=False),
        sa.Column("kind", Key, nullable=False),
        sa.Column("user_id", Id(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("expires_at", Moment(), nullable=False),
        sa.Column("spent_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_one_time_values_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_one_time_values")),
    )
    op.create_index("ix_one_time_values_user_id", "one_time_values", ["user_id"])
    op.create_index("ix_one_time_values_expires_at", "one_time_values", ["expires_at"])


def _add_failed_attempts() -> None:
    op.create_table(
        "failed_attempts",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", Id(), nullable=True),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("locks", sa.Integer(), nullable=False),
        sa.Column("last_failed_at", Moment(), nullable=False),
        sa.Column("blocked_until", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_failed_attempts")),
    )
    op.create_index("ix_failed_attempts_user_id", "failed_attempts", ["user_id"])
    op.create_index("ix_failed_attempts_last_failed_at", "failed_attempts", ["last_failed_at"])


def _add_sign_in_traces() -> None:
    op.create_table(
        "sign_in_traces",
        sa.Column("code", Key, nullable=False),
        sa.Column("user_id", Id(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("steps", Json(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_sign_in_traces_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_sign_in_traces")),
    )
    op.create_index("ix_sign_in_traces_user_id", "sign_in_traces", ["user_id"])
    op.create_index("ix_sign_in_traces_created_at", "sign_in_traces", ["created_at"])


def _add_rate_limit_counts() -> None:
    op.create_table(
        "rate_limit_counts",
        sa.Column("key_hash", sa.LargeBinary(), nullable=False),
        sa.Column("window_number", sa.BigInteger(), nullable=False),
        sa.Column("previous", sa.Integer(), nullable=False),
        sa.Column("current", sa.Integer(), nullable=False),
        sa.Column("allowed", sa.Boolean(), nullable=False),
        sa.Column("expires_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("key_hash", name=op.f("pk_rate_limit_counts")),
    )
    op.create_index("ix_rate_limit_counts_expires_at", "rate_limit_counts", ["expires_at"])


def _add_messages() -> None:
    op.create_table(
        "messages",
        sa.Column("id", Id(), nullable=False),
        sa.Column("user_id", Id(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("useful_until", Moment(), nullable=False),
        sa.Column("sent_at", Moment(), nullable=True),
        sa.Column("given_up_at", Moment(), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_messages_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
    )
    op.create_index("ix_messages_created_at", "messages", ["created_at"], unique=False)
    op.create_index("ix_messages_user_id_kind_created_at", "messages", ["user_id", "kind", "created_at"], unique=False)


def _add_invitations() -> None:
    op.create_table(
        "invitations",
        sa.Column("id", Id(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("address_key", Key, nullable=False),
        sa.Column("roles", Json(), nullable=False),
        sa.Column("invited_by", Id(), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("expires_at", Moment(), nullable=False),
        sa.Column("accepted_at", Moment(), nullable=True),
        sa.Column("revoked_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
    )
    op.create_index("ix_invitations_expires_at", "invitations", ["expires_at"])
    op.create_index(
        "uq_invitations_open_address_key",
        "invitations",
        ["address_key"],
        unique=True,
        postgresql_where=sa.text("accepted_at IS NULL AND revoked_at IS NULL"),
        sqlite_where=sa.text("accepted_at IS NULL AND revoked_at IS NULL"),
    )


def _add_spent_challenges() -> None:
    op.create_table(
        "spent_challenges",
        sa.Column("random", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("random", name=op.f("pk_spent_challenges")),
    )
    op.create_index("ix_spent_challenges_expires_at", "spent_challenges", ["expires_at"])
