"""The frame of account snapshots: which times of an account Deskgate has asked its venue about."""

import dataframely as dy

from deskgate.schema.columns import Record, decimal, instant, string

__all__ = ["Coverage"]


class Coverage(Record):
    """One row per export, snapshot and UTC day: the part (`since`, `ts`] of the day that was asked for, by the venue's clock.

    `complete`: all records of the part were had; else `why_incomplete` says it. A state, such as a balance, is of one instant. `asked_at`
    is the snapshot's own time, `clock_ahead_s` by how much the venue's clock was ahead of the machine's, null where it has none.
    `rights` is what the key may do besides reading, as the venue says it.
    """

    account = string(nullable=False)
    export = string(nullable=False)
    since = instant()
    asked_at = instant()
    complete = dy.Bool(nullable=False)
    why_incomplete = string()
    pages = dy.Int64(nullable=True)
    records = dy.Int64(nullable=True)
    clock_ahead_s = decimal()
    rights = string()
    client = string()
