"""The health routes of a desk's monitoring: each is asked once, all at the same time."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

__all__ = ["Answer", "ask_routes"]


@dataclass(frozen=True)
class Answer:
    """What a route answered: its name and URL, whether it is healthy, and the status or what went wrong."""

    name: str
    url: str
    is_healthy: bool
    says: str


def ask_routes(routes: Mapping[str, str], timeout_s: float) -> list[Answer]:
    """Return what each route answers, by name; what does not answer within `timeout_s` is not healthy."""
    if not routes:
        return []
    with ThreadPoolExecutor(len(routes), "health") as pool:
        return list(pool.map(lambda name: _ask(name, routes[name], timeout_s), sorted(routes)))


def _ask(name: str, url: str, timeout_s: float) -> Answer:
    import httpx

    try:
        # A proxy of the environment may answer for a server that is down. What a route sends is not read: it may never end.
        with (
            httpx.Client(timeout=timeout_s, trust_env=False, follow_redirects=False) as client,
            client.stream("GET", url) as answer,
        ):
            return Answer(name, url, answer.is_success, f"status {answer.status_code}")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return Answer(name, url, is_healthy=False, says=type(error).__name__)
