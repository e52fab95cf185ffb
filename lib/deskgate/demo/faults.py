"""One fault of each kind, put into finished records: what `faults="all"` adds to day 2 of the story.

Every fault hits a fill, an order, a payment or an export of its own, on bot1 or bot4, and in one leg only, so that
its traces can be told apart. The list that is returned says where each one sits and what stood there before.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from json import dumps
from random import Random
from typing import TypeVar, cast

from deskgate.config.errors import RunError
from deskgate.demo import ccxt_binance, ccxt_bitget
from deskgate.demo.account import Account, account_at, mark_price
from deskgate.demo.bots import Trading
from deskgate.demo.chance import whole
from deskgate.demo.clock import DAY_MS, day_ms, export_stamp
from deskgate.demo.hummingbot_files import Row, Tables, fee_record, scaled
from deskgate.demo.market import Market
from deskgate.demo.story import FIRST_DAY, Story
from deskgate.demo.venue import BITGET, Fill, Order, Side

__all__ = ["FAULT_DAY", "Records", "spoil"]

FAULT_DAY = FIRST_DAY + timedelta(days=1)

_HOUR_MS = 3_600_000
_BETWEEN_MS = (day_ms(FAULT_DAY) + 2 * _HOUR_MS, day_ms(FAULT_DAY) + 21 * _HOUR_MS)
_PROMPT_MS = 1_500
_PRICE_OFF = Decimal("0.0012")
_FEE_TIMES = 5
_SKEW_MS = 45_000
_POSITION_OFF_LOTS = 7
_BALANCE_OFF = Decimal("7.25")

_Drawn = TypeVar("_Drawn")
_Change = tuple[Row, Row, Row]


@dataclass
class Records:
    """One bot's finished records, before they are written."""

    trading: Trading
    market: Market
    tables: Tables
    messages: list[Row]
    documents: dict[str, object]


def spoil(bot1: Records, bot4: Records, story: Story, rng: Random) -> list[Row]:
    """Put the faults into both bots' records and return their list; none when the story ends before day 2."""
    if story.end_ms <= day_ms(FAULT_DAY):
        return []
    first, fourth = _Hand(bot1, rng), _Hand(bot4, rng)
    faults = [
        first.lose_local_fill(),
        fourth.lose_message(),
        first.lose_exchange_fill(),
        fourth.double_fill("trade_id_suffix"),
        first.double_fill("other_order_id"),
        fourth.change("price_mismatch", _worse_price),
        first.change("quantity_mismatch", _double_quantity),
        fourth.change("fee_mismatch", _dearer_fee),
        first.change("wrong_side", _other_side),
        fourth.change("timestamp_skew", _late_stamp),
        *(fourth.lose_funding() or first.lose_funding()),
        first.drift_position(),
        fourth.drift_balance(),
        first.keep_open(),
    ]
    return [{"id": f"F{number:03d}", **fault} for number, fault in enumerate(faults, start=1)]


class _Hand:
    """Draws plain fills and orders of day 2 from one bot's records, each once, and spoils them."""

    def __init__(self, records: Records, rng: Random) -> None:
        self._records = records
        self._plan = records.trading.plan
        self._rng = rng
        day_orders = [order for order in records.trading.orders if _BETWEEN_MS[0] <= order.created_ms < _BETWEEN_MS[1]]
        self._fills = [(order, order.fills[0]) for order in day_orders if _is_plain(order)]
        self._unfilled = [order for order in day_orders if not order.fills]

    def lose_local_fill(self) -> Row:
        order, fill = self._draw(self._fills)
        self._drop("TradeFill", "exchange_trade_id", fill.trade_id)
        statuses = self._records.tables["OrderStatus"]
        statuses[:] = [row for row in statuses if (row["order_id"], row["status"]) != (order.order_id, "OrderFilled")]
        return self._of_fill("fill_missing_local", "local", order, fill)

    def lose_message(self) -> Row:
        order, fill = self._draw(self._fills)
        self._records.messages[:] = [
            message
            for message in self._records.messages
            if cast(Row, cast(Row, message["payload"])["data"]).get("exchange_trade_id") != fill.trade_id
        ]
        return self._of_fill("fill_missing_events", "events", order, fill)

    def lose_exchange_fill(self) -> Row:
        order, fill = self._draw(self._fills)
        trades = cast(list[Row], self._records.documents["my_trades.json"])
        trades[:] = [trade for trade in trades if trade["id"] != fill.trade_id]
        return self._of_fill("fill_missing_exchange", "exchange", order, fill)

    def double_fill(self, variant: str) -> Row:
        order, fill = self._draw(self._fills)
        row = self._local(fill)
        if variant == "other_order_id":
            other = self._draw(self._unfilled, fits=lambda other: other.side is order.side)
            double = row | {"order_id": other.order_id}
        else:
            double = row | {"exchange_trade_id": f"{fill.trade_id}_1"}
        double["timestamp"] = fill.known_ms + 3_000
        fills = self._records.tables["TradeFill"]
        fills.insert(fills.index(row) + 1, double)
        key = {column: double[column] for column in ("market", "order_id", "exchange_trade_id")}
        return self._of_fill("duplicate_local_fill", "local", order, fill) | {"variant": variant, "duplicate_key": key}

    def change(self, kind: str, to: Callable[[Order, Fill, Decimal], _Change]) -> Row:
        """Change a fill in the database as `to` says: its new columns, and what stood and what stands there."""
        order, fill = self._draw(self._fills)
        columns, before, after = to(order, fill, self._plan.instrument.tick)
        self._local(fill).update(columns)
        return self._of_fill(kind, "local", order, fill) | {"before": before, "after": after}

    def lose_funding(self) -> list[Row]:
        """Lose the day's first payment; an empty list when the bot was flat at every one."""
        midnight = day_ms(FAULT_DAY)
        for payment in self._records.trading.payments:
            if midnight <= payment.ts_ms < midnight + DAY_MS:
                stamp = payment.ts_ms / 1000 if self._plan.rules is BITGET else payment.ts_ms
                self._drop("FundingPayment", "timestamp", stamp)
                amount = {"amount": str(payment.amount)}
                lost = {"funding_id": payment.funding_id, "ts_ms": payment.ts_ms, "before": amount, "after": None}
                return [self._fault("funding_missing", "local") | lost]
        return []

    def drift_position(self) -> Row:
        """Show a position at 16:00 that the account does not hold."""
        at_ms = day_ms(FAULT_DAY) + 16 * _HOUR_MS
        account, mark = self._account(at_ms)
        after = account.position + _POSITION_OFF_LOTS * self._plan.instrument.lot
        after += self._plan.instrument.lot if after == 0 else 0
        shown = ccxt_bitget.position(self._plan, replace(account, position=after, entry=account.entry or mark), mark)
        return self._export("position_drift", "positions", at_ms, [shown], str(account.position), str(after))

    def drift_balance(self) -> Row:
        """Show less money at 08:00 than the account has."""
        at_ms = day_ms(FAULT_DAY) + 8 * _HOUR_MS
        account, mark = self._account(at_ms)
        poorer = replace(account, cash=account.cash - _BALANCE_OFF)
        shown = ccxt_binance.balance(self._plan, poorer, mark)
        before, after = (str(each.equity(mark)) for each in (account, poorer))
        return self._export("balance_drift", "balance", at_ms, shown, before, after)

    def keep_open(self) -> Row:
        """Let the database miss the end of a cancelled order."""
        order = self._draw(self._unfilled)
        born = f"{order.side.title()}OrderCreated"
        statuses = self._records.tables["OrderStatus"]
        statuses[:] = [row for row in statuses if row["order_id"] != order.order_id or row["status"] == born]
        row = next(row for row in self._records.tables["Order"] if row["id"] == order.order_id)
        before, after = {"status": row["last_status"]}, {"status": born}
        row.update(last_status=born, last_update_timestamp=order.created_ms)
        return self._of_order("order_open_local_closed_exchange", "local", order) | {"before": before, "after": after}

    def _draw(self, deck: list[_Drawn], *, fits: Callable[[_Drawn], bool] = lambda _: True) -> _Drawn:
        places = [place for place, card in enumerate(deck) if fits(card)]
        if not places:
            raise RunError(
                f"the demo of this seed leaves no plain order of {self._plan.name} on {FAULT_DAY} to spoil, "
                "expected dozens; choose another seed"
            )
        return deck.pop(places[whole(self._rng, 0, len(places) - 1)])

    def _local(self, fill: Fill) -> Row:
        return next(row for row in self._records.tables["TradeFill"] if row["exchange_trade_id"] == fill.trade_id)

    def _drop(self, table: str, column: str, value: object) -> None:
        rows = self._records.tables[table]
        rows[:] = [row for row in rows if row[column] != value]

    def _account(self, at_ms: int) -> tuple[Account, Decimal]:
        trading = self._records.trading
        account = account_at(self._plan.opening, trading.orders, trading.payments, at_ms)
        return account, mark_price(self._records.market, at_ms)

    def _export(self, kind: str, folder: str, at_ms: int, document: object, before: str, after: str) -> Row:
        name = f"{folder}/{export_stamp(at_ms)}.json"
        self._records.documents[name] = document
        told = {"export": name, "ts_ms": at_ms, "before": {"total": before}, "after": {"total": after}}
        return self._fault(kind, "exchange") | told

    def _fault(self, kind: str, leg: str) -> Row:
        return {
            "kind": kind,
            "bot": self._plan.name,
            "day": FAULT_DAY.isoformat(),
            "leg": leg,
            "pair": self._plan.instrument.pair,
        }

    def _of_order(self, kind: str, leg: str, order: Order) -> Row:
        ids = {"order_id": order.order_id, "exchange_order_id": order.exchange_order_id}
        return self._fault(kind, leg) | ids | {"ts_ms": order.created_ms, "side": order.side.value}

    def _of_fill(self, kind: str, leg: str, order: Order, fill: Fill) -> Row:
        traded = {"trade_id": fill.trade_id, "price": str(order.price), "amount": str(fill.quantity)}
        return self._of_order(kind, leg, order) | traded | {"ts_ms": fill.ts_ms, "before": None, "after": None}


def _is_plain(order: Order) -> bool:
    """Whether an order was filled in one part that the bot heard of at once and paid for in quote."""
    if len(order.fills) != 1 or not order.is_complete:
        return False
    fill = order.fills[0]
    return fill.fee == fill.fee_quote and abs(fill.known_ms - fill.ts_ms) < _PROMPT_MS


def _worse_price(order: Order, _: Fill, tick: Decimal) -> _Change:
    price = (order.price * (1 + _PRICE_OFF) / tick).to_integral_value() * tick
    return {"price": scaled(price)}, {"price": str(order.price)}, {"price": str(price)}


def _double_quantity(_: Order, fill: Fill, __: Decimal) -> _Change:
    quantity = 2 * fill.quantity
    return {"amount": scaled(quantity)}, {"amount": str(fill.quantity)}, {"amount": str(quantity)}


def _dearer_fee(_: Order, fill: Fill, __: Decimal) -> _Change:
    fee = _FEE_TIMES * fill.fee
    columns: Row = {"trade_fee": dumps(fee_record(fee, fill.fee_token)), "trade_fee_in_quote": scaled(fee)}
    return columns, {"fee": str(fill.fee)}, {"fee": str(fee)}


def _other_side(order: Order, _: Fill, __: Decimal) -> _Change:
    side = Side.SELL if order.side is Side.BUY else Side.BUY
    return {"trade_type": side.value}, {"side": order.side.value}, {"side": side.value}


def _late_stamp(_: Order, fill: Fill, __: Decimal) -> _Change:
    late_ms = fill.known_ms + _SKEW_MS
    return {"timestamp": late_ms}, {"timestamp": fill.known_ms}, {"timestamp": late_ms}
