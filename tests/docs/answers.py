"""Answers made comparable and fit to be shown: what differs from run to run becomes what always looks the same and is nobody's secret."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

_ID: Final = re.compile(r"\b([a-z]{3})_[0-7][0-9a-hjkmnp-tv-z]{25}\b")
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")
# The version of a thing that has no number: the moment of its last change, in microseconds.
_MOMENT_TAG: Final = re.compile(r'"\d{16}"')
_SHOWN_TAG: Final = '"1796118067104229"'
_SHOWN_NOW: Final = datetime(2026, 12, 1, 9, 41, 7, 104229, tzinfo=UTC)
_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_JUST_NOW: Final = timedelta(minutes=5)

# By the name of the member that holds them.
_SHOWN: Final[Mapping[str, Any]] = {
    "access_token": "eyJhbGciOiJFUzI1NiIsImtpZCI6IlJrM3dDcTdBIiwidHlwIjoiYXQrand0In0.eyJpc3MiOiJodHRwOi8vMTI3Lj….MEQCIF8h…",
    "attempt": "01kbd2r9v4e8fax3m6t1c7w5zq.Zk3pXv1u8sQnB0yR…",
    "challenge": "pT5yXo0mJmZ2c0l3b1Fu…",
    "codes": ["7K2M-9QXD-4T1V-B0RC-HW8N-E5ZA", "…"],
    "device_token": "bW9yZSByYW5kb20g…",
    "enrollment": "01kbd2r9v4e8fax3m6t1c7w5zq.Zk3pXv1u8sQnB0yR…",
    "kid": "Rk3wCq7A",
    "link": "http://127.0.0.1:8000/v1/links?token=01kbd2r9v4e8fax3m6t1c7w5zq.Zk3pXv1u8sQnB0yR…",
    "next_cursor": "AXsiayI6WyIyMDI2LTEy…",
    "qr_svg": '<svg xmlns="http://www.w3.org/2000/svg" …',
    "refresh_token": "01kbd2r9v4e8fax3m6t1c7w5zq.1.Zk3pXv1u8sQnB0yR…",
    "request_id": "01kbd2r9v5f0q8h2w4n6d7s9yb",
    "schema": "0001",
    "secret": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
    "support_code": "7K2M-9QXD-4T1V",
    "uri": "otpauth://totp/Doorward:ada%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Doorward",
    "version": "0.1.0",
    "userId": "Y0hKcGRtRjBaUQ…",
    "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    "allAcceptedCredentialIds": ["q2n0V1h4ZkRw…"],
}


def shown(document: Any, *, now: datetime, kept: Sequence[str] = ()) -> Any:
    """An answer as a page shows it. now: when it was answered. kept: texts of the request, which come back as they are."""
    return _Showing(now, frozenset(kept)).of(document)


class _Showing:
    def __init__(self, now: datetime, kept: frozenset[str]) -> None:
        self._now = now
        self._kept = kept
        self._ids: dict[str, str] = {}

    def of(self, value: Any, name: str = "", within: str = "") -> Any:
        if name in _SHOWN and type(value) is type(_SHOWN[name]):
            return _SHOWN[name]
        if name == "id" and within in {"user", "excludeCredentials"} and not _ID.fullmatch(str(value)):
            return "Y0hKcGRtRjBaUQ…"  # a handle, as authenticators know it
        if isinstance(value, dict):
            return {each: self.of(inner, each, name) for each, inner in value.items()}
        if isinstance(value, list):
            return [self.of(each, "", name) for each in value]
        return self.text(value) if isinstance(value, str) else value

    def text(self, value: str) -> str:
        if value in self._kept:
            return value
        if _TIME.fullmatch(value):
            return self._time(value)
        if _MOMENT_TAG.fullmatch(value):
            return _SHOWN_TAG
        return _ID.sub(lambda found: self._id(found[0], found[1]), value)

    def _time(self, value: str) -> str:
        away = datetime.fromisoformat(value) - self._now
        # What lies some seconds apart is the same moment to a reader; what lies days ahead is so to the minute.
        rounded = timedelta(0) if abs(away) < _JUST_NOW else timedelta(minutes=round(away / timedelta(minutes=5)) * 5)
        return (_SHOWN_NOW + rounded).isoformat().replace("+00:00", "Z")

    def _id(self, value: str, prefix: str) -> str:
        if value not in self._ids:
            digest = hashlib.sha256(f"{prefix} {len(self._ids)}".encode()).digest()
            self._ids[value] = f"{prefix}_01kbd2r9v4e8f" + "".join(_ALPHABET[each % 32] for each in digest[:13])
        return self._ids[value]


def expected_print(body: Any, places: Sequence[str], *, is_list: bool) -> str:
    """A pattern for what an example prints of an answer. body: as it is shown. places: the members, inner ones behind a dot."""
    lines = [" ".join(_pattern(each, place) for place in places) for each in (body["items"] if is_list else [body])]
    return "".join(f"{line}\n" for line in lines)


def _pattern(document: Any, place: str) -> str:
    value = document
    name = ""
    for part in place.split("."):
        name = name if part.isdecimal() else part
        value = value[int(part)] if part.isdecimal() else value[part]
    if name in _SHOWN and (value == _SHOWN[name] or value in _SHOWN[name]):
        return r"\S+"
    if isinstance(value, bool) or value is None:
        return {True: "[Tt]rue", False: "[Ff]alse", None: "(?:None|null)"}[value]
    if isinstance(value, str) and (found := _ID.fullmatch(value)):
        return f"{found[1]}_[0-9a-z]{{26}}"
    if isinstance(value, str) and _TIME.fullmatch(value):
        return _TIME.pattern
    return re.escape(str(value))
