"""Verifying the audit trail: the chain by itself, against checkpoints from elsewhere, the decisions, and the store's rows."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deskgate.audit.chain import Chain, complete_lines
from deskgate.audit.faults import Finding, first_fault, read_links
from deskgate.audit.record import FIRST, Record
from deskgate.audit.rows import has_rows, read_stored
from deskgate.audit.witnesses import Witness, decided_days, judge_decision, judge_witnesses, witnesses_of

if TYPE_CHECKING:
    from deskgate.config.desk import Desk
    from deskgate.store.tables import Store

__all__ = ["Verified", "compare_rows", "verify_trail"]


@dataclass(frozen=True)
class Verified:
    """What verifying found: the chain's size and last hash, what is wrong (the chain first), and what cannot be shown."""

    size: int
    head: str
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]

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
    links = read_links(chain.file)
    mine = [(source, decision) for source, decision in decided_days(out) if decision.get("desk") == desk.name]
    witnesses = [*given, *(each for source, decision in mine for each in witnesses_of(source, decision))]
    findings: list[Finding] = []
    if fault := first_fault(links):
        findings.append(fault)
    findings += judge_witnesses(links, witnesses, desk.audit)
    if fault is None:
        findings += _judge_records(chain, mine, store)
    head = links[-1].hash if links and links[-1] else FIRST
    # Two witnesses of one loss say it twice.
    return Verified(
        len(links), head, tuple(dict.fromkeys(findings)), tuple(_notes(desk, chain, witnesses, given, mine))
    )


def _judge_records(chain: Chain, decisions: Iterable[tuple[str, dict[str, Any]]], store: "Store") -> Iterator[Finding]:
    of_rows: list[Record] = []
    of_days: dict[str, list[dict[str, Any]]] = {}
    size = 0
    for record in chain.records():
        size = record.seq
        if has_rows(record):
            of_rows.append(record)
        if record.kind == "decision":
            of_days.setdefault(str(record.body.get("date")), []).append(dict(record.body))
    for source, decision in decisions:
        recorded = of_days.get(str(decision.get("date")), [])
        if recorded or "checkpoint" in decision:
            yield from judge_decision(source, decision, recorded, size)
    yield from compare_rows(of_rows, dict(read_stored(store)))


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
        table = record.body["table"]
        for row in record.body["rows"]:
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
    elif unsigned := [each for each in witnesses if each.checkpoint.signature is None]:
        yield f"{len(unsigned)} of {len(witnesses)} checkpoints are unsigned, first {unsigned[0].source}; anybody can make those"
    if before := [source for source, decision in mine if "checkpoint" not in decision]:
        yield f"{len(before)} decisions hold no checkpoint, first {before[0]}: made before there was an audit trail, or made up"


def _unfinished(file: Path) -> int:
    """Return how many bytes follow the last line that counts."""
    try:
        size = file.stat().st_size
    except OSError:
        return 0
    counted = sum(len(line) + 1 for line in complete_lines(file))
    return max(size - counted, 0)
