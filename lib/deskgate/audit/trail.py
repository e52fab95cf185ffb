"""The audit trail of a desk as runs and commands use it: the chain, the key that signs its checkpoints, and the store's rows."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from deskgate.audit.chain import Chain
from deskgate.audit.checkpoint import Checkpoint, checkpoint
from deskgate.audit.keys import Key, load_key
from deskgate.audit.rows import settle, write_rows
from deskgate.config.errors import RunError
from deskgate.store.tables import Store

if TYPE_CHECKING:
    from deskgate.config.desk import Desk

__all__ = ["Trail"]


@dataclass(frozen=True)
class Trail:
    """A desk's chain and its key; None: the desk has none, and its checkpoints are unsigned."""

    chain: Chain
    key: Key | None = None

    @classmethod
    def open(cls, desk: "Desk", out: Path) -> "Trail":
        """Return the trail of the desk that runs into `out`; nothing is written.

        Raises
        ------
        InputError
            The key is one that must not be used, see `deskgate.audit.keys.load_key`.
        """
        return cls(Chain.open(out, desk.name), load_key(desk, out))

    def checkpoint(self) -> Checkpoint:
        """Return the checkpoint of the chain as it is now.

        Raises
        ------
        RunError
            The chain cannot be read, or its last line is no record.
        """
        return checkpoint(self.chain, self.key)

    def checkpoint_if_readable(self) -> Checkpoint | None:
        """Return the checkpoint; None where there is none to be had: an alert goes out all the same."""
        try:
            return self.checkpoint()
        except RunError:
            return None

    def settle(self, store: Store, at: datetime) -> None:
        """Begin the trail where there is none, and put right what a killed write left; see `deskgate.audit.rows.settle`."""
        with self.chain.lock():
            if self.key and self.chain.size == 0:
                self.record_key(at)
            settle(self.chain, store, at)

    def record_key(self, at: datetime) -> None:
        """Record which key signs from now on."""
        if self.key:
            self.chain.append("key", {"public_key": self.key.public_key, "id": self.key.id}, at)

    def write(self, store: Store, table: str, frame: pl.DataFrame, at: datetime, *, kind: str | None = None) -> None:
        """Write rows of an operations table, if there are any, into the chain and the store; see `audit.rows.write_rows`."""
        if frame.is_empty():
            return
        with self.chain.lock():
            self.settle(store, at)
            write_rows(self.chain, store, table, frame, at, kind=kind)
