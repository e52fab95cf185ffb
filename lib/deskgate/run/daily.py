"""The daily run: ingest -> checks -> gates -> notebooks -> decision -> pages."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from deskgate.config.errors import InputError, RunError

if TYPE_CHECKING:
    from deskgate.assessment.artifacts import DayArtifacts
    from deskgate.assessment.judge import Judge
    from deskgate.config.desk import Desk
    from deskgate.controls.alerts import Sent
    from deskgate.reports.execution.runner import Executed
    from deskgate.store.ingest import Account
    from deskgate.store.tables import Store

__all__ = ["NOTEBOOKS", "Outcome", "run_daily"]

NOTEBOOKS = (
    *("01_baseline", "02_event_store", "03_reconciliation", "04_parity", "05_portfolio_risk", "06_promotion_gates"),
    *("07_soak_readiness", "08_daily_report"),
)
# What every notebook imports: a kernel does it while the gates are evaluated.
PRELOAD = "import deskgate.reports.charts, deskgate.reports.opening, deskgate.reports.tables"
TIMEOUT_S = 300
Progress = Callable[[str, str], None]


@dataclass(frozen=True)
class Outcome:
    """How a daily run ended: the content of decision.json, where the day lies, how long each step took, and its alert."""

    decision: Mapping[str, Any]
    folder: Path
    account: "Account"
    seconds: Mapping[str, float]
    failures: list[dict[str, str]]
    alert: "Sent | None" = None


def run_daily(
    desk: "Desk",
    *,
    day: date,
    as_of: datetime,
    out: Path,
    suites: Path | None = None,
    provisional: bool,
    now: Callable[[], datetime],
    progress: Progress,
) -> Outcome:
    """Run one day and leave `<out>/<day>/` and `<out>/index.html`.

    Everything that can be wrong with the desk, its files and the suites is found before anything of the day is written.

    Parameters
    ----------
    suites
        The folder of the suites; None: the desk's own.

    Raises
    ------
    InputError
        The desk, a source file, a suite or the date is wrong; nothing of the day has been written.
    RunError
        A step failed; the day's decision is then HOLD and names it.
    """
    from deskgate.assessment.artifacts import write_artifacts
    from deskgate.assessment.assessment import assess
    from deskgate.assessment.judge import Judge
    from deskgate.config.instants import day_is_over
    from deskgate.config.paths import suites_folder
    from deskgate.reports.pages.day_page import write_index
    from deskgate.reports.views.registry import compute_views
    from deskgate.run.break_alerts import tell
    from deskgate.run.break_records import record_sightings
    from deskgate.run.day_folder import DayFolder, locked
    from deskgate.run.publish import decide_day, fail_day, previous_decision, render_day
    from deskgate.store.desk_store import ingest_desk

    clock = _Clock(progress)
    with Judge() as judge:
        clock.begin("ingest")
        folder_of_suites = suites_folder(desk, suites)
        _refuse_wrong_configuration(desk, folder_of_suites)
        with locked(out):
            store, account = ingest_desk(desk, out, now)
            _refuse_days_before(store, day, desk)
            folder = DayFolder(out, day)
            staging = folder.prepare()
            previous = previous_decision(folder.target)
            # A day that is not over can still go wrong.
            provisional = provisional or not day_is_over(day, as_of)
            try:
                clock.begin("checks")
                assessment = assess(desk, store, day=day, as_of=as_of, suites=folder_of_suites)
                artifacts = write_artifacts(staging, assessment, compute_views(assessment))
                clock.begin("notebooks")
                failures, runs = _execute(desk, artifacts, out, folder_of_suites, judge, progress)
                clock.begin("decision")
                decision = decide_day(desk, artifacts, runs, failures, previous=previous, provisional=provisional)
                render_day(artifacts, decision, runs)
            except InputError:
                folder.discard()
                raise
            except Exception as error:
                # Whatever went wrong, a reader must not find yesterday's GO in this day's place.
                what = f"{type(error).__name__}: {error}"
                fail_day(desk, day, as_of, staging, {"notebook": clock.step, "error": what}, previous=previous)
                folder.publish()
                write_index(out)
                raise RunError(
                    f"{folder.target}: the step {clock.step} failed, {what}; the day is on HOLD, run it again"
                ) from error
            folder.publish()
            write_index(out)
            # Told before it is recorded: a run killed in between tells it again, and never keeps it to itself.
            alert = tell(store, assessment, now)
            record_sightings(store, assessment, now())
            clock.end()
    return Outcome(decision, folder.target, account, clock.laps, failures, alert)


def _refuse_wrong_configuration(desk: "Desk", suites: Path) -> None:
    """Read everything that configures a run once, so that a mistake is found before anything is written."""
    from deskgate.config.digests import digest_configuration
    from deskgate.controls.alerts import opened
    from deskgate.gates.suites import load_suites

    load_suites(suites)
    digest_configuration(desk, suites)
    opened(desk)


class _Clock:
    """The step a run is in, and how long each one took, for the reader who wonders where the time went."""

    def __init__(self, progress: Progress) -> None:
        self.laps: dict[str, float] = {}
        self.step = ""
        self._progress = progress
        self._last = monotonic()

    def begin(self, step: str) -> None:
        self.end()
        self.step = step
        self._progress(step, "running")

    def end(self) -> None:
        now = monotonic()
        if self.step:
            self.laps[self.step] = now - self._last
            self._progress(self.step, "done")
        self._last = now


def _refuse_days_before(store: "Store", day: date, desk: "Desk") -> None:
    """Refuse a day before the desk's first record: that is a mistyped date, not a day without evidence."""
    from deskgate.checks.freshness import DATED

    first = min((span[0] for span in store.spans(DATED).values()), default=None)
    if first is not None and day < first.date():
        raise InputError(
            f"{desk.file}: no record is of {day} or before, the desk's first one is of {first:%Y-%m-%d}; give a --date from then on"
        )


def _execute(
    desk: "Desk", artifacts: "DayArtifacts", out: Path, suites: Path, judge: "Judge", progress: Progress
) -> "tuple[list[dict[str, str]], list[Executed]]":
    """Evaluate the gates, kernels starting meanwhile, then execute the notebooks; return what failed."""
    from deskgate.config.instants import stamp
    from deskgate.config.paths import NOTEBOOKS as FOLDER
    from deskgate.gates.evaluation import write_verdicts
    from deskgate.reports.execution.runner import execute

    staging = artifacts.folder
    parameters = {
        "desk": str(desk.file),
        "date": artifacts.inputs.date.isoformat(),
        "as_of": stamp(artifacts.inputs.as_of),
        "out": str(out.resolve()),
        "folder": str(staging.resolve()),
    }
    failures = []

    def evaluate() -> None:
        try:
            judge.judge(staging, desk.file, suites)
        except RunError as error:
            # Without verdicts there is no GO: the decision is HOLD and names this step.
            write_verdicts([], staging / artifacts.verdicts_file)
            failures.append({"notebook": "gates", "error": str(error)})

    with ThreadPoolExecutor(1, "gates") as pool:
        progress("gates", "running")
        gates = pool.submit(evaluate)
        gates.add_done_callback(lambda done: progress("gates", "failed" if done.exception() or failures else "done"))
        files = [FOLDER / f"{name}.ipynb" for name in NOTEBOOKS]
        runs = execute(files, staging, parameters, timeout_s=TIMEOUT_S, progress=progress, preload=PRELOAD, after=gates)
        gates.result()
    return failures + [{"notebook": run.notebook.stem, "error": run.error} for run in runs if run.error], runs
