"""Many clients that never come to the end, as a process of its own: heads, bodies and answers byte by byte.

python slow_crowd.py PORT KIND COUNT SECONDS  prints a line when all are connected, and at the end one JSON object: how
many were cut or answered, and after how many seconds the last of them was.
"""

from __future__ import annotations

import json
import resource
import select
import socket
import sys
import time

_HEAD = b"GET /v1/me HTTP/1.1\r\nHost: 127.0.0.1\r\n"
_BODY = (
    b"POST /v1/sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{"
)
_READ = b"GET /openapi.json HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
# What each kind says first, and then bit by bit. Readers ask often at once and take next to nothing.
KINDS = {"head": (_HEAD, b"x-slow: 1\r\n"), "body": (_BODY, b" "), "read": (_READ * 20, b"")}
_TOGETHER = 250
_DRIP_SECONDS = 1.0


class Crowd:
    """Sockets that are open, by number, each with the moment of its connection."""

    def __init__(self, port: int, kind: str) -> None:
        self._address = ("127.0.0.1", port)
        self._first, self._drip = KINDS[kind]
        self._reads = kind == "read"
        self._poll = select.epoll()
        self._open: dict[int, tuple[socket.socket, float]] = {}
        self.cut = 0
        self.slowest = 0.0

    def connect(self, count: int) -> None:
        """Opens as many, some at a time, and says what each kind says first."""
        for begin in range(0, count, _TOGETHER):
            for _ in range(min(_TOGETHER, count - begin)):
                self._connect()
            self.look(0.0)

    def _connect(self) -> None:
        one = socket.socket()
        if self._reads:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        one.connect(self._address)
        one.setblocking(False)
        one.send(self._first)
        # Whoever takes nothing has no need to know what there is; only the end of the connection.
        self._poll.register(one, select.EPOLLRDHUP if self._reads else select.EPOLLIN | select.EPOLLRDHUP)
        self._open[one.fileno()] = (one, time.monotonic())

    def look(self, seconds: float) -> None:
        """Notes who was cut off, or answered, which is the end for those who have not asked yet."""
        for number, events in self._poll.poll(seconds, 4096):
            one, since = self._open[number]
            if self._reads and not events & (select.EPOLLHUP | select.EPOLLERR | select.EPOLLRDHUP):
                continue
            self.slowest = max(self.slowest, time.monotonic() - since)
            self._leave(number, one)

    def _leave(self, number: int, one: socket.socket) -> None:
        self.cut += 1
        self._poll.unregister(number)
        one.close()
        del self._open[number]

    def drip(self) -> None:
        """A little more from everybody, or for the readers a few bytes less."""
        for number, (one, since) in list(self._open.items()):
            try:
                if self._reads:
                    one.recv(16)
                else:
                    one.send(self._drip)
            except BlockingIOError:
                continue
            except ConnectionError:
                self.slowest = max(self.slowest, time.monotonic() - since)
                self._leave(number, one)

    def last(self, seconds: float) -> None:
        """Goes on until nobody is left, or the time is over."""
        until = time.monotonic() + seconds
        next_drip = time.monotonic() + _DRIP_SECONDS
        while self._open and time.monotonic() < until:
            self.look(max(0.0, next_drip - time.monotonic()))
            if time.monotonic() >= next_drip:
                self.drip()
                next_drip = time.monotonic() + _DRIP_SECONDS

    @property
    def left(self) -> int:
        """How many are still connected."""
        return len(self._open)


def main(port: int, kind: str, count: int, seconds: float) -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    crowd = Crowd(port, kind)
    crowd.connect(count)
    print("connected", flush=True)  # noqa: T201 - what the test waits for
    crowd.last(seconds)
    outcome = {"cut": crowd.cut, "left": crowd.left, "slowest": round(crowd.slowest, 1)}
    print(json.dumps(outcome), flush=True)  # noqa: T201 - as above


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), float(sys.argv[4]))
