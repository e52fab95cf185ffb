"""The server: HTTP on 127.0.0.1, one dialect, and the ways in which it can misbehave."""

import json
import threading
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, TypeVar
from urllib.parse import parse_qsl, urlsplit

from loopback.book import Book

__all__ = ["Dialect", "Misbehaviour", "Played", "Refused", "Request", "play", "point_at"]

T = TypeVar("T")


@dataclass(frozen=True)
class Request:
    """What was asked: a path, the query with the last value of each name, headers by their small names, and a JSON body."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any = None

    def number(self, name: str) -> int | None:
        """Return a whole number of the query, None where it is not there."""
        return int(float(self.query[name])) if self.query.get(name) else None


class Refused(Exception):  # noqa: N818
    """The venue refuses, in its own words; status 0: it hangs up without any."""

    def __init__(self, status: int, body: object, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(body)
        self.status, self.body, self.headers = status, body, headers or {}


@dataclass(kw_only=True)
class Misbehaviour:
    """What the venue does besides its best.

    Attributes
    ----------
    page_limit
        No page has more records than this, whatever was asked for.
    empty_page
        Which list of records, counted from 1, is sent empty; the same question is answered when it is asked again.
    failures
        What befalls the next private requests, one each: `rate_limit`, `server`, `hang_up`.
    clock_ms
        How far its clock is ahead.
    checks_clock
        It refuses requests that are signed for another time than its own.
    delay_s
        How long it waits before each answer.
    """

    page_limit: int | None = None
    empty_page: int | None = None
    failures: list[str] = field(default_factory=list)
    clock_ms: int = 0
    checks_clock: bool = False
    delay_s: float = 0.0


class Dialect(ABC):
    """A venue's routes, in its own words, over a book.

    Parameters
    ----------
    book
        What the venue knows in the end.
    now
        Its clock, in milliseconds; what is later does not exist yet.
    """

    # Requests to paths that begin so need no key.
    public: ClassVar[tuple[str, ...]] = ()

    def __init__(self, book: Book, now: Callable[[], int], misbehaviour: Misbehaviour | None = None) -> None:
        self._book, self._now = book, now
        self.misbehaviour = misbehaviour or Misbehaviour()
        self._pages = 0
        self._seen: tuple[int, Book] | None = None
        self._lock = threading.Lock()

    @property
    def now(self) -> int:
        """The venue's clock."""
        return self._now() + self.misbehaviour.clock_ms

    @property
    def book(self) -> Book:
        """What the venue knows by now."""
        now = self.now
        if self._seen is None or self._seen[0] != now:
            self._seen = now, self._book.at(now)
        return self._seen[1]

    @property
    @abstractmethod
    def routes(self) -> Mapping[str, Callable[[Request], object]]:
        """Path -> what answers it."""

    @abstractmethod
    def has_key(self, request: Request) -> bool:
        """Return whether a key is with the request; the signature is not checked."""

    @abstractmethod
    def signed_at(self, request: Request) -> int | None:
        """Return for which time a request is signed, in milliseconds."""

    @abstractmethod
    def refusal(self, what: str, message: str = "") -> Refused:
        """Return how this venue says `rate_limit`, `server`, `key`, `clock`, `route` or `request`."""

    def respond(self, request: Request) -> object:
        """Return the answer to a request.

        Raises
        ------
        Refused
            The venue refuses it.
        """
        if not request.path.startswith(self.public):
            if not self.has_key(request):
                raise self.refusal("key")
            if self.misbehaviour.checks_clock and abs((self.signed_at(request) or 0) - self.now) > 5_000:
                raise self.refusal("clock")
            self.fail_as_told()
        return self.answer(request)

    def fail_as_told(self) -> None:
        """Raise what is to befall this private request, where something is."""
        if self.misbehaviour.failures:
            what = self.misbehaviour.failures.pop(0)
            raise Refused(0, None) if what == "hang_up" else self.refusal(what)

    def answer(self, request: Request) -> object:
        """Return the answer of the route; of venues whose routes are no plain paths, overridden."""
        route = self.routes.get(request.path)
        if route is None:
            raise self.refusal("route", request.path)
        return route(request)

    def page(self, records: Sequence[T], asked: int | None, *, default: int, most: int) -> list[T]:
        """Return the begin of `records`: as many as a page has, or none where the venue is to send an empty one."""
        with self._lock:
            self._pages += 1
            if self._pages == self.misbehaviour.empty_page:
                return []
        size = min(asked or default, most, self.misbehaviour.page_limit or most)
        return list(records[:size])


@dataclass
class Played:
    """A venue that is served: where, and how often each path was asked."""

    url: str
    dialect: Dialect
    asked: Counter[str]


@contextmanager
def play(dialect: Dialect, port: int = 0) -> Iterator[Played]:
    """Serve a venue on 127.0.0.1 for as long as the context lasts; port 0 is any free one."""
    asked: Counter[str] = Counter()

    class Handler(BaseHTTPRequestHandler):
        # A pooled connection would hold its thread for as long as the client lives.
        protocol_version = "HTTP/1.0"

        def _answer(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            sent = self.rfile.read(length)
            request = Request(
                self.command,
                parts.path,
                dict(parse_qsl(parts.query)),
                {name.lower(): value for name, value in self.headers.items()},
                json.loads(sent) if sent else None,
            )
            asked[parts.path] += 1
            time.sleep(dialect.misbehaviour.delay_s)
            try:
                self._send(200, dialect.respond(request))
            except Refused as refused:
                if refused.status:
                    self._send(refused.status, refused.body, refused.headers)

        do_GET = do_POST = _answer  # noqa: N815

        def _send(self, status: int, document: object, headers: Mapping[str, str] | None = None) -> None:
            body = json.dumps(document).encode()
            self.send_response(status)
            for name, value in {
                "Content-Type": "application/json",
                "Content-Length": str(len(body)),
                **(headers or {}),
            }.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield Played(f"http://127.0.0.1:{server.server_port}", dialect, asked)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def point_at(client: Any, url: str) -> Any:
    """Send a ccxt client to `url` for all that it asks by REST; the paths stay. Returns the client."""
    if urlsplit(url).hostname != "127.0.0.1":
        raise ValueError(f"got {url}, expected a server on 127.0.0.1")
    client.urls["api"] = _moved(client.urls["api"], url)
    return client


def _moved(urls: Any, base: str) -> Any:
    if isinstance(urls, Mapping):
        return {name: _moved(url, base) for name, url in urls.items()}
    return base + urlsplit(urls.replace("{hostname}", "venue")).path
