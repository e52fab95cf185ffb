"""A small desk with alert channels, and what its store has of them."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from controls import runs
from deskgate.store.tables import Store


@dataclass
class Channel(runs.Channel):
    """A channel that is told with the trail's checkpoint, where there is one."""

    @property
    def key(self) -> str:
        """Return its id."""
        return self.shown

    def notify(self, title: str, body: str, _checkpoint: object) -> bool:
        """Take an alert, or not."""
        self.heard.append((title, body))
        return self.takes


def a_desk(folder: Path, *urls: str, run_by: str = "") -> Path:
    """Write the desk.toml of one paper bot that has no files."""
    folder.mkdir()
    named = f"[alerts]\nurls = {json.dumps(urls)}\n" if urls else ""
    named += f'run_by = "{run_by}"\n' if run_by else ""
    (folder / "desk.toml").write_text(
        f'[desk]\nname = "d"\n{named}[bots.b1]\nmode = "paper"\nconnector = "bitget"\npairs = ["BTC-USDT"]\n'
    )
    return folder


def stored(out: Path, table: str) -> pl.DataFrame:
    """Return all rows that the store of the desk has in a table, in the order in which they were recorded."""
    store = Store.open(out / "store", "d")
    return store.read(store.pin(), datetime(9999, 1, 1, tzinfo=UTC), (table,))[table].sort("recorded_at")
