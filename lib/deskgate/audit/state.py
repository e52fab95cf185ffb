"""The state of a desk's audit trail for a reader: how far it goes, what vouches for it, and whether it fits itself.

Read where it lies, when it is asked for: it grows with every run, so that it is no evidence of a day. `deskgate verify --audit`
also compares the store and the decisions.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from deskgate.audit.chain import Chain
from deskgate.audit.checkpoint import NO_KEY
from deskgate.audit.faults import first_fault, read_links
from deskgate.audit.keys import key_id
from deskgate.audit.record import FIRST, KINDS
from deskgate.audit.witnesses import judge_witnesses, witnesses_in
from deskgate.config.errors import RunError
from deskgate.config.instants import stamp
from deskgate.config.plural import count_of

if TYPE_CHECKING:
    from deskgate.config.desk import Desk

__all__ = ["trail_state"]


def trail_state(desk: "Desk", out: Path) -> pl.DataFrame:
    """Return what there is of the trail and whether it was found whole just now: what, value (text), six rows.

    A trail that cannot be read says so in place of its records.
    """
    rows = list(_rows(desk, out))
    return pl.DataFrame(rows, schema={"what": pl.String, "value": pl.String}, orient="row")


def _rows(desk: "Desk", out: Path) -> Iterator[tuple[str, str]]:
    chain, known = Chain.open(out, desk.name), witnesses_in(out)
    try:
        links, fault = read_links(chain.file), ""
        last = None if first_fault(links) else chain.head
    except RunError as error:
        links, fault, last = [], str(error), None
    found = first_fault(links) or next(judge_witnesses(links, known, desk.audit), None)
    if found and not fault:
        fault = f"{found.how}: {found.says}"
    head = links[-1] if links else None
    yield "records", f"{len(links):,}"
    yield "last record", f"{KINDS.get(last.kind, last.kind)}, {stamp(last.at)}" if last else "none that can be read"
    yield "head", head.hash if head else FIRST
    yield "checkpoints of days beside it", f"{len(known):,}"
    yield "key of its checkpoints", key_id(desk.audit.public_key) if desk.audit.public_key else NO_KEY
    yield "verified", _verdict(len(links), len(known), fault)


def _verdict(records: int, checkpoints: int, fault: str) -> str:
    if fault:
        return f"NO, {fault}; `deskgate verify --audit` lists all that does not fit"
    if not records:
        return "NO, there is no record yet: the next daily run begins the trail"
    return f"yes, just now: {count_of(records, 'record fits', 'records fit', spec=',')} each other and {count_of(checkpoints, 'checkpoint', spec=',')}"
