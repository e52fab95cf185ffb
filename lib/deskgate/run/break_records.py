"""What runs and operators record of breaks: what a run found, and what was done about one. Rows are only ever added."""

from datetime import datetime

import polars as pl

from deskgate.assessment.assessment import Assessment
from deskgate.audit.trail import Trail
from deskgate.config.errors import InputError, did_you_mean
from deskgate.config.people import require_reason
from deskgate.reconciliation.breaks.counts import fingerprint
from deskgate.reconciliation.breaks.ledger import ledger
from deskgate.store.tables import Store

__all__ = ["act", "read_ledger", "read_records", "record_sightings"]

_SAID = ("kind", "bot", "pair", "leg", "ts", "first_seen", "severity", "value_quote", "detail")


def record_sightings(store: Store, trail: Trail, assessment: Assessment, recorded_at: datetime) -> None:
    """Record which breaks a run found, and which of those that earlier instants had it no longer found."""
    as_of = assessment.case.as_of
    before = read_records(store, as_of, "break_sightings")
    last = before.sort("effective_at", "recorded_at").unique("break_id", keep="last")
    found = assessment.breaks.select("break_id", *_SAID, fingerprint=fingerprint(), is_there=pl.lit(value=True))
    gone = last.filter("is_there").join(found, on="break_id", how="anti").with_columns(is_there=pl.lit(value=False))
    rows = pl.concat([found, gone.select(found.columns)]).with_columns(
        effective_at=pl.lit(as_of, pl.Datetime("us", "UTC")),
        recorded_at=pl.lit(recorded_at, pl.Datetime("us", "UTC")),
    )
    # The same run again says nothing new.
    same = ["break_id", "effective_at", "is_there", "fingerprint", "severity", "detail"]
    trail.write(store, "break_sightings", rows.join(last, on=same, how="anti"), recorded_at)


def act(
    store: Store,
    trail: Trail,
    break_id: str,
    action: str,
    text: str,
    *,
    by: str,
    effective_at: datetime,
    recorded_at: datetime,
) -> str:
    """Record what an operator does about a break, and return its whole id.

    Parameters
    ----------
    break_id
        An id, or as much of its beginning as is needed to tell it from others.
    action
        note, own, accept or resolve.
    text
        The reason; for own: the new owner.

    Raises
    ------
    InputError
        No run has seen such a break, or nobody or no reason is named.
    """
    require_reason(by, text, "the reason")
    sightings = read_records(store, recorded_at, "break_sightings")
    known = sightings.sort("effective_at", "recorded_at").unique("break_id", keep="last").sort("break_id")
    mine = known.filter(pl.col("break_id").str.starts_with(break_id) & pl.lit(value=bool(break_id)))
    if mine.height != 1:
        ids = known["break_id"].to_list()
        raise InputError(
            f"break '{break_id}' is {'ambiguous' if mine.height else 'unknown'}, expected one of {len(ids)} that runs have"
            f" seen{did_you_mean(break_id, ids)}; `deskgate breaks` lists them"
        )
    whole_id = str(mine["break_id"].item())
    row = {
        "break_id": whole_id,
        "action": action,
        "text": text.strip(),
        "by": by.strip(),
        "fingerprint": mine["fingerprint"].item(),
        "effective_at": effective_at,
        "recorded_at": recorded_at,
    }
    trail.write(store, "break_actions", [row], recorded_at)
    return whole_id


def read_ledger(store: Store, as_of: datetime) -> pl.DataFrame:
    """Return the break ledger as of an instant; see `deskgate.reconciliation.breaks.ledger.ledger`."""
    sightings = read_records(store, as_of, "break_sightings")
    return ledger(sightings, read_records(store, as_of, "break_actions"), as_of)


def read_records(store: Store, as_of: datetime, name: str) -> pl.DataFrame:
    """Return what is recorded by now of what was known at an instant, in one of the tables about breaks."""
    return store.read(store.pin(), as_of, (name,))[name]
