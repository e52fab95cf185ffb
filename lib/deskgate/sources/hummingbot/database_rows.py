"""Rows of Hummingbot's tables -> rows of text of the canonical ones."""

from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation

from deskgate.sources.exact_json import JsonError, parse
from deskgate.sources.fees import trade_fee
from deskgate.sources.records import RecordError, Row
from deskgate.sources.spellings import STATUS_OF_STATE, position_action

__all__ = ["Scale", "Stored", "fill_row", "funding_row", "mid_row", "order_row", "position_row", "side_of"]

Stored = Mapping[str, object]

# From this schema version on, money is whole millionths, before it as it is (model/db_migration/transformations.py of
# 20260922); the newest one we know is `LOCAL_DB_VERSION_VALUE` of model/sql_connection_manager.py.
_SCALED_SINCE, _NEWEST = 20220130, 20230516


class Scale:
    """How this database stores money: as whole millionths, or as it is.

    The schema's version decides, never how SQLite stores a value: the migration of 2022 declared columns FLOAT, and they
    hold 3000.0 for 0.003.

    Raises
    ------
    RecordError
        The version is missing, or later than any that is known here.
    """

    def __init__(self, metadata: Iterable[Stored]) -> None:
        found = next((str(row["value"]) for row in metadata if row["key"] == "local_db_version"), None)
        expected = f"expected a local_db_version up to {_NEWEST} in Metadata, which says how amounts are stored"
        if found is None:
            raise RecordError(f"no schema version, {expected}; copy the database whole from its bot")
        version = int(found) if found.isdecimal() and len(found) == len(str(_NEWEST)) else None
        if version is None or version > _NEWEST:
            raise RecordError(
                f"schema version '{found[:20]}', {expected}; update deskgate, or take it out of desk.toml"
            )
        self._scaled = version >= _SCALED_SINCE

    def __call__(self, value: object) -> str | None:
        """Return an amount as text.

        Raises
        ------
        RecordError
            It is no whole number of millionths, though this version has no others.
        """
        text = _text(value)
        if text is None or not self._scaled:
            return text
        try:
            number = Decimal(text)
            whole = number == number.to_integral_value()
        except InvalidOperation:
            whole = False
        if not whole:
            raise RecordError(f"'{text[:60]}' is not a whole number of millionths")
        return f"{number.scaleb(-6):f}"


def side_of(order: Stored, named: str | None) -> str | None:
    """Return the side of an order, which has no column of its own.

    Parameters
    ----------
    named
        The side that its states or fills name, None where none does: then its client id may.
    """
    return named or _side_in_client_id(str(order["id"]), order)


def _side_in_client_id(order_id: str, order: Stored) -> str | None:
    """Read `buy://` of paper trading, else the letter before the first and last letters of base and quote."""
    base, quote = _text(order.get("base_asset")), _text(order.get("quote_asset"))
    ends = f"{base[0]}{base[-1]}{quote[0]}{quote[-1]}" if base and quote else None
    for side in ("BUY", "SELL"):
        if order_id.startswith(f"{side.lower()}://") or (ends and f"{side[0]}{ends}" in order_id):
            return side
    return None


def fill_row(row: Stored, order: Stored, scaled: Scale) -> Row:
    """Return a fill; `order` is its order, empty where the database has none.

    Raises
    ------
    RecordError
        Its fee cannot be read.
    """
    pair, price, quantity = _text(row["symbol"]), scaled(row["price"]), scaled(row["amount"])
    try:
        stored = None if row["trade_fee"] is None else parse(str(row["trade_fee"]))
    except JsonError as error:
        raise RecordError(f"trade_fee is not JSON, {error}") from error
    fee = trade_fee(stored, pair=pair, price=price, quantity=quantity, recorded_quote=scaled(row["trade_fee_in_quote"]))
    return {
        "ts": _text(row["timestamp"]),
        "pair": pair,
        "market": _text(row["market"]),
        "trade_id": _text(row["exchange_trade_id"]),
        "order_id": _text(row["order_id"]),
        "exchange_order_id": _text(order.get("exchange_order_id")),
        "side": _text(row["trade_type"]),
        "price": price,
        "quantity": quantity,
        "fee_amount": fee.amount,
        "fee_token": fee.token,
        "fee_quote": fee.quote,
        "position": position_action(_text(row["position"])),
    }


def order_row(order: Stored, side: str | None, status: object, ts: object, scaled: Scale) -> Row:
    """Return a state of an order."""
    return {
        "ts": _text(ts),
        "pair": _text(order.get("symbol")),
        "market": _text(order.get("market")),
        "order_id": _text(order["id"]),
        "exchange_order_id": _text(order.get("exchange_order_id")),
        "status": STATUS_OF_STATE.get(str(status), str(status)),
        "created_ts": _text(order.get("creation_timestamp")),
        "side": side,
        # A market order has no price; the recorder writes 0 for want of one.
        "price": None if order.get("order_type") == "MARKET" else scaled(order.get("price")),
        "quantity": scaled(order.get("amount")),
    }


def funding_row(row: Stored) -> Row:
    """Return a funding payment as recorded."""
    return {
        "ts": _text(row["timestamp"]),
        "pair": _text(row["symbol"]),
        "market": _text(row["market"]),
        "amount": _text(row["amount"]),
        "rate": _text(row["rate"]),
    }


def mid_row(row: Stored, scaled: Scale) -> Row:
    """Return a row of market data."""
    return {
        "ts": scaled(row["timestamp"]),
        "pair": _text(row["trading_pair"]),
        "market": _text(row["exchange"]),
        "mid": scaled(row["mid_price"]),
        "best_bid": scaled(row["best_bid"]),
        "best_ask": scaled(row["best_ask"]),
    }


def position_row(row: Stored, scaled: Scale) -> Row:
    """Return a position, signed.

    Raises
    ------
    RecordError
        Its side is neither BUY nor SELL.
    """
    amount, side = scaled(row["amount"]), _text(row["side"])
    if side not in ("BUY", "SELL"):
        raise RecordError(f"side '{side}' is not one of BUY, SELL")
    return {
        "ts": _text(row["timestamp"]),
        "pair": _text(row["trading_pair"]),
        "quantity": f"-{amount}" if side == "SELL" and amount else amount,
        "entry_price": scaled(row["breakeven_price"]),
        "unrealized_pnl_quote": scaled(row["unrealized_pnl_quote"]),
    }


def _text(value: object) -> str | None:
    return None if value is None else str(value)
