"""A server that takes in whatever is posted to it, as a collector of traces or reports does."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Collector:
    """What came in. bodies: by path, unpacked."""

    def __init__(self) -> None:
        self.bodies: list[tuple[str, bytes]] = []
        self.came = threading.Condition()
        self.url = ""

    def wait(self, number: int, *, within: float = 20.0) -> list[tuple[str, bytes]]:
        """Returns once so many requests have come."""
        with self.came:
            assert self.came.wait_for(lambda: len(self.bodies) >= number, within), f"{len(self.bodies)} came"
            return list(self.bodies)


@contextmanager
def collecting() -> Iterator[Collector]:
    """Runs one on a free port."""
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            with collector.came:
                collector.bodies.append((self.path, body))
                collector.came.notify_all()
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing: the tests look at what came."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    collector.url = f"127.0.0.1:{server.server_address[1]}"
    try:
        yield collector
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
