"""The transports that reach nobody, and which of all the settings choose."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from pydantic import ValidationError

from doorward.infra.mailer.choose import build_mailer, transport_of
from doorward.infra.mailer.compose import compose
from doorward.infra.mailer.console import ConsoleMailer
from doorward.infra.mailer.file import FileMailer
from doorward.infra.mailer.mail import Mail, MailUnavailable
from doorward.infra.mailer.settings import MailSettings
from doorward.settings import SettingsError, read_settings


def mail(**fields: object) -> Mail:
    members = {
        "key": "k1",
        "sender_name": "Us",
        "sender_address": "us@example.com",
        "to": "ada@example.com",
        "subject": "Grüße",
        "text": "Hello.\n",
        "html": "<p>Hello.</p>",
        "locale": "en",
        "written_at": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    }
    return Mail(**(members | fields))  # type: ignore[arg-type]  # the tests name the fields


async def test_writes_files_that_only_their_owner_reads(tmp_path: Path) -> None:
    await FileMailer(tmp_path / "mail").send(mail())
    (path,) = (tmp_path / "mail").iterdir()
    assert path.name == "20260102T030405-k1.eml"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    message = message_from_bytes(path.read_bytes(), policy=default)
    assert message["subject"] == "Grüße"
    assert message["message-id"] == "<k1@example.com>"
    assert [part.get_content_type() for part in message.walk()] == ["multipart/alternative", "text/plain", "text/html"]


async def test_says_when_the_folder_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("a file in the way")
    with pytest.raises(MailUnavailable):
        await FileMailer(tmp_path / "mail").send(mail())


async def test_prints_the_text(capsys: pytest.CaptureFixture[str]) -> None:
    await ConsoleMailer().send(mail())
    said = capsys.readouterr()
    assert "ada@example.com" in said.err
    assert "Hello." in said.err
    assert said.out == ""


def test_composes_the_same_mail_to_the_byte() -> None:
    assert bytes(compose(mail())) == bytes(compose(mail()))


@pytest.mark.parametrize("field", ["subject", "to", "sender_name"])
def test_lets_nobody_add_headers(field: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        bytes(compose(mail(**{field: "x@example.com\r\nBcc: eve@example.com"})))


def test_shows_none_of_its_content_in_a_log() -> None:
    assert "Hello" not in repr(mail())


@pytest.mark.parametrize(
    ("fields", "transport"),
    [
        ({}, "off"),
        ({"host": "smtp.example.com"}, "smtp"),
        ({"folder": Path("mail")}, "file"),
        ({"host": "smtp.example.com", "folder": Path("mail")}, "smtp"),
        ({"host": "smtp.example.com", "transport": "off"}, "off"),
        ({"transport": "console"}, "console"),
    ],
)
def test_chooses_a_transport(fields: dict[str, object], transport: str) -> None:
    settings = MailSettings(**fields)  # type: ignore[arg-type]  # as above
    assert transport_of(settings) == transport
    assert (build_mailer(settings) is None) == (transport == "off")


@pytest.mark.parametrize(
    "fields",
    [
        {"from_address": "Us <us@example.com>"},
        {"from_address": "us@example.com\nBcc: x@example.com"},
        {"from_name": "Us\r\nBcc: x"},
        {"link_url": "https://app.example.com/"},
        {"link_url": "javascript:{token}"},
    ],
)
def test_refuses_settings_that_would_break_mail(fields: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        MailSettings(**fields)  # type: ignore[arg-type]  # as above


def test_puts_mail_into_the_data_folder_in_development(tmp_path: Path) -> None:
    settings = read_settings({"DOORWARD_DATA_DIR": str(tmp_path)})
    assert settings.section(MailSettings).folder == tmp_path / "mail"
    secret = "a secret of more than thirty-two characters"
    production = read_settings({"DOORWARD_MODE": "production", "DOORWARD_SECRETS": secret})
    assert transport_of(production.section(MailSettings)) == "off"


def test_asks_for_the_server_where_smtp_is_wanted() -> None:
    with pytest.raises(SettingsError, match="DOORWARD_MAIL__HOST is missing"):
        read_settings({"DOORWARD_MAIL__TRANSPORT": "smtp"})
