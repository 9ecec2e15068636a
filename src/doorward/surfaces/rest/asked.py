"""One request to a REST operation: who asks, and how its use case is run and answered."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson

from doorward.domain.access.authenticate import Identity, authenticate_cookie, authenticate_token
from doorward.domain.access.settings import TokensSettings
from doorward.http.call import Call
from doorward.http.conditional import is_unchanged, require_match, version_tag
from doorward.http.csrf import require_same_site
from doorward.http.problems import MalformedRequest, Scope, render_for
from doorward.infra.database.unit_of_work import Tx
from doorward.infra.idempotency import AnsweredAlready, KeptAnswer, Key, find_answer, keep_answer, read_key
from doorward.infra.tools import Tools
from doorward.kernel.actor import Actor, anonymous
from doorward.kernel.problem import Kind, Problem, Unauthenticated
from doorward.surfaces.rest.cookies import read_session_cookie

if TYPE_CHECKING:
    from doorward.surfaces.rest.operation import Operation

_OPTIONS: Final = orjson.OPT_UTC_Z | orjson.OPT_NAIVE_UTC
JSON: Final = ("content-type", "application/json")

_LONGEST_VERSION: Final = 18

UseCase = Callable[[Tx], Awaitable["Reply"]]


class Reply(NamedTuple):
    """An answer. headers: beside content type and length."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


def reply(view: Any, *, status: int = 200, headers: tuple[tuple[str, str], ...] = ()) -> Reply:
    """An answer that shows something."""
    return Reply(status, orjson.dumps(view, option=_OPTIONS), (JSON, *headers))


def nothing() -> Reply:
    """An answer that shows nothing."""
    return Reply(204)


class Asked:
    """One request. content: the body as it was sent, for telling a repeated request from another."""

    __slots__ = ("_operation", "_scope", "call", "content", "identity", "tools")

    def __init__(self, tools: Tools, call: Call, operation: Operation, scope: Scope) -> None:
        self.tools = tools
        self.call = call
        self.identity: Identity | None = None
        self.content = b""
        self._operation = operation
        self._scope = scope

    def find_out_who(self) -> Awaitable[Identity]:
        """Reads the access token or session cookie; `let_in` takes what it finds. Raises Unauthenticated, now or when waited
        for, or CrossSiteRequest for a cookie's abuse.
        """
        authorization = self.call.header(b"authorization")
        if authorization is not None:
            scheme, _, token = authorization.partition(" ")
            if scheme.lower() != "bearer" or not token:
                raise Unauthenticated
            return authenticate_token(self.tools, token.strip(), self.call.origin)
        cookie = read_session_cookie(self.call)
        if cookie is None:
            raise Unauthenticated
        # A browser sends the cookie by itself, also when another site's page makes it ask.
        require_same_site(self.call, self._operation.method, self.tools.section(TokensSettings).issuer)
        return authenticate_cookie(self.tools, cookie, self.call.origin)

    def let_in(self, identity: Identity) -> None:
        """Takes note of who it is."""
        self.identity = identity
        self.call.user_id = identity.user_id

    @property
    def actor(self) -> Actor:
        """On whose behalf the use case runs."""
        return anonymous(self.call.origin) if self.identity is None else self.identity.actor

    @property
    def who(self) -> Identity:
        """The one who is signed in. Raises Unauthenticated."""
        if self.identity is None:
            raise Unauthenticated
        return self.identity

    def tagged(self, view: Any, version: int, *, status: int = 200, headers: tuple[tuple[str, str], ...] = ()) -> Reply:
        """An answer that shows something with a version; 304 to a read that knows it already."""
        tag = version_tag(version)
        known = self.call.header(b"if-none-match")
        if known is not None and self._operation.method == "GET" and is_unchanged(known, tag):
            return Reply(304, b"", (("etag", tag),))
        return reply(view, status=status, headers=(("etag", tag), *headers))

    def wanted_version(self) -> int | None:
        """The version that If-Match names; None when the request does not care. Raises PreconditionFailed."""
        value = self.call.header(b"if-match")
        if value is None or value.strip() == "*":
            return None
        text = value.strip().strip('"')
        if not text.isdecimal() or len(text) > _LONGEST_VERSION:
            # A list, a weak tag, or none of ours: compared as the standard says, it matches nothing that we give out.
            require_match(value, None)
            raise MalformedRequest("If-Match takes one ETag of this thing, as it was answered.")
        return int(text)

    async def read(self, use_case: UseCase, *, may_lag: bool = False) -> Reply:
        """Runs a use case that only reads.

        may_lag: some seconds of delay do not matter, and a replica may answer, unless the request asks for the newest by
        `Cache-Control: no-cache` (RFC 9111 section 5.2.1.4).
        """
        may_lag = may_lag and "no-cache" not in (self.call.header(b"cache-control") or "").lower()
        async with self.tools.reading(self.actor, may_lag=may_lag) as tx:
            return await use_case(tx)

    async def write(self, use_case: UseCase) -> Reply:
        """Runs a use case that changes something, and answers when that is durable. Honors Idempotency-Key."""
        text = self.call.header(b"idempotency-key")
        if text is None or not self._operation.keeps_answers:
            async with self.tools.writing(self.actor) as tx:
                return await use_case(tx)
        return await self._write_once(use_case, self._key(text))

    def _key(self, text: str) -> Key:
        caller = "anonymous" if self.identity is None else self.identity.user_id
        # The whole address belongs to the request: the same body to another user's path is another request.
        content = self._scope["path"].encode() + b"\n" + self._scope["query_string"] + b"\n" + self.content
        operation = f"{self._operation.method} {self._operation.path}"
        return read_key(text, caller=caller, operation=operation, body=content)

    async def _write_once(self, use_case: UseCase, key: Key) -> Reply:
        kept = await self._find(key)
        if kept is not None:
            return _replayed(kept)
        try:
            async with self.tools.writing(self.actor) as tx:
                made = await use_case(tx)
                await keep_answer(tx, key, KeptAnswer(made.status, made.headers, made.body))
        except AnsweredAlready:
            # Ours was taken back; what the faster one did is what counts.
            kept = await self._find(key)
            if kept is None:
                raise
            return _replayed(kept)
        except Problem as problem:
            return await self._keep_refusal(key, problem)
        return made

    async def _keep_refusal(self, key: Key, problem: Problem) -> Reply:
        """A refusal is the first answer too, unless the same request was answered meanwhile, or trying again may help."""
        kept = await self._find(key)
        if kept is not None:
            return _replayed(kept)
        if problem.kind in _PASSING:
            raise problem
        status, headers, body = render_for(self._scope, problem)
        answer = KeptAnswer(
            status,
            tuple((name.decode(), value.decode()) for name, value in headers if name != b"content-length"),
            body,
        )
        try:
            async with self.tools.writing(self.actor) as tx:
                await keep_answer(tx, key, answer)
        except AnsweredAlready:
            kept = await self._find(key)
            if kept is not None:
                return _replayed(kept)
        raise problem

    async def _find(self, key: Key) -> KeptAnswer | None:
        async with self.tools.reading(self.actor) as tx:
            return await find_answer(tx, key)


# Refusals that say more about the moment than about the request.
_PASSING: Final[Sequence[Kind]] = (
    Kind.UNAUTHENTICATED,
    Kind.UNAVAILABLE,
    Kind.TOO_MANY,
    Kind.INTERNAL,
    Kind.STORAGE_FULL,
    Kind.TIMEOUT,
)


def _replayed(kept: KeptAnswer) -> Reply:
    return Reply(kept.status, kept.body, (*kept.headers, ("idempotency-replayed", "true")))
