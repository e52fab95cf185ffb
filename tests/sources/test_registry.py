"""The kinds are declared once: what the rest of the library asks of them, and a kind made up here read end to end."""

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from inspect import getclosurevars
from pathlib import Path

import polars as pl
import pytest

from deskgate.case.legs import export_kinds, fill_legs, with_database
from deskgate.config.desk import Desk
from deskgate.config.desk_file import load_desk
from deskgate.config.errors import InputError
from deskgate.schema import LEGS, TABLES
from deskgate.sources import registry
from deskgate.sources.ccxt.kinds import KINDS as CCXT
from deskgate.sources.discovery import discover
from deskgate.sources.exact_json import first
from deskgate.sources.listing import source_files
from deskgate.sources.parsed_source import ParsedSource
from deskgate.sources.reader import read_lines, read_source
from deskgate.sources.records import Record, parse_records
from deskgate.sources.registry import KINDS, account_kinds, kind_named, missing_order_exports
from deskgate.sources.source_file import SourceFile
from deskgate.sources.source_kind import Signature, SourceKind, has_keys
from deskgate.store.ingest import read_desk

from .desks import a_desk, json_file

VENUE = {
    "made_up_id": "u1",
    "time": "2026-03-18T00:01:31Z",
    "market": "BTC-USDT",
    "dir": "SELL",
    "px": "73839.2",
    "qty": "2",
}


def _read_ledger(source: SourceFile) -> ParsedSource:
    def records(entries: list[Mapping[str, object]]) -> Iterator[Record]:
        for place, entry in enumerate(entries, start=1):
            row = {
                "ts": first(entry, "time"),
                "pair": first(entry, "market"),
                "trade_id": first(entry, "made_up_id"),
                "side": first(entry, "dir"),
                "price": first(entry, "px"),
                "quantity": first(entry, "qty"),
            }
            yield Record(place, source.owner.name, entry, [("fills", row)])

    assert isinstance(source.document, list)
    return parse_records(source, list(records(source.document)))


LEDGER = SourceKind(
    name="made_up_ledger",
    leg="exchange",
    signature=Signature(entries=has_keys({"made_up_id", "dir", "px"}), empty_names=(r"^ledger.*\.json$",)),
    suffixes=(".json",),
    tables=frozenset({"fills", "orders"}),
    read=_read_ledger,
    of_account=True,
    order_states=frozenset({"open", "closed", "canceled"}),
)


@pytest.fixture
def with_ledger(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "KINDS", (*KINDS, LEDGER))


def _desk(root: Path) -> Desk:
    json_file(root / "exchange/ledger.json", [VENUE, VENUE | {"made_up_id": "u2", "px": "cheap"}])
    return load_desk(a_desk(root, dict.fromkeys(("bot1", "bot2"), 'exchange = ["exchange"]')))


def test_unregistered_kind_is_refused(tmp_path: Path) -> None:
    _desk(tmp_path)
    a_desk(tmp_path, {"bot1": 'exchange = ["exchange/ledger.json"]'})
    with pytest.raises(InputError, match=r"ledger\.json: a list of objects with .* is not a known kind of file"):
        source_files(load_desk(tmp_path))


@pytest.mark.usefixtures("with_ledger")
def test_registered_kind_is_read_end_to_end(tmp_path: Path) -> None:
    desk = _desk(tmp_path)
    json_file(tmp_path / "exchange/ledger_2.json", [])
    listed = [(source.path, source.kind.name, source.leg, source.owner.name) for source in source_files(desk)]
    assert listed == [
        (f"exchange/{file}", "made_up_ledger", "exchange", bot)
        for file in ("ledger.json", "ledger_2.json")
        for bot in ("bot1", "bot2")
    ]
    frames = read_desk(desk)
    assert frames["fills"].select("bot", "ts", "trade_id", "side", "price", "quantity", "leg").rows() == [
        (bot, datetime(2026, 3, 18, 0, 1, 31, tzinfo=UTC), "u1", "SELL", Decimal("73839.2"), Decimal(2), "exchange")
        for bot in ("bot1", "bot2")
    ]
    assert set(frames["quarantine"]["reason"]) == {"price 'cheap' is not a number below 1e20"}
    assert frames["sources"].filter(bot="bot1").select("kind", "rows", "quarantined").rows() == [
        ("made_up_ledger", 1, 1),
        ("made_up_ledger", 0, 0),
    ]


@pytest.mark.usefixtures("with_ledger")
def test_registered_kind_counts_as_evidence(tmp_path: Path) -> None:
    sources = read_desk(_desk(tmp_path))["sources"].with_columns(quarantined=pl.lit(0))
    assert fill_legs(sources) == {"bot1": {"exchange"}, "bot2": {"exchange"}}
    assert missing_order_exports(export_kinds(sources)["bot1"]) == []
    assert with_database(sources) == set()


@pytest.mark.usefixtures("with_ledger")
def test_registered_kind_is_discovered(tmp_path: Path) -> None:
    json_file(tmp_path / "bot1/exchange/ledger.json", [VENUE])
    (bot,) = discover(tmp_path).bots
    assert (bot.name, bot.exchange) == ("bot1", ["bot1/exchange"])
    assert not any("no trades of the venue" in each or "no orders of the venue" in each for each in bot.missing)


_CLOSED, _CANCELED, _OPEN = (
    "closed orders (closed_orders or canceled_and_closed_orders or orders)",
    "canceled orders (canceled_orders or canceled_and_closed_orders or orders)",
    "open orders (open_orders or orders)",
)


@pytest.mark.parametrize(
    ("found", "missing"),
    [
        ((), [_CLOSED, _CANCELED, _OPEN]),
        (("open_orders", "my_trades"), [_CLOSED, _CANCELED]),
        (("closed_orders", "canceled_orders", "open_orders"), []),
        (("canceled_and_closed_orders",), [_OPEN]),
        (("orders",), []),
    ],
)
def test_orders_of_every_state_must_be_exported(
    monkeypatch: pytest.MonkeyPatch, found: tuple[str, ...], missing: list[str]
) -> None:
    monkeypatch.setattr(registry, "KINDS", CCXT)
    assert missing_order_exports(found) == missing


def test_missing_export_names_every_kind_that_would_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "KINDS", (*CCXT, LEDGER))
    assert missing_order_exports({"closed_orders", "canceled_orders"}) == [
        "open orders (open_orders or orders or made_up_ledger)"
    ]


def test_what_gates_ask_of_the_kinds() -> None:
    # Another dialect may add to these; none of them may get lost.
    expected = {
        "local": {"controller_fills", "hummingbot_db"},
        "events": {"event_envelopes", "mqtt_events"},
        "exchange": {"my_trades"},
    }
    assert all(kinds <= set(registry.fill_kinds(leg)) for leg, kinds in expected.items())
    exports = {"positions": "positions", "balances": "balance", "funding": "funding_history", "transfers": "transfers"}
    assert all(kind in account_kinds(table) for table, kind in exports.items())
    assert "hummingbot_db" in registry.database_kinds()
    assert {".json", ".json.gz", ".jsonl", ".jsonl.gz"} <= set(registry.folder_suffixes())
    # These would take in whatever lies in a bot's own folder, and a snapshot of all bots is no account export.
    assert not {".sqlite", ".csv"} & set(registry.folder_suffixes())
    assert "account_snapshot" not in account_kinds("positions")


def test_kinds_have_distinct_names_and_one_way_to_be_read() -> None:
    assert [name for name, count in Counter(kind.name for kind in KINDS).items() if count > 1] == []
    assert [kind.name for kind in KINDS if (kind.read is None) == (kind.read_lines is None)] == []
    assert [kind.name for kind in KINDS if kind.leg not in LEGS or not kind.tables <= set(TABLES)] == []


def test_every_deferred_function_is_there() -> None:
    # Only what is in use would fail otherwise, and not before it is called.
    calls = [
        call
        for kind in KINDS
        for call in (kind.read, kind.read_lines, kind.named_bots, kind.facts, kind.derivation)
        if call
    ]
    assert all(callable(getclosurevars(call).nonlocals["resolved"]()) for call in calls)


def test_empty_names_are_of_one_kind_each() -> None:
    names = ("events.jsonl", "minute.csv", "fills.csv", "daily.csv.1", "my_trades.json.gz")
    patterns = [pattern for kind in KINDS for pattern in kind.signature.empty_names]
    assert [sum(bool(re.match(pattern, name)) for pattern in patterns) for name in names] == [1] * len(names)


def test_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"'trades' is not a kind of source, expected one of .*my_trades"):
        kind_named("trades")


def test_kind_is_read_only_in_its_own_way(tmp_path: Path) -> None:
    whole, by_line = (
        SourceFile(tmp_path, "x", kind_named(name), (), frozenset(), 0, "") for name in ("my_trades", "mqtt_events")
    )
    with pytest.raises(TypeError, match="call read_source"):
        read_lines(whole, [], 1)
    with pytest.raises(TypeError, match="call read_lines"):
        read_source(by_line)


def test_undeclared_table_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "KINDS", (*KINDS, replace(LEDGER, tables=frozenset({"orders"}))))
    with pytest.raises(TypeError, match="made_up_ledger has rows in fills; declare them"):
        read_desk(_desk(tmp_path))


def test_kinds_fill_the_tables_that_they_declare(demo_frames: dict[str, pl.DataFrame]) -> None:
    kind_of = dict(demo_frames["sources"].select("path", "kind").iter_rows())
    filled = {
        (kind_of[path], table)
        for table, frame in demo_frames.items()
        if table not in ("sources", "quarantine", "ledger")
        for path in frame["path"].unique()
    }
    declared = {(kind.name, table) for kind in KINDS for table in kind.tables | kind.stray_tables}
    assert filled <= declared
    assert len(filled) > len(LEGS)


def test_registry_imports_no_parser() -> None:
    code = (
        "import sys, deskgate.sources.registry; print([name for name in sys.modules if name in ('polars', 'msgspec')])"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
