from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from deskgate.intake.records import Haul

from .desks import a_bot, a_source, json_lines, read_lines

ENVELOPE = {
    "event_id": "e1",
    "event_type": "market_snapshot",
    "event_version": "v1",
    "ts_utc": "1771722564009",
    "producer": "hb",
    "instance_name": "bot1",
    "controller_id": "",
    "connector_name": "bitget_perpetual",
    "trading_pair": "BTC-USDT",
    "correlation_id": "c1",
    "payload": {"mid_price": 68009.7},
    "ingest_ts_utc": "2026-02-22T01:09:34.309805+00:00",
}
FILL = {"order_id": "o1", "trade_id": "t1", "side": "buy", "price": "68000", "amount": "0.001", "fee_quote": "0.068"}


def _read(tmp_path: Path, *envelopes: object, bots: int = 1) -> Haul:
    file = json_lines(tmp_path / "events.jsonl", *envelopes)
    return read_lines(a_source(file, *(a_bot(f"bot{n + 1}") for n in range(bots))))


def test_market_snapshot_is_an_event_and_a_mid(tmp_path: Path) -> None:
    frames = _read(tmp_path, ENVELOPE).frames
    event, mid = frames["events"].row(0, named=True), frames["mids"].row(0, named=True)
    assert (event["event_id"], event["id_derived"], event["controller_id"]) == ("e1", False, None)
    assert event["payload"] == '{"mid_price": 68009.7}'
    assert (mid["mid"], mid["pair"], mid["leg"]) == (Decimal("68009.7"), "BTC-USDT", "events")
    assert (event["ts"], event["visible_at"]) == (
        datetime(2026, 2, 22, 1, 9, 24, 9_000, tzinfo=UTC),
        datetime(2026, 2, 22, 1, 9, 34, 309_805, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    "stamp",
    ["1771722564", 1771722564000, "1771722564000000", 1771722564.0, "2026-02-22T02:09:24+01:00", "2026-02-22T01:09:24"],
)
def test_every_notation_of_the_same_instant(tmp_path: Path, stamp: object) -> None:
    events = _read(tmp_path, ENVELOPE | {"ts_utc": stamp}).frames["events"]
    assert events["ts"].to_list() == [datetime(2026, 2, 22, 1, 9, 24, tzinfo=UTC)]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"ts_utc": "yesterday"}, "ts 'yesterday' is no time stamp"),
        ({"ts_utc": None}, "ts is missing"),
        ({"ingest_ts_utc": "later"}, "arrived_at 'later' is no time stamp"),
        ({"event_type": None}, "event_type is missing"),
        ({"payload": {"mid_price": "n/a"}}, "mid 'n/a' is no number that fits"),
        ({"event_type": "order_filled", "payload": FILL | {"price": None}}, "price is missing"),
    ],
)
def test_bad_event_is_in_quarantine(tmp_path: Path, change: dict[str, object], reason: str) -> None:
    haul = _read(tmp_path, ENVELOPE, ENVELOPE | change)
    assert haul.quarantine.select("bot", "line", "reason").rows() == [("bot1", 2, reason)]
    assert haul.frames["events"].height == 1


def test_unknown_instance_is_nobodys(tmp_path: Path) -> None:
    haul = _read(tmp_path, ENVELOPE | {"instance_name": "bot9"}, ENVELOPE | {"instance_name": ""})
    assert haul.quarantine.select("bot", "reason").rows() == [
        (None, "instance 'bot9' is no bot of this desk"),
        (None, "instance_name is missing"),
    ]


def test_shared_file_gives_each_bot_its_rows(tmp_path: Path) -> None:
    haul = _read(tmp_path, ENVELOPE, ENVELOPE | {"instance_name": "bot2"}, '{"event_id', bots=2)
    assert haul.frames["events"]["bot"].to_list() == ["bot1", "bot2"]
    assert (haul.kept, haul.quarantine["bot"].to_list()) == ({"bot1": 1, "bot2": 1}, [None])


@pytest.mark.parametrize("spelling", ["order_filled", "bot_fill"])
@pytest.mark.parametrize(
    "payload",
    [
        FILL,
        {"order_id": "o1", "exchange_trade_id": "t1", "side": "TradeType.BUY", "fill_price": 68000, "quantity": 0.001}
        | {"fee": "0.068", "fee_token": "USDT"},
        {"order_id": "o1", "trade_id": "t1", "side": "BUY", "price": 68000, "amount_base": 0.001, "fee_quote": 0.068},
    ],
)
def test_fill_in_every_spelling(tmp_path: Path, spelling: str, payload: dict[str, object]) -> None:
    frames = _read(tmp_path, ENVELOPE | {"event_type": spelling, "payload": payload}).frames
    columns = ["trade_id", "order_id", "side", "price", "quantity", "fee_amount", "fee_token", "fee_quote"]
    fee = Decimal("0.068")
    assert frames["fills"].select(columns).rows() == [
        ("t1", "o1", "BUY", Decimal(68000), Decimal("0.001"), fee, "USDT", fee)
    ]
    assert (frames["events"]["event_type"].item(), frames["orders"]["status"].item()) == ("order_filled", "filled")


def test_order_states_and_funding(tmp_path: Path) -> None:
    created = {"event_type": "order_created", "payload": {"order_id": "o1", "side": "sell", "price": 1, "amount": 2}}
    funding = {"event_type": "funding_payment", "payload": {"id": "f1", "amount": "-0.5", "funding_rate": "0.0001"}}
    frames = _read(tmp_path, ENVELOPE | created, ENVELOPE | funding).frames
    assert frames["orders"].select("status", "side", "price", "quantity").row(0) == ("open", "SELL", 1, 2)
    assert frames["funding"].select("funding_id", "amount", "rate").row(0) == (
        *("f1", Decimal("-0.5"), Decimal("0.0001")),
    )


def test_missing_id_is_derived_from_the_content(tmp_path: Path) -> None:
    bare = {key: value for key, value in ENVELOPE.items() if key != "event_id"}
    events = _read(tmp_path, bare, bare, bare | {"correlation_id": None}).frames["events"]
    assert events["id_derived"].to_list() == [True] * 3
    assert (events["event_id"].n_unique(), events["correlation_id"].to_list()) == (2, ["c1", "c1", None])
