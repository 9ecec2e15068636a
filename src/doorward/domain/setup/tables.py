"""Where setup links stand, as fingerprints."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, LargeBinary, Table

from doorward.infra.database.base import Moment, metadata

setup_links: Final = Table(
    "setup_links",
    metadata,
    Column("secret_hash", LargeBinary, primary_key=True),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("spent_at", Moment),
)
