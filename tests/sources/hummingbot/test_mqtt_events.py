import json
from decimal import Decimal
from pathlib import Path

import pytest

from deskgate.sources.parsed_source import ParsedSource

from ..desks import a_bot, a_source, json_lines, read_all_lines
from ..samples import MQTT_FILL, a_message


def _read(tmp_path: Path, *messages: object, bots: int = 1) -> ParsedSource:
    file = json_lines(tmp_path / "events.jsonl", *messages)
    return read_all_lines(a_source(file, *(a_bot(f"bot{n + 1}") for n in range(bots))))


def test_fill_is_an_event_an_order_state_and_a_fill(tmp_path: Path) -> None:
    frames = _read(tmp_path, a_message("OrderFilled", MQTT_FILL)).frames
    fill, event = frames["fills"].row(0, named=True), frames["events"].row(0, named=True)
    assert (fill["side"], fill["price"], fill["fee_amount"]) == ("SELL", Decimal("73839.2"), Decimal("0.00295357"))
    assert (fill["trade_id"], fill["exchange_order_id"], fill["leg"]) == ("t1", None, "events")
    assert (event["event_type"], event["correlation_id"], event["id_derived"]) == ("order_filled", "o1", True)
    assert frames["orders"]["status"].to_list() == ["filled"]
    assert (fill["visible_at"] - fill["ts"]).total_seconds() == 0.07


@pytest.mark.parametrize(
    ("name", "event_type", "status", "side"),
    [
        ("BuyOrderCreated", "order_created", "open", "BUY"),
        ("SellOrderCompleted", "order_completed", "completed", "SELL"),
        ("OrderCancelled", "order_cancelled", "cancelled", None),
        ("OrderFailure", "order_failed", "failed", None),
        ("OrderExpired", "order_expired", "expired", None),
    ],
)
def test_order_events_by_type(tmp_path: Path, name: str, event_type: str, status: str, side: str | None) -> None:
    frames = _read(tmp_path, a_message(name, {"order_id": "o1"})).frames
    assert frames["events"]["event_type"].to_list() == [event_type]
    assert frames["orders"].select("status", "side", "order_id").rows() == [(status, side, "o1")]


def test_created_and_completed_orders_keep_their_amounts(tmp_path: Path) -> None:
    created = {"order_id": "o1", "trading_pair": "BTC-USDT", "amount": 0.0002, "price": 73712.9}
    completed = {"order_id": "o1", "base_asset": "BTC", "quote_asset": "USDT", "base_asset_amount": 0.0001}
    orders = _read(tmp_path, a_message("BuyOrderCreated", created), a_message("BuyOrderCompleted", completed)).frames[
        "orders"
    ]
    assert orders.select("pair", "price", "quantity", "filled_quantity").rows() == [
        ("BTC-USDT", Decimal("73712.9"), Decimal("0.0002"), None),
        ("BTC-USDT", None, None, Decimal("0.0001")),
    ]


def test_market_order_has_no_price(tmp_path: Path) -> None:
    line = '{"timestamp": 1773792091, "type": "BuyOrderCreated", "data": {"order_id": "o1", "price": NaN}}'
    parsed = _read(tmp_path, line)
    assert (parsed.frames["orders"]["price"].to_list(), parsed.quarantine.height) == ([None], 0)


def test_percent_fee_of_paper_trading_is_in_quote(tmp_path: Path) -> None:
    data = MQTT_FILL | {"price": 73834.58, "amount": 0.002345, "trade_fee": {"percent": "0.001", "flat_fees": []}}
    fill = _read(tmp_path, a_message("OrderFilled", data)).frames["fills"]
    assert fill.select("fee_amount", "fee_token").row(0) == (Decimal("0.1731420901"), "USDT")


@pytest.mark.parametrize("timestamp", [1773820800, 1773820800000])
def test_funding_in_seconds_and_in_milliseconds(tmp_path: Path, timestamp: int) -> None:
    data = {"market": "bitget_perpetual", "trading_pair": "BTC-USDT", "amount": -0.00059082, "funding_rate": -1e-05}
    frames = _read(tmp_path, {"timestamp": timestamp, "type": "FundingPaymentCompleted", "data": data}).frames
    assert frames["funding"]["ts"].dt.epoch("s").to_list() == [1773820800]
    assert frames["funding"].select("amount", "rate").row(0) == (Decimal("-0.00059082"), Decimal("-0.00001"))
    assert frames["events"]["correlation_id"].to_list() == frames["events"]["event_id"].to_list()


@pytest.mark.parametrize("arrives", [True, False])
def test_payment_of_1970_is_an_event_at_its_arrival_and_no_payment(tmp_path: Path, arrives: bool) -> None:
    data = {"market": "kucoin_perpetual", "trading_pair": "XBT-USDT", "amount": 0.1, "funding_rate": 1e-4}
    paid = a_message("FundingPaymentCompleted", data) | ({} if arrives else {"received_at": None})
    paid["payload"] = {"timestamp": 1773, "type": "FundingPaymentCompleted", "data": data}
    parsed = _read(tmp_path, a_message("OrderFilled", MQTT_FILL), paid)
    assert parsed.quarantine.is_empty()
    assert "funding" not in parsed.frames
    assert parsed.frames["events"]["ts"].dt.epoch("s").to_list() == [1773792091] * 2


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (a_message("Sighed", {}), "type 'Sighed' is not one of event schema 1"),
        (a_message("OrderFilled", MQTT_FILL) | {"topic": "hbot/bot1/sigh"}, "topic 'hbot/bot1/sigh' has no events"),
        ({"topic": "hbot/bot1/notify", "payload": {"seq": 0, "timestamp": -1, "msg": "hi"}}, "ts is missing"),
        ({"topic": "hbot/bot1/hb", "payload": {"ts": "soon"}}, "ts 'soon' is not a timestamp"),
        ({"topic": "hbot/bot1/hb", "payload": {}}, "ts is missing"),
        (a_message("OrderFilled", MQTT_FILL) | {"payload": {"timestamp": 1, "data": {}}}, "type is missing"),
        (a_message("OrderFilled", MQTT_FILL) | {"payload": "garbage"}, "the payload is not a JSON object"),
    ],
)
def test_message_outside_the_schema_is_in_quarantine(tmp_path: Path, message: dict[str, object], reason: str) -> None:
    parsed = _read(tmp_path, a_message("OrderFilled", MQTT_FILL), message)
    assert (parsed.frames["events"].height, parsed.quarantine["line"].to_list()) == (1, [2])
    assert parsed.quarantine["reason"].item().startswith(reason)


@pytest.mark.parametrize("ts", [1773792091_250_000_000, 1773792091_250_000, 1773792091_250, 1773792091.25])
def test_heartbeat_is_an_event_of_its_own(tmp_path: Path, ts: float) -> None:
    beat = {"topic": "hbot/bot1/hb", "received_at": 1773792091.3, "payload": {"ts": ts}}
    frames = _read(tmp_path, beat, a_message("OrderCancelled", {"order_id": "o1"})).frames
    event = frames["events"].row(0, named=True)
    assert (event["event_type"], event["bot"], event["ts"].microsecond) == ("heartbeat", "bot1", 250_000)
    assert event["correlation_id"] == event["event_id"]
    assert frames["orders"].height == 1


def test_same_event_delivered_twice_has_one_id(tmp_path: Path) -> None:
    late = a_message("OrderFilled", MQTT_FILL, received_at=1773792099)
    other = a_message("OrderFilled", MQTT_FILL | {"exchange_trade_id": "t2"})
    ids = _read(tmp_path, a_message("OrderFilled", MQTT_FILL), late, other).frames["events"]["event_id"]
    assert (ids[0] == ids[1], ids[0] == ids[2]) == (True, False)


def test_payload_keeps_order_and_digits(tmp_path: Path) -> None:
    payload = '{"timestamp":1773792091,"type":"OrderCancelled","data":{"z":0.10,"a":1E-7}}'
    assert _read(tmp_path, payload).frames["events"]["payload"].to_list() == [payload]


def test_rows_go_to_the_bot_of_the_topic(tmp_path: Path) -> None:
    messages = [a_message("OrderCancelled", {"order_id": "o"}, instance=name) for name in ("bot2", "bot1", "else")]
    parsed = _read(tmp_path, *messages, bots=2)
    assert parsed.frames["events"]["bot"].to_list() == ["bot2", "bot1"]
    assert parsed.quarantine.select("bot", "line", "reason").rows() == [
        (None, 3, "instance 'else' is not in desk.toml; to read it, write instances = [\"else\"] at its bot")
    ]


def test_message_without_topic_belongs_to_the_only_lister(tmp_path: Path) -> None:
    parsed = _read(
        tmp_path, a_message("OrderCancelled", {}, instance="else"), a_message("OrderCancelled", {})["payload"]
    )
    assert parsed.frames["events"]["bot"].to_list() == ["bot1", "bot1"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"topic": "hbot/bot1/events", "payl', "broken JSON: Unterminated string"),
        ("[1]", "the line is not a JSON object"),
        ('{"timestamp": 1773792091, "data": {}}', "type is missing"),
        ('{"type": "OrderCancelled", "data": {}}', "ts is missing"),
        ('{"timestamp": "x", "type": "OrderCancelled", "data": {}}', "ts 'x' is not a timestamp"),
        ('{"timestamp": 1773792091, "type": "OrderFilled", "data": {"order_id": "o1"}}', "pair is missing"),
    ],
)
def test_bad_line_is_in_quarantine_alone(tmp_path: Path, line: str, reason: str) -> None:
    parsed = _read(tmp_path, a_message("OrderFilled", MQTT_FILL), line)
    assert parsed.quarantine.select("bot", "line", "raw").rows() == [("bot1", 2, line)]
    assert reason in parsed.quarantine["reason"].item()
    assert (parsed.kept["bot1"], parsed.frames["events"].height) == (1, 1)


def test_keys_of_the_bridge_are_kept(tmp_path: Path) -> None:
    events = _read(
        tmp_path, a_message("OrderFilled", MQTT_FILL), a_message("OrderFilled", MQTT_FILL) | {"qos": 1}
    ).frames["events"]
    assert events["extra"].to_list() == [None, '{"qos":1}']


def test_payload_in_a_string_is_read(tmp_path: Path) -> None:
    sent = a_message("OrderFilled", MQTT_FILL)
    frames = _read(tmp_path, sent, sent | {"payload": json.dumps(sent["payload"])}).frames
    assert frames["events"]["event_id"].n_unique() == 1
    assert frames["fills"]["price"].to_list() == [Decimal("73839.2")] * 2


RANGE = {"order_id": "range-SOL-USDC-1", "trading_pair": "SOL-USDC", "exchange_order_id": "tx1"}


@pytest.mark.parametrize(
    ("name", "data", "action", "moved"),
    [
        ("RangePositionLiquidityAdded", {"base_amount": 0.03, "quote_amount": 5.0}, "add", True),
        ("RangePositionLiquidityRemoved", {}, "remove", True),
        ("RangePositionFeeCollected", {}, "collect", True),
        ("RangePositionClosed", {}, "remove", True),
        ("RangePositionUpdateFailure", {"order_action": "LPType.ADD"}, "failed", False),
        (
            "OrderFilled",
            {"trade_type": "TradeType.RANGE", "order_type": "OrderType.AMM_ADD", "price": 0.0},
            "add",
            True,
        ),
        ("SellOrderCreated", {"type": "OrderType.AMM_REMOVE", "amount": 1.0}, "remove", False),
        ("OrderCancelled", {}, "update", False),
    ],
)
def test_liquidity_operation_is_known_and_no_fill(
    tmp_path: Path, name: str, data: dict[str, object], action: str, moved: bool
) -> None:
    parsed = _read(tmp_path, a_message(name, RANGE | data))
    assert (parsed.quarantine.height, sorted(parsed.frames)) == (0, ["events", "liquidity_operations"])
    row, event = parsed.frames["liquidity_operations"].row(0, named=True), parsed.frames["events"].row(0, named=True)
    assert (row["action"], row["moved"], row["record_type"], row["order_id"]) == (
        action,
        moved,
        name,
        RANGE["order_id"],
    )
    assert (event["event_type"], event["correlation_id"]) == ("liquidity_operation", event["event_id"])
    assert parsed.records["type"].to_list() == ["liquidity_operation"]


def test_swap_of_a_pool_is_a_fill(tmp_path: Path) -> None:
    swap = MQTT_FILL | {"order_id": "buy-SOL-USDC-1", "order_type": "OrderType.AMM_SWAP"}
    assert "liquidity_operations" not in _read(tmp_path, a_message("OrderFilled", swap)).frames


@pytest.mark.parametrize(
    ("topic", "payload", "seconds"),
    [
        ("log", {"timestamp": 1773792090.5, "msg": "m", "level_no": 20}, 90.5),
        ("log", {"timestamp": 0.0, "msg": "m"}, 91.0),
        ("notify", {"seq": 0, "timestamp": -1, "msg": "m"}, 91.0),
        ("status_updates", {"timestamp": 1773792090000, "type": "availability", "msg": "online"}, 90.0),
        ("external/event/signal", {"timestamp": 1773792090, "sequence": 1, "type": "eevent", "data": {}}, 90.0),
        ("stop", {"header": {"reply_to": "x", "timestamp": 1773792090}, "data": {"async_backend": True}}, 91.0),
        ("balance/limit", {"header": {}, "data": {}}, 91.0),
        ("events", {"timestamp": 1773792090, "type": "LiquidationEvent", "data": {}}, 90.0),
    ],
)
def test_other_messages_of_the_bridge_are_notices(
    tmp_path: Path, topic: str, payload: dict[str, object], seconds: float
) -> None:
    message = {"topic": f"hbot/bot1/{topic}", "received_at": 1773792091, "payload": payload}
    parsed = _read(tmp_path, message, bots=2)
    event = parsed.frames["events"].row(0, named=True)
    assert (parsed.quarantine.height, list(parsed.frames)) == (0, ["events"])
    assert (event["event_type"], event["bot"], event["ts"].timestamp() - 1773792000) == ("notice", "bot1", seconds)


@pytest.mark.parametrize("instance", ["grid-20260318-000000", "grid-20260319-091500", "blue_2"])
def test_instances_of_a_bot_are_the_bot(tmp_path: Path, instance: str) -> None:
    file = json_lines(tmp_path / "events.jsonl", a_message("OrderFilled", MQTT_FILL, instance=instance))
    bots = [a_bot("b1").model_copy(update={"instances": ["grid-*", "blue_?"]}), a_bot("b2")]
    frames = read_all_lines(a_source(file, *bots)).frames
    assert (frames["events"]["bot"].item(), frames["fills"]["bot"].item()) == ("b1", "b1")


def test_instance_that_a_bot_does_not_name_is_not_its_own(tmp_path: Path) -> None:
    file = json_lines(tmp_path / "events.jsonl", a_message("OrderFilled", MQTT_FILL, instance="pmm-20260318-000000"))
    parsed = read_all_lines(a_source(file, a_bot("b1").model_copy(update={"instances": ["grid-*"]})))
    assert "fills" not in parsed.frames
    assert parsed.quarantine["reason"].item().endswith('write instances = ["pmm-*"] at its bot')
