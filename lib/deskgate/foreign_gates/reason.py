"""Why a pass proves nothing: the answer that a rule gives, and what the rules share."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from deskgate.config.instants import stamp
from deskgate.foreign_gates.passes import Pass
from deskgate.foreign_gates.reports import ForeignDesk, Report, pick
from deskgate.foreign_gates.status_words import meaning

__all__ = [
    "ABSENT",
    "CONTRADICTED",
    "EMPTY",
    "FALLBACK",
    "INSUFFICIENT",
    "ITSELF",
    "NO_BOTS",
    "OUTDATED",
    "STALE",
    "Reason",
    "are_numbers",
    "is_unwell",
    "list_in",
    "mappings_in",
    "named_reports",
    "reason_of",
    "written_later",
]

# The kinds of a pass that proves nothing.
ABSENT, EMPTY, INSUFFICIENT, STALE, OUTDATED = "absent", "empty", "insufficient", "stale", "outdated"
ITSELF, NO_BOTS, FALLBACK, CONTRADICTED = "itself as reference", "zero bots", "fallback", "contradicted"


@dataclass(frozen=True)
class Reason:
    """Why a pass proves nothing: the kind, a sentence, and the file, place and value that show it."""

    kind: str
    says: str
    evidence: str
    value: str


def reason_of(claim: Pass, kind: str, says: str, name: str, value: object) -> Reason:
    """Return a reason that the object which says pass shows itself, under `name`."""
    return Reason(kind, says, f"{claim.report.path}: {claim.place}, {name}", str(value))


def named_reports(claim: Pass, desk: ForeignDesk) -> list[Report]:
    """Return the reports that a pass names as evidence."""
    return [found for path in claim.evidence if (found := desk.named(path))]


def written_later(claim: Pass, found: Report) -> str:
    """Return when a report was written that is newer than the pass, in brackets: its settings are shown, not its numbers."""
    later = found.at and claim.report.at and found.at > claim.report.at
    return f" (so the report of {stamp(found.at)} says)" if later and found.at else ""


def list_in(content: object, name: str) -> list[Any]:
    """Return the list under a key; an empty one where something else stands there."""
    found = pick(content, name)
    return found if isinstance(found, list) else []


def mappings_in(content: object, name: str) -> Iterator[Mapping[str, Any]]:
    """Yield the objects of the list under a key."""
    return (each for each in list_in(content, name) if isinstance(each, Mapping))


def is_unwell(status: object) -> bool:
    """Return whether a status is anything but a pass: false, or a word that says no pass, a word that nobody knows among them."""
    return status is False or (isinstance(status, str) and meaning(status) is not True)


def are_numbers(*values: object) -> bool:
    """Return whether all of them are numbers, true and false not among them."""
    return all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
