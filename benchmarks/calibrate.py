"""Bounds proposed from the demo's days with faults planted on some of them: false alarms and misses, before and after.

    python -m benchmarks.calibrate 60 10
    python -m benchmarks.calibrate 60 10 --seed 11      # another walk of the same market

The demo's bots live so many days. On so many of them a fault is put into the files of the desk before anything is ingested: five kinds,
each small, then large (`benchmarks.spoilt_days`). Each day is assessed by all checks and gates and published with its decision and its
record in the audit trail, as a run does that makes no notebook and no page. Then `deskgate calibrate` proposes bounds, and each faulty
day is judged by those present and by those proposed: does an entry that passes on most clean days not pass?

Two calibrations: one of an operator who knows which days were faulty and leaves them and the days after them out (`--leave-out`: a wrong
equity at midnight is a wrong change of the next day), and one of an operator who knows of those that
stopped alone, so that unnoticed faults count as clean. Nothing that a faulty day shows helps to make the first one's bounds.
`--keep DIR` leaves desk and days in DIR/desk and DIR/out, for `deskgate calibrate` and `deskgate backtest`; where they are there already they are
used as they are.
"""

import argparse
import tempfile
from collections.abc import Collection, Mapping, Sequence
from contextlib import nullcontext
from datetime import date, timedelta
from pathlib import Path

from benchmarks.spoilt_days import PLANTS, Planted, live_through, planned_faults
from deskgate.assessment.artifacts import DayArtifacts
from deskgate.audit.decision_file import DECISION, load_decision
from deskgate.config.desk import Desk
from deskgate.config.desk_file import load_desk
from deskgate.config.paths import suites_folder
from deskgate.gates.calibration.propose import with_bounds
from deskgate.gates.calibration.result import Calibration
from deskgate.gates.calibration.suite_files import suites_diff
from deskgate.gates.suites import Suite, load_suites
from deskgate.reports.calibration_report import CalibrationReport
from deskgate.run.calibrate import DEFAULT_PER_MONTH, calibrate
from deskgate.run.planted_records import failing

Failing = set[tuple[str, str]]


def main() -> None:
    """Live through the days, propose bounds, and print what they would have noticed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("days", nargs="?", type=int, default=60)
    parser.add_argument("faulty", nargs="?", type=int, default=2 * len(PLANTS))
    parser.add_argument("--seed", type=int, default=7, help="of the demo")
    parser.add_argument("--workers", type=int, default=1, help="processes that assess days")
    parser.add_argument("--false-alarms", type=float, default=DEFAULT_PER_MONTH, help="clean days a month")
    parser.add_argument("--keep", type=Path, help="a folder in which the desk and its days are left, or are already")
    given = parser.parse_args()
    if not 0 < given.faulty <= given.days:
        parser.error(f"{given.faulty} faulty days of {given.days}, expected from 1 to all of them")
    with nullcontext(given.keep) if given.keep else tempfile.TemporaryDirectory() as place:
        root, out = Path(place) / "desk", Path(place) / "out"
        if not out.exists():
            live_through(root, out, given.days, given.faulty, workers=given.workers, seed=given.seed)
        planted, desk = planned_faults(given.days, given.faulty), load_desk(root)
        for title, left_out in (
            ("who knows which days were faulty", [each.day + timedelta(days=n) for each in planted for n in range(2)]),
            ("who knows of the days that stopped alone", []),
        ):
            print(f"\n# An operator {title}\n")
            _show(desk, out, planted, left_out, given.false_alarms)


def _show(desk: Desk, out: Path, planted: Sequence[Planted], left_out: Collection[date], per_month: float) -> None:
    found = calibrate(desk, out, left_out=left_out, per_month=per_month)
    folder = suites_folder(desk)
    report = CalibrationReport(desk.name, folder.name, found, suites_diff(folder, found.changes))
    print(report.as_markdown())
    present = load_suites(folder)
    proposed = with_bounds(present, found.changes)
    print("\n### Faults planted in files, on days of their own\n")
    print("| day | fault | size | noticed now by | with the proposed bounds by | decision |\n" + "| --- " * 6 + "|")
    usual = {True: _usual(desk, out, present, found), False: _usual(desk, out, proposed, found)}
    counts = {True: 0, False: 0}
    for each in planted:
        artifacts = DayArtifacts.open(out / each.day.isoformat())
        said = {}
        for is_now, suites in ((True, present), (False, proposed)):
            by = _failing(desk, artifacts, suites) - usual[is_now]
            counts[is_now] += bool(by)
            said[is_now] = ", ".join(f"{entry} {who}" for entry, who in sorted(by)) or "nothing"
        decision = _decision(artifacts)
        print(
            f"| {each.day} | {each.plant.name} | {each.size:g} {each.plant.unit} | {said[True]} | {said[False]} | {decision} |"
        )
    before, after = (len(planted) - counts[is_now] for is_now in (True, False))
    print(f"\nmissed: {before} of {len(planted)} now, {after} of {len(planted)} with the proposed bounds", flush=True)


def _usual(desk: Desk, out: Path, suites: Mapping[str, Suite], found: Calibration) -> Failing:
    """Return what does not pass on half of the clean days or more: it notices no fault."""
    days = [_failing(desk, DayArtifacts.open(out / day.isoformat()), suites) for day in found.days]
    return {each for each in set().union(*days) if 2 * sum(each in day for day in days) >= len(days)}


def _failing(desk: Desk, artifacts: DayArtifacts, suites: Mapping[str, Suite]) -> Failing:
    """Return the entries, with their subjects, that do not pass on a day, critical or not.

    Without the gate `baseline`: no fault is planted in the configuration, and suites that were edited meanwhile are none.
    """
    judged = {gate: suite for gate, suite in suites.items() if gate != "baseline"}
    return failing(judged, artifacts.metrics(), desk)


def _decision(artifacts: DayArtifacts) -> str:
    return str(load_decision(artifacts.folder / DECISION)["decision"])


if __name__ == "__main__":
    main()
