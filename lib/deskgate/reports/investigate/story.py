"""The story of one order or fill across the legs: its orders, states, fills and events, and the account around it."""

from dataclasses import dataclass
from datetime import timedelta

import polars as pl

from deskgate.case.case import Case
from deskgate.config.errors import InputError, did_you_mean
from deskgate.config.plural import count_of
from deskgate.reports.investigate.lines import (
    adds_nothing,
    event_lines,
    fill_lines,
    in_order,
    order_lines,
    payment_lines,
)
from deskgate.reports.investigate.names import Suggests
from deskgate.reports.investigate.shown import shown_html
from deskgate.reports.pages.wording import figure
from deskgate.schema import LEGS

__all__ = ["Story", "tell_story"]

AROUND = timedelta(minutes=30)
_FILL = (
    *("leg", "ts", "side", "price", "quantity", "fee_amount", "fee_token", "liquidity", "trade_id", "order_id"),
    *("exchange_order_id", "path"),
)
# Ids that an error looks among for the nearest one.
_MOST_IDS = 5000
_SHOWN = 100


@dataclass(frozen=True)
class Story(Suggests):
    """What the legs say of one order or fill; every frame is sorted by time.

    `frame` is all of it in one order: ts, bot, what, leg, says, id, path. `text` says the same in lines.
    """

    title: str
    breaks: pl.DataFrame
    fills: pl.DataFrame
    states: pl.DataFrame
    events: pl.DataFrame
    funding: pl.DataFrame
    positions: pl.DataFrame
    frame: pl.DataFrame

    @property
    def text(self) -> str:
        """The story in plain lines: its breaks, which leg has which fill, and what happened in order."""
        lines = [self.title, *self._said]
        if self.frame.height:
            lines.append("In order of time (UTC):")
        lines += [
            f"  {ts:%Y-%m-%d %H:%M:%S.%f}"[:-3] + f"  {bot or ''} {leg or ''}: {what}, {says}"
            for ts, bot, what, leg, says in self.frame.head(_SHOWN)
            .select("ts", "bot", "what", "leg", "says")
            .iter_rows()
        ]
        if self.frame.height > _SHOWN:
            lines.append(f"  and {self.frame.height - _SHOWN} more: .frame has all")
        return "\n".join(lines)

    @property
    def _said(self) -> list[str]:
        """What is said of each break, and which legs have each fill."""
        said = []
        for row in self.breaks.iter_rows(named=True):
            worth = "of unknown value" if row["value_quote"] is None else f"worth {figure(row['value_quote'])} (quote)"
            said.append(
                f"Break {row['break_id']}: {row['kind']} of {row['bot']}, {row['status']}, {worth}."
                f" Expected {row['expected'] or 'nothing'}; {row['leg'] or 'the record'} has {row['observed'] or 'nothing'}."
                f" {row['detail'] or ''}".rstrip()
            )
        legs = self.fills.drop_nulls("trade_id").group_by("bot", "trade_id", maintain_order=True).agg("leg")
        for bot, trade, having in legs.iter_rows():
            lacking = [leg for leg in LEGS if leg not in having]
            said.append(
                f"Fill {trade} of {bot}: {', '.join(leg for leg in LEGS if leg in having)} {'have' if len(set(having)) > 1 else 'has'} it"
                + (
                    f", {' and '.join(lacking)} {'have' if len(lacking) > 1 else 'has'} no row under that id."
                    if lacking
                    else "."
                )
            )
        return said

    def __repr__(self) -> str:
        """Return it as text."""
        return self.text

    def _repr_html_(self) -> str:
        return shown_html(self.title, self._said, [("", self.frame.drop("path"))], limit=_SHOWN)


def tell_story(case: Case, breaks: pl.DataFrame, what: str) -> Story:
    """Return the story of one order or fill.

    Parameters
    ----------
    breaks
        The day's breaks, as in breaks.csv.
    what
        A trade id, either order id, or a break's id or as much of its beginning as no other break has; empty: the most valuable
        break, or else the day's first fill.

    Raises
    ------
    InputError
        There is no such id; the message names the nearest one.
    """
    what = _whole(breaks, what)
    ids = _ids(case, breaks, what)
    fills = case.frames["fills"].filter(_any_of(ids, "trade_id", "order_id", "exchange_order_id"))
    linked = ids | _texts(fills, "trade_id", "order_id", "exchange_order_id")
    orders = case.frames["orders"].filter(_any_of(linked, "order_id", "exchange_order_id"))
    linked |= _texts(orders, "order_id", "exchange_order_id")
    fills = case.frames["fills"].filter(_any_of(linked, "trade_id", "order_id", "exchange_order_id"))
    events = case.lazy("events").filter(_any_of(linked, "order_id", "trade_id")).collect().sort("ts", "row_id")
    mine = breaks.filter(_any_of(linked, "break_id", "trade_id", "order_id", "exchange_order_id"))
    times = pl.concat([frame.select("ts") for frame in (fills, orders, mine)])["ts"]
    bots = sorted(_texts(fills, "bot") | _texts(orders, "bot") | _texts(mine, "bot"))
    if what and fills.is_empty() and orders.is_empty() and mine.is_empty():
        raise InputError(_unknown(case, breaks, what))
    name = what or ", ".join(mine["break_id"]) or ", ".join(sorted(ids)) or "nothing"
    around = _around(case.frames["funding"], times, bots)
    return Story(
        title=f"{name}: {count_of(fills.height, 'row')} of fills, {count_of(orders.height, 'order state')}, {count_of(mine.height, 'break')}",
        breaks=mine.select(
            "break_id", "kind", "bot", "leg", "ts", "observed", "expected", "value_quote", "status", "detail"
        ),
        fills=fills.sort("ts", "leg", "row_id").select("bot", "pair", *_FILL),
        states=orders.sort("ts", "leg", "row_id").select(
            *("bot", "leg", "ts", "status", "side", "price", "quantity", "filled_quantity"),
            *("order_id", "exchange_order_id"),
        ),
        events=events.sort("ts", "event_id").select(
            "bot", "ts", "arrived_at", "event_type", "order_id", "trade_id", "payload"
        ),
        funding=around.select("bot", "leg", "ts", "pair", "amount", "funding_id"),
        positions=_around(case.frames["positions"], times, bots, timedelta(hours=12)).select(
            "bot", "ts", "pair", "quantity", "entry_price", "mark_price"
        ),
        frame=in_order(
            order_lines(orders), fill_lines(fills), event_lines(events.filter(~adds_nothing())), payment_lines(around)
        ),
    )


def _whole(breaks: pl.DataFrame, what: object) -> str:
    """Return the whole id of a break of which the beginning is given; anything else as it stands."""
    if not isinstance(what, str):
        raise InputError(f"an id is a text, got {what!r}; take one of day.breaks['break_id'] or of day.fills()")
    found = breaks.filter(pl.col("break_id").str.starts_with(what))["break_id"].unique()
    return str(found.item()) if what and found.len() == 1 else what.strip()


def _unknown(case: Case, breaks: pl.DataFrame, what: str) -> str:
    columns = ("trade_id", "order_id", "exchange_order_id")
    fills = case.of_day(case.frames["fills"])
    known = breaks["break_id"].to_list() + sorted(_texts(fills, *columns))[:_MOST_IDS]
    return (
        f"{case.day}: no break, fill or order has the id '{what}'{did_you_mean(what, known)}, expected one of day.breaks"
        f" ({count_of(breaks.height, 'break')}) or of day.fills() ({count_of(fills.height, 'row')})"
    )


def _ids(case: Case, breaks: pl.DataFrame, what: str) -> set[str]:
    if what:
        named = breaks.filter(pl.col("break_id") == what)
        return {what} | _texts(named, "trade_id", "order_id", "exchange_order_id")
    worst = breaks.sort("value_quote", "ts", "break_id", descending=[True, False, False], nulls_last=True)
    with_ids = worst.filter(
        pl.any_horizontal(pl.col("trade_id", "order_id").is_not_null() & (pl.col("trade_id", "order_id") != ""))
    )
    if with_ids.height:
        return _texts(with_ids.head(1), "break_id", "trade_id", "order_id", "exchange_order_id")
    return _texts(case.of_day(case.frames["fills"]).sort("ts", "row_id").head(1), "trade_id", "order_id")


def _texts(frame: pl.DataFrame, *columns: str) -> set[str]:
    return {str(value) for name in columns for value in frame[name].drop_nulls() if value}


def _any_of(ids: set[str], *columns: str) -> pl.Expr:
    return pl.any_horizontal([pl.col(name).is_in(sorted(ids)).fill_null(value=False) for name in columns])


def _around(frame: pl.DataFrame, times: pl.Series, bots: list[str], margin: timedelta = AROUND) -> pl.DataFrame:
    """Return the rows of some bots near some times."""
    span = times.to_frame("at").select(first=pl.col("at").min() - margin, last=pl.col("at").max() + margin)
    near = pl.col("ts").is_between(pl.col("first"), pl.col("last"))
    return frame.join(span, how="cross").filter(near & pl.col("bot").is_in(bots)).sort("ts", "bot", "row_id")
