"""`doorward check`: everything at once, and what does not belong in production."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from doorward.places import data_folder
from doorward.settings import SettingsError, read_settings
from doorward.surfaces.cli.deployment import advise
from doorward.surfaces.cli.program import run

SECRET = "a secret that serves in tests and nowhere else"
# An installation that nothing is to be said against.
SOUND = {
    "DOORWARD_MODE": "production",
    "DOORWARD_SECRETS": SECRET,
    "DATABASE_URL": "postgresql://app:geheim@db.example.com/doorward?sslmode=verify-full",
    "DOORWARD_TOKENS__ISSUER": "https://id.example.com",
    "DOORWARD_HTTP__ALLOWED_HOSTS": "id.example.com",
    "DOORWARD_HTTP__TRUSTED_PROXIES": "10.0.0.0/8",
    "DOORWARD_SERVER__DRAIN_DELAY_SECONDS": "5",
    "DOORWARD_METRICS__TOKEN": "a token for the scraper",
    "DOORWARD_MAIL__HOST": "smtp.example.com",
    "DOORWARD_MAIL__FROM_ADDRESS": "no-reply@example.com",
}


def found(**changed: str | None) -> list[tuple[str, str]]:
    environment = {name: value for name, value in (SOUND | changed).items() if value is not None}
    return [("must" if each.must else "should", each.setting) for each in advise(read_settings(environment))]


def test_says_nothing_of_a_sound_installation() -> None:
    assert found() == []


@pytest.mark.parametrize(
    ("changed", "advice"),
    [
        ({"DOORWARD_MODE": None}, ("must", "DOORWARD_MODE")),
        ({"DOORWARD_MODE": "development", "DOORWARD_SECRETS": None}, ("must", "DOORWARD_SECRETS")),
        ({"DOORWARD_TOKENS__ISSUER": None}, ("must", "DOORWARD_TOKENS__ISSUER")),
        ({"DOORWARD_TOKENS__ISSUER": "http://id.example.com"}, ("must", "DOORWARD_TOKENS__ISSUER")),
        ({"DATABASE_URL": None, "DOORWARD_SERVER__WORKERS": "2"}, ("must", "DATABASE_URL")),
        ({"DOORWARD_PASSWORD_HASHING__ARGON2_TIME": "1"}, ("must", "DOORWARD_PASSWORD_HASHING__ARGON2_MEMORY_KIB")),
        (
            {"DOORWARD_PASSWORD_HASHING__SCHEME": "bcrypt", "DOORWARD_PASSWORD_HASHING__BCRYPT_COST": "9"},
            ("must", "DOORWARD_PASSWORD_HASHING__BCRYPT_COST"),
        ),
        ({"DOORWARD_HTTP__ALLOWED_HOSTS": None}, ("should", "DOORWARD_HTTP__ALLOWED_HOSTS")),
        ({"DOORWARD_HTTP__TRUSTED_PROXIES": None}, ("should", "DOORWARD_HTTP__TRUSTED_PROXIES")),
        ({"DOORWARD_HTTP__CORS_ORIGINS": "http://app.example.com"}, ("should", "DOORWARD_HTTP__CORS_ORIGINS")),
        ({"DOORWARD_SERVER__DRAIN_DELAY_SECONDS": None}, ("should", "DOORWARD_SERVER__DRAIN_DELAY_SECONDS")),
        ({"DOORWARD_METRICS__TOKEN": None}, ("should", "DOORWARD_METRICS__TOKEN")),
        ({"DOORWARD_MAIL__HOST": None}, ("must", "DOORWARD_MAIL__HOST")),
        ({"DOORWARD_MAIL__TRANSPORT": "console"}, ("must", "DOORWARD_MAIL__HOST")),
        ({"DOORWARD_MAIL__FROM_ADDRESS": None}, ("should", "DOORWARD_MAIL__FROM_ADDRESS")),
        ({"DOORWARD_MAIL__SECURITY": "none"}, ("must", "DOORWARD_MAIL__SECURITY")),
        ({"DOORWARD_LOG__LEVEL": "DEBUG"}, ("should", "DOORWARD_LOG__LEVEL")),
        ({"DOORWARD_DATABASE__AUTO_MIGRATE": "true"}, ("should", "DOORWARD_DATABASE__AUTO_MIGRATE")),
        ({"DATABASE_URL": "postgresql://db.example.com/doorward"}, ("should", "DATABASE_URL")),
        (
            {"DATABASE_URL": "postgresql://localhost:6432/doorward"},
            ("should", "DOORWARD_DATABASE__PREPARED_STATEMENTS"),
        ),
        (
            {"DATABASE_URL": None, "DOORWARD_DATABASE__SYNCHRONOUS": "normal"},
            ("should", "DOORWARD_DATABASE__SYNCHRONOUS"),
        ),
        (
            {
                "DOORWARD_BOOTSTRAP_ADMIN__EMAIL": "root@example.com",
                "DOORWARD_BOOTSTRAP_ADMIN__PASSWORD": "correct staple battery 9",
            },
            ("should", "DOORWARD_BOOTSTRAP_ADMIN__PASSWORD"),
        ),
    ],
    ids=lambda value: ",".join(value) if isinstance(value, dict) else None,
)
def test_finds_what_does_not_belong_in_production(changed: dict[str, str | None], advice: tuple[str, str]) -> None:
    assert advice in found(**changed)


def test_must_fails_and_should_does_not(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for name, value in SOUND.items():
        monkeypatch.setenv(name, value)
    assert run(["check", "--deploy"]) == 0
    assert capsys.readouterr().out == "The settings are in order.\n"
    monkeypatch.delenv("DOORWARD_METRICS__TOKEN")
    assert run(["check", "--deploy"]) == 0
    assert capsys.readouterr().out.startswith("should  /metrics answers nobody in production without a token.")
    assert run(["check"]) == 0
    capsys.readouterr()
    monkeypatch.setenv("DOORWARD_MODE", "development")
    assert run(["check", "--deploy"]) == 1
    said = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in said] == ["must", "should"]
    assert run(["check"]) == 0


def test_says_all_that_is_wrong(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("DOORWARD_SERVR__PORT", "1")
    monkeypatch.setenv("DOORWARD_SERVER__WORKERS", "none")
    monkeypatch.setenv("DATABASE_URL", "mysql://root:geheim@localhost/x")
    assert run(["check"]) == 1
    said = capsys.readouterr().out
    assert [line.split()[1] for line in said.splitlines()] == [
        "DOORWARD_SERVR__PORT",
        "DOORWARD_SERVER__WORKERS",
        "DATABASE_URL",
    ]
    assert "geheim" not in said


@pytest.mark.parametrize(
    ("given", "near"),
    [
        ("DOORWARD_PASSWORD__SCHEME", "DOORWARD_PASSWORD_HASHING__SCHEME"),
        ("DOORWARD_LOG_LEVEL", "DOORWARD_LOG__LEVEL"),
        ("DOORWARD_BOOTSTRAP_EMAIL", "DOORWARD_BOOTSTRAP_ADMIN__EMAIL"),
        ("DOORWARD_SECRET_FILE", "DOORWARD_SECRETS_FILE"),
        ("DOORWARD_PORT", "PORT"),
    ],
)
def test_names_the_setting_that_was_probably_meant(given: str, near: str) -> None:
    with pytest.raises(SettingsError) as raised:
        read_settings({given: "12"})
    assert f"{given} is not a setting. Did you mean {near}?" in raised.value.lines


def test_names_none_where_none_is_near() -> None:
    with pytest.raises(SettingsError, match="`doorward config show` lists all that there are"):
        read_settings({"DOORWARD_FOO": "12"})


def test_makes_a_data_folder_that_is_its_owners_alone(tmp_path: Path) -> None:
    folder = data_folder(read_settings({"DOORWARD_DATA_DIR": str(tmp_path / "data")}))
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
