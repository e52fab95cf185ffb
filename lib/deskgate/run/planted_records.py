"""Faults of several sizes, put into the records of past days and judged by the checks of a run: would a bound notice them?

A day is read from the store at the commits of its run. One fault at a time is put into a copy of its frames, as small as its kind
allows, and the checks of its gate are run over the copy. What does not pass by it and did without it has noticed the fault.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from deskgate.assessment.day_case import read_case
from deskgate.assessment.evidence import open_verified
from deskgate.assessment.replay import replay_inputs
from deskgate.case.case import Case
from deskgate.checks.registry import run_checks
from deskgate.config.desk import Desk
from deskgate.config.errors import InputError
from deskgate.gates.calibration.result import Noticed
from deskgate.gates.checklist import entry_of
from deskgate.gates.evaluation import evaluate
from deskgate.gates.suites import Suite
from deskgate.run.drill_faults import agreed_fill, with_changed_row
from deskgate.store.desk_store import open_to_read
from deskgate.store.sums import refuse_damaged

__all__ = ["RECORD_FAULTS", "RecordFault", "failing", "plant_in_records"]

Frames = Mapping[str, pl.DataFrame]
Suites = Mapping[str, Suite]
# So long of a day's stream is late.
_LATE = (timedelta(hours=12), timedelta(minutes=30))


@dataclass(frozen=True)
class RecordFault:
    """One kind of fault: its name, the unit of its size, the gate that should notice it, its sizes, and how it is put in.

    `put` returns the changed frames, None where the day has no record of the bot to change.
    """

    name: str
    unit: str
    gate: str
    sizes: tuple[float, ...]
    put: Callable[[Case, str, float], Frames | None]


def _late_fill(case: Case, bot: str, seconds: float) -> Frames | None:
    """The bot hears of one fill late, in its database and in its stream."""
    row = agreed_fill(case, bot, "exchange", "local", "events")
    if row is None:
        return None
    later = pl.col("ts") + timedelta(seconds=seconds)
    once = replace(case, frames=with_changed_row(case, "fills", row["row_id_local"], ts=later))
    return with_changed_row(once, "fills", row["row_id_events"], ts=later)


def _venue_clock(case: Case, bot: str, seconds: float) -> Frames | None:
    """The venue stamps all of the day's fills late."""
    mine = (pl.col("bot") == bot) & (pl.col("leg") == "exchange") & case.in_day()
    return _shifted(case, "fills", "ts", mine, seconds)


def _late_stream(case: Case, bot: str, seconds: float) -> Frames | None:
    """The collector takes in half an hour of the stream late."""
    begin = case.start + _LATE[0]
    mine = (pl.col("bot") == bot) & pl.col("ts").is_between(begin, begin + _LATE[1], closed="left")
    return _shifted(case, "events", "arrived_at", mine & pl.col("arrived_at").is_not_null(), seconds)


def _shifted(case: Case, table: str, column: str, rows: pl.Expr, seconds: float) -> Frames | None:
    frame = case.frames[table]
    if frame.filter(rows).is_empty():
        return None
    late = pl.when(rows).then(pl.col(column) + timedelta(seconds=seconds)).otherwise(column).alias(column)
    return {**case.frames, table: frame.with_columns(late)}


def _worse_price(case: Case, bot: str, bps: float) -> Frames | None:
    """The bot's database has one fill at another price."""
    row = agreed_fill(case, bot, "exchange", "local", "events")
    if row is None:
        return None
    return with_changed_row(case, "fills", row["row_id_local"], price=pl.col("price") * (1 + bps / 10_000))


RECORD_FAULTS = (
    RecordFault("messages received late", "s", "event_store", (2, 20, 200), _late_stream),
    RecordFault("the venue's clock off", "s", "reconciliation", (2, 20, 200), _venue_clock),
    RecordFault("one fill heard late", "s", "reconciliation", (20, 60, 600), _late_fill),
    RecordFault("one fill at another price", "bps", "reconciliation", (1, 10, 100), _worse_price),
)


def plant_in_records(
    desk: Desk,
    out: Path,
    days: Mapping[date, tuple[Suites, Suites]],
    faults: Sequence[RecordFault] = RECORD_FAULTS,
) -> list[Noticed]:
    """Put each fault in each size into each judged bot's records of some days.

    Parameters
    ----------
    days
        Each with the present and the proposed suites by which it is judged.

    Raises
    ------
    InputError
        A day cannot be measured again: the store is not as it was written, or desk.toml or a bot's configuration has changed since.
    """
    store = open_to_read(desk, out)
    refuse_damaged(store.location)
    found: list[Noticed] = []
    for day, (before, after) in days.items():
        artifacts = open_verified(out / day.isoformat())
        try:
            case = read_case(desk, store, replay_inputs(artifacts, desk, store))
        except InputError as error:
            raise InputError(f"faults cannot be put into the records of {day}: {error}; leave out --plant") from error
        found += _planted(case, before, after, faults)
    return found


def _planted(case: Case, before: Suites, after: Suites, faults: Sequence[RecordFault]) -> Iterator[Noticed]:
    clean: dict[str, pl.DataFrame] = {}
    for fault in faults:
        if fault.gate not in clean:
            clean[fault.gate] = run_checks(case, (fault.gate,))[0]
        judging = [{fault.gate: suites[fault.gate]} for suites in (before, after)]
        passed = [failing(suites, clean[fault.gate], case.desk) for suites in judging]
        for bot in (each.name for each in case.desk.judged):
            for size in fault.sizes:
                frames = fault.put(case, bot, size)
                if frames is None:
                    continue
                metrics = run_checks(replace(case, frames=frames), (fault.gate,))[0]
                found = [failing(suites, metrics, case.desk) for suites in judging]
                new = [tuple(sorted({entry for entry, _ in now - was})) for now, was in zip(found, passed, strict=True)]
                yield Noticed(case.day, bot, fault.name, size, fault.unit, *new)


def failing(suites: Suites, metrics: pl.DataFrame, desk: Desk) -> set[tuple[str, str]]:
    """Return the entries, `gate#entry`, with their subjects, that do not pass on a day with these metrics."""
    verdicts = evaluate(suites, metrics, desk)
    return {(entry_of(each), each.subject) for each in verdicts if not each.status.is_settled}
