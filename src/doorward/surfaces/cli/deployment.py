"""What does not belong in production, read from the settings alone, each with its remedy. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple
from urllib.parse import parse_qs, urlsplit

from doorward.domain.access.settings import TokensSettings
from doorward.domain.setup.settings import BootstrapAdminSettings
from doorward.http.settings import HttpSettings, ServerSettings
from doorward.infra.crypto.hashing import HashingSettings
from doorward.infra.crypto.hashing.calibrate import MEMORY_FLOOR_KIB, TIME_FLOOR
from doorward.infra.database.connect import name_of, readable_parts
from doorward.infra.database.settings import DatabaseSettings
from doorward.infra.mailer.choose import transport_of
from doorward.infra.mailer.settings import MailSettings
from doorward.infra.telemetry.settings import LogSettings, MetricsSettings
from doorward.settings import Settings

_BCRYPT_FLOOR: Final = 10
_PGBOUNCER_PORT: Final = 6432
_LOCAL: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class Advice(NamedTuple):
    """One thing that does not belong in production. must: whether it has to change. setting: the variable to change."""

    must: bool
    setting: str
    finding: str
    remedy: str


def _must(setting: str, finding: str, remedy: str) -> Advice:
    return Advice(must=True, setting=setting, finding=finding, remedy=remedy)


def _should(setting: str, finding: str, remedy: str) -> Advice:
    return Advice(must=False, setting=setting, finding=finding, remedy=remedy)


def advise(settings: Settings) -> Iterator[Advice]:
    """Everything that does not belong in production."""
    yield from _installation(settings)
    yield from _address(settings)
    yield from _database(settings)
    yield from _server(settings)
    yield from _telling(settings)
    yield from _mail(settings)


def _installation(settings: Settings) -> Iterator[Advice]:
    if not settings.is_production:
        yield _must(
            "DOORWARD_MODE",
            "Development mode makes its own secret and shows what it should not.",
            "Set DOORWARD_MODE=production.",
        )
    if settings.root.secrets is None:
        yield _must(
            "DOORWARD_SECRETS",
            "There is no secret of this installation's own keeping.",
            "Make one with `openssl rand -base64 48`, and set DOORWARD_SECRETS or DOORWARD_SECRETS_FILE.",
        )
    if settings.section(BootstrapAdminSettings).password is not None:
        yield _should(
            "DOORWARD_BOOTSTRAP_ADMIN__PASSWORD",
            "The first administrator's password stands in the environment and is of no use once there is one.",
            "Take DOORWARD_BOOTSTRAP_ADMIN__PASSWORD away after the first start.",
        )
    hashing = settings.section(HashingSettings)
    if hashing.scheme == "bcrypt":
        if hashing.bcrypt_cost < _BCRYPT_FLOOR:
            yield _must(
                "DOORWARD_PASSWORD_HASHING__BCRYPT_COST",
                f"A bcrypt cost of {hashing.bcrypt_cost} is guessed at too quickly.",
                f"Set it to 12, and never below {_BCRYPT_FLOOR}.",
            )
    elif hashing.argon2_memory_kib * hashing.argon2_time < MEMORY_FLOOR_KIB * TIME_FLOOR:
        yield _must(
            "DOORWARD_PASSWORD_HASHING__ARGON2_MEMORY_KIB",
            "Password hashes of this cost are guessed at too quickly.",
            f"Set at least {MEMORY_FLOOR_KIB} KiB and {TIME_FLOOR} passes; `doorward password calibrate` finds more.",
        )


def _address(settings: Settings) -> Iterator[Advice]:
    issuer = settings.section(TokensSettings).issuer
    if "tokens.issuer" not in settings.sources:
        yield _must(
            "DOORWARD_TOKENS__ISSUER",
            "Nobody said under which address people reach this installation.",
            "Set DOORWARD_TOKENS__ISSUER, such as https://id.example.com.",
        )
    elif urlsplit(issuer).scheme != "https":
        yield _must(
            "DOORWARD_TOKENS__ISSUER",
            "Passwords and tokens would travel unencrypted: the issuer is not an https address.",
            "Put a proxy with a certificate in front and set DOORWARD_TOKENS__ISSUER to its https address.",
        )
    http = settings.section(HttpSettings)
    if not http.allowed_hosts:
        yield _should(
            "DOORWARD_HTTP__ALLOWED_HOSTS",
            "Requests may name any host.",
            "Set DOORWARD_HTTP__ALLOWED_HOSTS to the host names that people use.",
        )
    if not http.trusted_proxies and issuer.startswith("https:"):
        yield _should(
            "DOORWARD_HTTP__TRUSTED_PROXIES",
            "No proxy is believed, so the log and the lists of sessions show the proxy's address for everybody.",
            "Set DOORWARD_HTTP__TRUSTED_PROXIES to the addresses of the proxies in front.",
        )
    if any(origin.startswith("http:") and urlsplit(origin).hostname not in _LOCAL for origin in http.cors_origins):
        yield _should(
            "DOORWARD_HTTP__CORS_ORIGINS",
            "Scripts of an origin without encryption may call the API.",
            "Name https origins only in DOORWARD_HTTP__CORS_ORIGINS.",
        )


def _database(settings: Settings) -> Iterator[Advice]:
    database = settings.section(DatabaseSettings)
    is_sqlite = not database.url or name_of(database.url) == "sqlite"
    if is_sqlite:
        if settings.section(ServerSettings).workers > 1:
            yield _must(
                "DATABASE_URL",
                "Several server processes need PostgreSQL: SQLite has one writer.",
                "Set DATABASE_URL, or DOORWARD_SERVER__WORKERS=1.",
            )
        if database.synchronous == "normal":
            yield _should(
                "DOORWARD_DATABASE__SYNCHRONOUS",
                "A power cut may lose the last acknowledged changes.",
                "Set DOORWARD_DATABASE__SYNCHRONOUS=full.",
            )
    else:
        yield from _postgres(database)
    if database.auto_migrate:
        yield _should(
            "DOORWARD_DATABASE__AUTO_MIGRATE",
            "Each start may change the schema, also one by mistake.",
            "Unset DOORWARD_DATABASE__AUTO_MIGRATE and run `doorward migrate` before a new version starts.",
        )


def _postgres(database: DatabaseSettings) -> Iterator[Advice]:
    parts = readable_parts(database.url)
    if parts is None:
        return
    host = parts.hostname or ""
    options = parse_qs(parts.query)
    if database.prepared_statements and (parts.port == _PGBOUNCER_PORT or "pgbouncer" in host):
        yield _should(
            "DOORWARD_DATABASE__PREPARED_STATEMENTS",
            "This looks like PgBouncer, which in transaction mode cannot keep prepared statements.",
            "Set DOORWARD_DATABASE__PREPARED_STATEMENTS=false if it runs in that mode.",
        )
    modes = options.get("sslmode", [""])
    is_local = not host or host in _LOCAL or "host" in options
    if not is_local and modes[0] not in {"require", "verify-ca", "verify-full"}:
        yield _should(
            "DATABASE_URL",
            "The connection to the database may be unencrypted.",
            "Add ?sslmode=verify-full to DATABASE_URL, or =require where its certificate cannot be checked.",
        )


def _server(settings: Settings) -> Iterator[Advice]:
    if settings.section(ServerSettings).drain_delay_seconds == 0:
        yield _should(
            "DOORWARD_SERVER__DRAIN_DELAY_SECONDS",
            "At its end a server stops accepting at once, before a load balancer has turned away.",
            "Set DOORWARD_SERVER__DRAIN_DELAY_SECONDS to a little more than the load balancer's interval of checks.",
        )


def _telling(settings: Settings) -> Iterator[Advice]:
    metrics = settings.section(MetricsSettings)
    if metrics.access == "auto" and metrics.token is None and metrics.port is None:
        yield _should(
            "DOORWARD_METRICS__TOKEN",
            "/metrics answers nobody in production without a token.",
            "Set DOORWARD_METRICS__TOKEN, and have the scraper send it.",
        )
    if metrics.access == "open" and metrics.port is None:
        yield _should(
            "DOORWARD_METRICS__ACCESS",
            "/metrics tells everybody who can reach the service how it is used.",
            "Set DOORWARD_METRICS__TOKEN and unset DOORWARD_METRICS__ACCESS, or give /metrics a port of its own.",
        )
    if settings.section(LogSettings).level == "DEBUG" or settings.section(DatabaseSettings).log_queries:
        yield _should(
            "DOORWARD_LOG__LEVEL",
            "The log tells more than operation needs, and costs time.",
            "Unset DOORWARD_LOG__LEVEL and DOORWARD_DATABASE__LOG_QUERIES.",
        )


def _mail(settings: Settings) -> Iterator[Advice]:
    mail = settings.section(MailSettings)
    transport = transport_of(mail)
    if transport != "smtp":
        yield _must(
            "DOORWARD_MAIL__HOST",
            "Mail is not set up: nobody can recover an account, verify an address or be warned."
            if transport == "off"
            else f"Mail goes to the {'folder' if transport == 'file' else 'console'} and reaches nobody; whoever reads it there can open accounts.",
            "Set DOORWARD_MAIL__HOST to an SMTP server, with DOORWARD_MAIL__USERNAME and DOORWARD_MAIL__PASSWORD_FILE.",
        )
        return
    if mail.from_address is None:
        yield _should(
            "DOORWARD_MAIL__FROM_ADDRESS",
            "Mail comes from no-reply at the issuer's host, which a mail server may refuse.",
            "Set DOORWARD_MAIL__FROM_ADDRESS to an address that the server sends for.",
        )
    if mail.security == "none" and mail.host not in _LOCAL:
        yield _must(
            "DOORWARD_MAIL__SECURITY",
            "Mail travels unencrypted to the mail server, with links in it that open accounts.",
            "Set DOORWARD_MAIL__SECURITY to starttls or tls.",
        )
