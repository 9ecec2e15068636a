"""Looks through the built documentation: does every link lead somewhere, and does a browser ask no other host for anything?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit


class Unfit(Exception):  # noqa: N818 - a finding, not an error of the program
    """The documentation cannot be shown as it is; the text says which page, and what to change."""


class Page(HTMLParser):
    """What a browser would load by itself with a page, its links, and its anchors."""

    # A link in the text is followed by a person; these are fetched by the page.
    _LOADED: Final = {
        ("script", "src"), ("img", "src"), ("img", "srcset"), ("iframe", "src"), ("source", "src"), ("source", "srcset"),
        ("video", "src"), ("video", "poster"), ("audio", "src"), ("embed", "src"), ("object", "data"), ("form", "action"),
        ("input", "src"), ("track", "src"), ("image", "href"), ("use", "href"), ("use", "xlink:href"), ("base", "href"),
    }  # fmt: skip
    _LOADING_LINKS: Final = {
        "stylesheet",
        "icon",
        "preload",
        "prefetch",
        "preconnect",
        "dns-prefetch",
        "modulepreload",
        "manifest",
    }

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Called for each tag."""
        values = {name: value or "" for name, value in attrs}
        self.loaded += [value for name, value in values.items() if (tag, name) in self._LOADED]
        self.loaded += styled(values.get("style", ""))
        if tag == "link" and self._LOADING_LINKS & set(values.get("rel", "").split()):
            self.loaded.append(values.get("href", ""))
        if tag == "meta" and values.get("http-equiv", "").lower() == "refresh":
            self.loaded.append(values.get("content", "").rpartition("=")[2])
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        self.anchors.update(value for name, value in values.items() if name in {"id", "name"})


def styled(text: str) -> list[str]:
    """What style sheets load."""
    return re.findall(r"""(?:url\(\s*|@import\s+)["']?([^"')\s;]+)""", text)


def is_outside(address: str) -> bool:
    """Whether a browser would ask a host for it that is named in it."""
    parts = urlsplit(address.strip())
    return bool(parts.netloc) or parts.scheme in {"http", "https", "ws", "wss"}


# Hosts that scripts name without asking them: names of XML vocabularies, and what their messages and licenses refer to.
_NAMED_ONLY: Final = frozenset({
    "www.w3.org", "www.eclipse.org", "", "fontawesome.com", "chevrotain.io", "en.wikipedia.org", "github.com", "jquery.org", "lodash.com",
    "langium.org", "openjsf.org", "opensource.org", "tldrlegal.com", "underscorejs.org", "engelschall.com",
})  # fmt: skip


def asked_outside(site: Path) -> Iterator[str]:
    """Every place where the site would make a browser ask another host."""
    for path in sorted(each for each in site.rglob("*") if each.suffix in {".html", ".css", ".js", ".svg"}):
        text, name = path.read_text(encoding="utf-8"), path.relative_to(site)
        if path.suffix == ".html":
            found = Page(text).loaded + styled("".join(re.findall(r"<style[^>]*>(.*?)</style>", text, re.DOTALL)))
            yield from (f"{name}: {address}" for address in found if is_outside(address))
        elif path.suffix == ".css":
            yield from (f"{name}: {address}" for address in styled(text) if is_outside(address))
        else:
            hosts = set(re.findall(r"""(?:https?|wss?)://([^/\s"'`<>)\\|,:?#]*)""", text))
            yield from (f"{name}: {host}" for host in sorted(hosts) if host.rstrip(".").lower() not in _NAMED_ONLY)


def dead_links(site: Path) -> Iterator[str]:
    """Every link of the site into the site that leads nowhere."""
    pages = {path: Page(path.read_text(encoding="utf-8")) for path in site.rglob("*.html")}
    for path, page in sorted(pages.items()):
        if path.name == "404.html":  # its links stand for whatever address was asked for
            continue
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            target = target / "index.html" if target.is_dir() else target
            anchors = pages[target].anchors if target in pages else set()
            if not target.is_file() or (parts.fragment and unquote(parts.fragment) not in {*anchors, "__toc"}):
                yield f"{path.relative_to(site)}: {link}"


def check(site: Path) -> None:
    """Raises Unfit unless every link leads somewhere and no other host is asked for anything."""
    asked, dead = list(asked_outside(site)), list(dead_links(site))
    lines = [*(f"asks another host: {each}" for each in asked), *(f"leads nowhere: {each}" for each in dead)]
    if lines:
        raise Unfit("\n".join(lines))
    if not (site / "index.html").is_file():
        raise Unfit(f"there is no site in {site}: run `make docs`")
