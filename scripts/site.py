"""Builds the documentation as a site, into site/, from the same files that are read in a checkout.

Pages link to files beside docs/, carry marks for the tests behind their fences, and draw diagrams that the theme would draw with a
script from another host. So they are copied and made ready first, and what comes out is looked through: a page whose link leads
nowhere, or that would make a browser ask another host, fails the build.

scripts/site.py [FOLDER]           builds; run it with .venv-docs/bin/python, as `make docs` does
scripts/site.py --check [FOLDER]   only looks through what was built
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from site_check import Unfit, check

ROOT: Final = Path(__file__).resolve().parents[1]
DOCS: Final = ROOT / "docs"
SITE: Final = ROOT / "site"
# Where pages and sources from beside docs/ stand in the site.
BESIDE: Final = "project"
# Diagrams are drawn by this version and no other. 26 MB are fetched once; a page with a diagram loads 5.5 MB, packed 1.5.
MERMAID: Final = "12.3.0"
MERMAID_SHA512: Final = "e35d774dd5de2c0b0caee27bf4ea452f93bcf8b4c55e142a676eb4ac5ded8149a2340b519b852e99ed3823eeb93d137ac99ebd2787fcad56165bccd193ae5463"
# What the theme's script asks of other hosts: diagrams come from here; the rest serves nothing that these pages use.
_THEIR_MERMAID: Final = re.compile(r'"https://unpkg\.com/mermaid@[^"]*"')
_OUR_MERMAID: Final = (
    """new URL("mermaid.min.js",document.querySelector('script[src*="javascripts/bundle."]').src).href"""
)
_ELSEWHERE: Final = re.compile(r"https://(?:unpkg\.com|cdn\.jsdelivr\.net|api\.github\.com|\$\{\w\}/api)/[^\"'`$]*")
_FENCE: Final = re.compile(r"^(`{3,})[^\n]*\n.*?^\1$", re.MULTILINE | re.DOTALL)
_MARK: Final = re.compile(r"^(```\w+) (?:run|shows|starts)$", re.MULTILINE)
_FILE: Final = re.compile(r"^(```\w+) file=(\S+)$", re.MULTILINE)
_LINK: Final = re.compile(r"(`[^`\n]*`)|(!?\[[^\]]*\]\()([^()\s]+)(\))")
_FOLDER: Final = re.compile(r'^(.*)"([\w/-]+)/\*"(.*)\n', re.MULTILINE)
_LANGUAGES: Final = {".py": "python", ".yml": "yaml", ".yaml": "yaml", ".toml": "toml", ".sh": "sh", ".json": "json"}


class Stage:
    """The pages made ready: those of docs/, and whatever they link to beside it, and so on from there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._waiting: list[Path] = []
        self._known: set[Path] = set()

    def prepare(self) -> None:
        """Writes the pages and the configuration into the folder. Raises Unfit for a link to no file."""
        for path in sorted(each for each in DOCS.rglob("*") if each.is_file()):
            self._want(path)
        while self._waiting:
            self._write(self._waiting.pop())
        config = (ROOT / "zensical.toml").read_text(encoding="utf-8")
        (self._folder / "zensical.toml").write_text(_FOLDER.sub(pages_of_folder, config), encoding="utf-8")

    def _want(self, path: Path) -> None:
        if path not in self._known:
            self._known.add(path)
            self._waiting.append(path)

    def _write(self, path: Path) -> None:
        place = self._folder / "docs" / staged(path)
        place.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".md":
            place.write_text(self._ready(path), encoding="utf-8")
        elif path.is_relative_to(DOCS):
            shutil.copyfile(path, place)
        else:
            place.write_text(source_page(path), encoding="utf-8")

    def _ready(self, page: Path) -> str:
        """A page without marks, and with links to where things stand in the site."""
        text, parts, end = page.read_text(encoding="utf-8"), [], 0
        for fence in _FENCE.finditer(text):
            parts += [self._linked(page, text[end : fence.start()]), fence[0]]
            end = fence.end()
        parts.append(self._linked(page, text[end:]))
        return _FILE.sub(r'\1 title="\2"', _MARK.sub(r"\1", "".join(parts)))

    def _linked(self, page: Path, prose: str) -> str:
        def change(found: re.Match[str]) -> str:
            if found[1] or urlsplit(found[3]).scheme or found[3].startswith("#"):
                return found[0]
            path, hash_sign, anchor = found[3].partition("#")
            target = (page.parent / unquote(path)).resolve()
            if not target.is_file():
                raise Unfit(f"{page.relative_to(ROOT)} links to {found[3]}, which is no file")
            self._want(target)
            place = os.path.relpath(staged(target), staged(page).parent)
            return f"{found[2]}{place}{hash_sign}{anchor}{found[4]}"

        return _LINK.sub(change, prose)


def staged(path: Path) -> Path:
    """Where a file of the checkout stands below the folder of pages."""
    if path.is_relative_to(DOCS):
        return path.relative_to(DOCS)
    beside = Path(BESIDE) / path.relative_to(ROOT)
    return beside if path.suffix == ".md" else beside.with_name(f"{beside.name}.md")


def source_page(path: Path) -> str:
    """A page that shows a file."""
    name = path.relative_to(ROOT)
    text = path.read_text(encoding="utf-8")
    return f"# {name}\n\n``````{_LANGUAGES.get(path.suffix, 'text')}\n{text.rstrip()}\n``````\n"


def pages_of_folder(line: re.Match[str]) -> str:
    """The line with the pages of a folder, by name, in place of such as "runbooks/*"; without any the line goes."""
    pages = sorted(each for each in (DOCS / line[2]).glob("*.md") if each.name != "README.md")
    names = ", ".join(f'"{page.relative_to(DOCS)}"' for page in pages)
    return f"{line[1]}{names}{line[3]}\n" if pages else ""


def mermaid() -> dict[str, bytes]:
    """The script that draws diagrams and its license, from the npm registry at the first time. Raises Unfit for any other file."""
    folder = ROOT / f".venv-docs/mermaid-{MERMAID}"
    members = {"package/dist/mermaid.min.js": "mermaid.min.js", "package/LICENSE": "mermaid.LICENSE.txt"}
    if not all((folder / name).is_file() for name in members.values()):
        print(f"site: npm pack mermaid@{MERMAID}", file=sys.stderr)
        packed = _packed(f"mermaid@{MERMAID}")
        if hashlib.sha512(packed).hexdigest() != MERMAID_SHA512:
            raise Unfit(f"what npm gives for mermaid@{MERMAID} is not the file whose hash stands in scripts/site.py")
        folder.mkdir(parents=True, exist_ok=True)
        with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
            for member, name in members.items():
                content = archive.extractfile(member)
                if content is None:
                    raise Unfit(f"mermaid@{MERMAID} has no {member}")
                (folder / name).write_bytes(content.read())
    return {name: (folder / name).read_bytes() for name in members.values()}


def _packed(package: str) -> bytes:
    """A package as npm fetches it, from whichever registry it is set up for. Raises Unfit."""
    npm = shutil.which("npm")
    if npm is None:
        raise Unfit("npm, which fetches the script that draws diagrams, is not installed")
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(  # noqa: S603 - a package of ours to name
            [npm, "pack", "--silent", "--pack-destination", folder, package],
            check=False,
            capture_output=True,
            text=True,
            timeout=120,
            cwd=folder,
        )
        files = list(Path(folder).glob("*.tgz"))
        if done.returncode or len(files) != 1:
            raise Unfit(f"npm could not fetch {package}: {done.stderr.strip()[-300:]}")
        return files[0].read_bytes()


def keep_here(site: Path, files: dict[str, bytes]) -> None:
    """Puts the script for diagrams beside the theme's own, and lets the theme ask no other host for anything."""
    scripts = site / "assets/javascripts"
    for name, content in files.items():
        (scripts / name).write_bytes(content)
    bundles = list(scripts.glob("bundle.*.js"))
    changed = 0
    for bundle in bundles:
        text, count = _THEIR_MERMAID.subn(_OUR_MERMAID, bundle.read_text(encoding="utf-8"))
        changed += count
        bundle.write_text(_ELSEWHERE.sub("data:,", text), encoding="utf-8")
    if changed != 1:
        raise Unfit(
            f"the theme asks for Mermaid at {changed} places instead of one: look at keep_here in scripts/site.py"
        )


def build(into: Path) -> None:
    """Builds and checks the site. Raises Unfit."""
    with tempfile.TemporaryDirectory() as temporary:
        stage = Path(temporary)
        Stage(stage).prepare()
        command = [str(Path(sys.executable).with_name("zensical")), "build", "--clean", "--strict"]
        if subprocess.run(command, cwd=stage, check=False).returncode != 0:  # noqa: S603 - our own words
            raise Unfit("the pages could not be built; see above")
        keep_here(stage / "site", mermaid())
        check(stage / "site")
        shutil.rmtree(into, ignore_errors=True)
        shutil.move(stage / "site", into)


def main(arguments: list[str]) -> int:
    """Builds or checks the site; the exit code."""
    site = next((Path(each) for each in arguments if not each.startswith("-")), SITE)
    try:
        if "--check" in arguments:
            check(site)
        else:
            build(site)
    except Unfit as unfit:
        print(f"site: {unfit}", file=sys.stderr)
        return 1
    print("site: every link leads somewhere, and no other host is asked for anything")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
