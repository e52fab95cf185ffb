"""A whole snapshot through a real ccxt client of a played Bitget: complete, again, killed in the middle, refused."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from deskgate.collector.venue.api import Export
from deskgate.collector.venue.client import connect
from deskgate.collector.venue.credentials import Credentials
from deskgate.collector.venue.exports import ExportFolder
from deskgate.collector.venue.snapshot import Snapshot, take_snapshot
from deskgate.collector.venue.venues import venue_api
from deskgate.config.accounts import Account
from deskgate.config.desk import Desk
from deskgate.config.errors import InputError
from deskgate.sources.recognition import recognise
from desks import bot, desk
from loopback.bitget import Bitget
from loopback.many import BEGIN, NOW, busy
from loopback.server import Misbehaviour, play

from .test_venues_bitget import LINEAR

KEY = Credentials("key-of-account", "secret-of-account", "phrase-of-account")
ACCOUNT = Account(name="main", connector="bitget_perpetual")
BOOK = busy(LINEAR, records=40)


def of(folder: Path) -> Desk:
    pair = LINEAR.symbol.partition(":")[0].replace("/", "-")
    mine = bot("b1", account=["main"], pairs=[pair], opening=None, events=["events.jsonl"])
    return desk(mine).model_copy(update={"file": folder / "desk.toml", "accounts": {"main": ACCOUNT}})


def take(folder: Path, now: int = NOW, misbehaviour: Misbehaviour | None = None) -> Snapshot:
    api = venue_api("bitget_perpetual", "accounts.main.connector")
    with play(Bitget(BOOK, lambda: now, misbehaviour)) as played:
        venue = connect(ACCOUNT, api, KEY, sleep=lambda _: None, base_url=played.url)
        clock: Callable[[], datetime] = lambda: datetime.fromtimestamp(now / 1000, UTC)  # noqa: E731
        return take_snapshot(
            of(folder), ACCOUNT, api, venue, clock=clock, since=datetime.fromtimestamp(BEGIN / 1000, UTC)
        )


def files(folder: Path) -> dict[str, Any]:
    return {
        str(file.relative_to(folder)): json.loads(file.read_text())
        for file in sorted(folder.glob("exports/main/**/*.json"))
    }


def listed(folder: Path, kind: str) -> list[Any]:
    return [item for name, found in files(folder).items() for item in found.get(kind, []) if f"/{kind}_" in name]


def test_a_snapshot_has_each_record_once_and_is_read_as_what_it_is(tmp_path: Path) -> None:
    found = take(tmp_path)
    assert [each for each in found.asked if not each.complete] == []
    # Of the first window nothing says which orders were open at its begin.
    assert [each.export for each in found.asked if each.lost] == [Export.CANCELED_AND_CLOSED_ORDERS]
    trades = listed(tmp_path, "my_trades")
    assert len(trades) == len({each["id"] for each in trades}) == len(BOOK.trades)
    assert sum(Decimal(each["info"]["baseVolume"]) for each in trades) == sum(
        Decimal(each.amount) for each in BOOK.trades
    )
    kinds = {recognise(file)[0].name for file in tmp_path.glob("exports/main/**/*.json")}
    assert {"my_trades", "positions", "balance", "funding_history", "snapshot_record", "open_orders"} <= kinds
    assert not any(part in json.dumps(files(tmp_path)) for part in ("key-of-account", "secret-of", "phrase-of"))


def test_a_snapshot_that_was_killed_leaves_what_an_undisturbed_one_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    undisturbed, killed = tmp_path / "a", tmp_path / "b"
    take(undisturbed)
    add, added = ExportFolder.add, []

    def add_until_killed(self: ExportFolder, name: str, *given: Any, **more: Any) -> int:
        added.append(name)
        if len(added) > 2:
            raise SystemExit(name)
        return add(self, name, *given, **more)

    with monkeypatch.context() as patched:
        patched.setattr(ExportFolder, "add", add_until_killed)
        with pytest.raises(SystemExit):
            take(killed)
    assert list(killed.glob("exports/main/my_trades_*"))
    assert not list(killed.glob("exports/main/snapshot_record*"))
    take(killed)
    assert files(killed) == files(undisturbed)


@pytest.mark.slow
def test_a_later_snapshot_adds_to_the_earlier(tmp_path: Path) -> None:
    take(tmp_path, now=(BEGIN + NOW) // 2)
    before = {each["id"] for each in listed(tmp_path, "my_trades")}
    take(tmp_path)
    after = [each["id"] for each in listed(tmp_path, "my_trades")]
    assert before < set(after)
    assert len(after) == len(BOOK.trades)


def test_what_passes_is_asked_again(tmp_path: Path) -> None:
    found = take(tmp_path, misbehaviour=Misbehaviour(failures=["rate_limit", "server", "hang_up"]))
    assert all(each.complete for each in found.asked)


def test_an_export_that_fails_is_said_and_the_others_are_had(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from deskgate.collector.venue.client import Venue
    from deskgate.collector.venue.errors import VenueError

    page = Venue.page

    def refuse(self: Venue, endpoint: Any, *given: Any, **more: Any) -> Any:
        if endpoint.method == "fetch_my_trades":
            raise VenueError("BadRequest: no")
        return page(self, endpoint, *given, **more)

    monkeypatch.setattr(Venue, "page", refuse)
    found = take(tmp_path)
    assert [(each.export, each.reason) for each in found.asked if not each.complete] == [
        (Export.MY_TRADES, f"{LINEAR.symbol}: BadRequest: no")
    ]
    record = next(name for name in files(tmp_path) if "snapshot_record" in name)
    assert "my_trades" not in files(tmp_path)[record]["snapshot_record"]["complete_until"]


def test_a_request_that_is_not_for_reading_is_not_sent() -> None:
    venue = connect(
        ACCOUNT, venue_api("bitget_perpetual", ""), KEY, sleep=lambda _: None, base_url="http://127.0.0.1:9"
    )
    with pytest.raises(InputError, match="not one of the methods that read"):
        venue._calls.read("create_order")
    with pytest.raises(InputError, match="it was not sent"):
        venue._exchange.fetch("http://127.0.0.1:9/order", "POST")


def test_a_test_network_that_ccxt_does_not_reach_is_refused() -> None:
    account = Account(name="main", connector="bitget_perpetual_testnet")
    with pytest.raises(InputError, match="reaches no test network"):
        connect(account, venue_api("bitget_perpetual_testnet", ""), KEY, sleep=lambda _: None)
