"""Problems that operations answer without naming them one by one, each with where it is met."""

from __future__ import annotations

from typing import Final, NamedTuple

from doorward.domain.setup.problems import SetupLinkInvalid
from doorward.domain.users.problems import UserNotFound
from doorward.http.cors import OriginNotAllowed
from doorward.http.csrf import CrossSiteRequest
from doorward.http.hosts import UnknownHost
from doorward.http.problems import MalformedRequest, MethodNotAllowed, NotAcceptable, TooLarge, UnsupportedMedia
from doorward.http.protocol import HeadTimeout
from doorward.http.rate_limits import RateLimited
from doorward.http.size_and_time import BodyTimeout, ClientGone, RequestTimedOut, TooManyHeaders
from doorward.http.strict_json import MalformedJson
from doorward.infra.crypto.hashing.problems import PasswordTooLongForScheme
from doorward.infra.database.problems import Conflict, DatabaseBusy, DatabaseUnavailable, StatementTimeout, StorageFull
from doorward.infra.idempotency import AnsweredAlready, KeyReused
from doorward.kernel.problem import Forbidden, Internal, InvalidInput, NotFound, Problem, Unauthenticated, Unavailable


class General(NamedTuple):
    """A problem of many operations. where: of which, to stand alone or after a list."""

    problem: type[Problem]
    where: str


_EVERY: Final = "every operation"
_SIGNED_IN: Final = "every operation that asks who you are"
_BODY: Final = "every operation that reads a body"
_DATABASE: Final = "every operation that uses the database"
_CHANGE: Final = "every operation that changes something"

GENERAL: Final = (
    General(MalformedRequest, _EVERY),
    General(UnknownHost, f"{_EVERY}, where the operator lists the service's names"),
    General(MalformedJson, _BODY),
    General(ClientGone, f"{_BODY}; only the log shows it"),
    General(Unauthenticated, _SIGNED_IN),
    General(CrossSiteRequest, f"{_CHANGE}, asked by a browser with its cookie"),
    General(Forbidden, "every operation that needs a permission"),
    General(OriginNotAllowed, f"{_EVERY}, when a browser asks beforehand (CORS)"),
    General(NotFound, "addresses without an operation"),
    General(UserNotFound, "operations on your own account, when it is erased at that very moment"),
    General(MethodNotAllowed, "addresses of operations, with another method"),
    General(NotAcceptable, "what can be answered in several forms, when none of them is accepted"),
    General(HeadTimeout, _EVERY),
    General(BodyTimeout, _BODY),
    General(Conflict, f"{_CHANGE}; those that know more say so with a code of their own"),
    General(AnsweredAlready, "every operation that honors `Idempotency-Key`"),
    General(TooLarge, _BODY),
    General(UnsupportedMedia, _BODY),
    General(InvalidInput, _EVERY),
    General(KeyReused, "every operation that honors `Idempotency-Key`"),
    General(PasswordTooLongForScheme, "every operation that sets a password, where the scheme is bcrypt"),
    General(RateLimited, f"{_EVERY} but those of [Health](health.md)"),
    General(TooManyHeaders, _EVERY),
    General(Internal, _EVERY),
    General(Unavailable, "every operation that needs something which is away, such as the check of a CAPTCHA"),
    General(DatabaseUnavailable, _DATABASE),
    General(DatabaseBusy, _DATABASE),
    General(StatementTimeout, _DATABASE),
    General(RequestTimedOut, _EVERY),
    General(StorageFull, _CHANGE),
    General(SetupLinkInvalid, "the page that makes the first administrator, `/setup`"),
)
