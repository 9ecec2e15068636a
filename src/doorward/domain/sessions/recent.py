"""Whether somebody proved a short while ago who they are, which sensitive operations ask for (RFC 9470).

A stolen session alone changes no factor, no address and no password, and deletes nothing.
"""

from __future__ import annotations

from datetime import timedelta

from doorward.domain.sessions.problems import StepUpRequired
from doorward.domain.sessions.settings import SessionsSettings
from doorward.infra.database.unit_of_work import Tx


def require_recent(tx: Tx) -> None:
    """Raises StepUpRequired when the user proved longer ago than allowed who they are. The command line need not prove it."""
    if tx.actor.kind in {"operator", "system"}:
        return
    seconds = tx.section(SessionsSettings).step_up_seconds
    proved = tx.actor.authenticated_at
    if proved is None or proved + timedelta(seconds=seconds) <= tx.now:
        raise StepUpRequired(seconds)
