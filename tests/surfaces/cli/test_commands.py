"""The commands of every noun, on both databases: what they do, what they print, and how they refuse."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer

from tests.surfaces.cli.conftest import SECRET, Command, Running

pytestmark = pytest.mark.integration

PASSWORD = "correct staple battery 9"


def make(doorward: Command, email: str = "ada@example.com", *options: str) -> dict[str, Any]:
    said = doorward("user", "create", email, "--password-stdin", "--json", *options, stdin=f"{PASSWORD}\n")
    assert said.code == 0, said.err
    document: dict[str, Any] = said.document
    return document


def test_creates_finds_changes_and_lists_users(doorward: Command) -> None:
    ada = make(doorward, "ada@example.com", "--username", "ada", "--name", "Ada Løvelace", "--role", "support")
    make(doorward, "bob@example.com")
    for name in ("ada", "ADA@example.com", ada["id"]):
        assert doorward("user", "show", name, "--json").document["id"] == ada["id"]
    shown = doorward("user", "show", "ada")
    assert "Ada Løvelace" in shown.out
    assert "support" in shown.out

    changed = doorward(
        "user", "update", "ada", "--time-zone", "Europe/London", "--clear", "name", "--admin-metadata", '{"team": 1}',
        "--json",
    )  # fmt: skip
    assert changed.document["name"] is None
    assert changed.document["time_zone"] == "Europe/London"
    assert changed.document["admin_metadata"] == {"team": 1}

    first = doorward("user", "list", "--limit", "1", "--count", "exact", "--json").document
    assert [each["email"] for each in first["items"]] == ["bob@example.com"]
    assert (first["has_more"], first["count"]) == (True, 2)
    second = doorward("user", "list", "--limit", "1", "--cursor", first["next_cursor"], "--json").document
    assert [each["email"] for each in second["items"]] == ["ada@example.com"]
    assert second["next_cursor"] is None
    found = doorward("user", "list", "--search", "ad", "--status", "active").out.splitlines()
    assert found[0].split() == ["ID", "EMAIL", "USERNAME", "NAME", "STATUS", "CREATED", "LAST", "SIGN", "IN"]
    assert [line.split()[1] for line in found[1:]] == ["ada@example.com"]
    assert doorward("user", "list", "--created-before", "2020-01-01", "--json").document["items"] == []


def test_invites_and_takes_back(doorward: Command) -> None:
    made = doorward("user", "invite", "guest@example.com", "--role", "support", "--without-mail", "--json").document
    assert (made["email"], made["roles"], made["invited_by"]) == ("guest@example.com", ["support"], None)
    assert "/v1/links?token=dwin_" in made["link"]
    listed = doorward("user", "invitations", "--json").document["items"]
    assert [each["id"] for each in listed] == [made["id"]]
    assert "link" not in listed[0]
    assert "guest@example.com" in doorward("user", "invitations").out
    assert doorward("user", "uninvite", made["id"]).code == 0
    assert doorward("user", "invitations", "--json").document["items"] == []
    again = doorward("user", "uninvite", made["id"])
    assert again.code == 1
    assert len(again.lines) == 1
    make(doorward)
    assert doorward("user", "invite", "ada@example.com").code == 1


def test_suspends_deletes_and_restores(doorward: Command) -> None:
    make(doorward)
    assert doorward("user", "suspend", "ada@example.com", "--reason", "abuse", "--until", "2099-01-01").code == 0
    suspended = doorward("user", "show", "ada@example.com", "--json").document
    assert (suspended["status"], suspended["suspended_reason"]) == ("suspended", "abuse")
    assert suspended["suspended_until"] == "2099-01-01T00:00:00Z"
    assert doorward("user", "reinstate", "ada@example.com", "--json").document["status"] == "active"
    assert doorward("user", "delete", "ada@example.com", "--yes").code == 0
    assert doorward("user", "restore", "ada@example.com", "--json").document["status"] == "active"
    assert doorward("user", "delete", "ada@example.com", "--purge", "--yes").out == "Erased ada@example.com for good.\n"
    assert doorward("user", "show", "ada@example.com").lines == [
        "doorward: There is no such user. Name a user by id (usr_…), email address or username."
    ]


def test_refuses_with_a_sentence_for_each_thing(doorward: Command) -> None:
    make(doorward)
    taken = doorward("user", "create", "Ada@Example.com", "--without-password")
    assert taken.code == 1
    assert taken.lines == [
        "doorward: email: Another account has this email address. Use another, or sign in to that account."
    ]
    wrong = doorward("user", "create", "nobody", "--username", "a b", "--without-password")
    assert wrong.code == 1
    assert [line.split(":")[1] for line in wrong.lines] == [" email", " username"]


def test_sets_passwords_from_standard_input_only(doorward: Command) -> None:
    make(doorward)
    assert (
        doorward("user", "set-password", "ada@example.com", "--password-stdin", stdin="another battery 8\r\n").code == 0
    )
    weak = doorward("user", "set-password", "ada@example.com", "--password-stdin", stdin="hunter2\n")
    assert weak.code == 1
    assert weak.lines[0].startswith("doorward: password: ")
    assert "hunter2" not in weak.err
    empty = doorward("user", "set-password", "ada@example.com", "--password-stdin")
    assert (empty.code, empty.lines) == (2, ["doorward: There was no password on standard input."])
    nobody = doorward("user", "set-password", "ada@example.com")
    assert (nobody.code, nobody.lines) == (
        2,
        ["doorward: There is no terminal to ask for the password on. Give it by --password-stdin."],
    )
    assert doorward("user", "set-password", "ada@example.com", PASSWORD).code == 2


def test_asks_before_what_cannot_be_taken_back(doorward: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    make(doorward)
    alone = doorward("user", "delete", "ada@example.com")
    assert (alone.code, alone.lines) == (
        2,
        ["doorward: Delete ada@example.com? There is no terminal to answer on. Say --yes if you mean it."],
    )
    assert doorward("user", "show", "ada@example.com", "--json").document["status"] == "active"

    def refuse(question: str, **_: Any) -> None:
        assert question == "Erase ada@example.com for good?"
        raise typer.Abort

    monkeypatch.setattr("doorward.surfaces.cli.ask._is_terminal", lambda: True)
    monkeypatch.setattr(typer, "confirm", refuse)
    assert doorward("user", "delete", "ada@example.com", "--purge").code == 1
    assert doorward("user", "show", "ada@example.com", "--json").document["status"] == "active"


def test_makes_changes_and_grants_roles(doorward: Command) -> None:
    make(doorward)
    role = doorward("role", "create", "auditor", "-p", "events:read", "--description", "Reads", "--json").document
    assert (role["name"], role["permissions"]) == ("auditor", ["events:read"])
    assert doorward("role", "change", "auditor", "-p", "users:read", "-p", "events:read").code == 0
    assert doorward("role", "show", "auditor", "--json").document["permissions"] == ["events:read", "users:read"]
    assert doorward("role", "grant", "auditor", "ada@example.com").out == "ada@example.com holds the role auditor.\n"
    holders = doorward("user", "list", "--role", "auditor", "--json").document["items"]
    assert [each["email"] for each in holders] == ["ada@example.com"]
    assert doorward("role", "revoke", "auditor", "ada@example.com").code == 0
    assert doorward("user", "list", "--role", "auditor", "--json").document["items"] == []
    assert doorward("role", "delete", "auditor", "--yes").code == 0
    assert doorward("role", "show", "auditor").lines == [
        "doorward: No such role. List the roles to see their names, or make the role first."
    ]
    assert {"users:read", "*"} <= {each["name"] for each in doorward("role", "permissions", "--json").document["items"]}
    unknown = doorward("role", "create", "other", "-p", "no:such")
    assert unknown.lines[0].startswith("doorward: permissions/0: There is no such permission.")


def test_keeps_the_last_administrator(doorward: Command) -> None:
    make(doorward, "ada@example.com", "--role", "admin")
    for command in (("user", "delete", "ada@example.com", "--yes"), ("role", "revoke", "admin", "ada@example.com")):
        said = doorward(*command)
        assert said.code == 1
        assert said.lines[0].startswith("doorward: This is the last administrator.")


def test_lists_credentials_and_removes_none_that_is_the_last(doorward: Command) -> None:
    make(doorward)
    (only,) = doorward("user", "credentials", "ada@example.com", "--json").document["items"]
    assert only["method"] == "password"
    assert only["id"] in doorward("user", "credentials", "ada@example.com").out
    kept = doorward("user", "remove-credential", "ada@example.com", only["id"], "--yes")
    assert kept.code == 1
    assert "operation of its own kind" in kept.err
    unknown = doorward("user", "remove-credential", "ada@example.com", "crd_00000000000000000000000000", "--yes")
    assert unknown.code == 1


def test_lists_and_ends_sessions(doorward: Command) -> None:
    make(doorward)
    assert doorward("session", "list", "ada@example.com", "--json").document == {
        "items": [],
        "next_cursor": None,
        "has_more": False,
    }
    assert doorward("session", "end", "ada@example.com", "--all", "--yes").out == "Ended 0 sessions.\n"
    assert doorward("session", "end", "ada@example.com", "ses_nonsense").code == 1
    assert doorward("session", "end", "ada@example.com").code == 2


def test_rotates_keys(doorward: Command) -> None:
    assert doorward("key", "list", "--json").document["items"] == []
    first = doorward("key", "rotate", "--json").document["items"]
    assert [each["state"] for each in first] == ["signing"]
    second = doorward("key", "rotate", "--json").document["items"]
    assert sorted(each["state"] for each in second) == ["announced", "signing"]
    third = doorward("key", "rotate", "--now", "--json").document["items"]
    assert [each["kid"] for each in third if each["state"] == "signing"] != [first[0]["kid"]]
    assert "private" not in doorward("key", "list", "--json").out


def test_reads_the_log(doorward: Command) -> None:
    ada = make(doorward)
    make(doorward, "bob@example.com")
    items = doorward("audit", "list", "--user", "ada@example.com", "--type", "user.created", "--json").document["items"]
    assert [(each["user_id"], each["actor"]["kind"]) for each in items] == [(ada["id"], "operator")]
    page = doorward("audit", "list", "--limit", "1")
    assert page.err.startswith("There are more: --cursor ")
    assert "user.created" in page.out


def test_follows_the_log_as_it_grows(doorward: Command, running: Callable[..., Running], own_database_url: str) -> None:
    make(doorward)
    variables = {"DATABASE_URL": own_database_url, "DOORWARD_SECRETS": SECRET}
    following = running("audit", "list", "--follow", "--type", "user.created", "--json", **variables)
    following.wait_for("Following")
    made = [make(doorward, f"{name}@example.com")["id"] for name in ("bob", "eve")]
    doorward("user", "suspend", "bob@example.com")
    # Not what was there before, nor what was not asked for; each once, oldest first.
    assert [json.loads(following.read_line())["user_id"] for _ in made] == made
    said = following.end(signal.SIGINT)
    assert (said.code, said.out) == (0, "")
    assert "Traceback" not in said.err
    from_the_start = running("audit", "list", "-f", "--user", "ada@example.com", "--since", "2020-01-01", **variables)
    assert "user.created" in from_the_start.read_line()
    assert from_the_start.end(signal.SIGINT).code == 0
    assert doorward("audit", "list", "--follow", "--until", "2099-01-01").code == 2


def test_sees_and_changes_addresses(doorward: Command) -> None:
    make(doorward)
    added = doorward("user", "email", "add", "ada@example.com", "Second@Example.com", "--json").document
    assert (added["address"], added["primary"], added["verified"]) == ("Second@example.com", False, False)
    assert doorward("user", "email", "add", "ada@example.com", "SECOND@example.com").code == 1
    shown = doorward("user", "email", "list", "ada@example.com")
    assert shown.out.splitlines()[0].split() == ["ID", "ADDRESS", "PRIMARY", "VERIFIED", "CREATED"]
    verified = doorward("user", "email", "verify", "ada@example.com", "second@example.com", "--json").document
    assert verified["verified"] is True
    assert doorward("user", "email", "make-primary", "ada@example.com", added["id"], "--json").document["primary"]
    assert doorward("user", "show", "second@example.com", "--json").document["email"] == "Second@example.com"
    refused = doorward("user", "email", "remove", "ada@example.com", "second@example.com", "--yes")
    assert (refused.code, len(refused.lines)) == (1, 1)
    assert doorward("user", "email", "remove", "second@example.com", "ada@example.com", "--yes").code == 0
    items = doorward("user", "email", "list", "second@example.com", "--json").document["items"]
    assert [(each["address"], each["primary"]) for each in items] == [("Second@example.com", True)]
    assert doorward("user", "email", "verify", "second@example.com", "nobody@example.com").code == 1
    assert doorward("user", "email", "remove", "second@example.com", "x@example.com").code == 2


def test_has_a_user_choose_a_password_by_a_link(
    doorward: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    make(doorward)
    monkeypatch.setenv("DOORWARD_MAIL__TRANSPORT", "file")
    monkeypatch.setenv("DOORWARD_DATA_DIR", str(tmp_path / "data"))
    said = doorward("user", "recover", "ada@example.com", "--end-sessions")
    assert (said.code, said.out) == (0, "A link to choose a new password goes to ada@example.com.\n")
    assert "token" not in said.err
    monkeypatch.setenv("DOORWARD_PASSWORD__SET_BY_ADMINISTRATORS", "false")
    for command in (("set-password", "ada@example.com"), ("create", "bob@example.com")):
        refused = doorward("user", *command, "--password-stdin", stdin=f"{PASSWORD}\n")
        assert refused.code == 1
        assert refused.lines[0].startswith("doorward: Only its owner chooses a password.")
    assert doorward("user", "create", "bob@example.com", "--without-password").code == 0
    monkeypatch.setenv("DOORWARD_MAIL__TRANSPORT", "off")
    assert doorward("user", "recover", "ada@example.com").lines[0].startswith("doorward: No mail leaves here.")


def test_setup_links_are_for_the_first_administrator(doorward: Command) -> None:
    first = doorward("setup-link")
    assert first.code == 0
    assert first.out.startswith("http://127.0.0.1:8000/setup?link=")
    make(doorward, "ada@example.com", "--role", "admin")
    assert doorward("setup-link").lines == [
        "doorward: There is an administrator already. `doorward role grant admin USER` makes another."
    ]


def test_mistakes_in_commands_end_with_two(doorward: Command) -> None:
    for command in (
        ("user",),
        ("user", "lst"),
        ("nothing",),
        ("user", "list", "--limit", "0"),
        ("user", "list", "--created-after", "soon"),
        ("user", "update", "ada"),
        ("user", "update", "ada", "--clear", "email"),
        ("user", "update", "ada", "--name", "Ada", "--clear", "name"),
        ("user", "create", "ada@example.com", "--public-metadata", "[]"),
        ("user", "create", "ada@example.com", "--password-stdin", "--without-password"),
        ("role", "change", "auditor"),
        ("migrate", "--check", "--sql"),
        ("password", "calibrate", "--target", "quick"),
    ):
        said = doorward(*command)
        assert said.code == 2, command
        assert "Traceback" not in said.err
        assert said.err
    assert "Did you mean 'list'?" in doorward("user", "lst").err


def test_prints_nothing_that_moves_the_cursor() -> None:
    from doorward.surfaces.cli.show import text

    assert text("Chrome\x1b[2J on \u202eLinux") == "Chrome?[2J on ?Linux"


def test_finds_what_a_hash_may_cost_on_this_machine(doorward: Command) -> None:
    from doorward.settings import read_settings

    # No machine hashes as fast as that: the least that is safe is answered, and that it takes longer is said.
    said = doorward("password", "calibrate", "--target", "1ms", "--memory", "19", "--json")
    assert said.code == 0
    found = said.document["settings"]
    assert found["DOORWARD_PASSWORD_HASHING__ARGON2_MEMORY_KIB"] == str(19 * 1024)
    assert "for the least cost that is safe; go no lower." in said.err
    assert read_settings(found)
    for_people = doorward("password", "calibrate", "--target", "1ms", "--memory", "19")
    assert [line.partition("=")[0] for line in for_people.out.splitlines()] == list(found)
    assert "sign-ins a second for each core" in for_people.err
