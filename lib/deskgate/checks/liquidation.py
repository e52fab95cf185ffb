"""Liquidation: how near is each position to it, by what the venue says of its margin?

What a venue does not state of an open position is unknown: the measure over all positions then has no value. What it states of the
others still counts, in the measures that end in `_known`: they call for an action, and no position is reduced because a venue leaves
something out. What it leaves out blocks by `margins_left_out`. Where nothing is held nothing can be liquidated.
"""

import polars as pl

from deskgate.case.case import Case
from deskgate.case.findings import Findings, Metric
from deskgate.case.metric_spec import MetricSpec
from deskgate.config.bot import Bot
from deskgate.portfolio.book import MARKED_BY_THE_VENUE
from deskgate.portfolio.margins import margins, snapshots

__all__ = ["METRICS", "check"]

# A price that would have to double is no nearer than any other; nothing is liquidated with a ratio of 0.
_FARTHEST, _LOWEST = 1.0, 0.0
_OF_THE_DAY = "in any of the venue's snapshots of the last 24 h"
METRICS = (
    MetricSpec(
        "liquidation_distance",
        "of the mark price",
        MARKED_BY_THE_VENUE,
        f"Least distance from the mark price to the liquidation price of an open position {_OF_THE_DAY}, at most 1; no value where"
        " that of one position is unknown.",
    ),
    MetricSpec(
        "liquidation_distance_known",
        "of the mark price",
        MARKED_BY_THE_VENUE,
        "The least of the distances that are known; 1 where none is, see `margins_left_out`.",
    ),
    MetricSpec(
        "margin_ratio",
        "of margin balance",
        MARKED_BY_THE_VENUE,
        f"Largest maintenance margin of an open position over its margin balance {_OF_THE_DAY}: at 1 the venue liquidates; no value"
        " where that of one position is unknown.",
    ),
    MetricSpec(
        "margin_ratio_known",
        "of margin balance",
        MARKED_BY_THE_VENUE,
        "The largest of the ratios that are known; 0 where none is, see `margins_left_out`.",
    ),
    MetricSpec(
        "liquidation_contradictions",
        "positions",
        MARKED_BY_THE_VENUE,
        f"Open positions whose liquidation price is on the wrong side of the mark price {_OF_THE_DAY}; no value where a mark price"
        " is missing.",
    ),
    MetricSpec(
        "margins_left_out",
        "positions",
        MARKED_BY_THE_VENUE,
        "Open positions of which a snapshot of the venue, of the last 24 h, states neither liquidation price nor margin ratio, or"
        " lacks the one that another snapshot states. Not counted: a cross position with a maintenance margin and no price.",
    ),
)


def check(case: Case) -> Findings:
    """Measure every bot of `MARKED_BY_THE_VENUE`; no value where no snapshot of its account since its opening is of the last 24 h."""
    return Findings(
        [metric for name in MARKED_BY_THE_VENUE.subjects(case.desk) for metric in _of_bot(case, case.desk.bots[name])]
    )


def _of_bot(case: Case, bot: Bot) -> list[Metric]:
    since = bot.opening.at if bot.opening else case.start
    mine = (pl.col("bot") == bot.name) & (pl.col("ts") >= since)
    seen, held = snapshots(case).filter(mine)["ts"].n_unique(), margins(case).filter(mine)
    if not seen:
        why = f"no snapshot of the account of {bot.name} is of the 24 h before {case.end:%Y-%m-%d %H:%M} UTC"
        return [Metric(bot.name, spec.name, None, 0, why) for spec in METRICS]
    wrong, silent = held.filter("is_contradiction"), held.filter("is_left_out")
    unmarked = held.filter(pl.col("is_contradiction").is_null())
    count: float | None = _positions(wrong)
    note = _contradiction(wrong)
    if wrong.is_empty() and unmarked.height:
        count, note = None, f"the venue states a liquidation price and no mark price of {_where(unmarked, -1)}"
    return [
        *_measured(bot.name, "liquidation_distance", held, "distance", "liquidation price", seen),
        *_measured(bot.name, "margin_ratio", held, "margin_ratio", "margin ratio", seen),
        Metric(bot.name, "liquidation_contradictions", count, seen, note),
        Metric(bot.name, "margins_left_out", _positions(silent), seen, _left_out(silent)),
    ]


def _measured(bot: str, name: str, held: pl.DataFrame, column: str, what: str, seen: int) -> list[Metric]:
    """Return a measure over all open positions, and that over those of which it is known."""
    is_least = column == "distance"
    known = held.drop_nulls(column).sort(column, descending=not is_least, maintain_order=True)
    unknown = held.filter(pl.col(column).is_null())
    value = _FARTHEST if is_least else _LOWEST
    if held.is_empty():
        note = "it holds no position in any of them"
        return [Metric(bot, each, value, seen, note) for each in (name, f"{name}_known")]
    lacks = f"the venue states no {what} of {_where(unknown, -1)}" if unknown.height else ""
    says = lacks
    if known.height:
        value = min(value, known[column][0]) if is_least else known[column][0]
        newest = known.sort("ts", maintain_order=True)[column][-1]
        says = f"that of {_where(known, 0)}; {newest:.4g} in the newest snapshot that says it"
    whole = Metric(bot, name, None, seen, lacks) if lacks else Metric(bot, name, value, seen, says)
    return [whole, Metric(bot, f"{name}_known", value, seen, says)]


def _positions(rows: pl.DataFrame) -> float:
    """Return of how many positions some rows are: one of several snapshots counts once."""
    return float(rows.select("pair", "symbol", "side").n_unique())


def _left_out(silent: pl.DataFrame) -> str | None:
    """Return what the venue does not state of the last of some positions."""
    if silent.is_empty():
        return None
    columns = {"liquidation_price": "liquidation price", "margin_ratio": "margin ratio"}
    lacks = [what for column, what in columns.items() if silent[column][-1] is None]
    is_both = len(lacks) == len(columns)
    states = f"neither {' nor '.join(lacks)}" if is_both else f"no {lacks[0]}, which another snapshot states,"
    return f"the venue states {states} of {_where(silent, -1)}"


def _where(rows: pl.DataFrame, place: int) -> str:
    row = rows.row(place, named=True)
    return f"the {row['side']} position in {row['pair']} at {row['ts']:%Y-%m-%d %H:%M} UTC"


def _contradiction(wrong: pl.DataFrame) -> str | None:
    if wrong.is_empty():
        return None
    row = wrong.row(0, named=True)
    return f"{_where(wrong, 0)} is liquidated at {row['liquidation_price']:f} by the venue, its mark is {row['mark_price']:f}"
