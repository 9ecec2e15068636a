"""What a slice of the domain brings, as one value: everything that is wired by hand elsewhere stands in it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from doorward.kernel.event import Event
from doorward.kernel.permission import Permission
from doorward.kernel.problem import Problem


@dataclass(frozen=True, slots=True)
class Feature:
    """One slice.

    name: the slice's noun. tables: named here so that the schema is whole wherever features are known. settings: its sections by their name in the environment. jobs: handlers by the kind of job.
    recurring: kinds of jobs that recur, each with the time between two runs. method: a way to prove who you are.
    reactions: by type of event, what follows from it in the same transaction, such as a notice. links: what self-made links open.
    """

    name: str
    tables: Sequence[object] = ()
    settings: Mapping[str, type] = field(default_factory=dict)
    permissions: Sequence[Permission] = ()
    events: Sequence[type[Event]] = ()
    problems: Sequence[type[Problem]] = ()
    jobs: Mapping[str, Callable[..., Awaitable[None]]] = field(default_factory=dict)
    recurring: Mapping[str, timedelta] = field(default_factory=dict)
    method: Any = None
    reactions: Mapping[str, Callable[..., Awaitable[None]]] = field(default_factory=dict)
    links: Sequence[Any] = ()
