"""A process that is gone in the middle of a commit."""

import polars as pl
import pytest

from deskgate.config.desk import Desk
from deskgate.store.tables import Store
from deskgate.store.transaction import Transaction

from .event_files import ingest


class KilledError(BaseException):
    """The process is gone; nothing below it can catch this."""


def ingest_killed_after(commits: int, store: Store, desk: Desk) -> None:
    """Ingest what is new, and be gone when the ledger has so many commits more."""
    add, left = Transaction.add, [commits]

    def killed(self: Transaction, name: str, frame: pl.DataFrame) -> None:
        if not left[0]:
            raise KilledError
        add(self, name, frame)
        left[0] -= name == "ledger"

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Transaction, "add", killed)
        with pytest.raises(KilledError):
            ingest(store, desk)
