"""A controller's own CSV logs: minutes to snapshots and mids, fills to fills; daily summaries are counted, not read.

Such files are rotated with other headers and appended to by other versions, so every row's field count is compared
with the header before a single value is believed: a short row would put values into the wrong columns. A fill has no
trade id here unless a column gives one.
"""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping

from deskgate.sources.lines import Line, line_batches
from deskgate.sources.parsed_source import ParsedSource
from deskgate.sources.recognition import columns_of
from deskgate.sources.records import Record, Row, parse_records
from deskgate.sources.source_file import SourceFile
from deskgate.sources.spellings import LIQUIDITY, trade_side

__all__ = ["read_appended_lines", "read_controller_daily", "read_controller_fills", "read_controller_minutes"]

Values = Mapping[str, str]
Reading = Callable[[Values], Iterable[tuple[str, Row]]]

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
    return parse_records(source, list(_records(source.owner.name, columns_of(header), iter(lines), reading)))


def _read(source: SourceFile, reading: Reading) -> ParsedSource:
    header: list[str] = []
    parts = []
    for batch in line_batches(source.file, source.size):
        lines = iter(batch)
        header = header or columns_of(next(lines).text)
        parts.append(parse_records(source, list(_records(source.owner.name, header, lines, reading))))
    return ParsedSource.concat(parts)


def _records(bot: str, header: list[str], lines: Iterator[Line], reading: Reading) -> Iterator[Record]:
    for line in lines:
        fields = _fields(line.text)
        if not line.decoded:
            yield Record(line.number, bot, line.text, reason="the line is not UTF-8")
        elif fields == header:
            yield Record(line.number, bot, line.text, reason="the header again")
        elif len(fields) != len(header):
            reason = f"{len(fields)} fields, expected {len(header)} as in the header"
            yield Record(line.number, bot, line.text, reason=reason)
        else:
            yield Record(line.number, bot, line.text, tuple(reading(dict(zip(header, fields, strict=True)))))


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
