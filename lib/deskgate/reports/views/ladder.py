"""The view of the ladder: what each bot's day adds to the judgement of its rung.

Days are added up later without being computed again: ratios are kept as sums, slippage as values that stand for the day's fills.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

import polars as pl

from deskgate.accounting.amounts import opened_with
from deskgate.assessment.assessment import Assessment
from deskgate.case.case import Case
from deskgate.config.bot import Bot
from deskgate.gates.ladder.figures import SCALES
from deskgate.measures.fees import FEES_BPS, MAKER_SHARE
from deskgate.measures.measure import Measure
from deskgate.measures.rejects import REJECT_RATE
from deskgate.measures.slippage import SLIPPAGE
from deskgate.measures.state_words import PAUSED, UNKNOWN
from deskgate.measures.uptime import STATE_SHARES
from deskgate.parity.deltas import Span, gated_deltas
from deskgate.portfolio.readings import BotReadings, every_reading, lasting
from deskgate.reconciliation.accounts.transfers import account_transfers

__all__ = ["ladder"]

# By so many values a day's slippage is kept: all of them where there are no more fills.
MOST_VALUES = 100
_WORTH = ("worth_start", "worth_end", "worth_low", "worth_high", "equity_start", "equity_low", "drawdown_share")
_SUMS = {
    f"{name}_{part}": pl.String() if part == "why" else pl.Float64()
    for name in (*SCALES, "slippage_p95_bps")
    for part in ("num", "den", "of", "why")
}
SCHEMA = pl.Schema(
    {
        "bot": pl.String(),
        **dict.fromkeys(("fills", "orders", "minutes"), pl.Int64()),
        **_SUMS,
        "slippage_bps": pl.List(pl.Float64()),
        **dict.fromkeys(_WORTH, pl.Float64()),
        "worth_why": pl.String(),
        "opened_at": pl.Datetime("us", "UTC"),
        "opened_quote": pl.Float64(),
    }
)


def ladder(assessment: Assessment) -> pl.DataFrame:
    """Return what each judged bot's day adds to its rung.

    Returns
    -------
    polars.DataFrame
        One row a bot, sorted by it: fills, orders, minutes (of which a state is asked); of each ratio `<metric>_num` and `_den` (sums of
        what is known), `_of` (the `_den` of all there is) and `_why` (why something is unknown); slippage_bps (at most `MOST_VALUES`
        values, each for as many of the fills with a mid); worth_start, worth_end, worth_low, worth_high (of the account less all
        transfers, in quote; the last two lasted), equity_start, equity_low (with transfers, at worth_low), drawdown_share (within the
        day), worth_why (why they are null), opened_at and opened_quote.
    """
    case = assessment.case
    measured = _measured(case)
    rows = [
        {"bot": bot.name, **{k: v for of in measured for k, v in of(bot).items()}, **_worth(case, bot)}
        for bot in case.desk.judged
    ]
    return pl.DataFrame(rows, schema=SCHEMA)


def _measured(case: Case) -> list[Callable[[Bot], dict[str, Any]]]:
    maker, fees, rejects, slippage = (
        case.of_day(measure.rows(case)) for measure in (MAKER_SHARE, FEES_BPS, REJECT_RATE, SLIPPAGE)
    )
    return [
        lambda bot: {"fills": _of(maker, bot).height, "orders": _of(rejects, bot).height},
        lambda bot: _sums(case, MAKER_SHARE, maker, bot),
        lambda bot: _sums(case, FEES_BPS, fees, bot),
        lambda bot: _sums(case, REJECT_RATE, rejects, bot),
        lambda bot: _slippage(case, slippage, bot),
        lambda bot: _paused(case, bot),
        lambda bot: _delta(case, fees, bot),
    ]


def _of(rows: pl.DataFrame, bot: Bot) -> pl.DataFrame:
    return rows.filter(pl.col("bot") == bot.name)


def _sum(values: pl.Series) -> float:
    """Return an exact sum: in whichever pieces a frame came, its bytes are the same."""
    return math.fsum(values)


def _parts(name: str, num: float, den: float, of: float, why: str | None) -> dict[str, Any]:
    return {f"{name}_num": num, f"{name}_den": den, f"{name}_of": of, f"{name}_why": why}


def _sums(case: Case, measure: Measure, rows: pl.DataFrame, bot: Bot) -> dict[str, Any]:
    mine = _of(rows, bot)
    known = mine.filter(pl.col("num").is_not_null())
    why = measure.missing(case, bot.name)
    if why is None and known.height < mine.height:
        why = f"{mine.height - known.height} of {mine.height} of them are not known on {case.day}"
    return _parts(measure.name, _sum(known["num"]), _sum(known["den"]), _sum(mine["den"]), why)


def _slippage(case: Case, rows: pl.DataFrame, bot: Bot) -> dict[str, Any]:
    mine = _of(rows, bot)
    known = mine.filter(pl.col("num").is_not_null(), pl.col("den") > 0)
    values = known.select(value=pl.col("num") / pl.col("den") * SLIPPAGE.scale)["value"].sort()
    if values.len() > MOST_VALUES:
        # The middle of each of as many equal parts.
        places = [int((part + 0.5) * values.len() / MOST_VALUES) for part in range(MOST_VALUES)]
        values = values.gather(places)
    why = SLIPPAGE.missing(case, bot.name)
    if why is None and known.height < mine.height:
        why = f"{mine.height - known.height} of {mine.height} fills of {case.day} have no mid before them"
    return {
        **_parts("slippage_p95_bps", _sum(known["num"]), float(known.height), float(mine.height), why),
        "slippage_bps": values.to_list(),
    }


def _paused(case: Case, bot: Bot) -> dict[str, Any]:
    time = {
        measure.name.removeprefix("time_"): _of(case.of_day(measure.rows(case)), bot)
        for measure in STATE_SHARES
        if measure.name.removeprefix("time_") in (*PAUSED, UNKNOWN)
    }
    of = _sum(time[UNKNOWN]["den"])
    unknown = _sum(time[UNKNOWN]["num"])
    why = f"for {unknown / of:.1%} of {case.day} no record names the state of {bot.name}" if unknown else None
    paused = sum(_sum(time[state]["num"]) for state in PAUSED)
    return {"minutes": int(of / 60), **_parts("paused_share", paused, of - unknown, of, why)}


def _delta(case: Case, traded: pl.DataFrame, bot: Bot) -> dict[str, Any]:
    """Return the day's slippage less the reference's, weighed by the notional of the day."""
    mine = next(
        (
            delta
            for delta in gated_deltas(case)
            if (delta.bot, delta.measure.name, delta.span) == (bot.name, SLIPPAGE.name, Span.DAY)
        ),
        None,
    )
    notional = _sum(_of(traded, bot)["den"])
    if mine is None:
        why = f"{bot.name} is compared with nothing: give it a shadow, a baseline_window or expected in desk.toml"
        return _parts("slippage_delta_bps", 0.0, 0.0, notional, why)
    if mine.value is None:
        return _parts("slippage_delta_bps", 0.0, 0.0, notional, mine.why or f"no difference is known on {case.day}")
    return _parts("slippage_delta_bps", mine.value * notional, notional, notional, None)


def _worth(case: Case, bot: Bot) -> Mapping[str, Any]:
    found = every_reading(case)[bot.name]
    if not isinstance(found, BotReadings):
        return {"worth_why": found}
    day = found.worth.filter(pl.col("ts") >= case.start).drop_nulls("equity")
    before = account_transfers(case).filter(pl.col("bot") == bot.name, pl.col("ts") < day["ts"][0])
    moved = day["moved"] - day["moved"][0] + sum(map(float, before["amount"]))
    worth = day["equity"] - moved
    start, end = float(worth[0]), float(worth[-1])
    # Of one reading alone nobody knows whether it is a point or a mistake.
    steady, fallen = lasting(worth, case.risk.consecutive), -lasting(-worth, case.risk.consecutive)
    lost = (steady.cum_max().fill_null(start).clip(lower_bound=start) - worth).clip(lower_bound=0.0)
    shares = pl.select(
        pl.when(day["equity"] + lost > 0).then(lost / (day["equity"] + lost)).when(lost > 0).then(1.0).otherwise(0.0)
    )
    low = min((float(fallen[at]), float(day["equity"][at])) for at in (fallen.arg_min() or 0, worth.len() - 1))
    return {
        "worth_start": start,
        "worth_end": end,
        "worth_low": low[0],
        "worth_high": max(start, *map(float, steady.drop_nulls())),
        "equity_start": day["equity"][0],
        "equity_low": low[1],
        "drawdown_share": max(0.0, *map(float, lasting(shares.to_series(), case.risk.consecutive).drop_nulls())),
        "worth_why": None,
        "opened_at": bot.opening.at if bot.opening else None,
        "opened_quote": float(opened_with(case, bot)),
    }
