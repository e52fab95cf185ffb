"""A store as some bots of its desk have it: what an engine's worker reads."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from deskgate.schema import TABLES
from deskgate.schema.columns import Record
from deskgate.store.tables import Store

__all__ = ["StoreWithout"]


@dataclass(frozen=True)
class StoreWithout(Store):
    """A store without the records of the bots that are `left_out`, only to be read: what is of no one bot is there.

    Versions and copies of a record are of one bot, so that those of the others are what they are with all.
    """

    left_out: tuple[str, ...] = ()

    @property
    def holds(self) -> str:
        """Which desk it holds, and which bots of it it does not."""
        return f"{self.desk} without {json.dumps(self.left_out)}"

    def seen(self, name: str, versions: Mapping[str, int], as_of: datetime) -> pl.LazyFrame:
        """Return the versions of the other bots' rows that were committed at `versions` and visible at `as_of`."""
        rows = super().seen(name, versions, as_of)
        return rows.filter(~pl.col("bot").is_in(list(self.left_out))) if issubclass(TABLES[name], Record) else rows
