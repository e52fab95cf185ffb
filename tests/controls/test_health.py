"""Health routes: only a 2xx within the time is healthy."""

import socket
from collections.abc import Generator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from deskgate.controls.health import ask_routes


class Server(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        status = int(self.path.strip("/"))
        self.send_response(status)
        if status in (301, 302):
            self.send_header("Location", "/200")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def url() -> Generator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.mark.parametrize(
    ("path", "is_healthy", "says"),
    [
        ("200", True, "status 200"),
        ("204", True, "status 204"),
        ("302", False, "status 302"),
        ("404", False, "status 404"),
        ("503", False, "status 503"),
    ],
)
def test_route_is_healthy_by_its_status(url: str, path: str, is_healthy: bool, says: str) -> None:
    (answer,) = ask_routes({"it": f"{url}/{path}"}, 5)
    assert (answer.name, answer.url, answer.is_healthy, answer.says) == ("it", f"{url}/{path}", is_healthy, says)


def test_each_route_is_asked_and_one_that_nobody_serves_is_down(url: str) -> None:
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        closed = f"http://127.0.0.1:{free.getsockname()[1]}/"
        found = ask_routes({"b": f"{url}/200", "a": closed}, 5)
    assert [(answer.name, answer.is_healthy, answer.says) for answer in found] == [
        ("a", False, "ConnectError"),
        ("b", True, "status 200"),
    ]
    assert ask_routes({}, 5) == []


@pytest.mark.parametrize("sends", [b"", b"HTTP/1.1 200"])
def test_route_that_does_not_answer_in_time_is_down(sends: bytes) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:

        def begin() -> None:
            accepted.append(server.accept()[0])
            accepted[0].sendall(sends)

        accepted: list[socket.socket] = []
        thread = Thread(target=begin)
        thread.start()
        (answer,) = ask_routes({"it": f"http://127.0.0.1:{server.getsockname()[1]}/"}, 0.2)
        thread.join()
        accepted[0].close()
    assert (answer.is_healthy, answer.says) == (False, "no answer within 0.2 s")
