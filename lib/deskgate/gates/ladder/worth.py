"""What a bot lost and earned over several days, transfers taken out; a day without a value is bridged by those beside it.

`worth` is what the account is worth less all transfers: what it had at its opening and all it made since. As the days' values are of
one accounting, what happened on a day that is not on record shows in the next one: it is no way to hide a loss.
"""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

import numpy as np

from deskgate.config.plural import count_of
from deskgate.intervals.sums import Floats

__all__ = ["Rows", "drawdown_share", "least_drawdown", "returns", "unknown_worth"]

# Rows of the view `ladder`, oldest first.
Rows = Sequence[Mapping[str, Any]]


def unknown_worth(rows: Rows, least: float, days: int) -> str:
    """Return why the days' worth does not tell what was earned; empty where it does.

    Parameters
    ----------
    rows
        Of the view `ladder`, oldest first.
    least
        The share of the days that must have a worth; the last one must. Where fewer do, too many returns would be of several days each.
    days
        How many days the time has, those without a row too.
    """
    known = _known(rows)
    reasons = [row["worth_why"] for row in rows if row["worth_why"]]
    if not rows or not known:
        return reasons[-1] if reasons else "no day has a value of the account"
    if rows[-1]["worth_end"] is None:
        return f"the last day has no value of the account: {rows[-1]['worth_why']}"
    if len(known) < least * days:
        said = f"only {len(known)} of {count_of(days, 'day has a value', 'days have a value')} of the account"
        return f"{said}: {reasons[-1]}" if reasons else said
    if len({*map(_opening, known)}) > 1:
        return "the opening of the account in desk.toml was changed meanwhile, so its days do not add up"
    if any(row["equity_start"] <= 0 for row in known):
        return "a day began without equity, so no share of it exists"
    return ""


def returns(rows: Rows) -> Floats:
    """Return the daily returns of the days with a worth: its change since the last such day's end over the equity at the start."""
    known = _known(rows)
    before = [known[0]["worth_start"], *(row["worth_end"] for row in known[:-1])]
    return np.array([(row["worth_end"] - last) / row["equity_start"] for row, last in zip(known, before, strict=True)])


def drawdown_share(rows: Rows) -> float:
    """Return the largest loss since the best point over the equity at that point, over all days with a worth.

    Of each day its best and worst point that lasted are known, and the largest loss between two of its points.
    """
    worst, peak = 0.0, -np.inf
    for row in _known(rows):
        peak = max(peak, row["worth_start"])
        lost = peak - row["worth_low"]
        if lost > 0:
            equity = row["equity_low"] + lost
            # Of an account that never had equity all is lost.
            worst = max(worst, lost / equity if equity > 0 else 1.0)
        worst = max(worst, row["drawdown_share"])
        peak = max(peak, row["worth_high"])
    return float(worst)


def least_drawdown(rows: Rows) -> float | None:
    """Return the largest drawdown that the days with a worth prove: the worst of each stretch of one opening; None where there is no such day."""
    stretches = groupby(_known(rows), key=_opening)
    return max((drawdown_share(list(stretch)) for _, stretch in stretches), default=None)


def _opening(row: Mapping[str, Any]) -> tuple[object, object]:
    return row["opened_at"], row["opened_quote"]


def _known(rows: Rows) -> list[Mapping[str, Any]]:
    return [row for row in rows if row["worth_end"] is not None]
