"""How far sign-ins come: begun, asked for more after a right answer, complete, or refused. For metrics, by method."""

from __future__ import annotations

from typing import Literal

from doorward.infra.database.unit_of_work import Tx

Step = Literal["begun", "asked", "complete", "refused"]


def count_step(tx: Tx, aim: str, step: Step, method: str | None = None) -> None:
    """Counts a step once it is durable. aim: of the attempt. method: which was answered; none yet at the beginning."""
    figures = tx.tools.figures
    tx.after_commit(lambda: figures.stepped(aim, step, method or ""))
