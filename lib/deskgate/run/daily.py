"""The daily run: ingest -> checks -> gates -> notebooks -> decision -> pages."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deskgate.config.errors import InputError, RunError, StepError
from deskgate.run.stages import Progress, StageClock

if TYPE_CHECKING:
    from deskgate.assessment.artifacts import DayArtifacts
    from deskgate.assessment.assessment import Assessment
    from deskgate.assessment.judge import Judge
    from deskgate.audit.trail import Trail
    from deskgate.checks.incidents import Incident
    from deskgate.config.desk import Desk
    from deskgate.controls.alerts import Delivery
    from deskgate.engines import Engine
    from deskgate.reports.blocking_cause import BlockingCause
    from deskgate.reports.execution.runner import Executed
    from deskgate.reports.execution.workers import Workers
    from deskgate.reports.pages.notebook_content import Content
    from deskgate.run.day_folder import DayFolder
    from deskgate.run.gates import Gated, Ready
    from deskgate.store.ingest import Account

__all__ = ["NOTEBOOKS", "Outcome", "run_daily"]

NOTEBOOKS = (
    *("01_baseline", "02_event_store", "03_reconciliation", "04_parity", "05_portfolio_risk", "06_promotion_gates"),
    *("07_soak_readiness", "08_daily_report", "09_trading"),
)
# These take longest: begun first, none of them is waited for alone at the end.
LONGEST = ("04_parity", "05_portfolio_risk", "09_trading")
# What every notebook imports: a kernel does it once, and looks for garbage neither in between nor, after a notebook, in it.
PRELOAD = """
import gc
gc.disable()
import deskgate.reports.charts, deskgate.reports.opening, deskgate.reports.tables
gc.freeze()
gc.enable()
"""
TIMEOUT_S = 300


@dataclass(frozen=True)
class Outcome:
    """How a daily run ended: the content of decision.json, where the day lies, how long each step took, its alerts, and what blocks."""

    decision: Mapping[str, Any]
    folder: Path
    account: "Account"
    seconds: Mapping[str, float]
    failures: list[dict[str, str]]
    alerts: "tuple[Delivery, ...]" = ()
    causes: "tuple[BlockingCause, ...]" = ()


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
    on_gates: "Callable[[Gated], None]" = lambda _: None,
    engine: "Engine | None" = None,
) -> Outcome:
    """Run one day and leave `<out>/<day>/` and `<out>/index.html`.

    Everything that can be wrong with the desk, its files and the suites is found before anything of the day is written.

    Parameters
    ----------
    suites
        The folder of the suites; None: the desk's own.
    on_gates
        Called with what the gates add up to, before the day's pages are made.
    engine
        What measures the desk's accounts; None: this process does.

    Raises
    ------
    InputError
        The desk, a source file, a suite or the date is wrong; nothing of the day has been written.
    RunError
        A step failed; the day's decision is then HOLD and names it.
    """
    from deskgate.assessment.judge import Judge
    from deskgate.run.begun import begun
    from deskgate.run.break_alerts import alert_breaks
    from deskgate.run.break_records import record_sightings
    from deskgate.run.day_folder import DayFolder
    from deskgate.run.gates import preflight
    from deskgate.run.opening_records import record_openings

    clock = StageClock(progress)
    with Judge() as judge:
        clock.begin("ingest")
        begins = partial(begun, out, day, now)
        with preflight(desk, out, day=day, suites=suites, now=now, begins=begins) as ready:
            run = _Run(ready, day, as_of, DayFolder(out, day), clock, provisional, now, on_gates, engine)
            written = run.write(judge)
            # Alerted before it is recorded: a run killed in between alerts again, and never keeps a break to itself.
            of_breaks = alert_breaks(ready.store, ready.trail, written.assessment, now)
            record_sightings(ready.store, ready.trail, written.assessment, now())
            record_openings(ready.store, ready.trail, written.assessment.case, now())
            clock.end()
    alerts = tuple(alert for alert in (written.stop_alert, of_breaks) if alert)
    return Outcome(
        written.decision, run.folder.target, ready.account, clock.laps, written.failures, alerts, written.causes
    )


@dataclass(frozen=True)
class _Written:
    assessment: "Assessment"
    decision: Mapping[str, Any]
    failures: list[dict[str, str]]
    stop_alert: "Delivery | None"
    causes: "tuple[BlockingCause, ...]"


@dataclass(frozen=True)
class _Run:
    """One day's way from the store to its published folder."""

    ready: "Ready"
    day: date
    as_of: datetime
    folder: "DayFolder"
    clock: StageClock
    provisional: bool
    now: Callable[[], datetime]
    on_gates: "Callable[[Gated], None]"
    engine: "Engine | None"

    @property
    def desk(self) -> "Desk":
        return self.ready.desk

    @property
    def trail(self) -> "Trail":
        return self.ready.trail

    def write(self, judge: "Judge") -> _Written:
        """Assess, evaluate, show, decide and publish; whatever goes wrong, no earlier GO stays in this day's place."""
        from deskgate.reports.execution.workers import start_workers
        from deskgate.run.begun import publish
        from deskgate.run.gates import judge_gates
        from deskgate.run.publish import previous_decision, record_decision

        staging = self.folder.prepare()
        previous = previous_decision(self.folder.target)
        gated = None
        try:
            self.clock.begin("checks")
            # Kernels start while the day is judged.
            with start_workers(min(2, len(NOTEBOOKS)), PRELOAD) as workers:
                gated = judge_gates(
                    self.ready,
                    day=self.day,
                    as_of=self.as_of,
                    provisional=self.provisional,
                    now=self.now,
                    engine=self.engine,
                    for_pages=True,
                )
                written = self._prepare(gated, judge, workers, staging, previous)
            record_decision(self.trail, written.decision, self.now())
        except InputError:
            self.folder.discard()
            raise
        except Exception as error:
            step, what = self.clock.step, f"{type(error).__name__}: {error}"
            self.clock.fail()
            decided = self._fail(gated, staging, {"notebook": step, "error": what}, previous)
            publish(self.folder)
            raise StepError(
                f"{self.folder.target}: the step {step} failed, {what}; the day is on {decided['decision']}, run it again",
                step,
                what,
            ) from error
        publish(self.folder)
        return written

    def _prepare(
        self, gated: "Gated", judge: "Judge", workers: "Workers", staging: Path, previous: str | None
    ) -> _Written:
        from deskgate.assessment.artifacts import write_artifacts
        from deskgate.audit.sign_offs import sign_offs
        from deskgate.reports.blocking_cause import parse_causes
        from deskgate.reports.pages.opening import read_opening
        from deskgate.reports.views.registry import compute_views
        from deskgate.run.act import write_plan
        from deskgate.run.daily_report import RunReport
        from deskgate.run.ladder import ladder_of
        from deskgate.run.publish import decide_day, record_waivers, render_day, render_notebooks
        from deskgate.run.stop_alerts import alert_stops

        assessment = gated.assessment
        stop_alert = alert_stops(self.ready.store, self.trail, self.ready.channels, assessment, self.now)
        self.on_gates(gated)
        artifacts = write_artifacts(staging, assessment, compute_views(assessment))
        write_plan(assessment, self.folder.out, staging)
        incidents = self._open_incidents(assessment.case.as_of)
        report = RunReport.begin(artifacts, self.folder.out, gated, incidents, stop_alert)
        self.clock.begin("notebooks")
        failures, runs, contents = _execute(
            self.desk, artifacts, self.folder.out, self.ready.suites, judge, workers, self.clock.progress
        )
        failures = [*gated.failures, *failures]
        self.clock.begin("decision")
        record_waivers(self.trail, self.day, assessment.verdicts, self.now())
        decision = decide_day(
            self.desk,
            artifacts,
            failures,
            previous=previous,
            provisional=gated.provisional,
            checkpoint=self.trail.checkpoint().as_json(),
            incidents=self._open_incidents(assessment.case.as_of),
            accepted=gated.accepted,
        )
        decision["ladder"] = ladder_of(self.desk, self.ready.suites, self.folder.out, artifacts, decision)
        view = read_opening(artifacts.folder, decision, self.folder.out)
        render_notebooks(decision, contents, view)
        report.end(decision, runs, view)
        signed = sign_offs(self.trail.chain, decision["bundle_id"], self.desk.audit)
        rendered = render_day(artifacts, decision, runs, signed, self.folder.out)
        causes = tuple(parse_causes(artifacts.view("blocking_causes")))
        return _Written(assessment, rendered, failures, stop_alert, causes)

    def _open_incidents(self, as_of: datetime) -> "list[Incident]":
        from deskgate.run.incidents import known_incidents

        return [each for each in known_incidents(self.ready.store, as_of) if each.is_open]

    def _fail(
        self, gated: "Gated | None", staging: Path, failure: Mapping[str, str], previous: str | None
    ) -> Mapping[str, Any]:
        """Write the decision of a step that failed, with what was judged by then: never GO, and STOP where that says so.

        Where the audit trail cannot take it, it has no record and says so.
        """
        from deskgate.audit.checkpoint import unrecorded
        from deskgate.run.publish import fail_day, published_checkpoint, record_decision

        # Those that this run opened too, where it came to that.
        incidents = self._open_incidents(gated.assessment.case.as_of) if gated else ()
        write = partial(
            fail_day, self.desk, self.day, self.as_of, self.folder.out, staging, failure, gated, previous=previous
        )
        write = partial(write, incidents=incidents)
        if self.trail.is_usable:
            with suppress(RunError):
                decision = write(checkpoint=self.trail.checkpoint().as_json())
                record_decision(self.trail, decision, self.now())
                return decision
        return write(checkpoint=unrecorded(self.desk.name, published_checkpoint(self.folder.target)))


def _execute(
    desk: "Desk",
    artifacts: "DayArtifacts",
    out: Path,
    suites: Path,
    judge: "Judge",
    workers: "Workers",
    progress: Progress,
) -> "tuple[list[dict[str, str]], list[Executed], dict[Path, Content]]":
    """Execute the notebooks while Great Expectations confirms the verdicts that they show.

    Returns
    -------
    tuple
        What failed, the notebooks' runs, and what the page of each notebook that left a file says.
    """
    from deskgate.config.instants import stamp
    from deskgate.config.paths import NOTEBOOKS as FOLDER
    from deskgate.engines.local import LocalEngine
    from deskgate.reports.execution.runner import execute
    from deskgate.run.contents import Contents

    staging = artifacts.folder
    parameters = {
        "desk": str(desk.file),
        "date": artifacts.inputs.date.isoformat(),
        "as_of": stamp(artifacts.inputs.as_of),
        "out": str(out.resolve()),
        "folder": str(staging.resolve()),
    }
    failures = []

    def confirm() -> None:
        try:
            judge.judge(staging, desk.file, suites)
        except RunError as error:
            # Verdicts that nobody confirmed are no GO: the decision is HOLD and names this step.
            failures.append({"notebook": "gates", "error": str(error)})

    def proceed(step: str, state: str) -> None:
        progress(step, state)
        if state in ("done", "failed"):
            contents.begin(staging / f"{step}.ipynb")

    for step in ("gates", *NOTEBOOKS):
        progress(step, "waiting")
    with ThreadPoolExecutor(1, "gates") as pool, LocalEngine(2) as drawing:
        contents = Contents(drawing)
        progress("gates", "running")
        gates = pool.submit(confirm)
        gates.add_done_callback(lambda done: progress("gates", "failed" if done.exception() or failures else "done"))
        files = [FOLDER / f"{name}.ipynb" for name in sorted(NOTEBOOKS, key=lambda name: name not in LONGEST)]
        try:
            runs = execute(files, staging, parameters, workers=workers, timeout_s=TIMEOUT_S, progress=proceed)
        except BaseException:
            # Ctrl-C too: nobody waits for verdicts any more.
            judge.stop()
            raise
        runs.sort(key=lambda run: NOTEBOOKS.index(run.notebook.stem))
        gates.result()
        said = contents.of(run.output for run in runs)
    return failures + [{"notebook": run.notebook.stem, "error": run.error} for run in runs if run.error], runs, said
