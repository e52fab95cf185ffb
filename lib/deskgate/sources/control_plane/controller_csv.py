"""A controller's own CSV logs: minutes to snapshots and mids, fills to fills and mids; daily summaries are counted, not read.

Such files are rotated with other headers and appended to by other versions, so every row's field count is compared
with the header before a single value is believed: a short row would put values into the wrong columns. A header in the
middle holds for the rows behind it. A fill has no trade id here unless a column gives one.

Rows are split and read in columns, a batch at once; only what may be more than values between commas is looked at line
by line.
"""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import polars as pl

from deskgate.sources.casts import money, whole
from deskgate.sources.lines import Line, ends_with_line_end, line_batches
from deskgate.sources.long_lines import length_reason
from deskgate.sources.parsed_source import ParsedSource
from deskgate.sources.recognition import columns_of
from deskgate.sources.records import parse_columns
from deskgate.sources.source_file import SourceFile
from deskgate.sources.spellings import LIQUIDITY, trade_side

__all__ = ["read_appended_lines", "read_controller_daily", "read_controller_fills", "read_controller_minutes"]

# Rows -> the rows of its tables; a row has `record`, `bot`, and the text of each column that is asked for.
Tables = Callable[[pl.DataFrame], dict[str, pl.DataFrame]]

# What the account counts a header as that is written again in the middle of a file.
HEADER = "header"
# Canonical column -> column of the file, where the name is not the same.
_MINUTE = {
    "ts": "ts",
    "pair": "trading_pair",
    "connector": "exchange",
    "state": "state",
    "mid": "mid",
    "equity_quote": "equity_quote",
    "base_pct": "base_pct",
    "target_base_pct": "target_base_pct",
    "daily_loss_pct": "daily_loss_pct",
    "drawdown_pct": "drawdown_pct",
    "turnover_x": "turnover_today_x",
    "fills_count_today": "fills_count_today",
    "fees_paid_today_quote": "fees_paid_today_quote",
    "realized_pnl_today_quote": "realized_pnl_today_quote",
    "position_base": "position_base",
    "risk_reasons": "risk_reasons",
}
# What a controller notes beside: where it is no number, or neither true nor false, it is not known, and the row is one all the same.
_NOTED = {
    "margin_ratio": "margin_ratio",
    "position_drift_share": "position_drift_pct",
    "ws_reconnect_count": "ws_reconnect_count",
}
_STALE = {"true": "true", "1": "true", "false": "false", "0": "false"}
_MID = {"ts": "ts", "pair": "trading_pair", "mid": "mid", "best_bid": "best_bid_price", "best_ask": "best_ask_price"}
# What the controller took for the mid when it recorded a fill.
_MID_REF = {"ts": "ts", "pair": "trading_pair", "market": "exchange", "mid": "mid_ref"}
_FILL = {
    "ts": "ts",
    "pair": "trading_pair",
    "market": "exchange",
    "order_id": "order_id",
    "exchange_order_id": "exchange_order_id",
    "price": "price",
    "quantity": "amount_base",
    "fee_amount": "fee_quote",
    "fee_quote": "fee_quote",
}
_NOTHING = pl.lit(None, pl.String)
# A fill stands by itself: a `mid_ref` that is no price above 0 is no mid, and no reason to refuse the fill.
_IS_PRICE = r"^\d{1,19}(\.\d*)?$"
# In a header one field is the name of the time.
_MAYBE_HEADER = r"(?:^|,)\W*ts\W*(?:,|$)"


def read_controller_minutes(source: SourceFile) -> ParsedSource:
    """Return one snapshot a row, and a mid where the row has one."""
    return _read(source, _MINUTES)


def read_controller_fills(source: SourceFile) -> ParsedSource:
    """Return one fill a row, and a mid where the row has a `mid_ref`; the fee is in quote."""
    return _read(source, _FILLS)


def read_controller_daily(source: SourceFile) -> ParsedSource:
    """Return no rows, only the count of the file's records."""
    return _read(source, _COUNTED)


def read_appended_lines(source: SourceFile, header: str, lines: Iterable[Line]) -> ParsedSource:
    """Return what lines that were appended to a log of minutes or fills contain."""
    reading = _MINUTES if "snapshots" in source.kind.tables else _FILLS
    return _Table(source, reading, header).parsed(list(lines))


def _read(source: SourceFile, reading: "_Reading") -> ParsedSource:
    parts: list[ParsedSource] = []
    table, ended = None, ends_with_line_end(source.file, source.size)
    for batch, is_last in _with_last(line_batches(source.file, source.size)):
        table, lines = (_Table(source, reading, batch[0].text), batch[1:]) if table is None else (table, batch)
        tail = lines[-1:] if is_last and not ended else []
        parts.append(table.parsed(lines[: len(lines) - len(tail)]))
        if tail and table.is_torn(tail[0]):
            parts[-1].unfinished = tail[0].length or len(tail[0].text.encode())
        elif tail:
            parts.append(table.parsed(tail))
    return ParsedSource.concat(parts)


class _Table:
    """Rows under the header that is in force: a restart writes it again, another version of the writer writes its own."""

    def __init__(self, source: SourceFile, reading: "_Reading", header: str) -> None:
        self._source, self._reading = source, reading
        self._first = self._header = columns_of(header)
        self._needed = source.kind.signature.columns

    def parsed(self, lines: Sequence[Line]) -> ParsedSource:
        """Return the content of some lines."""
        bot, kind = self._source.owner.name, self._source.kind.name
        rows = pl.concat(self._blocks(lines)).sort("record").with_columns(bot=pl.lit(bot))
        readable = pl.col("reason").is_null()
        good = rows.filter(readable, pl.col("type").is_null())
        records = rows.select(
            "record",
            pl.Series("line", [line.number for line in lines], dtype=pl.Int64),
            "bot",
            pl.when(readable).then(pl.coalesce("type", pl.lit(self._reading.table))).fill_null(kind).alias("type"),
            "reason",
        )
        texts = {name: frame for name, frame in self._reading.tables(good).items() if frame.height}
        parsed = parse_columns(self._source, records, texts, lambda number: lines[number].text)
        parsed.appendable = self._header == self._first
        return parsed

    def is_torn(self, line: Line) -> bool:
        """Return whether the file's last line, which has no end, is less than a row: its writer is at it."""
        return line.length is not None or not line.decoded or len(_fields(line.text)) != len(self._header)

    def _blocks(self, lines: Sequence[Line]) -> Iterator[pl.DataFrame]:
        """Yield each line's record, reason, type and wanted columns, in blocks under one header."""
        text = pl.Series("text", [line.text for line in lines], dtype=pl.String).str.strip_prefix("\ufeff")
        begin, split, apart = 0, list[tuple[int, list[str]]](), list[tuple[int, str | None, str | None]]()
        for at in _to_look_at(lines, text):
            line, fields = lines[at], _fields(text[at])
            if line.length is not None:
                apart.append((at, length_reason(line.length), None))
            elif not line.decoded:
                apart.append((at, "the line is not UTF-8", None))
            elif self._is_header(fields):
                yield self._block(text[begin:at], begin, split, apart)
                begin, split, apart = at, [], [(at, None, HEADER)]
                self._header = columns_of(text[at])
            else:
                split.append((at, fields))
        yield self._block(text[begin:], begin, split, apart)

    def _block(
        self,
        text: pl.Series,
        begin: int,
        split: Sequence[tuple[int, list[str]]],
        apart: Sequence[tuple[int, str | None, str | None]],
    ) -> pl.DataFrame:
        """Return the lines under the header in force: `split` into fields already, `apart` no rows, or plain ones."""
        looked_at = [at for at, *_ in (*split, *apart)]
        plain = pl.DataFrame({"record": pl.int_range(begin, begin + text.len(), eager=True), "fields": text})
        rows = pl.concat(
            [
                plain.filter(~pl.col("record").is_in(looked_at)).with_columns(pl.col("fields").str.split(",")),
                pl.DataFrame(split, schema={"record": pl.Int64, "fields": pl.List(pl.String)}, orient="row"),
            ]
        )
        # Of two columns of one name the last counts.
        place = {name: at for at, name in enumerate(self._header)}
        values = [
            (pl.col("fields").list.get(place[name], null_on_oob=True) if name in place else _NOTHING).alias(name)
            for name in self._reading.columns
        ]
        read = rows.select("record", self._reason().alias("reason"), _NOTHING.alias("type"), *values)
        others = pl.DataFrame(apart, schema={"record": pl.Int64, "reason": pl.String, "type": pl.String}, orient="row")
        return pl.concat([read, others], how="diagonal")

    def _reason(self) -> pl.Expr:
        """Return why rows under the header in force cannot be read."""
        if not self._needed <= set(self._header):
            return pl.lit(f"the header above it lacks {', '.join(sorted(self._needed - set(self._header)))}")
        count, expected = pl.col("fields").list.len(), len(self._header)
        return pl.when(count != expected).then(pl.format(f"{{}} fields, expected {expected} as in the header", count))

    def _is_header(self, fields: list[str]) -> bool:
        """Return whether fields are names: that of the time among them, and most of the others that a kind needs."""
        names = {field.strip().strip('"') for field in fields}
        return "ts" in names and len(names & self._needed) * 2 > len(self._needed)


def _to_look_at(lines: Sequence[Line], text: pl.Series) -> list[int]:
    """Return the places of the lines that may be more, or less, than values between commas."""
    spoilt = [at for at, line in enumerate(lines) if line.length is not None or not line.decoded]
    quoted = text.str.contains('"', literal=True)
    header = text.str.contains("ts", literal=True) & text.str.contains(_MAYBE_HEADER)
    return sorted({*spoilt, *(quoted | header).arg_true()})


def _with_last(batches: Iterator[Sequence[Line]]) -> Iterator[tuple[Sequence[Line], bool]]:
    """Yield each batch, and whether it is the last."""
    before = next(batches, None)
    for batch in batches:
        if before is not None:
            yield before, False
        before = batch
    if before is not None:
        yield before, True


def _fields(text: str) -> list[str]:
    """Split one line; line by line, so that a stray quote spoils only its own row."""
    if '"' not in text:
        return text.split(",")
    try:
        return next(csv.reader([text]))
    except csv.Error:
        return []


class _Reading(NamedTuple):
    """What rows of a kind are read to: `table` is the one that each has a row in, `columns` are those that are asked for."""

    table: str | None
    columns: Sequence[str]
    tables: Tables


def _minutes(rows: pl.DataFrame) -> dict[str, pl.DataFrame]:
    stale = pl.col("order_book_stale").str.strip_chars().str.to_lowercase()
    noted = {name: pl.when(_number_in(column).is_not_null()).then(column) for name, column in _NOTED.items()}
    snapshots = _renamed(rows, _MINUTE).with_columns(
        rows.select(**noted, order_book_stale=stale.replace_strict(_STALE, default=None, return_dtype=pl.String))
    )
    return {"snapshots": snapshots, "mids": _renamed(rows.filter(pl.col("mid") != ""), _MID)}


def _fills(rows: pl.DataFrame) -> dict[str, pl.DataFrame]:
    quotes = _by_value(rows["trading_pair"], lambda pair: pair.partition("-")[2])
    fills = _renamed(rows, _FILL).with_columns(
        rows.select(
            trade_id=pl.when(pl.col("trade_id") != "").then("trade_id").otherwise("exchange_trade_id"),
            side=_by_value(rows["side"], trade_side),
            fee_token=pl.when(pl.col("fee_quote") != "").then(quotes),
            liquidity=_by_value(rows["is_maker"], lambda text: LIQUIDITY.get(text.lower())),
        )
    )
    mid = pl.col("mid_ref")
    is_priced = mid.str.contains(_IS_PRICE) & (mid.cast(pl.Float64, strict=False) > 0)
    return {"fills": fills, "mids": _renamed(rows.filter(is_priced), _MID_REF)}


def _number_in(column: str) -> pl.Expr:
    return whole(pl.col(column)) if column == "ws_reconnect_count" else money(pl.col(column))


def _renamed(rows: pl.DataFrame, names: Mapping[str, str]) -> pl.DataFrame:
    return rows.select("record", "bot", **names)


def _by_value(texts: pl.Series, meaning: Callable[[str], str | None]) -> pl.Series:
    """Return what each text means, null for null; each text is asked for once."""
    found = {text: meaning(text) for text in texts.drop_nulls().unique()}
    return texts.replace_strict(list(found), list(found.values()), default=None, return_dtype=pl.String)


_MINUTES = _Reading(
    "snapshots", [*dict.fromkeys((*_MINUTE.values(), *_NOTED.values(), "order_book_stale", *_MID.values()))], _minutes
)
_FILLS = _Reading(
    "fills", [*dict.fromkeys(_FILL.values()), "trade_id", "exchange_trade_id", "side", "is_maker", "mid_ref"], _fills
)
# A daily summary is counted and not read.
_COUNTED = _Reading(None, [], lambda _: {})
