"""How the realised PnL of live comes from its shadow's: which fills it missed, made on top, and made at another price.

Fills of both are paired one to one, the nearest in time first, of one pair and side and no more than `PAIR_WITHIN` apart.
From the shadow's realised PnL of the compared minutes, net, to live's:

    missed fills       - markout at 5 min of the shadow's fills without a partner
    extra fills        + markout at 5 min of live's fills without a partner
    spread captured    of the pairs: side x (mid before - price) x quantity, live less shadow
    adverse selection  of the pairs: side x (mid 5 min later - mid before) x quantity, live less shadow
    fees, funding      of all fills and payments, live less shadow
    unexplained        the rest

A pair of another size, as a part of a fill, differs in spread and selection. What no mid prices, and what realised PnL counts
at another time than the markout does (a position that was opened before, or is closed later), is unexplained.
"""

import math
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import polars as pl

from deskgate.case.case import Case
from deskgate.intervals.compare import compare
from deskgate.intervals.sums import Sums
from deskgate.measures.fees import FEES_BPS
from deskgate.measures.one_quote import several_quotes
from deskgate.measures.priced import mid_after, priced
from deskgate.measures.realized_pnl import REALIZED_FUNDING_BPS, REALIZED_PNL_BPS
from deskgate.measures.slippage import cost_against
from deskgate.measures.spreads import REALIZED_AT
from deskgate.parity.day_rows import LIVE, REFERENCE, ComparedDay, compared_days
from deskgate.parity.references import Kind
from deskgate.parity.sums import rows_of, side
from deskgate.reconciliation.matching.nearest import nearest

__all__ = ["PAIR_WITHIN", "STEPS", "bridge", "paired"]

# Two bots of one strategy refresh their quotes each minute or so: what they fill later than this was another quote.
PAIR_WITHIN = timedelta(minutes=1)
MISSED, EXTRA, SPREAD, SELECTION, FEES, FUNDING, REST = (
    *("missed fills", "extra fills", "spread captured", "adverse selection"),
    *("fees", "funding", "unexplained"),
)
STEPS = ("shadow", MISSED, EXTRA, SPREAD, SELECTION, FEES, FUNDING, REST, "live")
# Of an interval that is drawn, and that nothing is judged by.
MOST_DRAWS = 400
# Two totals, and a few payments.
WITHOUT_INTERVAL = ("shadow", FUNDING, "live")
_SCHEMA = {
    **dict.fromkeys(("of", "step"), pl.String()),
    **dict.fromkeys(("value_quote", "low", "high"), pl.Float64()),
    "fills": pl.Int64(),
}


@dataclass(frozen=True)
class _Fills:
    """The day's fills of both sides as partners and alone; `captured` and `selection` are null where no mid prices them."""

    partners: pl.DataFrame
    alone: dict[str, pl.DataFrame]


def bridge(case: Case) -> pl.DataFrame:
    """Return the steps from the shadow's realised PnL of the day's compared minutes to live's, of each bot with a shadow.

    Returns
    -------
    polars.DataFrame
        of (the live bot), step (`STEPS`, in this order), value_quote (null where it is not known: a fee is not, or the
        accounting), low, high (the interval of the step's value, by blocks of time; null for the ends, for funding and
        where the day does not give one), fills (those behind the step; of `unexplained` those that have no mid). The
        steps add up to live's.
    """
    # Of a bot of several quotes the fills have no sum; the deltas say so.
    mixed = several_quotes(case, REALIZED_PNL_BPS.rows(case), REALIZED_PNL_BPS.amounts)
    known = [day for day in compared_days(case) if day.bot not in mixed]
    days = [day for day in known if day.part.reference.kind is Kind.SHADOW]
    rows = [
        (day.bot, step, *_value_and_interval(case, day, step, parts), parts["fills"].sum())
        for day in days
        for step, parts in _steps(case, day).items()
    ]
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row")


def paired(live: pl.DataFrame, shadow: pl.DataFrame) -> pl.DataFrame:
    """Return which fills of live and shadow are partners: `live` and `shadow`, the places of both in their frames.

    Parameters
    ----------
    live, shadow
        pair, side, ts of one fill each, in an order that does not depend on how they were read.
    """
    # Ids as text of equal length: ties in time are paired in the order of the rows.
    place = pl.int_range(pl.len()).cast(pl.String).str.zfill(9)
    both = live.with_columns(row_id=place), shadow.with_columns(candidate_id=place)
    found = nearest(*both, ["pair", "side"], PAIR_WITHIN)
    return found.select(live=pl.col("row_id").cast(pl.Int64), shadow=pl.col("candidate_id").cast(pl.Int64)).sort("live")


def _steps(case: Case, day: ComparedDay) -> dict[str, pl.DataFrame]:
    """Return the parts of each step, in the order of `STEPS`."""
    net, fees, funding = (
        day.rows(measure.rows(case)) for measure in (REALIZED_PNL_BPS, FEES_BPS, REALIZED_FUNDING_BPS)
    )
    num, is_fill = pl.col("num"), (pl.col("den") > 0).cast(pl.Int64)
    ends = {role: _parts(rows, num, is_fill) for role, rows in net.items()}
    fills = _fills(case, day)
    marked = pl.col("captured") + pl.col("selection")
    missed, extra = (fills.alone[role] for role in (REFERENCE, LIVE))
    steps = {
        MISSED: _parts(missed, -marked, pl.lit(1)).drop_nulls("num"),
        EXTRA: _parts(extra, marked, pl.lit(1)).drop_nulls("num"),
        SPREAD: _parts(fills.partners, pl.col("captured"), pl.lit(2)).drop_nulls("num"),
        SELECTION: _parts(fills.partners, pl.col("selection"), pl.lit(2)).drop_nulls("num"),
        FEES: pl.concat([_parts(fees[LIVE], -num, is_fill), _parts(fees[REFERENCE], num, is_fill)]),
        FUNDING: pl.concat([_parts(funding[LIVE], num), _parts(funding[REFERENCE], -num)]),
    }
    unpriced = [_parts(missed, marked, pl.lit(1)), _parts(extra, marked, pl.lit(1))]
    unpriced.append(_parts(fills.partners, marked, pl.lit(2)))
    rest = pl.concat(
        [
            ends[LIVE].with_columns(fills=pl.lit(0, pl.Int64)),
            *(part.with_columns(num=-num, fills=pl.lit(0, pl.Int64)) for part in (ends[REFERENCE], *steps.values())),
            *(part.filter(num.is_null()).with_columns(num=pl.lit(0.0)) for part in unpriced),
        ]
    )
    return {STEPS[0]: ends[REFERENCE], **steps, REST: rest, STEPS[-1]: ends[LIVE]}


def _fills(case: Case, day: ComparedDay) -> _Fills:
    gain, toward = -cost_against("mid"), cost_against("mid") - cost_against(mid_after(REALIZED_AT))
    sides = day.rows(
        priced(case).select(
            *("bot", "pair", "side", "ts"),
            captured=gain.cast(pl.Float64),
            selection=toward.cast(pl.Float64),
        )
    )
    pairs = paired(sides[LIVE], sides[REFERENCE])
    mine, theirs = (sides[role][pairs[name]] for role, name in ((LIVE, "live"), (REFERENCE, "shadow")))
    less = [(mine[name] - theirs[name]).alias(name) for name in ("captured", "selection")]
    taken = {LIVE: pairs["live"], REFERENCE: pairs["shadow"]}
    alone = {role: rows.filter(~pl.int_range(pl.len()).is_in(taken[role].implode())) for role, rows in sides.items()}
    return _Fills(mine.with_columns(less), alone)


def _parts(rows: pl.DataFrame, num: pl.Expr, fills: pl.Expr | None = None) -> pl.DataFrame:
    count = pl.lit(0) if fills is None else fills
    return rows.select("pair", "ts", num=num.cast(pl.Float64), fills=count.cast(pl.Int64))


def _value_and_interval(
    case: Case, day: ComparedDay, step: str, parts: pl.DataFrame
) -> tuple[float | None, float | None, float | None]:
    """Return the sum of a step and the ends of its interval: that of the mean by minute, over all minutes."""
    if parts["num"].null_count():
        return None, None, None
    total = math.fsum(parts["num"])
    if step in WITHOUT_INTERVAL:
        return total, None, None
    by_minute = side(rows_of(parts.with_columns(den=pl.lit(0.0))), day.live, 1.0).sums
    minutes = by_minute.minute.size
    mean = Sums(by_minute.minute, by_minute.num, np.ones(minutes))
    settings = case.intervals.model_copy(update={"draws": min(case.intervals.draws, MOST_DRAWS)})
    found = compare(mean, 0.0, settings, day_from=int(by_minute.minute[0]) if minutes else 0).day.interval
    return (total, found.low * minutes, found.high * minutes) if found else (total, None, None)
