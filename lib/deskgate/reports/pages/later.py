"""What is known of published days since: a run that has not ended, incidents, what no longer counts, and what their pages hold of it.

A page says why its decision does not hold any more, between two comments on its top. Nothing but that, and sign-offs, may have been
written into it since its run.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import dataframely as dy
import polars as pl
from markupsafe import Markup

from deskgate.assessment.evidence import verify_day
from deskgate.audit.decision_file import DECISION, load_decision
from deskgate.audit.decision_ids import identity
from deskgate.audit.faults import Finding
from deskgate.audit.marks import marked_lines
from deskgate.audit.open_runs import OpenRun, open_runs
from deskgate.audit.recorded import Recorded
from deskgate.audit.rows import frame_of, rows_of
from deskgate.audit.sign_offs import every_sign_off, stands_as
from deskgate.audit.witnesses import witnesses_in
from deskgate.checks.incidents import Incident, incidents
from deskgate.config.errors import InputError
from deskgate.config.instants import ALWAYS, parse_instant
from deskgate.reports.pages.banner import instant, objects
from deskgate.reports.pages.copies import copies_in, copy_links, known_copies
from deskgate.reports.pages.day_names import published_days
from deskgate.reports.pages.environment import macro_text
from deskgate.reports.pages.link import INDEX
from deskgate.reports.pages.neighbours import is_neighbours_line, neighbours_line
from deskgate.reports.pages.page_marks import Marks, replace_page, with_marks
from deskgate.reports.pages.sign_off_list import LIST, sign_off_lines
from deskgate.reports.pages.signatures import known_signatures, signatures
from deskgate.reports.withdrawn import withdrawn
from deskgate.schema import TABLES

__all__ = ["Later"]

_UNREADABLE = "an incident in the audit trail cannot be read; `deskgate verify --audit` compares it with the store"
_UNKNOWN = (
    "waivers and accepted breaks that it rests on cannot be read in the audit trail; `deskgate verify --audit` says why"
)


@dataclass(frozen=True)
class Later:
    """What is known of the days in an `--out`: the audit trail, the runs that have not ended, and what the trail has of three tables.

    `is_whole` is False where the trail is damaged, cut off or gone. `days` are those that have a page, oldest first; `copies` has the notebooks of each that have an interactive copy. `incidents`, `waivers` and `break_actions` are None where a row cannot be read, or the trail is not whole.
    """

    recorded: Recorded
    is_whole: bool
    runs: Mapping[str, OpenRun]
    incidents: Sequence[Incident] | None
    waivers: pl.DataFrame | None
    break_actions: pl.DataFrame | None
    days: Sequence[str] = ()
    copies: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @classmethod
    def read(cls, out: Path, witnessed: int | None = None) -> "Later":
        """Return what is known by now.

        Parameters
        ----------
        witnessed
            The largest size of the audit trail that a decision in `out` knows of; None: each decision is asked.
        """
        recorded = Recorded.read(out)
        if witnessed is None:
            witnessed = max((each.checkpoint.size for each in witnesses_in(out)), default=0)
        # A trail that was cut off may have had a row behind its end.
        is_whole = recorded.problem is None and witnessed <= len(recorded.records)
        tables = ("incidents", "waivers", "break_actions")
        rows, waivers, actions = (_rows(recorded, name) if is_whole else None for name in tables)
        return cls(
            recorded, is_whole, open_runs(out), _incidents(rows), waivers, actions, published_days(out), copies_in(out)
        )

    def stands_as(self, decision: Mapping[str, Any]) -> str:
        """Return what a decision stands as, with the sign-offs that it has by now."""
        return stands_as(self.recorded.records, decision)

    def signed(self, decision: Mapping[str, Any]) -> str | None:
        """Return who signed a decision that is a GO by it and has what it rests on, as a sentence; None of any other one."""
        if not decision.get("awaits") or self.stands_as(decision) != "GO" or self.withdrawn(decision):
            return None
        if not self._is_on_record(decision):
            return None
        return (
            f"Signed for {' and '.join(decision['awaits']['roles'])}: a GO until {instant(decision.get('expires_at'))}."
        )

    def open_incidents(self, decision: Mapping[str, Any]) -> list[str]:
        """Return the open incidents that a GO does not know and that were opened before it expired, as sentences."""
        if self.stands_as(decision) != "GO":
            return []
        if self.incidents is None:
            return [_UNREADABLE]
        told = decision.get("incidents")
        known = {str(each.get("id")) for each in told if isinstance(each, dict)} if isinstance(told, list) else set()
        left = [each for each in self.incidents if each.is_open and each.id not in known]
        expires_at = _expires_at(decision)
        return [str(each) for each in left if each.opened_at < expires_at]

    def withdrawn(self, decision: Mapping[str, Any]) -> list[str]:
        """Return the waivers and acceptances that a GO rests on and that ended before it expired, as sentences."""
        if self.stands_as(decision) != "GO" or not any(objects(decision.get(name)) for name in ("waivers", "accepted")):
            return []
        if self.waivers is None or self.break_actions is None:
            return [_UNKNOWN]
        before = pl.col("effective_at") < _expires_at(decision)
        return list(withdrawn(decision, self.waivers.filter(before), self.break_actions.filter(before)))

    def verify(self, folder: Path) -> list[Finding]:
        """Return what of a published day is not as its run left it, or was written into its pages by something else."""
        return verify_day(folder, self.recorded) or list(self._foreign_marks(folder))

    def mark(self, folder: Path) -> None:
        """Write into each page of a published day why its decision does not hold, or take that away where it does.

        Where a page has a place for them, it gets the links to the days before and after it, and who signed, as well.
        """
        decision = None
        # What cannot be read nobody takes for a GO.
        with suppress(InputError):
            decision = load_decision(folder / DECISION)
        # The day's own page last: by it is seen whether the others are as they should be.
        for page in sorted(folder.glob("*.html"), key=lambda page: (page.name == INDEX, page.name)):
            content = page.read_bytes()
            if (wanted := self.marked(page, content, decision)) != content:
                replace_page(page, wanted)

    def marked(self, page: Path, content: bytes, decision: Mapping[str, Any] | None) -> bytes:
        """Return the content of a page of a published day with what `mark` writes into it; the page need not be there yet."""
        day = page.parent.name
        return with_marks(content, self.marks_of(day, decision)._replace(copies=self._copies(day, page.name)))

    def says_already(self, marked: Marks, day: str, decision: Mapping[str, Any] | None) -> bool:
        """Return whether a page of a day on which `marked` stands says already what `mark` writes."""
        wanted = self.marks_of(day, decision)
        return all(has in (wants, None) for has, wants in zip(marked, wanted, strict=True))

    def signatures(self, decision: Mapping[str, Any], *, holds: bool = True) -> Markup:
        """Return who signed a decision and who has to, for its banner; a GO by that, where it `holds`."""
        records = None
        if self.is_whole:
            # What was made of a decision since its run nobody has signed.
            records = self.recorded.records if self._is_on_record(decision) else ()
        return signatures(records, decision, is_go=holds and self.signed(decision) is not None)

    def _is_on_record(self, decision: Mapping[str, Any]) -> bool:
        """Whether a run decided it, and asked for the sign-offs that it awaits."""
        return any(
            identity(record.body) == identity(decision) and record.body.get("awaits") == decision.get("awaits")
            for record in self.recorded.of_day(decision)
        )

    def marks_of(self, day: str, decision: Mapping[str, Any] | None) -> Marks:
        """Return what the day's own page has to say of it by now; its other pages have other links to copies.

        Parameters
        ----------
        decision
            Its decision; None of one that cannot be read.
        """
        run = self.runs.get(day)
        alerts, signs = [macro_text("run", str(run))] if run else [], Markup()
        if decision is not None:
            alerts += [macro_text("incident", each) for each in self.open_incidents(decision)]
            alerts += [macro_text("withdrawn", each) for each in self.withdrawn(decision)]
            signs = self.signatures(decision, holds=not alerts)
        return Marks("\n".join(alerts), neighbours_line(day, self.days), signs, self._copies(day, INDEX))

    def _copies(self, day: str, page: str) -> Markup:
        return copy_links(page, self.copies.get(day, ()))

    def _foreign_marks(self, folder: Path) -> Iterator[Finding]:
        known = {line.encode() for line in self._known_lines(folder)}
        for page in sorted(folder.glob("*.html")):
            foreign = marked_lines(page.read_bytes()) - known
            if any(not is_neighbours_line(line, folder.name) for line in foreign):
                says = (
                    f"{folder.name}/{page.name} was changed: Deskgate did not write what was put into it since its run"
                )
                yield Finding("changed", None, says)

    def _known_lines(self, folder: Path) -> Iterator[str]:
        """Return all that may have been written into the pages of a day, by now or at any time before."""
        yield from (*LIST, *sign_off_lines([]))
        decision = load_decision(folder / DECISION)
        for each in every_sign_off(self.recorded.records, decision.get("bundle_id")):
            yield from (*sign_off_lines([each]), *sign_off_lines([replace(each, is_valid=False)]))
        if run := self.runs.get(folder.name):
            yield from (macro_text("run", str(one)) for one in (run, replace(run, problem=None)))
        yield from known_copies(folder)
        yield from known_signatures(self.recorded.records, decision)
        yield from (macro_text("withdrawn", each) for each in self._ever_withdrawn(decision))
        yield from (macro_text("incident", str(each)) for each in self.incidents or ())
        yield macro_text("incident", _UNREADABLE)

    def _ever_withdrawn(self, decision: Mapping[str, Any]) -> Iterator[str]:
        """Return what `withdrawn` says or said before somebody accepted a break again."""
        yield from (_UNKNOWN, *self.withdrawn(decision))
        if self.waivers is not None and self.break_actions is not None:
            told = [each.get("id") for each in objects(decision.get("accepted"))]
            resolved = self.break_actions.filter(pl.col("action") == "resolve", pl.col("break_id").is_in(told))
            for row in resolved.iter_slices(1):
                yield from withdrawn(decision, self.waivers, row)


def _expires_at(decision: Mapping[str, Any]) -> datetime:
    try:
        return parse_instant(str(decision.get("expires_at")))
    except InputError:
        return ALWAYS


def _rows(recorded: Recorded, table: str) -> pl.DataFrame | None:
    rows = [row for record in recorded.records for row in rows_of(record).get(table, [])]
    try:
        return frame_of(table, rows) if rows else TABLES[table].create_empty()
    except (dy.exc.ValidationError, pl.exceptions.PolarsError, ValueError, KeyError, TypeError):
        return None


def _incidents(rows: pl.DataFrame | None) -> list[Incident] | None:
    try:
        return None if rows is None else incidents(rows)
    except (pl.exceptions.PolarsError, ValueError, KeyError, TypeError):
        return None
