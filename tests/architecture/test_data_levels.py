"""Every column has a level of protection, every field of a user its readers and writers, and every use of cryptography its place
in the inventory: the pages are held to the code.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import doorward.features
from doorward.domain.users.views import OwnUserView, UserView
from doorward.infra.database.base import metadata
from doorward.surfaces.rest.me import OwnProfileBody
from doorward.surfaces.rest.users import ProfileBody

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "src/doorward"
DATA = (ROOT / "docs/security/data.md").read_text(encoding="utf-8")
INVENTORY = (ROOT / "docs/security/threat-model.md").read_text(encoding="utf-8").partition("## Cryptography")[2]
_COLUMNS = re.compile(r"^\| `(?P<table>\w+)` \| (?P<columns>`[^|]+`) \| (?P<level>\w+) \|$", re.MULTILINE)
_FIELD = re.compile(r"^\| `(\w+)` \| (yes|no) \| ([^|]+) \| (yes|no) \| ([^|]+) \|$", re.MULTILINE)
_LEVELS = frozenset({"secret", "personal", "internal", "open"})

# Modules that encrypt, hash, sign or draw random values.
CRYPTOGRAPHY = frozenset(
    {"hashlib", "hmac", "secrets", "cryptography", "argon2", "nacl", "bcrypt", "webauthn", "joserfc"}
)
# What uses them for something that protects nothing, and why.
NO_PROTECTION = {
    "http/conditional.py": "entity tags of contents",
    "surfaces/rest/documentation.py": "entity tags of files",
    "surfaces/cli/openapi.py": "no secret: describing needs none that lasts",
    "domain/transfer/resume.py": "whether a file is the one that was begun",
    "domain/transfer/seed.py": "invented people",
}


def test_every_column_has_one_level() -> None:
    assert doorward.features.FEATURES
    listed = [
        f"{row['table']}.{column}"
        for row in _COLUMNS.finditer(DATA)
        for column in re.findall(r"`(\w+)`", row["columns"])
    ]
    assert sorted(listed) == sorted(
        f"{table.name}.{column.name}" for table in metadata.tables.values() for column in table.columns
    )
    assert {row["level"] for row in _COLUMNS.finditer(DATA)} == _LEVELS


def test_nothing_that_opens_something_is_stored_as_it_is() -> None:
    secret = {
        column
        for row in _COLUMNS.finditer(DATA)
        if row["level"] == "secret"
        for column in re.findall(r"`(\w+)`", row["columns"])
    }
    # Sealed or hashed, by the names that say so; a state and a kept answer are sealed as a whole.
    assert {each for each in secret if not each.endswith(("sealed", "_hash"))} == {"state", "answer"}


def test_every_field_of_a_user_has_its_readers_and_writers() -> None:
    fields = {name: (own, changes, reads, writes) for name, own, changes, reads, writes in _FIELD.findall(DATA)}
    assert fields.keys() == UserView.__annotations__.keys() | OwnUserView.__annotations__.keys()
    assert {name for name, row in fields.items() if row[0] == "yes"} == OwnUserView.__annotations__.keys()
    assert {name for name, row in fields.items() if row[1] == "yes"} == OwnProfileBody.model_fields.keys()
    assert {name for name, row in fields.items() if row[2] == "yes"} == fields.keys()
    assert {name for name, row in fields.items() if row[3] == "yes"} == ProfileBody.model_fields.keys()


def imports_of(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def test_every_use_of_cryptography_is_in_the_inventory() -> None:
    places = re.findall(r"^\| [^|]+ \| [^|]+ \| (`[^|]+`) \|$", INVENTORY.partition("###")[0], re.MULTILINE)
    inventory = re.findall(r"`([\w/.]+)`", "".join(places))
    used = {
        path.relative_to(SOURCES).as_posix()
        for path in SOURCES.rglob("*.py")
        if not CRYPTOGRAPHY.isdisjoint(imports_of(path))
    }
    assert NO_PROTECTION.keys() <= used
    missing = {each for each in used if not any(each.startswith(place) for place in inventory)} - NO_PROTECTION.keys()
    assert missing == set()
    # And nothing is listed that is not there.
    assert {place for place in inventory if not any(each.startswith(place) for each in used)} <= {"secrets"}


# Comparing by `==` ends at the first difference, and its time tells how far that was.
_SECRET_WORDS = re.compile(r"(^|_)(secret|password|token|mac|digest|signature|fingerprint|tag|code)(_|$)")
# Looked at, and nothing that anybody has to guess; `bindparam` is the database's comparison of hashes of random values.
REVIEWED = frozenset(
    {
        "request.headers.get('if-none-match') == tag",
        "password != normalized",
        "attempt.identifier == identifier_mac(tx, '')",
        "remembered.digest == self._digest",
    }
)


def names_in(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.Attribute):
        yield node.attr
    elif isinstance(node, ast.Call):
        yield from names_in(node.func)


def test_no_secret_is_compared_by_equality() -> None:
    found = []
    for path in SOURCES.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Compare) or not isinstance(node.ops[0], ast.Eq | ast.NotEq):
                continue
            if any(isinstance(side, ast.Constant) for side in (node.left, *node.comparators)):
                continue
            names = [name for side in (node.left, *node.comparators) for name in names_in(side)]
            if "bindparam" not in names and any(_SECRET_WORDS.search(name) for name in names):
                found.append(ast.unparse(node))
    assert sorted(found) == sorted(REVIEWED)
