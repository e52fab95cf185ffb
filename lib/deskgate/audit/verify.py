"""Verifying the audit trail: the chain by itself, against checkpoints from elsewhere, the decisions, and the store's rows."""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deskgate.audit.chain import Chain, complete_lines
from deskgate.audit.checkpoint import is_unrecorded
from deskgate.audit.decision_file import DECISION
from deskgate.audit.faults import Finding, first_fault, read_links
from deskgate.audit.record import FIRST, Record
from deskgate.audit.recorded import Recorded
from deskgate.audit.rows import has_rows, read_stored, rows_of
from deskgate.audit.witnesses import (
    Witness,
    decided_days,
    judge_decision,
    judge_witnesses,
    key_witnesses,
    unreadable_days,
    witnesses_of,
)
from deskgate.config.plural import count_of

if TYPE_CHECKING:
    from deskgate.config.desk import Desk
    from deskgate.store.tables import Store

__all__ = ["Verified", "compare_rows", "verify_trail"]

_LEFT_OUT = "as a write leaves it that was killed between the two; the next one puts them there and says so"


@dataclass(frozen=True)
class Verified:
    """What verifying found: the chain's size and last hash, what is wrong (the chain first), and what cannot be shown.

    `left_out` are rows of the last record that the store lacks, as after a killed write: not wrong, and not put right yet.
    """

    size: int
    head: str
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]
    left_out: tuple[Finding, ...] = ()

    @property
    def intact(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings


def verify_trail(desk: "Desk", out: Path, store: "Store", given: Sequence[Witness] = ()) -> Verified:
    """Verify the audit trail of a desk.

    Parameters
    ----------
    store
        The desk's store; its operations tables are compared with the chain.
    given
        Checkpoints from elsewhere, beside those in the decisions of `out`.

    Raises
    ------
    RunError
        The chain's file cannot be read.
    """
    chain = Chain.open(out, desk.name)
    with _held(chain):
        links = read_links(chain.file)
        fault = first_fault(links)
        records = [] if fault else list(chain.records())
        mine = list(decided_days(out))
        witnesses = [*given, *(each for source, decision in mine for each in witnesses_of(source, decision))]
        findings = [fault] if fault else []
        findings += judge_witnesses(links, [*witnesses, *key_witnesses(records)], desk.audit)
        findings += unreadable_days(out)
        notes, left_out = list(_notes(desk, chain, witnesses, given, mine)), []
        if fault is None:
            findings += _judge_days(records, mine, out)
            compared = list(compare_rows(filter(has_rows, records), dict(read_stored(store))))
            last = max((record.seq for record in records if has_rows(record)), default=None)
            left_out = [each for each in compared if (each.how, each.seq) == ("removed", last)]
            findings += [each for each in compared if (each.how, each.seq) != ("removed", last)]
            if left_out:
                notes.append(f"{len(left_out)} of the rows of record {last} not in the store: {_LEFT_OUT}")
    head = links[-1].hash if links and links[-1] else FIRST
    # Two witnesses of one loss say it twice.
    return Verified(len(links), head, tuple(dict.fromkeys(findings)), tuple(notes), tuple(left_out))


def _held(chain: Chain) -> AbstractContextManager[None]:
    """Return the chain's lock, so that no write between chain and store is seen; none where there is nothing to be written."""
    is_written = chain.file.exists() and os.access(chain.file.parent, os.W_OK)
    return chain.lock() if is_written else nullcontext()


def _judge_days(records: Sequence[Record], days: Iterable[tuple[str, dict[str, Any]]], out: Path) -> Iterator[Finding]:
    recorded = Recorded(records)
    for source, decision in days:
        yield from judge_decision(source, decision, recorded)
    for day, made in recorded.decisions.items():
        if not (out / day / DECISION).exists():
            says = f"{day}/{DECISION} is not there, which record {made[-1].seq} is of; run the day again"
            yield Finding("removed", made[-1].seq, says)


def compare_rows(records: Iterable[Record], stored: dict[str, dict[str, dict[str, Any]]]) -> Iterator[Finding]:
    """Return where the operations tables and the chain disagree: rows changed, removed or inserted in the store.

    Parameters
    ----------
    records
        The records that hold rows.
    stored
        The store's rows as text, by table and id.
    """
    known: dict[str, set[str]] = {table: set() for table in stored}
    for record in records:
        for table, row in ((table, row) for table, rows in rows_of(record).items() for row in rows):
            known[table].add(row["row_id"])
            there = stored[table].get(row["row_id"])
            name = f"row {row['row_id']} of the table {table}, which record {record.seq} holds,"
            if there is None:
                yield Finding("removed", record.seq, f"{name} is not in the store")
            elif any(there[column] != value for column, value in row.items() if column in there):
                yield Finding("changed", record.seq, f"{name} is another one in the store")
    for table, rows in stored.items():
        for row_id in sorted(rows.keys() - known[table]):
            yield Finding(
                "inserted", None, f"row {row_id} of the table {table} has no record: Deskgate did not write it here"
            )


def _notes(
    desk: "Desk",
    chain: Chain,
    witnesses: Sequence[Witness],
    given: Sequence[Witness],
    mine: Sequence[tuple[str, dict[str, Any]]],
) -> Iterator[str]:
    """Return what cannot be shown, and why."""
    if torn := _unfinished(chain.file):
        yield f"the last line is unfinished ({torn} bytes), as a killed write leaves it; the next record replaces it and says so"
    if not given:
        beside = f"the {len(witnesses)} in {chain.file.parents[1]}" if witnesses else "there is none"
        yield (
            "that the end was cut off shows only against a checkpoint that lies elsewhere, as in an alert or a kept page"
            f" (--checkpoint FILE); here: {beside}"
        )
    if desk.audit.public_key is None:
        yield (
            "desk.toml has no [audit] public_key, so no checkpoint's signature was looked at: whoever can change the trail can"
            " make checkpoints that fit; `deskgate audit key` makes a key"
        )
    if before := [source for source, decision in mine if "checkpoint" not in decision and "run_id" not in decision]:
        holds = count_of(len(before), "decision holds", "decisions hold")
        yield f"{holds} no checkpoint, first {before[0]}: made before there was an audit trail, or made up"
    if unrecorded := [f"{source}, a {made['decision']}" for source, made in mine if is_unrecorded(made)]:
        yield f"{'; '.join(unrecorded)}: could not be recorded, because of the audit trail; run the day again"


def _unfinished(file: Path) -> int:
    """Return how many bytes follow the last line that counts."""
    try:
        size = file.stat().st_size
    except OSError:
        return 0
    counted = sum(len(line) + 1 for line in complete_lines(file))
    return max(size - counted, 0)
