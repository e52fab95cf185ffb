"""A controller's own CSV logs: minutes to snapshots and mids, fills to fills; daily summaries are counted, not read.

Such files are rotated with other headers and appended to by other versions, so every row's field count is compared
with the header before a single value is believed: a short row would put values into the wrong columns. A fill has no
trade id here unless a column gives one.
"""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping

from deskgate.sources.control_plane.event_envelopes import LIQUIDITY
from deskgate.sources.hummingbot.mqtt_events import trade_side
from deskgate.sources.kinds import columns_of
from deskgate.sources.lines import Line, line_batches
from deskgate.sources.records import Haul, Record, Row, SourceFile, settle

__all__ = ["read_controller_daily", "read_controller_fills", "read_controller_lines", "read_controller_minutes"]

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


def read_controller_minutes(source: SourceFile) -> Haul:
    """Return one snapshot a row, and a mid where the row has one."""
    return _read(source, _minute)


def read_controller_fills(source: SourceFile) -> Haul:
    """Return one fill a row; the fee is in quote."""
    return _read(source, _fill)


def read_controller_daily(source: SourceFile) -> Haul:
    """Return no rows, only the count of the file's records."""
    return _read(source, lambda _: ())


def read_controller_lines(source: SourceFile, header: str, lines: Iterable[Line]) -> Haul:
    """Return what some lines of a log of minutes or fills say under its `header`."""
    reading = _minute if source.kind == "controller_minutes" else _fill
    return settle(source, list(_records(source.owner.name, columns_of(header), iter(lines), reading)))


def _read(source: SourceFile, reading: Reading) -> Haul:
    header: list[str] = []
    hauls = []
    for batch in line_batches(source.file, source.size):
        lines = iter(batch)
        header = header or columns_of(next(lines).text)
        hauls.append(settle(source, list(_records(source.owner.name, header, lines, reading))))
    return Haul.of(hauls)


def _records(bot: str, header: list[str], lines: Iterator[Line], reading: Reading) -> Iterator[Record]:
    for line in lines:
        fields = _fields(line.text)
        if not line.decoded:
            yield Record(line.number, bot, line.text, reason="the line is no UTF-8")
        elif fields == header:
            yield Record(line.number, bot, line.text, reason="a repeated header")
        elif len(fields) != len(header):
            reason = f"{len(fields)} fields under a header of {len(header)}"
            yield Record(line.number, bot, line.text, reason=reason)
        else:
            yield Record(line.number, bot, line.text, tuple(reading(dict(zip(header, fields, strict=True)))))


def _fields(text: str) -> list[str]:
    """Split one line; line by line, so that a stray quote spoils its own row and not the rest of the file."""
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
