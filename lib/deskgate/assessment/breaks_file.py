"""breaks.csv: the open breaks of a day, for machines and for spreadsheets.

A spreadsheet runs a cell that begins like a formula, and ids, names and details are what bots and venues wrote. Such a text has
an apostrophe before it, which a spreadsheet shows as text; `read_breaks` takes it away again. Numbers stay as they are.
"""

import csv
import io
from pathlib import Path

import polars as pl

from deskgate.config.errors import InputError

__all__ = ["BREAK_COLUMNS", "parse_breaks", "read_breaks", "write_breaks"]

BREAK_COLUMNS = (
    *("break_id", "kind", "bot", "pair", "ts", "trade_id", "order_id", "exchange_order_id", "funding_id", "leg"),
    *("observed", "expected", "delta", "value_quote", "severity", "first_seen", "status", "detail"),
)
_GUARD = "'"
_LIKE_A_FORMULA = r"^[=+\-@\t\r']"
_NUMBER = r"^[+-]?\d+(\.\d+)?([eE][+-]?\d+)?$"


def write_breaks(breaks: pl.DataFrame, file: Path) -> None:
    """Write the breaks as CSV: `ts` as text in UTC, and no cell that a spreadsheet takes for a formula."""
    stamped = breaks.with_columns(pl.col("ts").dt.strftime("%Y-%m-%dT%H:%M:%S%.3fZ"))
    texts = [pl.col(name) for name, kind in stamped.schema.items() if kind == pl.String]
    stamped.with_columns(_guarded(text) for text in texts).write_csv(file)


def _guarded(text: pl.Expr) -> pl.Expr:
    runs = text.str.contains(_LIKE_A_FORMULA) & ~text.str.contains(_NUMBER)
    return pl.when(runs).then(pl.lit(_GUARD) + text).otherwise(text).name.keep()


def read_breaks(file: Path) -> pl.DataFrame:
    """Return breaks.csv as a frame: text as it was before it was written, `ts` in UTC, `value_quote` exact.

    Raises
    ------
    InputError
        The file cannot be read, or is no list of breaks.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        raise InputError(f"{file}: not readable as breaks, {error}; run `deskgate daily` for that day again") from error
    return parse_breaks(content, file)


def parse_breaks(content: bytes, file: Path) -> pl.DataFrame:
    """Return the content of breaks.csv as `read_breaks` does; `file` is what a message names.

    Raises
    ------
    InputError
        The content is no list of breaks.
    """
    try:
        rows = csv.DictReader(io.StringIO(content.decode(), newline=""), strict=True)
        # A column that is missing is named by polars.
        frame = pl.DataFrame(list(rows), schema=dict.fromkeys(rows.fieldnames or (), pl.String))
        return (
            frame.select(BREAK_COLUMNS)
            .with_columns(pl.col(pl.String).str.strip_prefix(_GUARD))
            .with_columns(
                pl.col("ts").str.to_datetime("%Y-%m-%dT%H:%M:%S%.fZ", time_unit="us", time_zone="UTC"),
                pl.when(pl.col("value_quote") != "").then("value_quote").cast(pl.Decimal(38, 18)),
            )
        )
    except (ValueError, csv.Error, pl.exceptions.PolarsError) as error:
        problem = str(error).splitlines()[0]
        raise InputError(
            f"{file}: not readable as breaks, {problem}; run `deskgate daily` for that day again"
        ) from error
