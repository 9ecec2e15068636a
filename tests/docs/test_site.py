"""The documentation as a site: every page is in the navigation, every link leads somewhere, and nothing asks another host."""

from __future__ import annotations

import functools
import http.server
import re
import shutil
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scripts import site_check

ROOT = Path(__file__).parents[2]
ZENSICAL = ROOT / ".venv-docs/bin/zensical"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
needs_zensical = pytest.mark.skipif(not ZENSICAL.exists(), reason="zensical is not installed: `make docs` installs it")


def entries(navigation: list[Any]) -> Iterator[str]:
    for each in navigation:
        for value in each.values() if isinstance(each, dict) else [each]:
            if isinstance(value, list):
                yield from entries(value)
            else:
                yield value


def pages_in_navigation() -> list[Path]:
    found: list[Path] = []
    for entry in entries(tomllib.loads((ROOT / "zensical.toml").read_text(encoding="utf-8"))["project"]["nav"]):
        if entry.startswith("project/"):
            found.append(ROOT / entry.removeprefix("project/"))
        elif entry.endswith("/*"):
            folder = ROOT / "docs" / entry.removesuffix("/*")
            found += sorted(each for each in folder.glob("*.md") if each.name != "README.md")
        else:
            found.append(ROOT / "docs" / entry)
    return found


def test_every_page_stands_in_the_navigation_once():
    pages = sorted((ROOT / "docs").rglob("*.md"))
    assert sorted(each for each in pages_in_navigation() if each.is_relative_to(ROOT / "docs")) == pages


def test_the_navigation_names_no_page_that_is_not_there():
    assert [each for each in pages_in_navigation() if not each.is_file()] == []


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.html", '<script src="https://cdn.example.com/a.js"></script>'),
        ("a.html", '<link rel="stylesheet" href="//fonts.example.com/a.css">'),
        ("a.html", '<link rel="preconnect" href="https://fonts.example.com">'),
        ("a.html", '<img src="http://images.example.com/a.png">'),
        ("a.html", "<style>@import 'https://fonts.example.com/a.css';</style>"),
        ("a.html", '<p style="background: url(https://images.example.com/a.png)">'),
        ("a.css", "@font-face { src: url('https://fonts.example.com/a.woff2'); }"),
        ("a.js", "fetch(`https://api.example.com/${name}`)"),
        ("a.js", "new WebSocket('wss://live.example.com/')"),
    ],
)
def test_finds_what_would_be_asked_of_another_host(tmp_path: Path, name: str, content: str):
    (tmp_path / name).write_text(content, encoding="utf-8")
    assert len(list(site_check.asked_outside(tmp_path))) == 1


def test_lets_people_follow_links_to_other_hosts(tmp_path: Path):
    (tmp_path / "a.html").write_text(
        '<a href="https://example.com/">there</a><link rel="canonical" href="https://example.com/a">'
        '<img src="a.png"><script src="../a.js"></script>',
        encoding="utf-8",
    )
    assert list(site_check.asked_outside(tmp_path)) == []


def test_finds_links_that_lead_nowhere(tmp_path: Path):
    (tmp_path / "b").mkdir()
    (tmp_path / "b/index.html").write_text('<h1 id="top">B</h1>', encoding="utf-8")
    (tmp_path / "index.html").write_text(
        '<a href="b/">there</a><a href="b/#top">there</a><a href="b/#gone">nowhere</a><a href="c/">nowhere</a>',
        encoding="utf-8",
    )
    assert list(site_check.dead_links(tmp_path)) == ["index.html: b/#gone", "index.html: c/"]


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not list((ROOT / ".venv-docs").glob("mermaid-*/mermaid.min.js")):
        pytest.skip("Mermaid was not fetched: `make docs` fetches it")
    folder = tmp_path_factory.mktemp("site") / "site"
    done = subprocess.run(
        [ZENSICAL.with_name("python"), ROOT / "scripts/site.py", folder], capture_output=True, text=True, check=False
    )
    # It fails for warnings, for dead links and for other hosts that are asked.
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.mark.integration
@needs_zensical
def test_is_built_without_a_warning(site: Path):
    assert (site / "index.html").is_file()
    assert "unpkg.com" not in "".join(each.read_text() for each in site.glob("assets/javascripts/bundle.*.js"))


@pytest.mark.integration
@needs_zensical
def test_shows_no_mark_that_is_meant_for_the_tests(site: Path):
    # A fence that the renderer does not understand ends up in the text.
    assert [each for each in site.rglob("*.html") if "```" in re.sub(r"<code>.*?</code>", "", each.read_text())] == []


@pytest.fixture
def address(site: Path) -> Iterator[str]:
    class Silent(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *arguments: object) -> None: ...

    handler = functools.partial(Silent, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        serving.join()


def diagrams(site: Path) -> dict[Path, int]:
    """How many each page has, of those that have any."""
    counts = {page: page.read_text(encoding="utf-8").count('<pre class="mermaid">') for page in site.rglob("*.html")}
    return {page: counts[page] for page in sorted(counts) if counts[page]}


@pytest.mark.integration
@needs_zensical
@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium or Chrome on this machine")
@pytest.mark.skipif(sys.platform == "win32", reason="the site is built on Linux and macOS")
async def test_draws_every_diagram_without_another_host(site: Path, address: str):
    from playwright.async_api import Request, async_playwright

    drawn = diagrams(site)
    assert len(drawn) > 1
    outside: list[str] = []
    broken: list[str] = []

    def look(request: Request) -> None:
        if not request.url.startswith((address, "data:", "blob:")):
            outside.append(request.url)

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-background-networking"]
        )
        page = await browser.new_page()
        page.on("request", look)
        page.on("pageerror", lambda error: broken.append(str(error)))
        page.on("console", lambda message: broken.append(message.text) if message.type == "error" else None)
        for path, count in drawn.items():
            await page.goto(f"{address}{path.relative_to(site).parent}/")
            # What Mermaid cannot read stays a `pre`, and waiting for it fails.
            await page.wait_for_function(
                f"document.querySelectorAll('div.mermaid').length == {count}"
                " && document.querySelectorAll('pre.mermaid').length == 0"
            )
        await browser.close()
    assert (outside, broken) == ([], [])
