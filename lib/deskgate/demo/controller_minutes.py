"""The controller's minute.csv: one row a minute of what the bot says of itself.

Counters start anew at midnight and count what the bot had learnt by the row's time, which after an outage is not
what the venue knows. Ratios carry the 28 digits of decimal division, as the controllers write them.
"""

from dataclasses import dataclass, replace
from decimal import Decimal
from random import Random

from deskgate.demo.account import Account
from deskgate.demo.bots import BotPlan, Trading, half_spread
from deskgate.demo.chance import whole
from deskgate.demo.clock import DAY_MS, MINUTE_MS, iso_micro
from deskgate.demo.journal import Entry, Kind, journal
from deskgate.demo.market import Market
from deskgate.demo.story import Story

__all__ = ["FEE_SOURCE", "drift_30s", "minute_rows"]

FEE_SOURCE = "project:/home/hummingbot/project_config/fee_profiles.json"

_ZERO = Decimal(0)
_EDGE_GATE = Decimal("0.0001")
_EDGE_COSTS = Decimal("0.0005")
_EWMA = Decimal("0.1")


def minute_rows(trading: Trading, market: Market, story: Story, rng: Random) -> list[dict[str, object]]:
    """Return the rows of minute.csv: one for every minute in which the bot ran."""
    counters = _Counters(trading.plan, market, story.start_ms)
    entries = iter(journal(trading))
    ahead = next(entries, None)
    rows = []
    for minute_ms in story.minutes(trading.plan.name):
        at_us = minute_ms * 1000 + whole(rng, 40_000, 900_000)
        while ahead is not None and ahead.at_ms <= at_us // 1000:
            counters.learn(ahead)
            ahead = next(entries, None)
        rows.append(counters.row(at_us, rng))
    return rows


@dataclass
class _Smoothed:
    edge: Decimal = _ZERO
    drift: Decimal = _ZERO


class _Counters:
    """What the controller counts, updated entry by entry."""

    def __init__(self, plan: BotPlan, market: Market, start_ms: int) -> None:
        self._plan = plan
        self._market = market
        self._account = Account(plan.opening)
        self._morning = replace(self._account)
        self._morning_equity = self._peak = plan.opening
        self._day = start_ms // DAY_MS
        self._active = 0
        self._cancelled: list[int] = []
        self._rate = _ZERO
        self._smoothed = _Smoothed()

    def learn(self, entry: Entry) -> None:
        """Count one entry of the journal."""
        self._roll(entry.at_ms)
        self._active += {Kind.CREATED: 1, Kind.COMPLETED: -1, Kind.CANCELLED: -1}.get(entry.kind, 0)
        if entry.kind is Kind.CANCELLED:
            self._cancelled.append(entry.at_ms)
        if entry.payment is not None:
            self._account.funding += entry.payment.amount
            self._rate = entry.payment.rate
        if entry.order is not None and entry.fill is not None:
            fill = entry.fill
            self._account.book(entry.order.side, entry.order.price, fill.quantity, fill.fee_quote, entry.at_ms)

    def _roll(self, at_ms: int) -> None:
        """Start a new day's counters with the first thing of the day."""
        if at_ms // DAY_MS != self._day:
            self._day = at_ms // DAY_MS
            self._morning = replace(self._account)
            self._morning_equity = self._account.equity(self._market.mid(at_ms))

    def row(self, at_us: int, rng: Random) -> dict[str, object]:
        """Return the row of one minute."""
        at_ms = at_us // 1000
        self._roll(at_ms)
        plan, account, rules = self._plan, self._account, self._plan.rules
        bid, ask = self._market.book(at_ms)
        mid = (bid + ask) / 2
        equity = account.equity(mid)
        self._peak = max(self._peak, equity)
        share = account.position * mid / equity
        spread = 2 * Decimal(half_spread(self._market, at_ms))
        edge = spread / 2 - rules.maker_fee - _EDGE_COSTS
        drift = drift_30s(self._market, at_ms)
        self._smoothed.edge += (edge - self._smoothed.edge) * _EWMA
        self._smoothed.drift += (drift - self._smoothed.drift) * _EWMA
        self._cancelled = [ms for ms in self._cancelled if ms > at_ms - MINUTE_MS]
        return {
            "ts": iso_micro(at_us),
            "bot_variant": "a",
            "exchange": rules.connector,
            "trading_pair": plan.instrument.pair,
            "state": "running",
            "regime": self._market.regimes[self._market.step(at_ms)],
            "mid": f"{mid:.10f}",
            "equity_quote": equity,
            "base_pct": abs(share),
            "target_base_pct": "0.0",
            "net_base_pct": share,
            "target_net_base_pct": "0.0",
            "spread_pct": spread,
            "spread_floor_pct": "0.0010",
            "net_edge_pct": edge,
            "net_edge_gate_pct": _EDGE_GATE,
            "net_edge_ewma_pct": self._smoothed.edge,
            "skew": -share * spread / 2,
            "adverse_drift_30s": drift,
            "adverse_drift_smooth_30s": self._smoothed.drift,
            "drift_spread_mult": "1.0",
            "soft_pause_edge": False,
            "base_balance": account.position,
            "quote_balance": equity - account.position * mid,
            "market_spread_pct": (ask - bid) / mid,
            "market_spread_bps": (ask - bid) / mid * 10_000,
            "best_bid_price": bid,
            "best_ask_price": ask,
            "best_bid_size": Decimal(whole(rng, 20, 9_000)) / 1000,
            "best_ask_size": Decimal(whole(rng, 20, 9_000)) / 1000,
            "turnover_today_x": (account.volume - self._morning.volume) / equity,
            "cancel_per_min": len(self._cancelled),
            "orders_active": self._active,
            "fills_count_today": account.fills - self._morning.fills,
            "fees_paid_today_quote": account.fees - self._morning.fees,
            "daily_loss_pct": max(_ZERO, (self._morning_equity - equity) / self._morning_equity),
            "drawdown_pct": (self._peak - equity) / self._peak,
            "risk_reasons": "",
            "fee_source": FEE_SOURCE,
            "maker_fee_pct": rules.maker_fee,
            "taker_fee_pct": rules.taker_fee,
            "realized_pnl_today_quote": account.realised - self._morning.realised,
            "position_base": account.position,
            "avg_entry_price": account.entry,
            "funding_rate": self._rate,
            "funding_cost_today_quote": self._morning.funding - account.funding,
            "margin_ratio": "1",
            "position_drift_pct": "0",
            "ws_reconnect_count": 0,
            "order_book_stale": False,
            "_tick_duration_ms": 0.2 + 3.0 * rng.random(),
            "_indicator_duration_ms": 0.03 + 0.06 * rng.random(),
            "_connector_io_duration_ms": 0.15 + 0.4 * rng.random(),
        }


def drift_30s(market: Market, at_ms: int) -> Decimal:
    """Return how far the mid moved in the last half minute, as a share."""
    before = market.mid(max(at_ms - 30_000, market.start_ms))
    return abs(market.mid(at_ms) - before) / before
