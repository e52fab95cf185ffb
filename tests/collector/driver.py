"""What the kill tests run and kill: a follower, or one batch ingest after the other, that shows when it is writing."""

import time
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from deskgate.collector import Pace, follow
from deskgate.config.desk_file import load_desk
from deskgate.store.ingest import Ingestor
from deskgate.store.tables import Store
from deskgate.store.transaction import Transaction

PACE = Pace(batch=200, age_s=0.05, files_s=0.1, heartbeat_s=1.0, claim_idle_s=0.5, compact=20)


def show_writing(marker: Path) -> None:
    """Let `marker` stand from before the first table of a commit is written until the last one is."""
    add = Transaction.add

    def shown(self: Transaction, name: str, frame: pl.DataFrame) -> None:
        if name != "ledger" and frame.height:
            marker.touch()
        add(self, name, frame)
        if name == "ledger":
            marker.unlink(missing_ok=True)

    Transaction.add = shown  # type: ignore[method-assign]


def run_follower(root: Path, place: Path, marker: Path) -> None:
    """Follow until stopped."""
    show_writing(marker)
    desk = load_desk(root)
    follow(desk, Store.open(place, desk.name), now=lambda: datetime.now(UTC), say=lambda _: None, pace=PACE)


def run_batches(root: Path, place: Path, marker: Path) -> None:
    """Ingest the files again and again."""
    show_writing(marker)
    desk = load_desk(root)
    while True:
        Ingestor(Store.open(place, desk.name), desk, lambda: datetime.now(UTC)).ingest_files()
        time.sleep(0.02)
