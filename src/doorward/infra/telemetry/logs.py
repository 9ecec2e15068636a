"""Logging: structlog for our own lines, and the standard library's loggers (uvicorn, asyncpg, …) into the same output.

`set_up` is called once by the process; everything else asks `structlog.get_logger()`. The line that ends each request
takes a shorter way (`Logs.line`), because it is written ten thousand times as often as any other.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Mapping, MutableMapping, Sequence
from contextvars import ContextVar
from typing import Any, Final

import orjson
import structlog
from structlog.typing import Processor

from doorward.infra.telemetry.output import Output
from doorward.infra.telemetry.redaction import redact, redact_text
from doorward.infra.telemetry.settings import LogSettings

current_request_id: ContextVar[str | None] = ContextVar("current_request_id", default=None)

_LEVELS: Final = {"debug": 10, "info": 20, "warning": 30, "error": 40, "critical": 50}
_JSON_OPTIONS: Final = orjson.OPT_NON_STR_KEYS | orjson.OPT_UTC_Z
_LINE_OPTIONS: Final = _JSON_OPTIONS | orjson.OPT_APPEND_NEWLINE
# What the steps of other lines add by themselves.
_SAID_ANYWAY: Final = frozenset({"timestamp", "level"})
# Loggers of libraries that say at INFO what only their developers want to know.
_TALKATIVE: Final = ("asyncio", "httpx2", "httpcore2", "uvicorn", "aiosmtplib")


class Logs:
    """The process's log. output: where it goes. level: the number of the least severe level written."""

    def __init__(self, output: Output, *, level: int, processors: list[Processor], is_json: bool) -> None:
        self.output = output
        self._level = level
        self._processors = processors
        self._is_json = is_json

    def close(self) -> None:
        """Takes the standard library's loggers back and closes the output."""
        _give_back()
        self.output.close()

    def enabled(self, level: str) -> bool:
        """Whether lines of this level are written. level: debug, info, warning, error or critical."""
        return _LEVELS[level] >= self._level

    def write(self, level: str, event: str, **fields: Any) -> None:
        """One line, through every step. exc_info: an exception whose traceback belongs to it."""
        if self.enabled(level):
            self.entry(level, {"event": event, **fields})

    def entry(self, level: str, entry: MutableMapping[str, Any]) -> None:
        """One line from an entry that is already a mapping, through every step."""
        rendered: Any = entry
        for processor in self._processors:
            rendered = processor(None, level, rendered)
        self.output.write(_line(rendered))

    def line(self, level: str, entry: Mapping[str, Any]) -> None:
        """One line of plain values without secrets and without free text, by the shortest way. Not filtered by level.

        entry: with its `timestamp` and `level`.
        """
        if self._is_json:
            self.output.write(orjson.dumps(entry, option=_LINE_OPTIONS))
        else:
            said = {name: value for name, value in entry.items() if value is not None and name not in _SAID_ANYWAY}
            self.entry(level, said)


class _Sink:
    """What structlog's bound loggers write to: a finished line."""

    def __init__(self, output: Output) -> None:
        self._output = output

    def msg(self, rendered: str | bytes) -> None:
        self._output.write(_line(rendered))

    debug = info = warning = error = critical = log = msg


class _FromStandardLibrary(logging.Handler):
    """Takes the records of the standard library's loggers over."""

    def __init__(self, logs: Logs) -> None:
        super().__init__()
        self._logs = logs

    def emit(self, record: logging.LogRecord) -> None:
        """One record as one line."""
        try:
            entry: dict[str, Any] = {"event": record.getMessage(), "logger": record.name}
            if record.exc_info:
                entry["exc_info"] = record.exc_info
            self._logs.entry(record.levelname.lower(), entry)
        except Exception:  # noqa: BLE001 - a log line that cannot be made must not become a failure of what it tells about
            self.handleError(record)


def set_up(settings: LogSettings, *, descriptor: int | None = None, also: Sequence[Processor] = ()) -> Logs:
    """Makes structlog and the standard library write to one output; to be called once by the process.

    descriptor: the file descriptor to write to, standard output unless given. also: steps that every line goes through
    before its exception becomes text.
    """
    target = sys.__stdout__.fileno() if descriptor is None and sys.__stdout__ is not None else (descriptor or 1)
    is_json = settings.format == "json" or (settings.format == "auto" and not os.isatty(target))
    output = Output(target)
    level = _LEVELS[settings.level.lower()]
    processors = _processors(also, is_json=is_json, colors=os.isatty(target))
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: _Sink(output),
        cache_logger_on_first_use=False,
    )
    logs = Logs(output, level=level, processors=processors, is_json=is_json)
    _take_over(logs, level)
    return logs


def _processors(also: Sequence[Processor], *, is_json: bool, colors: bool) -> list[Processor]:
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        _add_request_id,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        *also,
    ]
    if is_json:
        return [
            *shared,
            structlog.processors.format_exc_info,
            redact,
            structlog.processors.JSONRenderer(serializer=_to_json),
        ]
    console = structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=structlog.dev.plain_traceback)
    return [*shared, structlog.processors.format_exc_info, redact, console]


def _add_request_id(logger: Any, method: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:  # noqa: ARG001 - a structlog processor
    request_id = current_request_id.get()
    if request_id is not None:
        entry.setdefault("request_id", request_id)
    return entry


def _to_json(entry: Any, **_: Any) -> bytes:
    try:
        return orjson.dumps(entry, default=_plain, option=_JSON_OPTIONS)
    except TypeError:
        # Half of a surrogate pair somewhere, or a number beyond 64 bits: the slow way writes those too.
        return json.dumps(entry, default=_plain).encode()


def _plain(value: Any) -> str:
    return redact_text(str(value))


def _line(rendered: str | bytes) -> bytes:
    return (rendered if isinstance(rendered, bytes) else rendered.encode("utf-8", "backslashreplace")) + b"\n"


def _take_over(logs: Logs, level: int) -> None:
    _give_back()
    root = logging.getLogger()
    root.addHandler(_FromStandardLibrary(logs))
    root.setLevel(level)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
    logging.captureWarnings(capture=True)


def _give_back() -> None:
    root = logging.getLogger()
    for handler in [each for each in root.handlers if isinstance(each, _FromStandardLibrary)]:
        root.removeHandler(handler)
    logging.captureWarnings(capture=False)
