"""The settings of one installation: read from the environment once, every mistake reported together.

`DOORWARD_` and the section's name and the field's, joined by `__`: `DOORWARD_DATABASE__POOL_SIZE=20`. With `_FILE` at the
end the value is the content of the named file. `DATABASE_URL`, `DATABASE_REPLICA_URL`, `REDIS_URL`,
`PORT`, `OTEL_EXPORTER_OTLP_ENDPOINT` and `SENTRY_DSN` are honored as they are.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import UnionType
from typing import Any, Final, Literal, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, Field, SecretStr, ValidationError, create_model
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from doorward.domain.access.settings import TokensSettings
from doorward.features import FEATURES
from doorward.http.settings import HttpSettings, ServerSettings
from doorward.infra.backup.settings import BackupSettings
from doorward.infra.database.connect import AddressError, check_address, name_of
from doorward.infra.database.settings import DatabaseSettings
from doorward.infra.geoip import GeoipSettings
from doorward.infra.http_client.settings import HttpClientSettings
from doorward.infra.limits.settings import RateLimitSettings
from doorward.infra.mailer.settings import MailSettings
from doorward.infra.outbox.settings import WorkerSettings
from doorward.infra.telemetry.settings import LogSettings, MetricsSettings, SentrySettings, TracingSettings

PREFIX: Final = "DOORWARD_"
_SEPARATOR: Final = "__"
_FILE: Final = "_FILE"
# Variables that platforms set under names of their own.
_ALIASES: Final = {
    "DATABASE_URL": "DOORWARD_DATABASE__URL",
    "DATABASE_REPLICA_URL": "DOORWARD_DATABASE__REPLICA_URL",
    "PORT": "DOORWARD_SERVER__PORT",
    "REDIS_URL": "DOORWARD_RATE_LIMITS__REDIS_URL",
    "OTEL_EXPORTER_OTLP_ENDPOINT": "DOORWARD_TRACING__ENDPOINT",
    "SENTRY_DSN": "DOORWARD_SENTRY__DSN",
}
# Libraries that a setting needs and that come with an extra of the same name.
_EXTRAS: Final = {
    "tracing.endpoint": ("otel", "opentelemetry.exporter.otlp.proto.http"),
    "sentry.dsn": ("sentry", "sentry_sdk"),
    "geoip.database": ("geoip", "maxminddb"),
}
# Read by the tasks and not by Doorward itself.
_NOT_OURS: Final = frozenset({"DOORWARD_VENV", "DOORWARD_VECTORS"})
SHORTEST_SECRET: Final = 32
_LEAST_LIKENESS: Final = 0.6


Section = TypeVar("Section", bound=BaseModel)


class SettingsError(Exception):
    """The configuration cannot be used. lines: what is wrong, one sentence each."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


class Root(BaseSettings):
    """What belongs to no section."""

    model_config = SettingsConfigDict(extra="forbid", frozen=True)

    mode: Literal["development", "production"] = Field(
        default="development",
        description="`production` refuses to start without its secrets and never migrates by itself.",
    )
    data_dir: Path = Field(
        default=Path("data"), description="The folder for the SQLite file and, in development, the secret."
    )
    secrets: SecretStr | None = Field(
        default=None,
        description="What everything stored is sealed with: at least 32 random characters. Several, separated by commas, "
        "newest first, while one is being replaced. Development makes one and keeps it in the data folder.",
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what `read_settings` has gathered: it also knows where each value came from."""
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)


SECTIONS: Final[dict[str, type[BaseModel]]] = {
    "database": DatabaseSettings,
    "server": ServerSettings,
    "http": HttpSettings,
    "log": LogSettings,
    "metrics": MetricsSettings,
    "tracing": TracingSettings,
    "sentry": SentrySettings,
    "worker": WorkerSettings,
    "rate_limits": RateLimitSettings,
    "http_client": HttpClientSettings,
    "mail": MailSettings,
    "geoip": GeoipSettings,
    "backup": BackupSettings,
    **{name: section for feature in FEATURES for name, section in feature.settings.items()},
}

_Model: Final[type[Root]] = create_model(
    "Settings",
    __base__=Root,
    **{name: (section, Field(default_factory=section)) for name, section in SECTIONS.items()},  # type: ignore[call-overload]
)


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one installation. sources: by path, such as `database.pool_size`, the variable that set it."""

    root: Root
    sections: Mapping[type, BaseModel]
    sources: Mapping[str, str]

    def section(self, of: type[Section]) -> Section:
        """One section."""
        section = self.sections[of]
        if not isinstance(section, of):
            raise TypeError(f"the section of {of.__name__} is a {type(section).__name__}")
        return section

    @property
    def is_production(self) -> bool:
        """Whether this is no place for conveniences."""
        return self.root.mode == "production"


def variables() -> Iterator[tuple[str, str, FieldInfo]]:
    """Every setting: the variable that sets it, its path, and its field."""
    for name, field in Root.model_fields.items():
        yield f"{PREFIX}{name.upper()}", name, field
    for section, model in SECTIONS.items():
        for name, field in model.model_fields.items():
            yield f"{PREFIX}{section.upper()}{_SEPARATOR}{name.upper()}", f"{section}.{name}", field


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """The settings from the environment. Raises SettingsError with everything that is wrong."""
    given = os.environ if environment is None else environment
    known = {variable: (path, field) for variable, path, field in variables()}
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    wrong: list[str] = []
    for variable, (text, source) in sorted(_gather(given, known, wrong).items()):
        path, field = known[variable]
        sources[path] = source
        if text is None:
            continue
        section, _, name = path.rpartition(".")
        target = values.setdefault(section, {}) if section else values
        target[name] = _parts(text) if _is_list(field.annotation) else text
    try:
        root: Root | None = _Model(**values)
    except ValidationError as error:
        wrong.extend(_explain(error, sources))
        root = None
    wrong.extend(_contradictions(values, sources))
    wrong.extend(_missing_extras(sources))
    if wrong or root is None:
        raise SettingsError(wrong)
    sections: dict[type, Any] = {type_: getattr(root, name) for name, type_ in SECTIONS.items()}
    if "tokens.issuer" not in sources:
        # Where nobody said by which address others know us, it is where we listen.
        port = sections[ServerSettings].port
        sections[TokensSettings] = sections[TokensSettings].model_copy(update={"issuer": f"http://127.0.0.1:{port}"})
    if "mail.folder" not in sources and (root.mode == "development" or sections[MailSettings].transport == "file"):
        sections[MailSettings] = sections[MailSettings].model_copy(update={"folder": root.data_dir / "mail"})
    return Settings(root, sections, sources)


def _gather(given: Mapping[str, str], known: Mapping[str, Any], wrong: list[str]) -> dict[str, tuple[str | None, str]]:
    """By variable: its text, and the name it was really given under. What cannot be read is None, and added to `wrong`."""
    found: dict[str, tuple[str | None, str]] = {}
    for alias, variable in _ALIASES.items():
        if given.get(alias):
            found[variable] = (given[alias], alias)
    for name, text in sorted(given.items()):
        variable = name.upper()
        if not variable.startswith(PREFIX) or name in _NOT_OURS:
            continue
        if variable in known:
            found[variable] = (text, name)
        elif variable.endswith(_FILE) and variable.removesuffix(_FILE) in known:
            value = variable.removesuffix(_FILE)
            if found.get(value, ("", ""))[1].upper() == value:
                wrong.append(f"{name} and {value} are both given. Keep one of them.")
                continue
            found[value] = (_read_file(name, text, wrong), name)
        else:
            wrong.append(f"{name} is not a setting.{_nearest(variable, known)}")
    return found


def _read_file(name: str, path: str, wrong: list[str]) -> str | None:
    try:
        # Editors and `echo` end files with a line break that belongs to nobody's password.
        return Path(path).read_text(encoding="utf-8").removesuffix("\n").removesuffix("\r")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        wrong.append(f"{name} names a file that cannot be read: {reason} ({path}).")
    return None


def _nearest(variable: str, known: Mapping[str, Any]) -> str:
    names = (*_ALIASES, *known, *(f"{each}{_FILE}" for each in known))
    near = max(names, key=lambda each: _likeness(variable, each))
    if _likeness(variable, near) < _LEAST_LIKENESS:
        return " `doorward config show` lists all that there are."
    return f" Did you mean {near}?"


def _likeness(given: str, name: str) -> float:
    """From 0 to 1. How the field is called counts as much as the whole: the section is what people guess wrong."""
    field = name.rpartition(_SEPARATOR)[2].removeprefix(PREFIX)
    given, whole = (each.removeprefix(PREFIX).replace(_SEPARATOR, "_") for each in (given, name))
    pairs = ((given, whole), (given[-len(field) :], field))
    return sum(difflib.SequenceMatcher(None, *pair).ratio() for pair in pairs) / len(pairs)


def _parts(text: str) -> Any:
    """A list as people write it, with commas."""
    return [part.strip() for part in text.split(",") if part.strip()]


def _is_list(annotation: Any) -> bool:
    origin = get_origin(annotation)
    if origin in {Union, UnionType}:
        return any(_is_list(each) for each in get_args(annotation))
    return origin in {list, tuple, set, frozenset}


def _explain(error: ValidationError, sources: Mapping[str, str]) -> Iterator[str]:
    """What pydantic found, one sentence for each variable, without the value, which may be a secret."""
    for found in error.errors(include_input=False, include_url=False):
        path = ".".join(str(step) for step in found["loc"] if not isinstance(step, int))
        message = found["msg"].removeprefix("Value error, ").rstrip(".")
        yield f"{sources.get(path, path)} is not valid: {message[:1].lower()}{message[1:]}."


def _missing_extras(sources: Mapping[str, str]) -> Iterator[str]:
    for path, (extra, module) in _EXTRAS.items():
        if path in sources and not _is_installed(module):
            yield f"{sources[path]} needs the extra `{extra}`: pip install 'doorward[{extra}]'."


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # of what it stands in
        return False


def _contradictions(values: Mapping[str, Any], sources: Mapping[str, str]) -> Iterator[str]:
    """What only the settings together show. Looks at the texts as given, so that one mistake hides no other."""
    url = values.get("database", {}).get("url")
    if url:
        try:
            check_address(url)
        except AddressError as error:
            yield str(error).replace("DATABASE_URL", sources["database.url"])
    yield from _replica_contradictions(values.get("database", {}), sources)
    secrets = values.get("secrets")
    if "secrets" not in sources:
        if values.get("mode") == "production":
            yield (
                "DOORWARD_SECRETS is missing, and production does not make one. Make it with "
                "`openssl rand -base64 48` and keep it: without it nothing that is sealed can be opened again."
            )
    elif secrets is not None and any(len(each) < SHORTEST_SECRET for each in _parts(secrets) or [""]):
        yield f"{sources['secrets']} needs at least {SHORTEST_SECRET} characters in each secret."
    yield from _limits_contradictions(values.get("rate_limits", {}), sources)
    mail = values.get("mail", {})
    if mail.get("transport") == "smtp" and not mail.get("host"):
        yield f"DOORWARD_MAIL__HOST is missing: {sources['mail.transport']}=smtp needs to know the server."
    first = [path.partition(".")[2] for path in sources if path.startswith("bootstrap_admin.")]
    if len(first) == 1:
        given = first[0]
        other = "password" if given == "email" else "email"
        yield (
            f"{PREFIX}BOOTSTRAP_ADMIN{_SEPARATOR}{other.upper()} is missing: the first administrator needs both. "
            f"Set it, or take {sources[f'bootstrap_admin.{given}']} away."
        )


def _replica_contradictions(database: Mapping[str, Any], sources: Mapping[str, str]) -> Iterator[str]:
    url = database.get("replica_url")
    if not url:
        return
    name = sources["database.replica_url"]
    try:
        check_address(url)
        is_postgres = name_of(url) == "postgresql"
    except AddressError as error:
        yield str(error).replace("DATABASE_URL", name)
        return
    if not is_postgres or not str(database.get("url", "")).startswith("postgres"):
        yield f"{name} names a replica of a PostgreSQL database. Set DATABASE_URL to that one, or take {name} away."


def _limits_contradictions(limits: Mapping[str, Any], sources: Mapping[str, str]) -> Iterator[str]:
    if limits.get("store", "auto") in {"auto", "redis"} and limits.get("redis_url"):
        scheme, found, _ = str(limits["redis_url"]).partition("://")
        if not found or scheme.partition("+")[0] not in {"redis", "rediss", "valkey", "valkeys", "unix"}:
            yield f"{sources['rate_limits.redis_url']} is not the address of a Redis or Valkey: redis://host:6379/0."
        elif find_spec("redis") is None:
            yield f"{sources['rate_limits.redis_url']} needs the extra `redis`: pip install 'doorward[redis]'."
    elif limits.get("store") == "redis":
        yield f"{sources['rate_limits.store']} is `redis`, but REDIS_URL is missing. Set it, or choose another store."
