"""No link between the pages leads nowhere, and no page is out of reach."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`[^`\n]*`")
_LINK = re.compile(r"\]\(([^()\s]+)\)")
_HEADING = re.compile(r"^#{1,6} +(.+?) *$", re.MULTILINE)
_NOT_IN_ANCHORS = re.compile(r"[^\w\- ]")


def prose(page: Path) -> str:
    return _FENCE.sub("", page.read_text(encoding="utf-8"))


@cache
def anchors(page: Path) -> frozenset[str]:
    """The anchors of a page's headings, as GitHub and most renderers make them."""
    found: list[str] = []
    for heading in _HEADING.findall(prose(page)):
        text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        anchor = _NOT_IN_ANCHORS.sub("", text.lower()).replace(" ", "-")
        before = found.count(anchor)
        found.append(anchor)
        if before:
            found.append(f"{anchor}-{before}")
    return frozenset(found)


def links(page: Path) -> list[str]:
    return _LINK.findall(_CODE.sub("", prose(page)))


def is_outside(link: str) -> bool:
    return link.startswith(("https://", "http://", "mailto:"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path):
    dead = []
    for link in links(page):
        if is_outside(link):
            continue
        path, _, anchor = unquote(link).partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            dead.append(link)
    assert dead == []


def test_every_page_is_linked_from_another():
    linked = {
        (page.parent / unquote(link).partition("#")[0]).resolve()
        for page in PAGES
        for link in links(page)
        if not is_outside(link) and not link.startswith("#")
    }
    assert [page for page in PAGES if page.resolve() not in linked and page.name != "README.md"] == []
