"""Putting the store right by the chain, with who and why: what an operator does once it is known what had happened."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from deskgate.audit.chain import Chain
from deskgate.audit.rows import KIND_OF, frame_of, read_stored, rows_of
from deskgate.store.tables import Store

__all__ = ["Repaired", "repair"]


@dataclass(frozen=True)
class Repaired:
    """How many rows were put back into the store, and how many of it were taken into the chain."""

    put_back: int
    adopted: int


def repair(chain: Chain, store: Store, *, by: str, why: str, at: datetime) -> Repaired:
    """Make the operations tables and the chain agree again on which rows there are, and record it.

    Rows that a store restored from a copy lacks are put back; rows without a record, as of a store that was used with another
    `--out`, are taken into the chain. A row of the store that was changed stays: the store only ever grows.

    Raises
    ------
    RunError
        The chain or the store cannot be read or written.
    """
    with chain.lock():
        known: dict[str, dict[str, dict[str, Any]]] = {table: {} for table in KIND_OF}
        for record in chain.records():
            for table, rows in rows_of(record).items():
                known[table] |= {row["row_id"]: row for row in rows}
        put_back = adopted = 0
        said = {"by": by.strip(), "why": why.strip()}
        for table, stored in read_stored(store):
            gone = [row for row_id, row in known[table].items() if row_id not in stored]
            new = [row for row_id, row in stored.items() if row_id not in known[table]]
            if gone:
                what = "rows that the store lacked were put back"
                ids = [row["row_id"] for row in gone]
                chain.append("repair", {"what": what, "of": table, "row_ids": ids, **said}, at)
                store.append({table: frame_of(table, gone)})
            if new:
                chain.append("adopted", {"table": table, "rows": new, **said}, at)
            put_back, adopted = put_back + len(gone), adopted + len(new)
    return Repaired(put_back, adopted)
