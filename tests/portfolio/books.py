"""Small books: bots with fills in all legs, and mids of every minute, by hand, and what the gate of caps measures of them."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from deskgate.case.case import Case
from deskgate.checks import portfolio_risk
from deskgate.config.bot import Bot, Opening
from deskgate.config.desk import Desk
from desks import END, NOON, START, bot, case, desk, fills, sources, values

ALL = ("local", "events", "exchange")
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
MINUTES = int((END - START) / MINUTE)
Prices = Callable[[int], str]


def opened(
    name: str = "b1", capital: str = "1000", *, position: str = "0", price: str | None = None, **more: Any
) -> Bot:
    """Return a live bot that opened at the day's start with so much money, and a position that cost a price a unit."""
    entry = Decimal(price) if price else None
    opening = Opening(at=START, balance={"USDT": Decimal(capital)}, position=Decimal(position), entry_price=entry)
    return bot(name, **{"opening": opening, **more})


def mids(price: str | Prices, name: str = "b1", pair: str = "BTC-USDT", until: datetime = END) -> list[dict[str, Any]]:
    """Return a mid of every minute of the day: a price, or one by the minute's number."""
    at = (lambda _: price) if isinstance(price, str) else price
    # A feed that never moves says nothing: it moves by less than any amount that is looked at.
    wobble = [Decimal(0), Decimal("0.000000001")]
    return [
        {"bot": name, "ts": START + n * MINUTE, "pair": pair, "mid": Decimal(at(n)) + wobble[n % 2]}
        for n in range(int((until - START) / MINUTE))
    ]


def trade(
    quantity: str, price: str = "100", *, at: datetime = NOON, name: str = "b1", **more: Any
) -> list[dict[str, Any]]:
    """Return a fill in all legs, without a fee: bought, or sold where the quantity is negative."""
    signed = Decimal(quantity)
    ids = {"trade_id": f"{name}-{at:%H%M%S}-{more.get('pair', '')}"}
    ids |= {"order_id": f"o-{ids['trade_id']}", "exchange_order_id": f"x-{ids['trade_id']}"}
    return fills(
        *ALL,
        **{
            "bot": name,
            "ts": at,
            "side": "BUY" if signed > 0 else "SELL",
            "quantity": abs(signed),
            "price": Decimal(price),
            "fee_amount": Decimal(0),
            "fee_quote": Decimal(0),
            **ids,
            **more,
        },
    )


def holding(
    quantity: str, *, name: str = "b1", pair: str = "BTC-USDT", mark: str | None = None, at: datetime = END
) -> dict[str, Any]:
    """Return the venue's snapshot of a position."""
    marked = Decimal(mark) if mark else None
    row = {"bot": name, "leg": "exchange", "ts": at, "pair": pair, "quantity": Decimal(quantity), "mark_price": marked}
    return {**row, "path": f"{name}/positions"}


def balance(token: str, total: str, *, name: str = "b1", at: datetime = END) -> dict[str, Any]:
    """Return the venue's snapshot of a balance."""
    return {
        "bot": name,
        "leg": "exchange",
        "ts": at,
        "token": token,
        "total": Decimal(total),
        "path": f"{name}/balance",
    }


def day(of: Desk | Bot | None = None, *, as_of: datetime = END, **rows: Any) -> Case:
    """Return the case of a desk whose bots all have their legs, and balances of the day's start."""
    there = of if isinstance(of, Desk) else desk(of or opened())
    legs = [row for each in there.bots.values() for row in sources(*ALL, bot=each.name)]
    seen = [balance("USDT", "1000", name=name, at=START) for name in there.bots]
    return case(there, as_of=as_of, **{"sources": legs, "balances": seen, **rows})


def joined(*parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return several lists of rows as one."""
    return [row for part in parts for row in part]


def with_risk(of: Desk, **risk: Mapping[str, Any]) -> Desk:
    """Return a desk with a [risk] table."""
    return of.model_copy(update={"risk": type(of.risk).model_validate(risk)})


def caps(of: Case, subject: str = "portfolio") -> dict[str, float | None]:
    """Return the values of a subject's caps by metric."""
    return values(portfolio_risk.check(of).metrics, subject)


def reasons(of: Case, subject: str = "portfolio") -> dict[str, str]:
    """Return the notes of a subject's caps by metric."""
    return {each.metric: each.note or "" for each in portfolio_risk.check(of).metrics if each.subject == subject}
