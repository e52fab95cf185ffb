"""Small frames and desks for tests: what a test does not name takes a harmless default."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl

from deskgate.case.case import Case
from deskgate.config.accounting import Accounting
from deskgate.config.accounts import Account
from deskgate.config.bot import Bot, Mode, Opening
from deskgate.config.desk import Alerts, Deployment, Desk
from deskgate.config.monitoring import Monitoring
from deskgate.config.paths import SUITES
from deskgate.config.policy import Policy
from deskgate.gates.suites import intervals_of, load_suites, risk_of
from deskgate.schema import TABLES, digest_rows

DAY = date(2026, 5, 4)
START = datetime(2026, 5, 4, tzinfo=UTC)
END = START + timedelta(days=1)
NOON = START + timedelta(hours=12)
# How intervals are made in the suites in use.
INTERVALS = intervals_of(load_suites(SUITES))
# How the portfolio's risk is measured there.
RISK = risk_of(load_suites(SUITES))
# What a desk declares so that every metric is judged.
DECLARING: Mapping[str, Any] = {
    "accounts": {"main": Account(name="main", connector="bitget_perpetual")},
    "alerts": Alerts(urls=["json://127.0.0.1"]),
    "deployment": Deployment(compose=["compose.yml"]),
    "monitoring": Monitoring(routes={"loki": "http://127.0.0.1:3100/ready"}),
}
_EMPTY = {name: schema.create_empty() for name, schema in TABLES.items()}


def frame(table: str, *rows: Mapping[str, Any]) -> pl.DataFrame:
    """Return a canonical frame with these rows; columns not named are null, `visible_at` is `ts`."""
    schema = _EMPTY[table].schema
    base: dict[str, Any] = {"row_id": "", "path": "file", "line": 1, "bot": "b1", "leg": "local"}
    full = [{**base, **({"visible_at": row["ts"]} if "ts" in row else {}), **row} for row in rows]
    made = pl.DataFrame({name: [row.get(name) for row in full] for name in schema}, schema=schema)
    return made.with_columns(digest_rows(made.drop("tally", strict=False)))


def fill(leg: str = "local", trade_id: str | None = "t1", **values: Any) -> dict[str, Any]:
    """Return one fill: BUY 1 at 100, fee 0.1 USDT, at noon."""
    return {
        "leg": leg,
        "ts": NOON,
        "pair": "BTC-USDT",
        "trade_id": trade_id,
        "order_id": f"o-{trade_id}",
        "exchange_order_id": f"x-{trade_id}",
        "side": "BUY",
        "price": Decimal(100),
        "quantity": Decimal(1),
        "fee_amount": Decimal("0.1"),
        "fee_token": "USDT",
        "fee_quote": Decimal("0.1"),
        **values,
    }


def fills(*legs: str, **values: Any) -> list[dict[str, Any]]:
    """Return the same fill in several legs."""
    return [fill(leg, **values) for leg in legs]


SOURCES = {
    "local": ("hummingbot_db",),
    "events": ("mqtt_events",),
    "exchange": (
        "my_trades",
        "closed_orders",
        "canceled_orders",
        "open_orders",
        "funding_history",
        "positions",
        "balance",
    ),
}


def sources(*legs: str, bot: str = "b1") -> list[dict[str, Any]]:
    """Return the source files of whole legs, all non-empty and none derived."""
    return [
        {
            "bot": bot,
            "leg": leg,
            "kind": kind,
            "path": f"{bot}/{kind}",
            "sha256": "0",
            "bytes": 1,
            "rows": 1,
            "quarantined": 0,
            "derived": False,
        }
        for leg in legs
        for kind in SOURCES[leg]
    ]


# What most cases have, made once.
_WHOLE_LEGS = frame("sources", *sources(*SOURCES))


def desk(*bots: Bot) -> Desk:
    """Return a desk of these bots; one live perpetual bot `b1` by default."""
    return Desk(name="desk", bots={each.name: each for each in bots or (bot(),)})


def bot(name: str = "b1", mode: Mode = Mode.LIVE, **values: Any) -> Bot:
    """Return a bot that opened flat with 1,000 USDT at the day's start."""
    opening = Opening(at=START, balance={"USDT": Decimal(1000)})
    return Bot(
        **{
            "name": name,
            "mode": mode,
            "connector": "bitget_perpetual",
            "pairs": ["BTC-USDT"],
            "opening": opening,
            **values,
        }
    )


def case(
    of: Desk | None = None,
    *,
    as_of: datetime = END,
    digests: Mapping[str, str] | None = None,
    policy: Policy | None = None,
    **rows: list[dict[str, Any]],
) -> Case:
    """Return a case of 2026-05-04; tables not named are empty, all three legs have sources unless `sources` is given."""
    given = {name: frame(name, *found) for name, found in rows.items() if found}
    frames = _EMPTY | ({} if "sources" in rows else {"sources": _WHOLE_LEGS}) | given
    return Case(of or desk(), DAY, as_of, frames, digests or {}, INTERVALS, RISK, policy)


def values(metrics: list[Any], subject: str = "b1") -> dict[str, float | None]:
    """Return metric -> value of one subject."""
    return {metric.metric: metric.value for metric in metrics if metric.subject == subject}


def by_accounting(of: Case, accounting: Accounting) -> Case:
    """Return a case of the same records, of a desk that books by a method; nothing of it is computed yet."""
    return replace(of, desk=of.desk.model_copy(update={"accounting": accounting}))
