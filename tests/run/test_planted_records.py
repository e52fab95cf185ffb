"""Faults put into the records of a past day: an entry notices what is beyond its bound, and nothing else does."""

from dataclasses import replace

import pytest

from calibration_histories import suites_with
from deskgate.assessment.day_case import read_case
from deskgate.assessment.evidence import open_verified
from deskgate.assessment.replay import replay_inputs
from deskgate.gates.calibration.propose import with_bounds
from deskgate.run.planted_records import RECORD_FAULTS, plant_in_records
from deskgate.store.desk_store import open_to_read
from entries import SUITES_BY_GATE
from whole_desks import IngestedDesk

from .day_runs import DAY

pytestmark = [pytest.mark.xdist_group("demo"), pytest.mark.slow]
LAG = ("event_store", "lag_p99_s")


def test_late_messages_are_noticed_from_the_bound_on(whole_day: IngestedDesk) -> None:
    """Twenty seconds are within the shipped 60; a bound of 10 notices them."""
    present = SUITES_BY_GATE | {"event_store": suites_with(LAG)["event_store"]}
    proposed = with_bounds(present, {LAG: {"max_value": 10.0}})
    late = replace(next(each for each in RECORD_FAULTS if each.gate == "event_store"), sizes=(20, 200))
    found = plant_in_records(whole_day.desk, whole_day.out, {DAY: (present, proposed)}, [late])
    noticed = {(each.bot, each.size): (each.before, each.after) for each in found}
    name = ("event_store#lag_p99_s",)
    assert {size: noticed["bot1", size] for size in late.sizes} == {20: ((), name), 200: (name, name)}
    assert {each.bot for each in found} == {"bot1", "bot3", "bot4"}


def test_each_fault_changes_its_own_records_alone(whole_day: IngestedDesk) -> None:
    desk, store = whole_day.desk, open_to_read(whole_day.desk, whole_day.out)
    case = read_case(desk, store, replay_inputs(open_verified(whole_day.out / str(DAY)), desk, store))
    fills = case.of_day(case.frames["fills"].filter(bot="bot4", leg="exchange"))
    changed = {}
    for fault in RECORD_FAULTS:
        frames = fault.put(case, "bot4", fault.sizes[-1])
        assert frames is not None
        changed[fault.name] = {
            (table, name): rows
            for table in case.frames
            for name in case.frames[table].columns
            if (rows := frames[table][name].ne_missing(case.frames[table][name]).sum())
        }
        assert fault.put(case, "nobody", fault.sizes[-1]) is None
    late = changed.pop("messages received late")
    assert set(late) == {("events", "arrived_at")}
    assert changed == {
        "the venue's clock off": {("fills", "ts"): fills.height},
        # In the database and in the stream.
        "one fill heard late": {("fills", "ts"): 2},
        "one fill at another price": {("fills", "price"): 1},
    }
