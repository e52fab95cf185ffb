"""Candles in the store: an open one is not there until its venue has closed it, and both bots that list a file have its candles."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from deskgate.config.desk_file import load_desk
from deskgate.store.ingest import Ingestor
from deskgate.store.tables import Store

EIGHT = datetime(2026, 3, 18, 8, tzinfo=UTC)
NOW = EIGHT + timedelta(days=1)
TOML = '[desk]\nname = "test"\n' + "".join(
    f"""
[bots.{name}]
mode = "live"
connector = "bitget_perpetual"
pairs = ["BTC-USDT"]
exchange = ["candles"]
"""
    for name in ("bot1", "bot2")
)


def _ingest(root: Path, *closes: float, after: timedelta) -> Store:
    """Ingest candles of minutes from eight o'clock, exported so long after it; the last one is not over."""
    (root / "candles").mkdir(parents=True, exist_ok=True)
    (root / "desk.toml").write_text(TOML)
    opened = round(EIGHT.timestamp() * 1000)
    rows = [[opened + 60_000 * at, 100, 110, 90, close, 1] for at, close in enumerate(closes)]
    document = {"exported_at": (EIGHT + after).isoformat(), "symbol": "BTC/USDT:USDT", "timeframe": "1m", "ohlcv": rows}
    (root / "candles" / "ohlcv.json").write_text(json.dumps(document))
    store = Store.open(root / "store", "test")
    Ingestor(store, load_desk(root), lambda: NOW).ingest_files()
    return store


def _closes(store: Store, as_of: datetime, bot: str = "bot1") -> list[int]:
    frames = store.read(store.pin(), as_of, ("candles",))
    return [int(row["close"]) for row in frames["candles"].sort("ts").to_dicts() if row["bot"] == bot]


def test_open_candle_is_stored_when_it_is_over(tmp_path: Path) -> None:
    store = _ingest(tmp_path, 101, 102, after=timedelta(seconds=90))
    assert _closes(store, NOW) == [101]
    store = _ingest(tmp_path, 101, 105, 106, after=timedelta(seconds=150))
    assert _closes(store, NOW) == _closes(store, NOW, "bot2") == [101, 105]


def test_candle_is_not_seen_before_its_end(tmp_path: Path) -> None:
    store = _ingest(tmp_path, 101, 102, 103, after=timedelta(hours=1))
    assert _closes(store, EIGHT + timedelta(minutes=2)) == [101, 102]
    assert _closes(store, EIGHT + timedelta(minutes=2, microseconds=-1)) == [101]
