"""Where messages stand until they are sent, and that they were. What they say is sealed, and goes when they are sent."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, Table, Text

from doorward.infra.database.base import Id, Moment, metadata

messages: Final = Table(
    "messages",
    metadata,
    Column("id", Id, primary_key=True),
    # None for people without an account, such as those invited.
    Column("user_id", Id, ForeignKey("users.id", ondelete="CASCADE")),
    Column("kind", Text, nullable=False),
    # Address, language, links and codes; empty once it is sent or given up.
    Column("sealed", LargeBinary, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("useful_until", Moment, nullable=False),
    Column("sent_at", Moment),
    Column("given_up_at", Moment),
    Column("failure", Text),
    Index("ix_messages_user_id_kind_created_at", "user_id", "kind", "created_at"),
    Index("ix_messages_created_at", "created_at"),
)
