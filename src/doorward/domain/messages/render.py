"""A message in words: subject, text and HTML, in the reader's language.

The layout is one column that needs no images and no style sheet from elsewhere; values are escaped wherever they stand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from doorward.domain.messages.texts import LANGUAGES, Language

if TYPE_CHECKING:
    from jinja2 import Environment

_FOLDER: Final = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message in words."""

    subject: str
    locale: str
    text: str = field(repr=False)
    html: str = field(repr=False)


@cache
def _templates() -> Environment:
    # Only the process that writes mail needs it; a start is quicker without.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape  # noqa: PLC0415 - see above

    # The text part is no HTML: escaping it would show people `&amp;`.
    return Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render(
    kind: str,
    *,
    locale: str | None,
    default_locale: str,
    service: str,
    values: Mapping[str, str],
    facts: Sequence[tuple[str, str]] = (),
    link: str | None = None,
    code: str | None = None,
) -> Rendered:
    """The message of a kind. locale: the reader's language tag, if known. service: what the installation is called."""
    language = language_for(locale, default_locale)
    text = language.texts[kind]
    inserted = {**values, "service": service}

    def fill(lines: Sequence[str]) -> list[str]:
        return [line.format_map(inserted) for line in lines]

    shown = {
        "language": language,
        "service": service,
        "subject": text.subject.format_map(inserted),
        "before": fill(text.before),
        "action": text.action if link is not None else None,
        "link": link,
        "code": code,
        "facts": [(language.labels[name], value) for name, value in facts],
        "after": fill(text.after),
    }
    templates = _templates()
    return Rendered(
        subject=str(shown["subject"]),
        locale=language.tag,
        text=templates.get_template("message.txt").render(shown),
        html=templates.get_template("message.html").render(shown),
    )


def language_for(locale: str | None, default: str) -> Language:
    """The texts for a language tag such as `de-CH`: of its language, else of the default."""
    return LANGUAGES.get((locale or "").partition("-")[0].lower()) or LANGUAGES[default]
