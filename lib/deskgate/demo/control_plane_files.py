"""The paper bot in the control plane's dialect: fills.csv and the event store's envelopes.

An envelope's time is epoch milliseconds as text, now and then an ISO string where a row was filled in afterwards, and
it reaches the store a fraction of a second later. Whatever has a cause names it in `correlation_id`, and the cause is
an event of the same store.
"""

from collections import Counter, defaultdict
from datetime import date
from decimal import Decimal
from pathlib import Path
from random import Random

from deskgate.demo.account import Account
from deskgate.demo.bots import Trading, half_spread
from deskgate.demo.chance import identity, whole
from deskgate.demo.clock import MINUTE_MS, day_of, iso_micro
from deskgate.demo.controller_minutes import FEE_SOURCE, drift_30s
from deskgate.demo.journal import Entry, Kind, journal
from deskgate.demo.market import Market
from deskgate.demo.story import Story
from deskgate.demo.venue import Order

__all__ = ["Envelopes", "envelopes", "fill_rows", "write_rows"]

Row = dict[str, object]
Envelopes = dict[date, list[Row]]

_SNAPSHOT_MS = 5 * MINUTE_MS
_PUBLISHED_AFTER_MS = 1_000
_REVIEW_MS = 6 * 60 * MINUTE_MS
_ISO_CHANCE = 0.03
_BOT = "hb:v2_with_controllers.py"
_RISK = "portfolio_risk_service"
_STREAMS = {
    "market_snapshot": "hb.market_data.v1",
    "risk_decision": "hb.risk_decision.v1",
    "execution_intent": "hb.execution_intent.v1",
    "audit": "hb.audit.v1",
}
_SNAPSHOT = {
    "mid_price": "mid",
    "equity_quote": "equity_quote",
    "base_pct": "base_pct",
    "target_base_pct": "target_base_pct",
    "spread_pct": "spread_pct",
    "net_edge_pct": "net_edge_pct",
    "turnover_x": "turnover_today_x",
}
_EVENT_TYPES = {
    Kind.CREATED: "order_created",
    Kind.FILLED: "order_filled",
    Kind.CANCELLED: "order_cancelled",
    Kind.FAILED: "order_failed",
}


def write_rows(path: Path, rows: list[Row]) -> None:
    """Write CSV rows under the header of their keys; no value needs quoting."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [",".join(rows[0]), *(",".join(str(value) for value in row.values()) for row in rows)]
    path.write_bytes("".join(f"{line}\n" for line in lines).encode())


def fill_rows(trading: Trading, market: Market) -> list[Row]:
    """Return the rows of fills.csv: one a fill, in the order of time, with what it realised."""
    account = Account(trading.plan.opening)
    rows = []
    for entry in journal(trading):
        if entry.order is None or entry.fill is None:
            continue
        order, fill = entry.order, entry.fill
        realised = account.book(order.side, order.price, fill.quantity, fill.fee_quote, fill.ts_ms)
        rows.append(
            {
                "ts": iso_micro(int(fill.trade_id)),
                "bot_variant": "a",
                "exchange": trading.plan.rules.connector,
                "trading_pair": trading.plan.instrument.pair,
                "side": order.side.lower(),
                "price": f"{order.price:.10f}",
                "amount_base": fill.quantity,
                "notional_quote": fill.quantity * order.price,
                "fee_quote": fill.fee,
                "order_id": order.order_id,
                "state": "running",
                "mid_ref": f"{market.mid(fill.ts_ms):.10f}",
                "expected_spread_pct": 2 * Decimal(half_spread(market, order.created_ms)),
                "adverse_drift_30s": drift_30s(market, fill.ts_ms),
                "fee_source": FEE_SOURCE,
                "is_maker": True,
                "realized_pnl_quote": realised,
            }
        )
    return rows


def envelopes(trading: Trading, minutes: list[Row], story: Story, rng: Random) -> Envelopes:
    """Return the event store's envelopes by the day of the event, in the order of their arrival.

    `minutes` are the rows of the bot's minute.csv: every fifth one is published as a snapshot.
    """
    store = _Store(trading, rng)
    for entry in journal(trading):
        if entry.kind in _EVENT_TYPES:
            store.add_order_event(entry)
    for minute_ms, minute in zip(story.minutes(trading.plan.name), minutes, strict=True):
        if minute_ms % _SNAPSHOT_MS == 0:
            store.add_snapshot(minute, minute_ms + _PUBLISHED_AFTER_MS)
    for at_ms in range(story.start_ms + 30 * MINUTE_MS, story.end_ms, _REVIEW_MS):
        store.add_review(at_ms)
    return store.by_day()


class _Store:
    def __init__(self, trading: Trading, rng: Random) -> None:
        self._trading = trading
        self._rng = rng
        self._rows: list[tuple[int, int, Row]] = []
        self._entries: Counter[tuple[str, int]] = Counter()
        self._causes: dict[str, str] = {}

    def add_order_event(self, entry: Entry) -> None:
        """Add what happened to an order; all of one order's events name its creation as their cause."""
        made = entry.order or entry.reject
        if made is None:
            return
        payload: Row = {
            "order_id": made.order_id,
            "side": made.side.lower(),
            "order_type": "limit",
            "price": float(made.price),
            "amount": float(made.quantity),
        }
        if entry.fill is not None:
            payload |= {
                "trade_id": entry.fill.trade_id,
                "fill_price": float(made.price),
                "amount_base": float(entry.fill.quantity),
                "notional_quote": float(made.price * entry.fill.quantity),
                "fee_quote": float(entry.fill.fee),
                "is_maker": True,
            }
        if entry.reject is not None:
            payload["reason"] = "paper_engine_rejected"
        at_ms = entry.at_ms
        event_id = self._add(_EVENT_TYPES[entry.kind], at_ms, payload, cause=self._causes.get(made.order_id))
        if isinstance(made, Order):
            self._causes.setdefault(made.order_id, event_id)

    def add_snapshot(self, minute: Row, at_ms: int) -> None:
        """Add what the controller said of the market and of itself in its row of that minute."""
        told: Row = {name: float(str(minute[column])) for name, column in _SNAPSHOT.items()}
        self._add("market_snapshot", at_ms, {**told, "state": minute["state"], "extra": {"regime": minute["regime"]}})

    def add_review(self, at_ms: int) -> None:
        """Add a regular review of the portfolio's risk: the decision, the intent it led to, and the audit's note."""
        reason = {"metadata": {"reason": "portfolio_within_limits"}}
        cause = self._add("risk_decision", at_ms, {"decision": "allow", **reason}, producer=_RISK)
        intent: Row = {"action": "resume", "target_base_pct": None, "expires_at_ms": at_ms + _SNAPSHOT_MS, **reason}
        self._add("execution_intent", at_ms + 12, intent, producer=_RISK, cause=cause)
        note: Row = {"severity": "info", "category": "portfolio_risk_action", "message": "portfolio_risk_resume"}
        self._add("audit", at_ms + 13, note, producer=_RISK, cause=cause)

    def _add(self, event_type: str, at_ms: int, payload: Row, *, producer: str = _BOT, cause: str | None = None) -> str:
        plan = self._trading.plan
        event_id = identity(self._rng)
        correlation_id = cause or event_id
        stream = _STREAMS.get(event_type, "hb.bot_telemetry.v1")
        arrived_us = at_ms * 1000 + whole(self._rng, 40_000, 700_000)
        is_rewritten = self._rng.random() < _ISO_CHANCE
        is_bots = producer == _BOT
        about: Row = {
            "controller_id": plan.controller if is_bots else "portfolio_risk_v1",
            "connector_name": plan.rules.connector if is_bots else "",
            "trading_pair": plan.instrument.pair if is_bots else "",
        }
        row: Row = {
            "event_id": event_id,
            "event_type": event_type,
            "event_version": "v1",
            "ts_utc": iso_micro(at_ms * 1000) if is_rewritten else str(at_ms),
            "producer": producer,
            "instance_name": plan.name,
            **about,
            "correlation_id": correlation_id,
            "stream": stream,
            "stream_entry_id": f"{at_ms}-{self._entries[stream, at_ms]}",
            "payload": {
                "schema_version": "1.0",
                "event_type": event_type,
                "event_id": event_id,
                "correlation_id": correlation_id,
                "producer": producer,
                "timestamp_ms": at_ms,
                "instance_name": plan.name,
                **about,
                **payload,
            },
            "ingest_ts_utc": iso_micro(arrived_us),
            "schema_validation_status": "ok",
        }
        self._entries[stream, at_ms] += 1
        self._rows.append((arrived_us, at_ms, row))
        return event_id

    def by_day(self) -> Envelopes:
        days: Envelopes = defaultdict(list)
        for _, at_ms, row in sorted(self._rows, key=lambda item: item[0]):
            days[day_of(at_ms)].append(row)
        return days
