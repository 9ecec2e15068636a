"""`doorward secret`: what each secret opens, everything sealed anew, and what nobody can open."""

from __future__ import annotations

import pytest

from tests.surfaces.cli.conftest import SECRET, Command
from tests.surfaces.cli.test_commands import make

pytestmark = pytest.mark.integration

NEW = "another secret that nobody has ever seen before"


def opens(doorward: Command) -> list[tuple[int | None, int, int]]:
    """For each secret its place in the list, and how many credentials and signing keys it opens."""
    items = doorward("secret", "status", "--json").document["items"]
    return [(each["place"], each["lasting"]["credentials"], each["lasting"]["signing keys"]) for each in items]


@pytest.fixture
def filled(doorward: Command) -> Command:
    """Three people with passwords, and a signing key."""
    for name in ("ada", "bob", "cy"):
        make(doorward, f"{name}@example.com")
    assert doorward("key", "rotate").code == 0
    return doorward


def test_seals_everything_anew_so_that_the_old_secret_can_go(filled: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    assert opens(filled) == [(1, 3, 1)]
    monkeypatch.setenv("DOORWARD_SECRETS", f"{NEW},{SECRET}")
    assert opens(filled) == [(1, 0, 0), (2, 3, 1)]
    shown = filled("secret", "status").out
    assert "4 credentials and signing keys need an earlier secret: run `doorward secret reseal`." in shown
    assert SECRET not in shown
    assert NEW not in shown

    assert filled("secret", "reseal").out == "Sealed 3 credentials and 1 signing keys anew.\n"
    assert opens(filled) == [(1, 3, 1), (2, 0, 0)]
    # Once more finds nothing to do, and nothing to record.
    assert filled("secret", "reseal", "--json").document == {"credentials": 0, "signing_keys": 0, "unopened": 0}
    recorded = filled("audit", "list", "--type", "secrets.resealed", "--json").document["items"]
    assert [each["data"] for each in recorded] == [{"credentials": 3, "signing_keys": 1, "unopened": 0}]

    monkeypatch.setenv("DOORWARD_SECRETS", NEW)
    assert opens(filled) == [(1, 3, 1)]
    assert filled("key", "rotate").code == 0
    assert "All credentials and signing keys open with the first secret." in filled("secret", "status").out


def test_says_what_none_of_the_secrets_opens_and_seals_the_rest(
    filled: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    third = "a third secret that was lost on the way somewhere"
    monkeypatch.setenv("DOORWARD_SECRETS", f"{third},{SECRET}")
    make(filled, "dee@example.com")
    monkeypatch.setenv("DOORWARD_SECRETS", f"{NEW},{SECRET}")
    assert opens(filled) == [(1, 0, 0), (2, 3, 1), (None, 1, 0)]
    assert "1 credentials and signing keys open with none of the secrets" in filled("secret", "status").out

    said = filled("secret", "reseal")
    assert (said.code, said.out) == (1, "Sealed 3 credentials and 1 signing keys anew.\n")
    (line,) = said.lines
    assert line.startswith("1 open with none of the secrets and were left as they are: put the missing one back into")
    monkeypatch.setenv("DOORWARD_SECRETS", f"{NEW},{third}")
    assert filled("secret", "reseal").out == "Sealed 1 credentials and 0 signing keys anew.\n"
    assert opens(filled) == [(1, 4, 1), (2, 0, 0)]


def test_goes_through_more_than_one_batch(doorward: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    assert doorward("seed", "--users", "1100", "--yes").code == 0
    monkeypatch.setenv("DOORWARD_SECRETS", f"{NEW},{SECRET}")
    assert doorward("secret", "reseal", "--json").document["credentials"] == 1100
    assert opens(doorward)[0][:2] == (1, 1100)
