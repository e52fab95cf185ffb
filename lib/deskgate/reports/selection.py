"""What a notebook of `investigate` is asked for: a bot, a measure, a span, a part of the rows and a number of days, in one line."""

from dataclasses import dataclass, field

import polars as pl

from deskgate.config.errors import InputError, did_you_mean
from deskgate.reports.history import DAYS

__all__ = ["DIMENSIONS", "Selection", "one_of", "select"]

SPANS = ("day", "soak")
# What a part of the rows of a measure can be named by.
DIMENSIONS: dict[str, pl.Expr] = {
    "pair": pl.col("pair"),
    "side": pl.col("side"),
    "liquidity": pl.col("liquidity"),
    "hour": pl.col("ts").dt.strftime("%H"),
}


@dataclass(frozen=True)
class Selection:
    """One measure of one bot; `part` has the wanted value of each named dimension."""

    bot: str
    measure: str
    span: str = "day"
    days: int = DAYS
    part: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        """Return it as a title begins."""
        part = "".join(f", {name} {value}" for name, value in self.part.items())
        return f"{self.bot}, {self.measure}, the {self.span}{part}"


def select(what: str, known: pl.DataFrame) -> Selection:
    """Return what is asked for.

    Parameters
    ----------
    what
        Words with commas between, each of which may be left out: a compared bot, a measure, `day` or `soak`, a number of
        days, and `name=value` of pair, side, liquidity or hour; as in `bot1, slippage_bps, soak, side=BUY, hour=14`.
    known
        What can be chosen: bot and measure; the first of each where none is named.

    Raises
    ------
    InputError
        A word is none of these.
    """
    bots, measures = (known[name].unique(maintain_order=True).to_list() for name in ("bot", "measure"))
    found: dict[str, str] = {"bot": bots[0], "measure": measures[0]}
    days, part = DAYS, {}
    for word in filter(None, (each.strip() for each in what.split(","))):
        name, sign, value = (each.strip() for each in word.partition("="))
        if sign:
            part[one_of(name, list(DIMENSIONS), "what")] = value
        elif word.isdecimal() and int(word):
            days = int(word)
        else:
            one_of(word, [*bots, *measures, *SPANS], "what")
            found["bot" if word in bots else "measure" if word in measures else "span"] = word
    return Selection(**found, days=days, part=part)


def one_of(wanted: str, known: list[str], what: str) -> str:
    """Return `wanted`, refused where it is none of the known ones."""
    if wanted not in known:
        raise InputError(
            f"`{what}` is '{wanted}'{did_you_mean(wanted, known)}, expected one of {', '.join(known)}; correct the parameter"
        )
    return wanted
