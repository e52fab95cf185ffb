"""Small files and desks for the tests of intake."""

import json
import sqlite3
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

import polars as pl

from deskgate.config.bot import Bot, Mode
from deskgate.config.instances import Instances
from deskgate.sources.lines import digest_of
from deskgate.sources.parsed_source import ParsedSource
from deskgate.sources.reader import read_lines
from deskgate.sources.recognition import recognise
from deskgate.sources.source_file import SourceFile

ReadSample = Callable[[str], dict[str, pl.DataFrame]]

# What a bot of desk.toml began with: 60 USDT and no position.
OPENING = 'opening = { at = "2026-05-01T00:00:00Z", balance = { USDT = "60" }, position = "0" }'

DDL = {
    "Metadata": "key TEXT, value TEXT",
    "Order": "id TEXT PRIMARY KEY, market TEXT, symbol TEXT, base_asset TEXT, quote_asset TEXT,"
    " creation_timestamp BIGINT, order_type TEXT, amount BIGINT, price BIGINT, last_status TEXT,"
    " last_update_timestamp BIGINT, exchange_order_id TEXT",
    "OrderStatus": "id INTEGER PRIMARY KEY, order_id TEXT, timestamp BIGINT, status TEXT",
    "TradeFill": "market TEXT, symbol TEXT, timestamp BIGINT, order_id TEXT, trade_type TEXT, order_type TEXT, price BIGINT,"
    " amount BIGINT, trade_fee JSON, trade_fee_in_quote BIGINT, exchange_trade_id TEXT",
    "FundingPayment": "timestamp BIGINT, market TEXT, rate FLOAT, symbol TEXT, amount FLOAT",
    "MarketData": "timestamp BIGINT, exchange TEXT, trading_pair TEXT, mid_price BIGINT, best_bid BIGINT,"
    " best_ask BIGINT",
    "RangePositionUpdate": "id INTEGER PRIMARY KEY, hb_id TEXT, timestamp BIGINT, tx_hash TEXT, market TEXT,"
    " order_action TEXT, trading_pair TEXT, base_amount FLOAT, quote_amount FLOAT",
    "Position": "controller_id TEXT, connector_name TEXT, side TEXT, trading_pair TEXT, timestamp BIGINT,"
    " amount BIGINT, breakeven_price BIGINT, unrealized_pnl_quote BIGINT",
}


def a_bot(name: str = "bot1", *pairs: str) -> Bot:
    """Return a bot that lists nothing."""
    return Bot(name=name, mode=Mode.LIVE, connector="bitget_perpetual", pairs=list(pairs or ("BTC-USDT",)))


def a_source(file: Path, *bots: Bot, known: Sequence[str] = ()) -> SourceFile:
    """Return `file` as listed by `bots`, of the kind that its content has."""
    kind, document = recognise(file)
    size, sha256 = digest_of(file)
    listing = bots or (a_bot(),)
    names = frozenset([*known, *(bot.name for bot in listing)])
    instances = Instances({bot.name: bot.instances for bot in listing})
    return SourceFile(file, file.name, kind, listing, names, size, sha256, document, instances=instances)


def a_database(
    file: Path, rows: Mapping[str, Sequence[Mapping[str, object]]], *, version: str | None = "20230516"
) -> Path:
    """Write a database with the tables of `rows`, and only those."""
    metadata = [{"key": "local_db_version", "value": version}] if version is not None else []
    tables = {"Metadata": metadata, "TradeFill": [], **rows}
    with sqlite3.connect(file) as database:
        for table, content in tables.items():
            database.execute(f'CREATE TABLE "{table}" ({DDL[table]})')
            for row in content:
                marks = ", ".join("?" for _ in row)
                database.execute(f'INSERT INTO "{table}" ({", ".join(row)}) VALUES ({marks})', tuple(row.values()))
    database.close()
    return file


def json_lines(file: Path, *messages: object) -> Path:
    """Write one line a message; text is written as it is."""
    texts = [each if isinstance(each, str) else json.dumps(each) for each in messages]
    file.write_text("".join(f"{text}\n" for text in texts))
    return file


def json_file(file: Path, document: object) -> Path:
    """Write one JSON document."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(document))
    return file


def a_desk(root: Path, bots: Mapping[str, str], *, more: str = "", disabled: Collection[str] = ()) -> Path:
    """Write a desk.toml whose bots have the given lines of TOML; `more`: lines of the desk itself."""
    root.mkdir(parents=True, exist_ok=True)
    lines = [f'[desk]\nname = "test"\n{more}\n']
    for name, extra in bots.items():
        mode = "disabled" if name in disabled else "live"
        lines.append(f'[bots.{name}]\nmode = "{mode}"\nconnector = "bitget_perpetual"\npairs = ["BTC-USDT"]\n{extra}\n')
    (root / "desk.toml").write_text("\n".join(lines))
    return root


def read_all_lines(source: SourceFile) -> ParsedSource:
    """Return the content of the event lines of a whole file."""
    return read_lines(source, source.file.read_bytes().split(b"\n"), 1)
