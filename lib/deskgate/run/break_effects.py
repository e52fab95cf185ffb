"""What an operator's action on a break does, or why it does nothing, in one sentence for whoever gave it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from deskgate.config.instants import stamp
from deskgate.reconciliation.breaks.ledger import accepted

__all__ = ["effect_of"]


@dataclass(frozen=True)
class _Known:
    """What is on record of a break beside an action on it: when runs found it, or no longer did, and the other actions."""

    at: datetime
    found_at: datetime | None
    gone_at: datetime | None
    is_there: bool
    later: Mapping[str, Mapping[str, Any]]
    accepted_at: datetime | None

    @property
    def is_over(self) -> bool:
        """Whether a run as of the action's instant, or of a later one, no longer found the break: the action ended with it."""
        return self.gone_at is not None and self.at <= self.gone_at


def effect_of(action: str, break_id: str, at: datetime, sightings: pl.DataFrame, actions: pl.DataFrame) -> str:
    """Return what an action on a break does from `at` on, or why it does nothing.

    Parameters
    ----------
    action
        note, own, accept or resolve.
    at
        The instant from which it counts.
    sightings, actions
        `BreakSightings` and `BreakActions`, as recorded by now; `actions` may have this one already.
    """
    seen = sightings.filter(break_id=break_id).sort("effective_at", "recorded_at").unique("effective_at", keep="last")
    mine = actions.filter(break_id=break_id)
    after = mine.filter(pl.col("effective_at") > at).sort("effective_at", "recorded_at", descending=True)
    before = accepted(sightings.filter(break_id=break_id), mine.filter(pl.col("effective_at") < at))
    known = _Known(
        at=at,
        found_at=_last(seen.filter("is_there")),
        gone_at=_last(seen.filter(~pl.col("is_there"))),
        is_there=bool(seen.sort("effective_at")["is_there"].last()),
        later={row["action"]: row for row in after.iter_rows(named=True)},
        accepted_at=_last(before, "accepted_at"),
    )
    return _EFFECTS[action](known)


def _last(rows: pl.DataFrame, column: str = "effective_at") -> datetime | None:
    values = rows[column].sort().to_list()
    return values[-1] if values else None


def _accept(known: _Known) -> str:
    if known.is_over and known.gone_at:
        return (
            f"no effect: the run as of {stamp(known.gone_at)} no longer found it, which ended every acceptance before"
        )
    if later := known.later.get("resolve") or known.later.get("accept"):
        return f"no effect after {stamp(later['effective_at'])}: {later['by']} did {later['action']} it then"
    if not known.is_there:
        return "the last run no longer found it; it is left out if it comes back with the same amounts"
    says = "from then on it is left out of what counts, until its amounts change or a run no longer finds it"
    if known.found_at and known.found_at < known.at:
        return (
            f"{says}; a day that closed before, as the one judged as of {stamp(known.found_at)}, does not see it: run it again with"
            f" --as-of {stamp(known.at)} or later"
        )
    return f"{says}; run the day again that was judged as of {stamp(known.found_at or known.at)}"


def _note(known: _Known) -> str:
    if known.is_over and known.gone_at:
        return f"no effect: the run as of {stamp(known.gone_at)} no longer found it, which ended every note before"
    if known.accepted_at:
        return "it stays accepted; the note is listed with it"
    return "it is explained from then on and counts as before: no verdict changes by a note"


def _own(known: _Known) -> str:
    if later := known.later.get("own"):
        return f"no effect: since {stamp(later['effective_at'])} it is assigned to {later['text']}"
    return "`deskgate breaks` lists it so; no verdict changes by it"


def _resolve(known: _Known) -> str:
    ends = (
        f"; the acceptance of {stamp(known.accepted_at)} has ended, so that it counts again"
        if known.accepted_at
        else ""
    )
    if known.found_at and known.found_at > known.at:
        return f"no effect on the list: the run as of {stamp(known.found_at)} found it afterwards{ends}"
    return (
        f"it is listed as resolved until a run finds it again, and counts in each day whose records still show it{ends}"
    )


_EFFECTS: Mapping[str, Callable[[_Known], str]] = {"accept": _accept, "note": _note, "own": _own, "resolve": _resolve}
