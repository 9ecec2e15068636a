"""Explain a refused sign-in to whoever helps the person: every step, in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final

from pydantic import Field
from typing_extensions import TypedDict

from doorward.domain.audit.list import READ_EVENTS
from doorward.domain.sign_in import store
from doorward.infra.database.unit_of_work import Tx
from doorward.kernel.ids import USER, encode
from doorward.kernel.permission import require
from doorward.kernel.problem import Kind, Problem

_LONGEST: Final = 32


class SupportCodeNotFound(Problem):
    """No refused sign-in is kept under this support code: it is mistyped, or older than `sign_in.explain_days`."""

    code = "support-code-not-found"
    kind = Kind.NOT_FOUND
    title = "Nothing is known under this support code"

    def __init__(self) -> None:
        super().__init__("Check the code: three groups of four letters and digits. Old ones are forgotten.")


class StepView(TypedDict):
    """One step of a refused sign-in."""

    step: Annotated[str, Field(examples=["limits"])]
    says: Annotated[str, Field(description="The step in words.")]
    facts: dict[str, Any]


class ExplanationView(TypedDict):
    """Why a sign-in was refused."""

    support_code: str
    outcome: Annotated[str, Field(description="The code of the problem that the person was shown.")]
    user_id: str | None
    request_id: str | None
    occurred_at: datetime
    steps: list[StepView]


async def explain(tx: Tx, code: str) -> ExplanationView:
    """What happened under a support code, in any spelling. Raises SupportCodeNotFound."""
    require(tx.actor, READ_EVENTS)
    row = await tx.db.first(store.FIND_TRACE, code=_spelled(code)) if len(code) <= _LONGEST else None
    if row is None:
        raise SupportCodeNotFound
    return {
        "support_code": row.code,
        "outcome": row.outcome,
        "user_id": encode(USER, row.user_id) if row.user_id is not None else None,
        "request_id": row.request_id,
        "occurred_at": row.created_at,
        "steps": [_step_view(step) for step in row.steps],
    }


def _step_view(step: Mapping[str, Any]) -> StepView:
    facts = {name: value for name, value in step.items() if name != "step"}
    return {"step": step["step"], "says": _says(step), "facts": facts}


def _spelled(code: str) -> str:
    """A code as it is kept: people leave the hyphens out and write small letters."""
    bare = "".join(character for character in code.upper() if character.isalnum())
    return "-".join(bare[start : start + 4] for start in range(0, len(bare), 4))


def _says(facts: Mapping[str, Any]) -> str:  # noqa: C901, PLR0911, PLR0912 - one line for each kind of step
    """A step in words."""
    match facts:
        case {"step": "identifier", "given": False}:
            return "No identifier was given."
        case {"step": "identifier", "found": True}:
            return "An account has this identifier."
        case {"step": "identifier"}:
            return "No account has this identifier; everything went on as if there were one."
        case {"step": "attempt", "stage": stage, "proofs": proofs}:
            return f"A sign-in under way was carried on, at the stage '{stage}' with {proofs} earlier proofs."
        case {"step": "limits", "passed": True}:
            return "The wrong answers so far left room for this one."
        case {"step": "limits"}:
            return "Too many wrong answers before this one: it was not looked at."
        case {"step": "proof", "method": method, "right": right}:
            return f"The answer to '{method}' was {'right' if right else 'wrong'}."
        case {"step": "policy", "next": "done"}:
            return "Nothing more was needed."
        case {"step": "policy", "next": stage}:
            return f"The rules asked for the stage '{stage}' next."
        case {"step": "gate", "passed": True}:
            return "The account may be used."
        case {"step": "gate", "status": status}:
            return f"The account may not be used: it is {status}."
        case {"step": step}:
            return str(step)
        case _:
            return ""
