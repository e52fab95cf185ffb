"""The daily report of a published day as its run wrote it, and why its decision does not stand as written any more."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from deskgate.assessment.evidence import open_verified, refuse_other_desk
from deskgate.audit.decision_file import DECISION, load_decision
from deskgate.config.desk import Desk
from deskgate.config.errors import InputError
from deskgate.config.instants import parse_instant
from deskgate.reports.daily_report.markdown import MARKDOWN
from deskgate.reports.daily_report.report import REPORT
from deskgate.reports.pages.banner import instant, objects
from deskgate.reports.pages.later import Later

__all__ = ["PublishedReport", "changes_since", "published_report"]


@dataclass(frozen=True)
class PublishedReport:
    """The report as its run wrote it, and what is known since of its decision, as sentences."""

    text: str
    since: tuple[str, ...]


def published_report(desk: Desk, folder: Path, now: datetime, *, as_json: bool = False) -> PublishedReport:
    """Return the report of a published day, as Markdown or JSON.

    Raises
    ------
    InputError
        There is no such day, it is another desk's, was changed since its run, or its run wrote no report or did not end.
    """
    artifacts = open_verified(folder)
    refuse_other_desk(artifacts, desk)
    decision = load_decision(folder / DECISION)
    # Verified with the day: a file that the decision has no digest of, no run wrote.
    written = {page.get("path") for page in objects(decision.get("pages"))}
    for name in (MARKDOWN, REPORT):
        if name not in written:
            raise InputError(
                f"{folder / name}: not among the pages of {DECISION}, expected the report that a run writes when all its steps"
                " are done; run `deskgate daily` for that day again"
            )
    text = (folder / (REPORT if as_json else MARKDOWN)).read_text(encoding="utf-8")
    return PublishedReport(text, tuple(changes_since(decision, Later.read(folder.parent), now)))


def changes_since(decision: Mapping[str, Any], later: Later, now: datetime) -> Iterator[str]:
    """Yield what is known since of a decision: an open run, a HOLD that was signed; of a GO incidents, ended waivers, its expiry."""
    if run := later.runs.get(str(decision.get("date"))):
        yield str(run)
    if signed := later.signed(decision):
        yield signed
    if later.stands_as(decision) != "GO":
        return
    yield from later.open_incidents(decision)
    for each in objects(decision.get("waivers")):
        if parse_instant(str(each.get("until"))) <= now:
            until = instant(each.get("until"))
            yield f"the waiver of {each.get('gate')} of {each.get('subject')} that the GO rests on ended at {until}"
    if parse_instant(str(decision.get("expires_at"))) <= now:
        yield f"the GO expired at {instant(decision.get('expires_at'))}"
