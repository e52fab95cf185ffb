from pathlib import Path

import pytest

from deskgate.config.bot import Mode
from deskgate.sources.reader import read_source

from ..desks import a_bot, a_source, json_file
from ..samples import VENUE_ORDER, VENUE_TRADE
from .funding_records import FUNDING

# As a script makes them of a database: whole seconds, and nothing that the bot does not know itself.
TRADE = {"id": "t1", "order": "x1", "symbol": "BTC/USDT:USDT", "side": "sell", "price": 73839.2, "amount": 0.0002} | {
    "timestamp": 1773792091000,
    "takerOrMaker": "maker",
    "fee": {"currency": "USDT", "cost": 0.0029},
}
ORDER = {"id": "x1", "clientOrderId": "o1", "symbol": "BTC/USDT:USDT", "side": "sell", "price": 73839.2} | {
    "amount": 0.0002,
    "filled": 0.0002,
    "remaining": 0,
    "status": "closed",
    "timestamp": 1773792030000,
    # The only time that the bot takes from the wall clock.
    "lastUpdateTimestamp": 1773792091065,
}
PAYMENT = {"symbol": "BTC/USDT:USDT", "code": "USDT", "timestamp": 1773820800231, "amount": -0.0005}
POSITION = {"symbol": "BTC/USDT:USDT", "side": "long", "contracts": 0.0002, "entryPrice": 73839.2}
COPIED = {"exchange_trade_id": "t1", "trade_fee": "{}", "config_file_path": "conf.yml"}
HEAD = {"exported_at": "2026-03-19T00:00:00Z"}
MADE_BY = HEAD | {"client": "ccxt 4.5.90", "venue": "bitget"}


def why(tmp_path: Path, document: object, *, mode: Mode = Mode.LIVE) -> str | None:
    bot = a_bot().model_copy(update={"mode": mode})
    parsed = read_source(a_source(json_file(tmp_path / "20260319T000000Z.json", document), bot))
    assert parsed.quarantine.is_empty()
    assert bool(parsed.frames) is not bool(parsed.derived)
    return parsed.derived.get("bot1")


@pytest.mark.parametrize(
    "document",
    [
        [TRADE],
        [TRADE | {"info": {}}],
        [TRADE | {"info": {"id": "t1", "price": "73839.2", "timestamp": 1773792091000}}],
        [TRADE | {"info": COPIED}],
        # Stamps that a script makes up do not help a copy of the database.
        [TRADE | {"info": COPIED, "timestamp": 1773792091022}],
        [TRADE, TRADE, VENUE_TRADE],
        {"exported_at": "2026-03-19T00:00:00Z", "my_trades": [TRADE]},
        [ORDER],
        # The database has the last time of an order to the millisecond.
        [ORDER | {"lastTradeTimestamp": 1773792091065}],
        # Where a script says where it has it from, or has the row as a text.
        [TRADE | {"info": {"source": "database"}}],
        [TRADE | {"info": {"raw": '{"exchange_trade_id": "t1"}', "from": "x", "by": "y"}}],
        # A head is no help to a copy.
        MADE_BY | {"my_trades": [TRADE | {"info": COPIED}]},
        [PAYMENT],
        [PAYMENT | {"id": "1773820800231"}],
        [POSITION],
        {"total": {"USDT": 1000}},
        {"info": {"equity_quote": "1000"}, "total": {"USDT": 1000}},
    ],
)
def test_export_without_a_sign_of_the_venue_is_derived(tmp_path: Path, document: object) -> None:
    assert "export the account" in str(why(tmp_path, document))


@pytest.mark.parametrize(
    "document",
    [
        [VENUE_TRADE],
        [TRADE | {"timestamp": 1773792091022}],
        [TRADE, VENUE_TRADE],
        MADE_BY | {"my_trades": [TRADE]},
        [VENUE_ORDER],
        [ORDER | {"timestamp": 1773792030022}],
        [ORDER | {"info": {"orderId": "x1"}}],
        [FUNDING["binanceusdm"] | {"info": {}}],
        [FUNDING["gate"]],
        [POSITION | {"marginMode": "cross"}],
        {"info": {}, "total": {"USDT": 1000}},
        {"free": {"USDT": 1000}, "used": {"USDT": 0}, "total": {"USDT": 1000}},
        {"USDT": {"free": 1000, "used": 0, "total": 1000}, "total": {"USDT": 1000}},
    ],
)
def test_export_with_a_sign_of_the_venue_is_evidence(tmp_path: Path, document: object) -> None:
    assert why(tmp_path, document) is None


def test_ledger_of_a_paper_bot_counts(tmp_path: Path) -> None:
    assert why(tmp_path, [TRADE], mode=Mode.PAPER) is None


def test_empty_export_is_a_leg(tmp_path: Path) -> None:
    parsed = read_source(a_source(json_file(tmp_path / "my_trades.json", [])))
    assert parsed.derived == {}


def test_reason_says_what_is_missing_and_what_to_do(tmp_path: Path) -> None:
    assert why(tmp_path, [TRADE]) == (
        "it has neither the venue's own fields in info, nor milliseconds of the venue's clock, nor a head that names"
        " client and venue, so it may have been written from the bot's files: export the account again and keep info"
    )
