"""A controller's own CSV logs: minutes to snapshots and mids, fills to fills; daily summaries are counted, not read.

Such files are rotated with other headers and appended to by other versions, so every row's field count is compared
with the header before a single value is believed: a short row would put values into the wrong columns. A header in the
middle holds for the rows behind it. A fill has no trade id here unless a column gives one.
"""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from deskgate.sources.lines import Line, ends_with_line_end, line_batches
from deskgate.sources.long_lines import length_reason
from deskgate.sources.parsed_source import ParsedSource
from deskgate.sources.recognition import columns_of
from deskgate.sources.records import Record, Row, parse_records
from deskgate.sources.source_file import SourceFile
from deskgate.sources.spellings import LIQUIDITY, trade_side

__all__ = ["read_appended_lines", "read_controller_daily", "read_controller_fills", "read_controller_minutes"]

Values = Mapping[str, str]
Reading = Callable[[Values], Iterable[tuple[str, Row]]]

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


def read_controller_minutes(source: SourceFile) -> ParsedSource:
    """Return one snapshot a row, and a mid where the row has one."""
    return _read(source, _minute)


def read_controller_fills(source: SourceFile) -> ParsedSource:
    """Return one fill a row; the fee is in quote."""
    return _read(source, _fill)


def read_controller_daily(source: SourceFile) -> ParsedSource:
    """Return no rows, only the count of the file's records."""
    return _read(source, lambda _: ())


def read_appended_lines(source: SourceFile, header: str, lines: Iterable[Line]) -> ParsedSource:
    """Return what lines that were appended to a log of minutes or fills contain."""
    reading = _minute if "snapshots" in source.kind.tables else _fill
    table = _Table(source, reading, header)
    return table.parsed(lines)


def _read(source: SourceFile, reading: Reading) -> ParsedSource:
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

    def __init__(self, source: SourceFile, reading: Reading, header: str) -> None:
        self._source, self._reading = source, reading
        self._first = self._header = columns_of(header)
        self._needed = source.kind.signature.columns

    def parsed(self, lines: Iterable[Line]) -> ParsedSource:
        """Return the content of some lines."""
        parsed = parse_records(self._source, list(map(self._record, lines)))
        parsed.appendable = self._header == self._first
        return parsed

    def is_torn(self, line: Line) -> bool:
        """Return whether the file's last line, which has no end, is less than a row: its writer is at it."""
        return line.length is not None or not line.decoded or len(_fields(line.text)) != len(self._header)

    def _record(self, line: Line) -> Record:
        bot, text = self._source.owner.name, line.text.removeprefix("\ufeff")
        if line.length is not None:
            return Record(line.number, bot, line.text, reason=length_reason(line.length))
        fields = _fields(text)
        if not line.decoded:
            return Record(line.number, bot, line.text, reason="the line is not UTF-8")
        if "ts" in text and self._is_header(fields):
            self._header = columns_of(text)
            return Record(line.number, bot, line.text, type=HEADER)
        if not self._needed <= set(self._header):
            lacks = ", ".join(sorted(self._needed - set(self._header)))
            return Record(line.number, bot, line.text, reason=f"the header above it lacks {lacks}")
        if len(fields) != len(self._header):
            reason = f"{len(fields)} fields, expected {len(self._header)} as in the header"
            return Record(line.number, bot, line.text, reason=reason)
        values = dict(zip(self._header, fields, strict=True))
        return Record(line.number, bot, line.text, tuple(self._reading(values)))

    def _is_header(self, fields: list[str]) -> bool:
        """Return whether fields are names: that of the time among them, and most of the others that a kind needs."""
        names = {field.strip().strip('"') for field in fields}
        return "ts" in names and len(names & self._needed) * 2 > len(self._needed)


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


def _minute(values: Values) -> Iterator[tuple[str, Row]]:
    yield "snapshots", {column: values.get(name) for column, name in _MINUTE.items()}
    if values.get("mid"):
        yield (
            "mids",
            {
                "ts": values.get("ts"),
                "pair": values.get("trading_pair"),
                "mid": values["mid"],
                "best_bid": values.get("best_bid_price"),
                "best_ask": values.get("best_ask_price"),
            },
        )


def _fill(values: Values) -> Iterator[tuple[str, Row]]:
    pair, fee = values.get("trading_pair"), values.get("fee_quote")
    yield (
        "fills",
        {
            "ts": values.get("ts"),
            "pair": pair,
            "market": values.get("exchange"),
            "trade_id": values.get("trade_id") or values.get("exchange_trade_id"),
            "order_id": values.get("order_id"),
            "exchange_order_id": values.get("exchange_order_id"),
            "side": trade_side(values.get("side")),
            "price": values.get("price"),
            "quantity": values.get("amount_base"),
            "fee_amount": fee,
            "fee_token": (pair or "").partition("-")[2] if fee else None,
            "fee_quote": fee,
            "liquidity": LIQUIDITY.get(values.get("is_maker", "").lower()),
        },
    )
