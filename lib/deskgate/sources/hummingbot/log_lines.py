"""Lines of a bot's own log -> what they show: signs of life, starts, fills, errors.

A line begins `2026-03-18 00:00:30,200 - 1 - hummingbot.connector... - INFO - text` (20260922,
templates/hummingbot_logs_TEMPLATE.yml): the process's local time without a zone, its id, the logger and the level. What does not
begin so (a traceback) belongs to the line before. A log shows that its process lived, never in which state its controllers were.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import polars as pl

from deskgate.schema.log_lines import (
    AHEAD,
    AMBIGUOUS,
    CLOCK_STARTED,
    ERROR,
    FILL,
    IMPOSSIBLE,
    SIGN_OF_LIFE,
    STRATEGY_STARTED,
)
from deskgate.sources.casts import TIME
from deskgate.sources.parsed_source import ParsedSource
from deskgate.sources.records import parse_columns
from deskgate.sources.source_file import SourceFile

__all__ = ["read_log_lines"]

# No message that is looked for is so long; an event as JSON may be.
_LOOKED_AT = 600
_LINE = (
    r"^(?<time>\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2},\d{3}) - (?<process>\d{1,18}) - \S+ - (?<level>[A-Z][A-Za-z0-9_ ]*)"
    r" - (?<text>.*)"
)
_FILLED = r"^The (?:BUY|SELL) order (\S+) amounting to .* has been filled"
# By what a text is told (20260922, core/trading_core.py, connector/client_order_tracker.py, core/data_type/trade_fee.py).
_SHOWN = {
    CLOCK_STARTED: pl.col("text").str.starts_with("Creating the clock with tick size"),
    STRATEGY_STARTED: pl.col("text").str.ends_with("strategy execution started."),
    FILL: pl.col("order_id").is_not_null(),
    ERROR: pl.col("level").is_in(["ERROR", "CRITICAL"]),
    "fills_late": pl.col("text").str.contains("order fill updates did not arrive", literal=True),
    "order_lost": pl.col("text").str.contains("will be considered lost", literal=True),
    "fee_not_in_quote": pl.col("text").str.contains("Error calculating fee in quote", literal=True),
}
# A file is stamped a little after its last line, unless its clock is another machine's.
_STAMPED = timedelta(minutes=10)
# No two zones are further apart: a file that looks older has the stamp of a copy that keeps none.
_FURTHEST = timedelta(hours=26)


def read_log_lines(source: SourceFile, lines: Sequence[bytes], first: int) -> ParsedSource:
    """Return what lines of a log show; a line whose time is none is in quarantine.

    Parameters
    ----------
    source
        Where they come from; its clock is that of the bot that lists it (`log_timezone`).
    lines
        Raw lines without their end; blank ones are no records.
    first
        The 1-based number of `lines[0]`.
    """
    numbers = [number for number, line in enumerate(lines, start=first) if line.strip()]
    texts = [bytes(lines[number - first][:_LOOKED_AT]).decode(errors="replace").rstrip() for number in numbers]
    groups = pl.col("line").str.extract_groups(_LINE)
    read = (
        pl.DataFrame({"line": texts}, schema={"line": pl.String})
        .select(record=pl.int_range(pl.len()), groups=groups)
        .unnest("groups")
        .with_columns(
            local=pl.col("time").str.to_datetime("%Y-%m-%d %H:%M:%S,%3f", time_unit="us", strict=False),
            process=pl.col("process").cast(pl.Int64),
            order_id=pl.col("text").str.extract(_FILLED),
        )
    )
    is_no_time = pl.col("time").is_not_null() & pl.col("local").is_null()
    records = read.select(
        "record",
        line=pl.Series(numbers, dtype=pl.Int64),
        bot=pl.lit(source.owner.name),
        type=pl.lit(source.kind.name),
        reason=pl.when(is_no_time).then(pl.format("'{}' is not a time", "time")),
    )
    written = datetime.fromtimestamp(source.file.stat().st_mtime, UTC)
    rows = _rows(read.drop_nulls("local"), source.owner.log_timezone, written).with_columns(
        bot=pl.lit(source.owner.name)
    )
    return parse_columns(
        source, records, {"log_lines": rows}, lambda number: lines[numbers[number] - first].decode(errors="replace")
    )


def _rows(read: pl.DataFrame, zone: str, written: datetime) -> pl.DataFrame:
    """Return what each line shows: one row a thing."""
    earlier, later = (_in_utc(zone, ambiguous) for ambiguous in ("earliest", "latest"))
    dated = read.with_columns(zone=pl.lit(zone), earlier=earlier, later=later)
    certain = dated.filter(pl.col("earlier").is_not_null())
    lead = pl.col("later") - pl.lit(written, TIME)
    is_ahead = (lead > _STAMPED) & (lead <= _FURTHEST)
    past = certain.filter(~is_ahead)
    twice = pl.col("earlier") != pl.col("later")
    wrong = pl.col("what").is_in([IMPOSSIBLE, AHEAD])
    found = [
        _first_of_minutes(past.filter(~twice)).with_columns(what=pl.lit(SIGN_OF_LIFE)),
        _first_of_minutes(past.filter(twice)).with_columns(what=pl.lit(AMBIGUOUS)),
        _placed(
            dated.filter(pl.col("earlier").is_null()).head(1), pl.col("local").dt.replace_time_zone("UTC"), IMPOSSIBLE
        ),
        _placed(certain.filter(is_ahead).tail(1), pl.lit(written, TIME), AHEAD),
        *(past.filter(shown).with_columns(what=pl.lit(what)) for what, shown in _SHOWN.items()),
    ]
    return pl.concat(found).select(
        "record",
        "zone",
        "what",
        "process",
        "level",
        order_id=pl.when(pl.col("what") == FILL).then("order_id"),
        local_time=pl.when(wrong).then("time"),
        ts="earlier",
        visible_at="later",
    )


def _placed(lines: pl.DataFrame, at: pl.Expr, what: str) -> pl.DataFrame:
    """Give lines a time that is not the one that they have."""
    return lines.with_columns(what=pl.lit(what), earlier=at, later=at)


def _in_utc(zone: str, ambiguous: str) -> pl.Expr:
    """Return the local time in UTC, null where the clocks of the zone skip it."""
    local = pl.col("local").dt.replace_time_zone(zone, ambiguous=pl.lit(ambiguous), non_existent="null")
    return local.dt.convert_time_zone("UTC")


def _first_of_minutes(lines: pl.DataFrame) -> pl.DataFrame:
    return lines.unique(["process", pl.col("earlier").dt.truncate("1m")], keep="first", maintain_order=True)
