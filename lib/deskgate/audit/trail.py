"""The audit trail of a desk as runs and commands use it: the chain, the key that signs its checkpoints, and the store's rows."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from deskgate.audit.chain import HOW_TO_GO_ON, Chain
from deskgate.audit.checkpoint import NO_KEY, Checkpoint, checkpoint, why_unsigned
from deskgate.audit.faults import Finding, first_fault, read_links
from deskgate.audit.keys import Key, load_key
from deskgate.audit.record import Record
from deskgate.audit.rows import adopt, has_rows, identified, read_stored, settle, write_rows
from deskgate.audit.verify import compare_rows
from deskgate.audit.witnesses import judge_witnesses, witnesses_in
from deskgate.config.desk import Audit
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
    why_unsigned: str = NO_KEY

    @property
    def out(self) -> Path:
        """The folder that the desk runs into."""
        return self.chain.file.parents[1]

    @classmethod
    def open(cls, desk: "Desk", out: Path) -> "Trail":
        """Return the trail of the desk that runs into `out`; nothing is written.

        Raises
        ------
        InputError
            The key is one that must not be used, see `deskgate.audit.keys.load_key`.
        """
        return cls(Chain.open(out, desk.name), load_key(desk, out), why_unsigned(desk))

    def checkpoint(self) -> Checkpoint:
        """Return the checkpoint of the chain as it is now.

        Raises
        ------
        RunError
            The chain cannot be read, or its last line is no record.
        """
        return checkpoint(self.chain, self.key, self.why_unsigned)

    def checkpoint_if_readable(self) -> Checkpoint | None:
        """Return the checkpoint; None where there is none to be had: an alert goes out all the same."""
        try:
            return self.checkpoint()
        except RunError:
            return None

    def settle(self, store: Store, at: datetime) -> None:
        """Begin the trail where there is none, and put right what a killed write left; see `deskgate.audit.rows`.

        Raises
        ------
        RunError
            As `require_chain`, or the chain or the store cannot be read or written.
        """
        with self.chain.lock():
            self.require_chain()
            if self.chain.size == 0:
                adopt(self.chain, store, at)
                self.record_key(at)
            settle(self.chain, store, at)

    def require_chain(self) -> None:
        """Refuse a trail without a record where a decision says that it had some: it is not begun anew unasked.

        Raises
        ------
        RunError
            There is no record, and a decision holds the checkpoint of one.
        """
        if self.chain.size == 0 and (known := witnesses_in(self.out)):
            most = max(known, key=lambda each: each.checkpoint.size)
            raise RunError(
                f"{self.chain.file}: holds no record, expected the {most.checkpoint.size} or more that {most.source} knows of;"
                f" {HOW_TO_GO_ON}"
            )

    def require_whole(self, store: Store, at: datetime) -> None:
        """Settle, then compare the whole chain with itself, with the checkpoints of the days, and with the store's rows.

        Who signed a checkpoint is not looked at: a run goes on without a key, see `deskgate.audit.verify`.

        Raises
        ------
        RunError
            They do not agree.
        """
        with self.chain.lock():
            self.settle(store, at)
            if self.key and self.chain.last(self._names_the_key) is None:
                self.record_key(at)
            found = list(self._faults())
            if not found:
                found += compare_rows(filter(has_rows, self.chain.records()), dict(read_stored(store)))
        if found:
            more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
            raise RunError(
                f"{self.chain.file}: {found[0].how}: {found[0].says}{more}, expected the audit trail, the days and the store to"
                f" agree; `deskgate verify --audit` lists what does not, {HOW_TO_GO_ON}"
            )

    @property
    def is_usable(self) -> bool:
        """Whether there is a chain that fits itself and the checkpoints of the days: no other one takes a decision."""
        try:
            return self.chain.size > 0 and next(self._faults(), None) is None
        except RunError:
            return False

    def record_key(self, at: datetime) -> None:
        """Record which key signs from now on, with its checkpoint of what the trail had before."""
        if self.key is None:
            return
        with self.chain.lock():
            held = self.checkpoint().as_json()
            self.chain.append("key", {"public_key": self.key.public_key, "id": self.key.id, "checkpoint": held}, at)

    def write(
        self,
        store: Store,
        table: str,
        rows: pl.DataFrame | Sequence[Mapping[str, object]],
        at: datetime,
        *,
        kind: str | None = None,
    ) -> None:
        """Write rows of an operations table, if there are any, into the chain and the store.

        Parameters
        ----------
        rows
            Without their `row_id`; see `audit.rows.identified`.
        at, kind
            As in `audit.rows.write_rows`.

        Raises
        ------
        RunError
            The chain or the store cannot be written.
        """
        if not len(rows):
            return
        frame = identified(table, rows)
        with self.chain.lock():
            self.settle(store, at)
            write_rows(self.chain, store, table, frame, at, kind=kind)

    def _faults(self) -> Iterator[Finding]:
        links = read_links(self.chain.file)
        if fault := first_fault(links):
            yield fault
        yield from judge_witnesses(links, witnesses_in(self.out), Audit())

    def _names_the_key(self, record: Record) -> bool:
        return record.kind == "key" and self.key is not None and record.body.get("public_key") == self.key.public_key
