"""A schema registry as a real HTTP server: what Confluent's clients ask for, of subjects and schemas' numbers."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.schemas: list[dict[str, Any]] = []
        self.subjects: dict[str, dict[str, Any]] = {}
        """Schemas that others refer to, as they are answered for any version."""
        self.asked: list[str] = []
        self.status = 200
        """What it answers instead of 200."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        schema = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if schema not in self.server.schemas:
            self.server.schemas.append(schema)
        self._answer(200, {"id": 1 + self.server.schemas.index(schema), "version": 1, **schema})

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        path = self.path.partition("?")[0]
        if path.startswith("/subjects/"):
            self._answer(200, self.server.subjects[path.split("/")[2]])
            return
        number = int(path.rpartition("/")[2])
        if self.server.status != 200:
            self._answer(self.server.status, {"error_code": self.server.status, "message": "no"})
        elif 0 < number <= len(self.server.schemas):
            self._answer(200, self.server.schemas[number - 1])
        else:
            self._answer(404, {"error_code": 40403, "message": "Schema not found"})

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        raw = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/vnd.schemaregistry.v1+json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def schema_registry() -> Iterator[_Server]:
    """A registry that knows nothing yet."""
    server = _Server()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
