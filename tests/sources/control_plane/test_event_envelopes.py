import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from deskgate.config.instances import unclaimed
from deskgate.sources.parsed_source import ParsedSource

from ..desks import a_bot, a_source, json_lines, read_all_lines
from ..samples import ENVELOPE, ENVELOPE_FILL


def _read(tmp_path: Path, *envelopes: object, bots: int = 1) -> ParsedSource:
    file = json_lines(tmp_path / "events.jsonl", *envelopes)
    return read_all_lines(a_source(file, *(a_bot(f"bot{n + 1}") for n in range(bots))))


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
        ({"ts_utc": "yesterday"}, "ts 'yesterday' is not a timestamp from 2000 to 2099"),
        ({"ts_utc": None}, "ts is missing"),
        ({"ingest_ts_utc": "later"}, "arrived_at 'later' is not a timestamp from 2000 to 2099"),
        ({"event_type": None}, "event_type is missing"),
        ({"payload": {"mid_price": "n/a"}}, "mid 'n/a' is not a number below 1e20"),
        ({"event_type": "order_filled", "payload": ENVELOPE_FILL | {"price": None}}, "price is missing"),
    ],
)
def test_bad_event_is_in_quarantine(tmp_path: Path, change: dict[str, object], reason: str) -> None:
    parsed = _read(tmp_path, ENVELOPE, ENVELOPE | change)
    assert parsed.quarantine.select("bot", "line", "reason").rows() == [("bot1", 2, reason)]
    assert parsed.frames["events"].height == 1


def test_unknown_instance_is_in_quarantine_without_a_bot(tmp_path: Path) -> None:
    parsed = _read(tmp_path, ENVELOPE | {"instance_name": "bot9"}, ENVELOPE | {"instance_name": ""})
    assert parsed.quarantine.select("bot", "reason").rows() == [
        (None, "instance 'bot9' is not in desk.toml; to read it, write instances = [\"bot9\"] at its bot"),
        (None, "instance_name is missing"),
    ]


def test_shared_file_gives_each_bot_its_rows(tmp_path: Path) -> None:
    parsed = _read(tmp_path, ENVELOPE, ENVELOPE | {"instance_name": "bot2"}, '{"event_id', bots=2)
    assert parsed.frames["events"]["bot"].to_list() == ["bot1", "bot2"]
    assert (parsed.kept, parsed.quarantine["bot"].to_list()) == ({"bot1": 1, "bot2": 1}, [None])


@pytest.mark.parametrize("spelling", ["order_filled", "bot_fill"])
@pytest.mark.parametrize(
    "payload",
    [
        ENVELOPE_FILL,
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


BARE: dict[str, object] = {
    "schema_version": "1.0",
    "event_type": "audit",
    "event_id": "e7",
    "correlation_id": None,
    "producer": "risk",
    "timestamp_ms": 1771722564009,
    "instance_name": "bot1",
    "severity": "info",
}
STAMP = datetime(2026, 2, 22, 1, 9, 24, 9_000, tzinfo=UTC)


def test_event_without_an_envelope_is_its_own_payload(tmp_path: Path) -> None:
    event = _read(tmp_path, json.dumps(ENVELOPE), json.dumps(BARE)).frames["events"].row(1, named=True)
    assert (event["event_id"], event["event_type"], event["event_version"]) == ("e7", "audit", "1.0")
    assert (event["ts"], event["arrived_at"], event["visible_at"]) == (STAMP, None, STAMP)
    assert (event["payload"], event["extra"]) == (json.dumps(BARE), None)


@pytest.mark.parametrize("inner", [ENVELOPE | {"ingest_ts_utc": None}, BARE, json.dumps(BARE)])
def test_event_in_a_collectors_wrapper_arrived_when_it_was_received(tmp_path: Path, inner: object) -> None:
    wrapper = {"stream": "hb.audit.v1", "entry_id": "1-0", "received_at": "2026-02-22T01:10:00Z", "event": inner}
    event = _read(tmp_path, ENVELOPE, wrapper).frames["events"].row(1, named=True)
    received = datetime(2026, 2, 22, 1, 10, tzinfo=UTC)
    assert (event["ts"], event["arrived_at"], event["visible_at"]) == (STAMP, received, received)


def test_envelope_arrival_wins_over_wrapper(tmp_path: Path) -> None:
    wrapper = {"stream": "s", "entry_id": "1-0", "received_at": "2026-02-22T01:10:00Z", "event": ENVELOPE}
    first, second = _read(tmp_path, ENVELOPE, wrapper).frames["events"].drop("line", "record").rows()
    assert first == second


@pytest.mark.parametrize("version", [None, 1, "1", "v1", "1.0", 1.0])
def test_versions_of_the_schema(tmp_path: Path, version: object) -> None:
    assert _read(tmp_path, ENVELOPE | {"event_version": version}).quarantine.is_empty()


@pytest.mark.parametrize(
    ("change", "kind", "reason"),
    [
        ({"event_version": "2"}, "market_snapshot", "event_version '2' is not one of 1, v1, 1.0"),
        (
            {"event_type": "bot_filled"},
            "event_envelopes",
            "type 'bot_filled' is not one of event schema 1: order_created, order_filled",
        ),
    ],
)
def test_other_version_or_type_is_in_quarantine(
    tmp_path: Path, change: dict[str, object], kind: str, reason: str
) -> None:
    parsed = _read(tmp_path, ENVELOPE, ENVELOPE | change)
    assert parsed.quarantine["reason"].item().startswith(reason)
    assert parsed.records["type"].to_list() == ["market_snapshot", kind]


@pytest.mark.parametrize(
    ("added", "extra"),
    [
        ({}, None),
        ({"stream": "s", "stream_entry_id": "1-0"}, '{"stream":"s","stream_entry_id":"1-0"}'),
        ({"stream": "s", "host": {"n": 1}}, '{"stream":"s","host":{"n": 1}}'),
        ({"timestamp": 5}, '{"timestamp":5}'),
    ],
)
def test_keys_beyond_the_schema_are_kept(tmp_path: Path, added: dict[str, object], extra: str | None) -> None:
    assert _read(tmp_path, ENVELOPE | added).frames["events"]["extra"].to_list() == [extra]


def test_redelivered_event_without_an_id_has_one_id(tmp_path: Path) -> None:
    bare = {key: value for key, value in ENVELOPE.items() if key != "event_id"}
    later = dict(reversed(bare.items())) | {"ingest_ts_utc": "2026-02-22T02:00:00Z"}
    wrapper = {"stream": "s", "entry_id": "1-0", "received_at": "2026-02-22T03:00:00Z", "event": bare}
    tight = json.dumps(bare, separators=(",", ":"))
    events = _read(tmp_path, ENVELOPE, bare, later, wrapper, tight).frames["events"]
    assert events["event_id"][1:].n_unique() == 1


def test_side_is_from_hummingbots_event_name(tmp_path: Path) -> None:
    change = {"event_type": "SellOrderCreated", "payload": {"order_id": "o1", "price": float("nan"), "amount": 2}}
    frames = _read(tmp_path, ENVELOPE | change).frames
    assert frames["events"]["event_type"].to_list() == ["order_created"]
    assert frames["orders"].select("side", "price", "quantity").rows() == [("SELL", None, 2)]


def test_payload_in_a_string_is_read(tmp_path: Path) -> None:
    frames = _read(tmp_path, ENVELOPE | {"payload": '{"mid_price": 1.50}'}).frames
    assert (frames["mids"]["mid"].to_list(), frames["events"]["payload"].to_list()) == (
        [Decimal("1.5")],
        ['{"mid_price": 1.50}'],
    )


def test_instances_of_a_bot_are_the_bot(tmp_path: Path) -> None:
    names = ("grid-20260318-000000", "bot1", "pmm-20260318-000000")
    file = json_lines(tmp_path / "events.jsonl", *[ENVELOPE | {"event_id": n, "instance_name": n} for n in names])
    bots = [a_bot().model_copy(update={"instances": ["grid-*"]}), a_bot("bot2")]
    parsed = read_all_lines(a_source(file, *bots))
    assert parsed.frames["events"].select("event_id", "bot").rows() == [(names[0], "bot1"), (names[1], "bot1")]
    assert parsed.quarantine.select("bot", "reason").rows() == [(None, unclaimed(names[2]))]
