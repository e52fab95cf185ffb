"""A webhook on loopback: an alert channel that keeps what it is sent, and can refuse it, be slow or never answer."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Webhook:
    """A channel that takes what it is sent; while `answers` is cleared it takes nothing and says nothing."""

    def __init__(self, port: int = 0) -> None:
        self.heard: list[dict[str, Any]] = []
        self.status = 200
        self.answers = threading.Event()
        self.answers.set()
        self.asked = threading.Event()
        channel = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                channel.asked.set()
                channel.answers.wait()
                channel.heard.append(sent)
                self.send_response(channel.status)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_port
        # Apprise gives up after 4 s by itself, which a busy machine may need.
        self.url = f"json://127.0.0.1:{self.port}/hook/secret?cto=300&rto=300"
        # Closed within milliseconds, where `serve_forever` by itself looks twice a second.
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    @property
    def titles(self) -> list[str]:
        """The titles of what was heard, in order."""
        return [each["title"] for each in self.heard]

    def close(self) -> None:
        """Be down: what is sent is refused."""
        self.answers.set()
        self.server.shutdown()
        self.server.server_close()
