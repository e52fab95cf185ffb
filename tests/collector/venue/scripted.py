"""A venue whose answers a test writes: no client and no network."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from deskgate.collector.venue.api import Endpoint, Export
from deskgate.collector.venue.client import VenueTime
from deskgate.collector.venue.errors import VenueError
from deskgate.collector.venue.key_rights import KeyRights
from deskgate.collector.venue.snapshot import Asked, Snapshot, take_snapshot
from deskgate.collector.venue.venues import venue_api
from deskgate.config.accounts import Account
from deskgate.config.desk import Desk
from deskgate.config.instants import milliseconds
from desks import bot, desk

__all__ = ["BEGIN", "CONNECTOR", "Scripted", "asked_of", "record", "take"]

CONNECTOR = "bitget_perpetual"
BEGIN = datetime(2026, 3, 18, tzinfo=UTC)


@dataclass
class Scripted:
    """A Bitget account. Its clock moves by a second with each question about the time, by which `fails` may be decided.

    `lists` are the records of an export; `open_now` the open orders; `fails` takes the method and the market of a request, or
    `fetch_time`, and says whether it fails; `asked` are the requests: method, begin, end.
    """

    now: datetime = BEGIN + timedelta(hours=12)
    lists: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    open_now: list[dict[str, Any]] = field(default_factory=list)
    fails: Callable[[str, str | None], bool] = lambda _method, _market: False
    settle: str = "USDT"
    key_digest: str = "digest"
    client: str = "ccxt"
    asked: list[tuple[str, int, int]] = field(default_factory=list)

    def load(self) -> dict[str, Any]:
        return {
            f"{base}/{self.settle}:{self.settle}": {"contract": True, "settle": self.settle, "contractSize": 1}
            for base in ("BTC", "ETH")
        }

    def time(self, _clock: object) -> VenueTime:
        self._refuse("fetch_time", None)
        self.now += timedelta(seconds=1)
        return VenueTime(self.now, 0.0)

    def rights(self) -> KeyRights:
        return KeyRights(())

    def page(self, endpoint: Endpoint, market: str | None, since: int, until: int, **_more: object) -> list[Any]:
        self._refuse(endpoint.method, market)
        self.asked.append((endpoint.method, since, until))
        if endpoint.method == "fetch_open_orders":
            return [each for each in self.open_now if each["symbol"] == market]
        if endpoint.method in {"fetch_positions", "fetch_balance"}:
            return [{"total": {}}] if endpoint.method == "fetch_balance" else []
        found = self.lists.get(endpoint.method, [])
        return [each for each in found if each["symbol"] == market and since <= each["timestamp"] <= until]

    def _refuse(self, method: str, market: str | None) -> None:
        if self.fails(method, market):
            raise VenueError("the venue is down")


def of(folder: Path, pairs: list[str]) -> tuple[Desk, Account]:
    account = Account(name="main", connector=CONNECTOR)
    mine = bot("b1", account=["main"], pairs=pairs, opening=None, events=["events.jsonl"])
    return desk(mine).model_copy(update={"file": folder / "desk.toml", "accounts": {"main": account}}), account


def take(
    folder: Path, venue: Any, *, since: datetime | None = None, pairs: tuple[str, ...] = ("BTC-USDT",)
) -> Snapshot:
    """Take a snapshot of a scripted venue."""
    where, account = of(folder, list(pairs))
    return take_snapshot(where, account, venue_api(CONNECTOR, ""), venue, clock=lambda: BEGIN, since=since)


def asked_of(found: Snapshot, export: Export) -> Asked:
    """Return what a snapshot says of one export."""
    return next(each for each in found.asked if each.export == export)


def record(number: int, at: datetime, **more: object) -> dict[str, Any]:
    """Return a record of the first market."""
    return {"id": str(number), "symbol": "BTC/USDT:USDT", "timestamp": milliseconds(at), **more}
