"""The published days behind a web server on this machine, to be read and nothing else.

The standard library's server is enough: a few readers on one machine, GET and HEAD, files that are whole when they lie there. What
is served is named, so that everything else is not: the index, and of each day and period its pages, pictures, and Markdown, JSON and
CSV files. No listing, no link out of the folder, no store, trail, log or hidden file, and not a day's settings (desk.toml, the compose
file and the strategies' parameters) nor the inventory of its sources. Another host's name in a request is refused: a web page elsewhere
could otherwise have the reader's browser fetch the desk's numbers under a name of its own (DNS rebinding).
"""

import re
import socket
from collections.abc import Callable, Iterable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from ipaddress import ip_address
from os import name as system
from pathlib import Path, PurePosixPath
from socketserver import ThreadingTCPServer
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

from deskgate.assessment.artifacts import INPUTS, SETTINGS
from deskgate.config.errors import InputError
from deskgate.reports.pages.day_names import is_day_name
from deskgate.reports.pages.environment import CSP
from deskgate.reports.pages.link import INDEX, INTERACTIVE
from deskgate.reports.pages.period_links import PERIODS

__all__ = ["DayServer", "served_file"]

# What of a day is served, and as what.
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".md": "text/markdown; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".csv": "text/csv; charset=utf-8",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".svg": "image/svg+xml",
}
# What of a day says how the desk is set up and where its records lie; no page links to it.
_KEPT = frozenset({INPUTS, SETTINGS})
_TEXT = "text/plain; charset=utf-8"
_HEADERS = {
    "Content-Security-Policy": f"{CSP}; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# An interactive copy names the scripts that may run by their digests, in a policy of its own: both must allow one. What only has the
# name of a copy may have no such policy: its sandbox keeps its scripts from the other pages.
_COPY_POLICY = {
    "Content-Security-Policy": f"{CSP}; script-src 'unsafe-inline'; frame-ancestors 'none'; sandbox allow-scripts"
}
_PERIOD = re.compile(r"[A-Za-z0-9_-]+")
# Who says nothing for so long is hung up on.
_PATIENCE_S = 10
_HEALTH = "/healthz"


def served_file(out: Path, path: str) -> Path | None:
    """Return the file of `out` that a request's path names; None of one that is not served, or not there.

    Parameters
    ----------
    path
        As it was sent, percent-encoded: "/", "/index.html", "/2026-03-05/index.html".
    """
    try:
        parts = unquote_to_bytes(path).decode().removeprefix("/").split("/")
    except UnicodeDecodeError:
        return None
    match [INDEX] if parts == [""] else parts:
        case [name] if name == INDEX:
            file = out / INDEX
        case [day, name] if is_day_name(day) and _is_served(name) and not (out / day).is_symlink():
            file = out / day / name
        case [within, period, name] if within == PERIODS and _PERIOD.fullmatch(period) and _is_served(name):
            file = out / PERIODS / period / name
            if (out / PERIODS).is_symlink() or file.parent.is_symlink():
                return None
        case _:
            return None
    return file if file.is_file() and not file.is_symlink() else None


def _is_served(name: str) -> bool:
    is_plain = not name.startswith(".") and not any(each in name for each in "\\\0:")
    return is_plain and name.lower() not in _KEPT and PurePosixPath(name).suffix in _TYPES


class DayServer(ThreadingTCPServer):
    """Serves the days in a folder.

    Parameters
    ----------
    out
        The folder of the days.
    host, port
        Where it listens; port 0 takes a free one.
    names
        Names of this machine by which a request may ask for it, beside addresses, `localhost` and `host`.

    Raises
    ------
    InputError
        There is no such address here, or somebody listens there already.
    """

    daemon_threads = True
    # On Windows a second server would share the port unnoticed.
    allow_reuse_address = system == "posix"

    def __init__(self, out: Path, host: str, port: int, names: Iterable[str] = ()) -> None:
        self.out = out.resolve()
        self.names = {"localhost", host.lower(), *(name.lower() for name in names)}
        where = f"{host} port {port}"
        try:
            family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
            self.address_family = family
            super().__init__((str(address[0]), port), _Request)
        except (OSError, OverflowError, UnicodeError) as error:
            why = error.strerror if isinstance(error, OSError) else str(error)
            raise InputError(
                f"{where}: nothing can listen there ({why}), expected a free port of this machine; give another --port or --host"
            ) from error

    @property
    def url(self) -> str:
        """Where a browser on this machine finds it."""
        host, port = self.socket.getsockname()[:2]
        shown = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound
        return f"http://{f'[{shown}]' if ':' in shown else shown}:{port}/"

    @property
    def is_local(self) -> bool:
        """Whether nobody but this machine reaches it."""
        return ip_address(self.socket.getsockname()[0].split("%")[0]).is_loopback

    def knows(self, host: str) -> bool:
        """Return whether a request's Host header names this server: an address, which cannot be rebound, or one of its names."""
        if set(host) & set("/@?#\\"):
            return False
        try:
            ip_address(urlsplit(f"//{host}").hostname or "")
        except ValueError:
            return host.partition(":")[0].rstrip(".").lower() in self.names
        return True

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as the base class has it
        """Pass over a reader who hung up."""


class _Request(BaseHTTPRequestHandler):
    """One request: GET or HEAD of a file that is served."""

    server: DayServer
    timeout = _PATIENCE_S
    server_version = "deskgate"
    sys_version = ""

    def do_GET(self) -> None:
        self._answer(self.wfile.write)

    def do_HEAD(self) -> None:
        self._answer(lambda _: None)

    def _answer(self, write: Callable[[bytes], object]) -> None:
        status, kind, content, more = self._found()
        self._head(status, kind, len(content), more)
        write(content)

    def _found(self) -> tuple[HTTPStatus, str, bytes, dict[str, str]]:
        hosts = self.headers.get_all("Host", [])
        if len(hosts) != 1 or not self.server.knows(hosts[0].strip()):
            return self._refused(
                HTTPStatus.MISDIRECTED_REQUEST, "this host is not served here; --name NAME of `deskgate serve` adds one"
            )
        path = self.path.partition("?")[0]
        if path == _HEALTH:
            return HTTPStatus.OK, _TEXT, b"ok\n", {}
        if is_day_name(day := path.strip("/")) and served_file(self.server.out, f"/{day}/{INDEX}"):
            # Relative, so that it holds behind another server's prefix too.
            to = INDEX if path.endswith("/") else f"{day}/{INDEX}"
            return HTTPStatus.FOUND, _TEXT, b"", {"Location": to}
        file = served_file(self.server.out, path) if path.startswith("/") else None
        try:
            if file is not None:
                more = _COPY_POLICY if file.name.endswith(INTERACTIVE) else {}
                return HTTPStatus.OK, _TYPES[file.suffix], file.read_bytes(), more
        except OSError:
            # A run put another day in its place.
            pass
        return self._refused(HTTPStatus.NOT_FOUND, "no such page")

    def _refused(self, status: HTTPStatus, says: str) -> tuple[HTTPStatus, str, bytes, dict[str, str]]:
        return status, _TEXT, f"{says}\n".encode(), {}

    def _head(self, status: int, kind: str, length: int, more: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**_HEADERS, "Content-Type": kind, "Content-Length": str(length), **more}.items():
            self.send_header(name, value)
        self.end_headers()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer what is no request for a file: another method, or no HTTP at all."""
        del explain
        status = HTTPStatus.METHOD_NOT_ALLOWED if code == HTTPStatus.NOT_IMPLEMENTED else HTTPStatus(code)
        content = f"{status.phrase}\n".encode()
        more = {"Allow": "GET, HEAD"} if status is HTTPStatus.METHOD_NOT_ALLOWED else {}
        self.close_connection = True
        self._head(status, _TEXT, len(content), more)
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing: who reads which day is nobody's business."""
