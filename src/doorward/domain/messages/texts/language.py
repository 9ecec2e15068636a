"""How the words of a language are written down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    """One message: what stands before and after its link or code. Names in braces stand for values.

    No text greets by name: whoever signs up with another's address could write anything to them in that name.
    """

    subject: str
    before: Sequence[str]
    action: str | None = None
    after: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Language:
    """A language. tag: as BCP 47 names it. labels: by the names of facts."""

    tag: str
    code_label: str
    link_label: str
    labels: Mapping[str, str]
    texts: Mapping[str, Text]
