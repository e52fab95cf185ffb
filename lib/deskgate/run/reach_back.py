"""Whoever records something for an instant before a decision on record knows how that decision ended: so it is refused."""

from collections.abc import Iterator
from datetime import datetime

from deskgate.audit.rows import rows_of
from deskgate.audit.trail import Trail
from deskgate.config.errors import InputError
from deskgate.config.instants import parse_instant, stamp

__all__ = ["refuse_to_reach_back"]


def refuse_to_reach_back(trail: Trail, effective_at: datetime, what: str, next_step: str) -> None:
    """Refuse a record for an instant after which a day was decided or a breach seen.

    Parameters
    ----------
    what
        What is recorded, as in "a baseline".
    next_step
        What to do instead.

    Raises
    ------
    InputError
        A decision or a breach on record speaks for a later instant.
    """
    later = [(at, name) for at, name in _evidence(trail) if at > effective_at]
    if later:
        at, name = max(later)
        raise InputError(
            f"{trail.chain.file}: {len(later)} decisions and breaches on record are of after {stamp(effective_at)}, the last is"
            f" {name} as of {stamp(at)}, expected none: {what} does not reach back over evidence; {next_step}, without --as-of"
        )


def _evidence(trail: Trail) -> Iterator[tuple[datetime, str]]:
    """Yield each decision and each breach of a cap on record, with the instant that it speaks for."""
    for record in trail.chain.records():
        if record.kind == "decision":
            yield parse_instant(record.body["as_of"]), str(record.body["decision"])
        for row in rows_of(record).get("actions", []):
            if row.get("kind") == "breach":
                yield parse_instant(row["effective_at"]), "a breach"
