"""Files of events for tests of the store: their lines, taking them in, and what the store then holds."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from deskgate.config.desk import Desk
from deskgate.store.ingest import Account, Ingestor
from deskgate.store.tables import Store

NOW = datetime(2090, 5, 10, tzinfo=UTC)
START = datetime(2026, 5, 4, tzinfo=UTC)
LATER = datetime(2100, 1, 1, tzinfo=UTC)


def envelope(number: int, **values: Any) -> dict[str, Any]:
    """Return one order_filled event; every number is another fill, a minute later."""
    return {
        "event_id": f"e{number}",
        "event_type": "order_filled",
        "event_version": "v1",
        "ts_utc": (START + timedelta(minutes=number)).isoformat(),
        "instance_name": "bot1",
        "connector_name": "bitget_perpetual",
        "trading_pair": "BTC-USDT",
        "correlation_id": f"e{number}",
        "payload": {"order_id": f"o{number}", "trade_id": f"t{number}", "side": "buy", "price": 100, "amount": 1},
        **values,
    }


def lines(*numbers: int) -> str:
    return "".join(json.dumps(envelope(number)) + "\n" for number in numbers)


def ingest(store: Store, desk: Desk) -> Account:
    """Take in what is new, as another process would: nothing is remembered from before."""
    return Ingestor(Store.open(store.location, desk.name), desk, lambda: NOW).ingest_files()


def counts(account: Account) -> tuple[int, int, int, int]:
    total = account.total
    return total["read"], total["stored"], total["known"], total["quarantined"]


def rows(store: Store, table: str = "events") -> pl.DataFrame:
    return store.read(store.pin(), LATER, [table])[table]


def ids(store: Store) -> list[str]:
    return sorted(rows(store)["event_id"].to_list(), key=lambda text: int(text[1:]))


def expected(*numbers: int) -> list[str]:
    return [f"e{number}" for number in numbers]


def unaccounted(store: Store) -> int:
    """Return what the ledger cannot account for: records read that went nowhere, rows that came from nowhere."""
    ledger = rows(store, "ledger")
    tally = ledger.select(pl.col("tally").explode(empty_as_null=False).struct.unnest())
    went = tally.select(pl.sum_horizontal("stored", "known", "quarantined").sum()).item()
    stored = ledger.filter(pl.col("leg") == "events").select(
        pl.col("tally").explode(empty_as_null=False).struct.field("stored").sum()
    )
    return int(abs(ledger["read"].sum() - went) + abs(stored.item() - rows(store).height))
