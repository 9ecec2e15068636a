"""Where signing keys stand, the private part sealed."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Index, LargeBinary, Table, Text

from doorward.infra.database.base import Json, Moment, metadata

signing_keys: Final = Table(
    "signing_keys",
    metadata,
    # The RFC 7638 thumbprint.
    Column("kid", Text, primary_key=True),
    Column("algorithm", Text, nullable=False),
    Column("public_jwk", Json, nullable=False),
    Column("private_sealed", LargeBinary, nullable=False),
    Column("created_at", Moment, nullable=False),
    # Signs from then on; published from its creation, so that everybody knows it by then.
    Column("active_from", Moment, nullable=False),
    # Verifies until then; empty while it signs or will sign.
    Column("expires_at", Moment),
    Index("ix_signing_keys_active_from", "active_from"),
)
