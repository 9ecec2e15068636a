"""What travels with one HTTP request, made once by the outermost layer and found as `scope["doorward"]`."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any, Final

from doorward.http.deadline import Deadline
from doorward.http.settings import HttpSettings
from doorward.kernel.actor import Origin

KEY: Final = "doorward"
_MAX_USER_AGENT: Final = 512


@dataclass(slots=True, eq=False)
class Call:
    """One request.

    address: the client's, seen through trusted proxies only. headers: the request's, by lower-case name, a repeated one
    joined. started: `time.perf_counter()` at its arrival. route: the template of the route that answers, for the log
    line and the counters; a router that is not FastAPI's sets it. user_id: the public id of who asks, for the log line, set once known.
    deadline: ends the request when its time is up. unread: whether some of the body has not arrived yet.
    close: whether the connection ends with the answer. gone: whether the client
    left before its body was whole. answer_headers: what the answer carries, whoever makes it.
    problem: the code of the problem that is the answer, for the log line and the counters.
    trace_id: of the trace that the request belongs to, where traces are sent.
    """

    request_id: str
    address: str | None
    headers: Mapping[bytes, bytes]
    started: float
    settings: HttpSettings
    route: str | None = None
    user_id: str | None = None
    deadline: Deadline | None = None
    unread: bool = False
    close: bool = False
    gone: bool = False
    answer_headers: tuple[tuple[bytes, bytes], ...] = ()
    problem: str | None = None
    trace_id: str | None = None

    def header(self, name: bytes) -> str | None:
        """A header's value as text. name: in lower case."""
        value = self.headers.get(name)
        return None if value is None else value.decode("latin-1")

    @property
    def user_agent(self) -> str | None:
        """What the client calls itself, at most 512 characters of it."""
        value = self.headers.get(b"user-agent")
        return None if value is None else value[:_MAX_USER_AGENT].decode("latin-1")

    @property
    def origin(self) -> Origin:
        """Where the request comes from, as the actor carries it."""
        return Origin(self.address, self.user_agent, self.request_id)


def call_of(scope: MutableMapping[str, Any]) -> Call:
    """The call that a scope belongs to."""
    call: Call = scope[KEY]
    return call
