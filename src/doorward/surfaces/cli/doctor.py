"""`doorward doctor`: looks at every part of the installation, and says what ails it and what to do."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal, NamedTuple

import typer

from doorward.surfaces.cli.arguments import AsJson
from doorward.surfaces.cli.run import log_to_terminal
from doorward.surfaces.cli.show import print_json, print_line, text

if TYPE_CHECKING:
    from doorward.infra.database.driver import Database
    from doorward.infra.database.explain import Plan
    from doorward.infra.database.statement import Command
    from doorward.infra.tools import Tools
    from doorward.settings import Settings

_GIB: Final = 1024**3
_LITTLE_SPACE: Final = 1 * _GIB
_NO_SPACE: Final = _GIB // 10
_SLOW_SECONDS: Final = 0.02
_CLOCK_SECONDS: Final = 2.0
_CLOCK_WRONG_SECONDS: Final = 30.0
_MAIL_SECONDS: Final = 5.0
_REPLICA_SECONDS: Final = 3.0
_LARGE_TABLE: Final = 10_000
_LATE: Final = timedelta(minutes=5)


class Finding(NamedTuple):
    """One part and how it is. remedy: what to do about it; empty where all is well."""

    part: str
    state: Literal["ok", "warning", "failed"]
    finding: str
    remedy: str = ""


def doctor(
    *,
    queries: Annotated[
        bool,
        typer.Option("--queries", help="Instead, ask the database how it would run each of the hot queries."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Look at every part: settings, data folder, disk, database, schema, clock, keys, worker, Redis, mail.

    Changes nothing. The exit code is 1 when a part failed; a warning does not change it. With --queries it fails when a
    table would be read from end to end.
    """
    findings = asyncio.run(_collect_queries() if queries else _collect())
    has_failed = any(each.state == "failed" for each in findings)
    if as_json:
        print_json({"ok": not has_failed, "items": [each._asdict() for each in findings]})
    else:
        for each in findings:
            print_line(f"{each.state:7}  {each.part:11}  {text(each.finding)}")
            if each.remedy:
                print_line(f"{'':7}  {'':11}  {each.remedy}")
    if has_failed:
        raise typer.Exit(1)


async def _collect() -> list[Finding]:
    from doorward.settings import SettingsError, read_settings

    try:
        settings = read_settings()
    except SettingsError as error:
        # Nothing else can be found before these are mended.
        return [
            Finding("settings", "failed", line, "`doorward config show` lists all settings.") for line in error.lines
        ]
    # What the parts log is for people too, and stands beside the findings.
    logs = log_to_terminal(settings)
    try:
        return [
            Finding("settings", "ok", f"{settings.root.mode}, {len(settings.sources)} set"),
            *_files(settings),
            *[finding async for finding in _database(settings)],
            *await _redis(settings),
            *await _mail(settings),
        ]
    finally:
        logs.close()


def _files(settings: Settings) -> list[Finding]:
    from doorward.infra.database.connect import name_of, sqlite_path
    from doorward.infra.database.settings import DatabaseSettings
    from doorward.places import data_folder
    from doorward.settings import SettingsError

    url = settings.section(DatabaseSettings).url
    if url and settings.root.secrets is not None:
        if name_of(url) != "sqlite":
            return [Finding("data folder", "ok", "not needed: database and secret are elsewhere")]
        return [_space(sqlite_path(url).parent)]
    try:
        folder = data_folder(settings)
    except SettingsError as error:
        return [_failed("data folder", error.lines[0], "Name a folder that can be written by DOORWARD_DATA_DIR.")]
    return [Finding("data folder", "ok", f"{folder} can be written"), _space(folder)]


def _failed(part: str, said: str, remedy: str = "") -> Finding:
    """What failed, from words that say what is wrong in one sentence and mostly what to do in the next. remedy: if they do not."""
    finding, _, further = said.partition(". ")
    otherwise = remedy or "See to the database and to what DATABASE_URL says; `doorward config show` shows it."
    return Finding(part, "failed", finding.rstrip("."), further or otherwise)


def _space(folder: Path) -> Finding:
    usage = shutil.disk_usage(folder)
    said = f"{usage.free / _GIB:.1f} of {usage.total / _GIB:.1f} GiB free"
    if usage.free < _NO_SPACE:
        return Finding("disk", "failed", said, "Make room at once: changes are refused when the disk is full.")
    if usage.free < _LITTLE_SPACE:
        return Finding("disk", "warning", said, "Make room before changes are refused.")
    return Finding("disk", "ok", said)


async def _database(settings: Settings) -> AsyncIterator[Finding]:
    from doorward.app import build_tools
    from doorward.infra.database.base import metadata
    from doorward.infra.database.connect import open_database
    from doorward.infra.database.examine import examine
    from doorward.infra.database.problems import DatabaseUnavailable
    from doorward.infra.database.settings import DatabaseSettings
    from doorward.places import database_name, database_url, sealing_secrets
    from doorward.settings import SettingsError
    from doorward.surfaces.cli.failures import explain_database, explain_problem

    name = database_name(settings)
    try:
        secrets = sealing_secrets(settings)
        database = open_database(database_url(settings), settings.section(DatabaseSettings), metadata)
    except SettingsError as error:
        yield _failed("database", error.lines[0])
        return
    except DatabaseUnavailable as problem:
        yield _failed("database", explain_database(problem))
        return
    try:
        try:
            examined = await examine(database)
        except DatabaseUnavailable as problem:
            yield _failed("database", explain_database(problem))
            return
        milliseconds = f"{examined.round_trip_seconds * 1000:.1f} ms for a statement"
        yield Finding(
            "database",
            "ok" if examined.round_trip_seconds < _SLOW_SECONDS else "warning",
            f"{name}: version {examined.version}, {milliseconds}",
            "" if examined.round_trip_seconds < _SLOW_SECONDS else "Bring server and database nearer to each other.",
        )
        yield _clock(examined.clock_ahead_seconds)
        for finding in await _replica(settings, database):
            yield finding
        schema = await _schema(database)
        yield schema
        if schema.state == "failed":
            return
        tools = build_tools(database, secrets, settings.sections)
        try:
            yield await _signing_key(tools)
            yield await _secrets(tools)
            yield await _worker(tools)
        finally:
            tools.hashing.close()
    except DatabaseUnavailable as problem:
        yield _failed("database", explain_problem(problem)[0])
    finally:
        await database.close()


async def _replica(settings: Settings, database: Database) -> list[Finding]:
    """The read replica, where one is set."""
    from doorward.app import open_replica
    from doorward.infra.database.replica import Replica
    from doorward.infra.database.settings import DatabaseSettings

    opened = open_replica(settings)
    if opened is None:
        return []
    most = settings.section(DatabaseSettings).replica_lag_seconds
    replica = Replica(database, opened, lag_seconds=most)
    try:
        await replica.wait(_REPLICA_SECONDS)
    finally:
        await opened.close()
    meanwhile = "Until then the primary answers everything."
    match replica.state:
        case "ok":
            return [Finding("replica", "ok", "it shows what is written within a moment")]
        case "behind":
            remedy = f"See to its load and its network, or raise DOORWARD_DATABASE__REPLICA_LAG_SECONDS. {meanwhile}"
            return [Finding("replica", "warning", "it did not show in time what is written now", remedy)]
        case "away":
            remedy = f"Start it, or mend DATABASE_REPLICA_URL. {meanwhile}"
            return [Finding("replica", "warning", "it does not answer, or not with its position in the log", remedy)]
        case _:
            remedy = f"Let DATABASE_REPLICA_URL name a streaming replica of the server in DATABASE_URL. {meanwhile}"
            return [Finding("replica", "warning", "it is no replica of this database", remedy)]


async def _redis(settings: Settings) -> list[Finding]:
    """Redis or Valkey, where an address is set."""
    from doorward.infra.limits.limiter import StoreAway
    from doorward.infra.limits.rate import Rate
    from doorward.infra.limits.settings import RateLimitSettings

    url = settings.section(RateLimitSettings).redis_url
    if url is None:
        return []
    from doorward.infra.limits.redis import RedisCounts

    counts = RedisCounts(url.get_secret_value())
    try:
        await counts.take("doctor", Rate(1000, 1))
    except StoreAway:
        remedy = "Start it, or mend its address and password. Until then each process limits requests by itself."
        return [Finding("redis", "warning", "it does not answer", remedy)]
    finally:
        await counts.close()
    return [Finding("redis", "ok", "it answers, and counts")]


async def _mail(settings: Settings) -> list[Finding]:
    """The mail server, where one is set: whether it greets. No message is sent."""
    from doorward.infra.mailer.choose import transport_of
    from doorward.infra.mailer.settings import MailSettings

    mail = settings.section(MailSettings)
    if transport_of(mail) != "smtp" or mail.host is None:
        return []
    port = mail.port or {"starttls": 587, "tls": 465, "none": 25}[mail.security]
    try:
        async with asyncio.timeout(_MAIL_SECONDS):
            reader, writer = await asyncio.open_connection(mail.host, port, ssl=mail.security == "tls" or None)
            greeting = await reader.readline()
            writer.close()
    except (OSError, TimeoutError) as error:
        remedy = "See to the server, or to DOORWARD_MAIL__HOST, __PORT and __SECURITY. Mail waits meanwhile."
        return [Finding("mail", "failed", f"{mail.host}:{port} does not answer ({type(error).__name__})", remedy)]
    if not greeting.startswith(b"220"):
        return [Finding("mail", "failed", f"{mail.host}:{port} is no SMTP server", "Mend DOORWARD_MAIL__PORT.")]
    return [Finding("mail", "ok", f"{mail.host}:{port} greets")]


async def _collect_queries() -> list[Finding]:
    """The plan of every hot query."""
    from doorward.app import opened
    from doorward.hot_queries import HOT_QUERIES
    from doorward.settings import SettingsError, read_settings

    try:
        async with opened(read_settings()) as tools:
            return [await _query(tools, name, query) for name, query in HOT_QUERIES.items()]
    except SettingsError as error:
        return [_failed("settings", line) for line in error.lines]


async def _query(tools: Tools, name: str, query: Command) -> Finding:
    from doorward.infra.database.base import metadata
    from doorward.infra.database.dialect import estimated_rows
    from doorward.infra.database.explain import explain
    from doorward.infra.database.statement import Query
    from doorward.kernel.actor import operator

    database = tools.database
    statement = query.on(database.name)
    plan = await explain(database, statement, small=True)
    if plan.scanned:
        return _scan(name, plan)
    # As the database would do it now: with wrong statistics it may prefer to read a large table from end to end.
    plan = await explain(database, statement)
    for table in plan.scanned:
        async with tools.reading(operator()) as tx:
            rows = await tx.db.first(Query(estimated_rows(metadata.tables[table]), tuple[int]))
        if rows is not None and rows[0] > _LARGE_TABLE:
            return _scan(name, plan)
    return Finding(name, "ok", "by index")


def _scan(name: str, plan: Plan) -> Finding:
    remedy = "Run `doorward migrate`, then ANALYZE. If it stays: " + "; ".join(line.strip() for line in plan.lines)
    return Finding(name, "failed", f"reads {', '.join(plan.scanned)} from end to end", remedy)


def _clock(ahead: float) -> Finding:
    said = f"the database's clock differs by {abs(ahead):.1f} s"
    if abs(ahead) < _CLOCK_SECONDS:
        return Finding("clock", "ok", said)
    remedy = "Have both machines set their clocks over the network (NTP)."
    return Finding("clock", "failed" if abs(ahead) > _CLOCK_WRONG_SECONDS else "warning", said, remedy)


async def _schema(database: Database) -> Finding:
    from doorward.infra.database.migrate import current, newest

    revision, wanted = await current(database), newest()
    if revision is None:
        return Finding("schema", "failed", "the database is empty", "Run `doorward migrate`.")
    if revision < wanted:
        return Finding(
            "schema", "failed", f"at revision {revision}, and this version needs {wanted}", "Run `doorward migrate`."
        )
    return Finding("schema", "ok", f"at revision {revision}")


async def _secrets(tools: Tools) -> Finding:
    """Whether everything that lasts opens, and with which of the secrets."""
    from doorward.domain.sealed.reseal import uses
    from doorward.kernel.actor import operator

    async with tools.reading(operator()) as tx:
        found = await uses(tx)
    first, *others = ((each.place, sum(each.lasting.values())) for each in found)
    unknown = sum(number for place, number in others if place is None)
    earlier = sum(number for place, number in others if place is not None)
    if unknown:
        said = f"{unknown:,} credentials and signing keys open with none of them"
        return Finding("secrets", "failed", said, "Put the missing one back into DOORWARD_SECRETS, after the first.")
    if earlier:
        said = f"{earlier:,} credentials and signing keys open with an earlier one only"
        remedy = (
            "Once every server has the new one first, run `doorward secret reseal`; then take the earlier one away."
        )
        return Finding("secrets", "warning", said, remedy)
    return Finding("secrets", "ok", f"{first[1]:,} credentials and signing keys open with the first")


async def _signing_key(tools: Tools) -> Finding:
    from doorward.domain.keys.ring import check_keys_open
    from doorward.domain.keys.rotate import list_keys
    from doorward.infra.crypto.sealing import SealBroken
    from doorward.kernel.actor import operator

    async with tools.reading(operator()) as tx:
        keys = await list_keys(tx)
        now = tx.now
    if not keys:
        return Finding("signing key", "warning", "there is none yet", "The first `doorward serve` makes one.")
    try:
        await check_keys_open(tools)
    except SealBroken as error:
        return _failed("signing key", str(error))
    signing = max((key.active_from for key in keys if key.active_from <= now), default=None)
    if signing is None:
        return Finding(
            "signing key", "warning", "none signs yet: all are announced only", "See to the clock of this machine."
        )
    return Finding("signing key", "ok", f"{len(keys)} open with the secret; one signs since {text(signing)}")


async def _worker(tools: Tools) -> Finding:
    from doorward.infra.outbox.backlog import dead_jobs, waiting_jobs
    from doorward.kernel.actor import operator

    async with tools.reading(operator()) as tx:
        waiting, dead = await waiting_jobs(tx.db, tx.now), await dead_jobs(tx.db)
        late = waiting.since is not None and tx.now - waiting.since > _LATE
    said = f"{waiting.number} jobs wait, {dead.number} were given up"
    if dead.number:
        return Finding("worker", "warning", f"{said}, such as {dead.kind}", "The log says why: look for 'job failed'.")
    if late:
        return Finding(
            "worker",
            "warning",
            f"{said}; the oldest since {text(waiting.since)}",
            "Run `doorward serve` or `doorward worker`; more workers if one runs.",
        )
    return Finding("worker", "ok", said)
