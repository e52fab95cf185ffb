import json
from pathlib import Path

import pytest

from deskgate.config.errors import InputError, UnknownKindError
from deskgate.sources.recognition import recognise
from deskgate.sources.registry import KINDS

TRADE = {"id": "1", "order": "2", "symbol": "BTC/USDT", "side": "buy", "price": 1, "amount": 1, "takerOrMaker": "maker"}
ORDER = {"id": "1", "clientOrderId": "c", "symbol": "BTC/USDT", "status": "closed", "filled": 1, "remaining": 0}
FUNDING = {"id": "1", "symbol": "BTC/USDT:USDT", "code": "USDT", "amount": 1, "timestamp": 1}
POSITION = {"symbol": "BTC/USDT:USDT", "contracts": 1, "side": "long", "entryPrice": 1}
BALANCE = {"info": [], "USDT": {"free": 1, "used": 0, "total": 1}, "total": {"USDT": 1}, "free": {}, "used": {}}
CANDLE = [1773820800000, 1.0, 2.0, 0.5, 1.5, 10.0]
MQTT = {"topic": "hbot/bot1/events", "payload": {"timestamp": 1, "type": "OrderFilled", "data": {}}}
ENVELOPE = {"event_id": "1", "event_type": "audit", "ts_utc": "1", "instance_name": "bot1", "payload": {}}


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("x.json", [TRADE], "my_trades"),
        ("x.json", [ORDER], "closed_orders"),
        ("x.json", [ORDER | {"status": "canceled"}, ORDER | {"status": "expired"}], "canceled_orders"),
        ("my_trades.json", [ORDER | {"status": "open"}], "open_orders"),
        ("x.json", [ORDER, ORDER | {"status": "rejected"}], "canceled_and_closed_orders"),
        ("x.json", [ORDER] * 30 + [ORDER | {"status": "open"}], "orders"),
        ("closed_orders.json", [ORDER, ORDER | {"status": "canceled"}], "canceled_and_closed_orders"),
        ("closed_orders.json", [ORDER | {"status": "canceled"}], "canceled_and_closed_orders"),
        ("closed_orders.json", [ORDER, ORDER | {"status": "open"}], "orders"),
        ("orders.json", [ORDER], "orders"),
        ("orders_20260318T080000Z.json", [], "orders"),
        ("fetchOrders.json", [ORDER | {"status": "expired"}], "orders"),
        ("fetchClosedOrders.json", [], "closed_orders"),
        ("orders_closed.json", [], "closed_orders"),
        ("order_history.json", [ORDER], "canceled_and_closed_orders"),
        ("stop_orders.json", [ORDER], "closed_orders"),
        ("x.json", {"exported_at": "2026-01-01T00:00:00Z", "orders": []}, "orders"),
        ("x.json", {"closed_orders": [ORDER, ORDER | {"status": "open"}]}, "orders"),
        ("x.json", [FUNDING], "funding_history"),
        ("ohlcv_BTC_USDT_USDT_1m.json", [CANDLE], "ohlcv"),
        ("ohlcv_BTC_USDT_1h_20260318T080000Z.json", [CANDLE], "ohlcv"),
        ("ohlcv_BTC_USDT_1m.json", [], "ohlcv"),
        ("x.json", {"symbol": "BTC/USDT", "timeframe": "5m", "ohlcv": [CANDLE]}, "ohlcv"),
        ("x.json", [POSITION], "positions"),
        ("x.json", BALANCE, "balance"),
        ("x.json", {"exported_at": "2026-01-01T00:00:00Z", "positions": []}, "positions"),
        ("x.json", {"mode": "proxy_local", "ts_utc": "1", "bots": {"bot1": {"equity_quote": 1}}}, "account_snapshot"),
        ("x.jsonl", MQTT, "mqtt_events"),
        ("x.jsonl", MQTT["payload"], "mqtt_events"),
        ("x.jsonl", ENVELOPE, "event_envelopes"),
        ("x.jsonl", {"stream": "s", "entry_id": "1-0", "event": ENVELOPE}, "event_envelopes"),
        ("open_orders.json", [], "open_orders"),
        ("open_orders.json", "", "open_orders"),
        ("positions/20260318T080000Z.json", [], "positions"),
        ("a.csv", "ts,state,mid,equity_quote\n", "controller_minutes"),
        ("a.csv", "ts,side,price,amount_base\n", "controller_fills"),
        ("a.csv", "ts,equity_open_quote,equity_now_quote\n", "controller_daily"),
        ("events.jsonl", "", "mqtt_events"),
        ("events.jsonl.1", "", "mqtt_events"),
        ("minute.csv.2026-03-18", "", "controller_minutes"),
        ("minute.legacy.csv", "\n", "controller_minutes"),
    ],
)
def test_kind_is_recognised_by_content(tmp_path: Path, name: str, content: object, expected: str) -> None:
    file = tmp_path / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    assert recognise(file)[0].name == expected


def test_broken_first_line_does_not_hide_the_kind(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    file.write_text('{"event_id": \n' + json.dumps(ENVELOPE) + "\n")
    assert recognise(file)[0].name == "event_envelopes"


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("a.csv", "date,open,close\n", "a first line that begins 'date, open, close'"),
        ("a.csv", "date,open,\n1,2,3\n", "a first line that begins 'date, open, '"),
        (".env", "API_SECRET=abc,def\n", "a first line that is no header of a table"),
        ("key.txt", "abcdef123456\n", "a first line that is no header of a table"),
        ("key.txt", "abcdef123456", "a first line that is no header of a table"),
        ("conf.yml", "password: a, token: b\n", "a first line that is no header of a table"),
        ("a.json", '{"limits": {}}', "an object with limits"),
        ("a.json", '{"bots": {"bot1": {"limits": 1}}}', "an object with bots"),
        ("a.json", '[{"foo": 1}]', "a list of objects with foo"),
        ("a.json", "[]", "an empty list"),
        ("a.sqlite", "", "an empty file"),
        ("a.json", "[1, 2]", "a list of objects with no keys"),
        (
            "a.json",
            "[[1773820800000, 1, 2, 0.5, 1.5, 10]]",
            "a list of lists, in a file whose name does not say of what,",
        ),
        # Five columns, a time in seconds, a timeframe without a length: none is what fetch_ohlcv gives.
        ("ohlcv_BTC_USDT_1m.json", "[[1773820800000, 1, 2, 0.5, 1.5]]", "a list of lists"),
        ("ohlcv_BTC_USDT_1m.json", "[[1773820800, 1, 2, 0.5, 1.5, 10]]", "a list of lists"),
        ("ohlcv_BTC_USDT_1M.json", "[[1773820800000, 1, 2, 0.5, 1.5, 10]]", "a list of lists"),
        ("ohlcv_BTC_1m.json", "[]", "an empty list"),
        ("x.json", '{"symbol": "BTC/USDT", "ohlcv": []}', "an object with symbol, ohlcv"),
        (
            "x.json",
            '{"symbol": "BTC/USDT", "timeframe": "1m", "ohlcv": [[1]]}',
            "an object with symbol, timeframe, ohlcv",
        ),
    ],
)
def test_unknown_file_names_what_it_is_and_what_is_known(tmp_path: Path, name: str, content: str, found: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(InputError) as error:
        recognise(tmp_path / name)
    assert f"{name}: {found}" in str(error.value)
    assert all(kind.name in str(error.value) for kind in KINDS)


def test_broken_document_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "my_trades.json").write_text('[{"id": 1}, {"id"')
    with pytest.raises(InputError, match=r"my_trades\.json: not JSON"):
        recognise(tmp_path / "my_trades.json")


@pytest.mark.parametrize(
    "text",
    [
        '{"level": "info"}\n{"level": "warn"}\n',
        '{"level": "info"}\n{"level": "wa',
        '{"level": \n{"level": "info"}\n',
        json.dumps({"level": "x" * (1 << 17)}) + '\n{"level": "info"}\n',
        json.dumps({"level": "info"}) + "\n" + json.dumps({"level": "x" * (1 << 17)}) + "\n",
    ],
)
def test_log_of_another_program_is_of_no_known_kind(tmp_path: Path, text: str) -> None:
    (tmp_path / "log.jsonl").write_text(text)
    with pytest.raises(UnknownKindError, match=r"log\.jsonl: a log with lines of level is not a known kind"):
        recognise(tmp_path / "log.jsonl")


@pytest.mark.parametrize("name", ["log.jsonl", "log.jsonl.1"])
@pytest.mark.parametrize(
    "begins", ["", "[INFO] begun\n", '{"level": \n', json.dumps({"level": "x" * (1 << 17)}) + "\n"]
)
def test_event_lines_far_behind_other_objects_are_found(tmp_path: Path, name: str, begins: str) -> None:
    others = (json.dumps({"level": "info"}) + "\n") * 5_000
    (tmp_path / name).write_text(begins + others + json.dumps(ENVELOPE) + "\n" + others)
    assert recognise(tmp_path / name)[0].name == "event_envelopes"


@pytest.mark.parametrize("text", ['{"event_id": \n{"ev', '{"a": 1, \n"b": '])
def test_log_without_a_line_that_parses_may_be_any(tmp_path: Path, text: str) -> None:
    (tmp_path / "log.jsonl").write_text(text)
    with pytest.raises(InputError, match="not JSON") as error:
        recognise(tmp_path / "log.jsonl")
    assert not isinstance(error.value, UnknownKindError)


def test_document_over_several_lines_is_no_log(tmp_path: Path) -> None:
    file = tmp_path / "my_trades.jsonl"
    file.write_text(f"[\n{json.dumps(TRADE)}\n]\n")
    assert recognise(file)[0].name == "my_trades"
