"""An example of a REST operation: one good call of it and what of the answer is worth printing, in no language yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Variable:
    """What only the reader knows. about: what it is, with a link. like: how it looks. is_json: whether it holds a JSON document."""

    about: str
    like: str
    is_json: bool = False


@dataclass(frozen=True, slots=True)
class Example:
    """One good call. A text that is `$` and a name stands for what the reader puts in, see `variables`.

    needs: the permissions that it takes, the one that is asked for first in front; none for what everybody may do with
    their own account. holds: what this call takes beside them. path: path parameters that are not variables of the same name. query, body: as they are sent.
    answer: what the answer is called in the program. shows: which of its members are printed, inner ones behind a dot, of
    each item where the answer is a list; without any, the status is. abridged: how many items of
    a long list are shown, where not all are. note: one more sentence about the call.
    """

    needs: tuple[str, ...] = ()
    holds: tuple[str, ...] = ()
    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str | int | bool] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    answer: str = "answer"
    shows: tuple[str, ...] = ()
    abridged: int = 0
    note: str = ""
