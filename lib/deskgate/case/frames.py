"""The canonical frames of a store at pinned versions: read whole when asked for by name, or only as far as a query needs.

A desk's history grows every day, most checks look at a bounded part of it. What they query lazily is filtered and
projected where it is stored, so that its cost does not grow with the history.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import polars as pl

from deskgate.case.fill_history import FillHistory
from deskgate.store.copies import COPIED

__all__ = ["StoredFrames"]


class StoredFrames(Mapping[str, pl.DataFrame]):
    """Canonical frames by name.

    Parameters
    ----------
    names
        The tables there are.
    read
        Returns a table whole: validated and sorted.
    scan
        Returns the same rows as a query, in no particular order.
    live_orders
        Returns the orders that the checks of a case can need, in judged markets, where that takes less than reading all.
    fills
        What is known of finished fills, and a function that reads all other fills, validated and sorted.
    """

    def __init__(
        self,
        names: tuple[str, ...],
        read: Callable[[str], pl.DataFrame],
        scan: Callable[[str], pl.LazyFrame],
        live_orders: Callable[[Any], pl.DataFrame] | None = None,
        fills: tuple[FillHistory, Callable[[], pl.DataFrame]] | None = None,
    ) -> None:
        self._names, self._read, self._scan = names, read, scan
        self.live_orders, self.fills = live_orders, fills
        self._whole: dict[str, pl.DataFrame] = {}

    def __getitem__(self, name: str) -> pl.DataFrame:
        if name not in self._names:
            raise KeyError(name)
        if name not in self._whole:
            self._whole[name] = self._read(name)
        return self._whole[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def lazy(self, name: str) -> pl.LazyFrame:
        """Return a query over a table's rows, in no particular order; it never depends on what was read before.

        Copies of one record of the venue are rows of their own in it, as in `Store.lazy`.
        """
        return self._whole[name].lazy() if name in self._whole and name not in COPIED else self._scan(name)
