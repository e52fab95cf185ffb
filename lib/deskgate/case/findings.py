"""What a check returns: metrics and breaks, as data.

A metric that could not be measured has a null value and a note that says why; it is never left out and never zero.
"""

import hashlib
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import dataframely as dy
import polars as pl

__all__ = [
    "BREAK_KINDS",
    "Breaks",
    "Findings",
    "Metric",
    "Metrics",
    "breaks_frame",
    "canonical",
    "first_of",
    "listed",
    "metrics_frame",
    "named",
    "with_explanations",
]

BREAK_KINDS = (
    "fill_missing_local",
    "fill_missing_events",
    "fill_missing_exchange",
    "duplicate_local_fill",
    "price_mismatch",
    "quantity_mismatch",
    "fee_mismatch",
    "wrong_side",
    "order_id_mismatch",
    "timestamp_skew",
    "fill_time_mismatch",
    "funding_missing",
    "funding_mismatch",
    "position_drift",
    "balance_drift",
    "order_open_local_closed_exchange",
    "order_closed_local_open_exchange",
    "order_fill_sum_mismatch",
    "order_missing_local",
    "order_missing_exchange",
    "not_reconcilable",
)

# A float has 15 to 17; what is left out is far below what any source records of money.
_DIGITS = 12
# So many lines of a list are shown, and so many names of subjects.
LISTED, NAMED = 3, 8

IDS = {
    "trade_id": "trade",
    "order_id": "order",
    "exchange_order_id": "the venue's order",
    "funding_id": "funding payment",
}


class Metrics(dy.Schema):
    """One row per gate, subject and metric; [low, high] is the interval of a value that was estimated."""

    gate = dy.String(nullable=False)
    subject = dy.String(nullable=False)
    metric = dy.String(nullable=False)
    value = dy.Float64(nullable=True)
    low = dy.Float64(nullable=True)
    high = dy.Float64(nullable=True)
    sample_ = dy.Int64(nullable=False, alias="sample")
    note = dy.String(nullable=True)


class Breaks(dy.Schema):
    """One row per break; `leg` is the one at fault, empty where none can be named. Amounts are text in their unit."""

    break_id = dy.String(nullable=False)
    kind = dy.String(nullable=False, check=lambda kind: kind.is_in(BREAK_KINDS))
    bot = dy.String(nullable=False)
    pair = dy.String(nullable=True)
    ts = dy.Datetime(nullable=False, time_unit="us", time_zone="UTC")
    trade_id = dy.String(nullable=True)
    order_id = dy.String(nullable=True)
    exchange_order_id = dy.String(nullable=True)
    funding_id = dy.String(nullable=True)
    leg = dy.String(nullable=False)
    observed = dy.String(nullable=True)
    expected = dy.String(nullable=True)
    delta = dy.String(nullable=True)
    value_quote = dy.Decimal(38, 18, nullable=True)
    first_seen = dy.String(nullable=False)
    detail = dy.String(nullable=False)


class Explanations(dy.Schema):
    """One row per difference that a break explains, so that it is not another break: the break's, and `text`."""

    kind = dy.String(nullable=False)
    bot = dy.String(nullable=False)
    pair = dy.String(nullable=True)
    ts = dy.Datetime(nullable=False, time_unit="us", time_zone="UTC")
    trade_id = dy.String(nullable=True)
    text = dy.String(nullable=False)


# Made once: most checks find nothing most of the time.
_NO_BREAKS, _NO_EXPLANATIONS = Breaks.create_empty(), Explanations.create_empty()


@dataclass(frozen=True)
class Metric:
    """One measurement: a value, or a null with the reason in `note`.

    `interval` is what the value may be, low and high, where it was estimated from a sample.
    """

    subject: str
    metric: str
    value: float | None
    sample: int = 0
    note: str | None = None
    interval: tuple[float, float] | None = None


@dataclass(frozen=True)
class Findings:
    """What one check found: measurements, breaks, and what breaks (its own, or another check's) explain besides."""

    metrics: list[Metric] = field(default_factory=list)
    breaks: pl.DataFrame = field(default_factory=lambda: _NO_BREAKS)
    explains: pl.DataFrame = field(default_factory=lambda: _NO_EXPLANATIONS)


def metrics_frame(gate: str, metrics: Iterable[Metric]) -> pl.DataFrame:
    """Return the metrics of one gate as a `Metrics` frame, sorted by subject and metric.

    A value that is no finite number is none: it becomes null with a note, for no bound could hold it. Numbers are rounded by
    `canonical`.
    """
    rows = [(gate, m.subject, m.metric, *_finite(m)) for m in metrics]
    frame = pl.DataFrame(rows, schema=Metrics.create_empty().schema, orient="row")
    return Metrics.validate(frame.sort("subject", "metric"))


def _finite(metric: Metric) -> tuple[float | None, float | None, float | None, int, str | None]:
    low, high = metric.interval or (None, None)
    for number in (metric.value, low, high):
        if number is not None and not math.isfinite(number):
            return None, None, None, metric.sample, f"came out as {number}, which is no finite number"
    return canonical(metric.value), canonical(low), canonical(high), metric.sample, metric.note


def canonical(number: float | None) -> float | None:
    """Return a number with 12 significant digits: a sum's last ones depend on the order and the threads that added it up."""
    # Adding 0 makes -0.0 the same bytes as 0.0.
    return None if number is None else float(f"{number:.{_DIGITS}g}") + 0.0


def first_of(breaks: pl.DataFrame) -> str | None:
    """Return the earliest of some breaks in words, for the reader of a count."""
    if breaks.is_empty():
        return None
    row = breaks.sort("ts", "break_id").row(0, named=True)
    what = next((f"{word} {row[name]}" for name, word in IDS.items() if row[name]), "an account snapshot")
    return f"the first at {row['ts']:%Y-%m-%d %H:%M:%S} UTC, {what}"


def listed(lines: Sequence[str]) -> str | None:
    """Return some lines as one, the first ones of many; None where there are none."""
    more = f" and {len(lines) - LISTED} more" if len(lines) > LISTED else ""
    return f"{'; '.join(lines[:LISTED])}{more}" if lines else None


def named(names: Sequence[str]) -> str:
    """Return the names of some subjects as a sentence has them: the first ones of many."""
    more = len(names) - NAMED
    return ", ".join(names if more <= 0 else names[:NAMED]) + (f" and {more} more" if more > 0 else "")


def with_explanations(breaks: pl.DataFrame, explains: pl.DataFrame) -> pl.DataFrame:
    """Return `breaks` with what each of them explains besides at the end of its `detail`."""
    key = ["kind", "bot", "pair", "ts", "trade_id"]
    explanations = explains.group_by(key).agg(explanation=pl.col("text").unique().sort().str.join("; "))
    return (
        breaks.join(explanations, on=key, how="left", nulls_equal=True, maintain_order="left")
        .with_columns(
            detail=pl.concat_str(
                pl.when(pl.col("detail") != "").then("detail"), "explanation", separator="; ", ignore_nulls=True
            )
        )
        .drop("explanation")
    )


def breaks_frame(found: pl.DataFrame, *, day_offset: str = "0us") -> pl.DataFrame:
    """Return `found` as a `Breaks` frame: missing columns null, `first_seen` the break's own UTC day, a stable id.

    The id is a digest of what the break is about (kind, bot, pair, ids, leg and, where it has no id, its time), not of
    its amounts, so that it stays the same while the amounts move. `day_offset` is subtracted before the day is taken:
    a closing snapshot of exactly 24:00 belongs to the day it closes.
    """
    if found.is_empty():
        return _NO_BREAKS
    schema = _NO_BREAKS.schema
    frame = found.with_columns(
        [pl.lit(None, dtype=dtype).alias(name) for name, dtype in schema.items() if name not in found.columns]
    ).with_columns(
        pl.col("leg").fill_null(""),
        pl.col("detail").fill_null(""),
        pl.col("ts").dt.offset_by(f"-{day_offset}").dt.date().cast(pl.String).alias("first_seen"),
    )
    about = frame.select(
        pl.concat_str(
            [
                pl.col(name).fill_null("")
                for name in ("kind", "bot", "pair", "trade_id", "order_id", "funding_id", "leg")
            ]
            + [
                pl.when(pl.coalesce("trade_id", "order_id", "funding_id").is_null())
                .then(pl.col("ts").cast(pl.String))
                .otherwise(pl.lit("")),
                pl.col("detail").str.extract(r"^(extra row \S+ \S+)").fill_null(""),
            ],
            separator="|",
        )
    ).to_series()
    # Two breaks of which all of this is equal (a row read three times) are distinguished by their number.
    number = about.to_frame("text").select(pl.int_range(pl.len()).over("text")).to_series()
    ids = [
        hashlib.blake2b(f"{text}{n or ''}".encode(), digest_size=6).hexdigest()
        for text, n in zip(about, number, strict=True)
    ]
    return Breaks.validate(
        frame.with_columns(pl.Series("break_id", ids, dtype=pl.String))
        .select(list(schema))
        .sort("ts", "kind", "break_id"),
        cast=True,
    )
