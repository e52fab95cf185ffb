"""Section 4: the main numbers of the portfolio and of each bot, on the day before and on the day."""

import re
from decimal import Decimal

import polars as pl

from deskgate.case.metric_spec import PORTFOLIO
from deskgate.reports.break_values import value, value_note
from deskgate.reports.daily_report.days import DayFiles, ReportDays
from deskgate.reports.daily_report.section import Part, Section
from deskgate.reports.history import DAYS
from deskgate.reports.own_record_lines import own_record_lines
from deskgate.reports.pages.wording import figure

__all__ = ["MONEY", "in_percent", "main_numbers", "numbers_section", "open_breaks"]

# What is said of money, from the view of the bots: column -> name.
MONEY = {"equity": "Equity", "pnl": "Net PnL of the day", "exposure": "Exposure", "turnover": "Turnover"}
# Whose sum over the book is the portfolio's.
_SUMMED = ("equity", "pnl", "turnover")
OPEN_BREAKS, BREAKS_VALUE = "Open breaks", "Value of open breaks"
# Gate, entry of the other numbers, in the order in which they are shown.
JUDGED = (
    ("portfolio_risk", "daily_loss_share"),
    ("portfolio_risk", "drawdown_share"),
    ("portfolio_risk", "net_exposure_share"),
    ("portfolio_risk", "leverage"),
    ("soak", "soak_clean_h"),
    ("event_store", "coverage_h"),
    ("soak", "running_share"),
    ("parity", "fill_ratio_delta"),
    ("parity", "slippage_bps_delta"),
    ("parity", "reject_rate_delta"),
    ("parity", "realized_pnl_bps_delta"),
)
_KEY = ["subject", "number"]
_VALUES = {
    **dict.fromkeys(("subject", "number", "unit"), pl.String),
    "value": pl.Float64,
    **dict.fromkeys(("bound", "note"), pl.String),
}
_OF_EQUITY, _NUMBER = "of equity", r"-?\d[\d.]*(?<!\.)"
# Before a number is called changed it differs by more than what adding floats up in another order does.
_NOISE = 1e-9


def main_numbers(days: ReportDays) -> pl.DataFrame:
    """Return the main numbers: subject, number, before, now, change, unit, bound, note; the portfolio first, then the bots by name.

    A number that neither day has is left out; null is what one of them does not have. Without a day before `before` is null. `note` says
    what a value that is not wholly known is at least.
    """
    now = _values(days.today)
    before = _values(days.before) if days.before else pl.DataFrame(schema=_VALUES)
    return (
        now.with_row_index("place")
        .join(before.with_row_index("place_before"), on=_KEY, how="full", coalesce=True, suffix="_before")
        .with_columns(
            unit=pl.coalesce("unit", "unit_before"),
            bound=pl.coalesce("bound", "bound_before"),
            change=pl.col("value") - pl.col("value_before"),
        )
        .filter(
            pl.any_horizontal(pl.col("value", "value_before", "note", "note_before").is_not_null()),
            ~_nothing_of_a_bot(),
        )
        .sort(pl.col("subject") != PORTFOLIO, "subject", "place", "place_before", nulls_last=True)
        .select(
            *("subject", "number"),
            before="value_before",
            now="value",
            change=pl.when(pl.col("change").abs() > _NOISE)
            .then("change")
            .when(pl.col("change").is_not_null())
            .then(0.0),
            unit="unit",
            bound="bound",
            note=pl.concat_str(
                pl.format("before: {}", "note_before"), pl.format("now: {}", "note"), separator="; ", ignore_nulls=True
            ).replace("", None),
        )
    )


def in_percent(numbers: pl.DataFrame) -> pl.DataFrame:
    """Return main numbers for a reader: shares, and parts of the equity that are held to at most all of it, in percent with their bounds."""
    bounds = [re.findall(_NUMBER, bound or "") for bound in numbers["bound"]]
    is_part = pl.Series([bool(found) and max(map(abs, map(float, found))) <= 1 for found in bounds], dtype=pl.Boolean)
    shares = numbers.with_columns(is_share=(pl.col("unit") == "share") | ((pl.col("unit") == _OF_EQUITY) & is_part))
    percent = (
        pl.when("is_share").then(pl.col("before", "now", "change") * 100).otherwise(pl.col("before", "now", "change"))
    )
    words = [_bound(bound) if is_share else bound for bound, is_share in shares.select("bound", "is_share").iter_rows()]
    return shares.with_columns(
        percent,
        bound=pl.Series(words, dtype=pl.String),
        unit=pl.when("is_share")
        .then(pl.format("% {}", pl.col("unit").replace("share", "")).str.strip_chars())
        .otherwise("unit"),
    ).drop("is_share")


def _bound(text: str | None) -> str | None:
    return text and re.sub(_NUMBER, lambda found: figure(Decimal(found[0]) * 100), text)


def numbers_section(days: ReportDays) -> Section:
    """Return section 4."""
    before = f"{days.before.date}" if days.before else f"no day of the {DAYS} before this one can be used"
    says = [f"Before: {before}. A dash: that day does not have the number."]
    bots = days.today.view("risk_bots", "bot", "mode", "equity", "because")
    if bots is None:
        says.append("The version of Deskgate that ran the day kept no money of the bots.")
    else:
        without = bots.filter(pl.col("equity").is_null(), pl.col("mode") != "disabled").sort("bot")
        says += [f"{bot} has no equity: {why}." for bot, why in without.select("bot", "because").iter_rows()]
    parts = (Part("", tuple(says), in_percent(main_numbers(days)), limit=60), *_own_record(days.today))
    return Section("numbers", "Metrics before and after", parts)


def _own_record(day: DayFiles) -> tuple[Part, ...]:
    """Return what nothing confirms, apart from the numbers that are agreed; nothing where all is confirmed."""
    columns = ("bot", "is_shown", "mark", "because", "not_booked", "counted_from", "agreed", "not_confirmed")
    bots = day.view("own_record_bots", *columns)
    numbers = day.view("own_record", "bot", "pair", "number", "unit", "of_the_day", "since_the_first_fill")
    if bots is None or bots.is_empty() or numbers is None:
        return ()
    return (Part("What nothing confirms", own_record_lines(bots), numbers if numbers.height else None, limit=60),)


def open_breaks(day: DayFiles) -> pl.DataFrame:
    """Return the breaks of a day that count: all but the accepted ones."""
    return day.breaks.filter(pl.col("status") != "accepted")


def _values(day: DayFiles) -> pl.DataFrame:
    return pl.concat([_money(day), _breaks(day), _judged(day)])


def _money(day: DayFiles) -> pl.DataFrame:
    """Return the bots' money; the portfolio's where each bot of the book has a value."""
    rows = day.view("risk_bots", "bot", "in_the_book", *MONEY)
    if rows is None:
        return pl.DataFrame(schema=_VALUES)
    book = rows.filter(pl.col("in_the_book") == "yes")
    known = [pl.when(pl.col(name).is_not_null().all() & (pl.len() > 0)).then(pl.col(name).sum()) for name in _SUMMED]
    whole = book.select(pl.lit(PORTFOLIO).alias("subject"), *known)
    mine = rows.sort("bot").select(pl.col("bot").alias("subject"), *MONEY)
    return (
        pl.concat([whole, mine], how="diagonal")
        .unpivot(index="subject", on=list(MONEY), variable_name="name")
        .with_columns(pl.col("name").replace_strict(MONEY).alias("number"))
        .select(
            "subject",
            "number",
            pl.lit(day.quote).alias("unit"),
            pl.col("value").cast(pl.Float64),
            _no_bound(),
            _no_note(),
        )
    )


def _breaks(day: DayFiles) -> pl.DataFrame:
    """Return how many breaks are open and what they are worth, of whoever was judged: none is 0."""
    rows = open_breaks(day).select(pl.col("bot").alias("subject"), "value_quote")
    whole = pl.concat([rows.with_columns(subject=pl.lit(PORTFOLIO)), rows])
    found = whole.group_by("subject").agg(count=pl.len().cast(pl.Float64), value=value(), note=value_note())
    judged = pl.concat([day.verdict_rows.select("subject"), pl.DataFrame({"subject": [PORTFOLIO]})]).unique()
    counts = judged.join(found, on="subject", how="left").with_columns(
        pl.col("count").fill_null(0.0), pl.when(pl.col("note").is_null()).then(pl.col("value").fill_null(0.0))
    )
    parts = [("count", OPEN_BREAKS, "breaks"), ("value", BREAKS_VALUE, day.quote)]
    return pl.concat(
        counts.sort("subject").select(
            *(
                "subject",
                pl.lit(name).alias("number"),
                pl.lit(unit).alias("unit"),
                pl.col(of).alias("value"),
                _no_bound(),
            ),
            pl.col("note") if of == "value" else _no_note(),
        )
        for of, name, unit in parts
    )


def _judged(day: DayFiles) -> pl.DataFrame:
    wanted = pl.DataFrame(JUDGED, schema=["gate", "check"], orient="row").with_row_index("order")
    return (
        day.verdict_rows.join(wanted, on=["gate", "check"])
        .sort("order", "subject")
        .select(
            "subject",
            pl.col("title").alias("number"),
            "unit",
            (pl.col("observed") + 0.0).alias("value"),
            "bound",
            _no_note(),
        )
    )


def _nothing_of_a_bot() -> pl.Expr:
    """Return whether a row says of a bot that it has no open break, and had none."""
    of_breaks = pl.col("number").is_in([OPEN_BREAKS, BREAKS_VALUE]) & (pl.col("subject") != PORTFOLIO)
    nothing = pl.all_horizontal(pl.col("value", "value_before").fill_null(0.0) == 0)
    return of_breaks & nothing & pl.all_horizontal(pl.col("note", "note_before").is_null())


def _no_note() -> pl.Expr:
    return pl.lit(None, pl.String).alias("note")


def _no_bound() -> pl.Expr:
    return pl.lit(None, pl.String).alias("bound")
