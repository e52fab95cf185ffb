"""The health routes of a desk's monitoring: each is asked once, all at the same time."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from httpx import AsyncClient

__all__ = ["Answer", "ask_routes"]


@dataclass(frozen=True)
class Answer:
    """What a route answered: its name and URL, whether it is healthy, and the status or what went wrong."""

    name: str
    url: str
    is_healthy: bool
    says: str


def ask_routes(routes: Mapping[str, str], timeout_s: float) -> list[Answer]:
    """Return what each route answers, by name; one without a status within `timeout_s` is not healthy."""
    return asyncio.run(_ask_all(routes, timeout_s)) if routes else []


async def _ask_all(routes: Mapping[str, str], timeout_s: float) -> list[Answer]:
    import httpx

    # The time is one for all of an answer: a server that sends a byte now and then never runs into a limit of each read. A
    # proxy of the environment might answer for a server that is down.
    async with httpx.AsyncClient(timeout=None, trust_env=False, follow_redirects=False) as client:  # noqa: S113
        return await asyncio.gather(*[_ask(client, name, routes[name], timeout_s) for name in sorted(routes)])


async def _ask(client: "AsyncClient", name: str, url: str, timeout_s: float) -> Answer:
    import httpx

    try:
        # What a route sends after its status is not read: it may never end.
        async with asyncio.timeout(timeout_s), client.stream("GET", url) as answer:
            return Answer(name, url, answer.is_success, f"status {answer.status_code}")
    except TimeoutError:
        return Answer(name, url, is_healthy=False, says=f"no answer within {timeout_s:g} s")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return Answer(name, url, is_healthy=False, says=type(error).__name__)
