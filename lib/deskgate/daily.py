"""The daily run: ingest -> checks -> gates -> notebooks -> decision -> pages, into a day's folder that is whole or not there."""

import json
import shutil
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from deskgate.errors import DeskgateError, InputError, RunError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import polars as pl

    from deskgate.assessment import Assessment
    from deskgate.desk import Desk
    from deskgate.gates.judge import Judge
    from deskgate.reports.execution import Executed
    from deskgate.store import Store

__all__ = ["NOTEBOOKS", "Outcome", "ingest", "locked", "resolve_instant", "run_daily", "store_location"]

# The first group shows checks and runs while the gates are evaluated; the second shows verdicts and waits for them.
NOTEBOOKS = (
    ("01_baseline", "02_event_store", "03_reconciliation", "04_parity", "05_portfolio_risk"),
    ("06_promotion_gates", "07_soak_readiness", "08_daily_report"),
)
TIMEOUT_S = 300
Progress = Callable[[str, str], None]


@dataclass(frozen=True)
class Outcome:
    """How a daily run ended: the content of decision.json, where the day lies, and how long each step took."""

    decision: Mapping[str, Any]
    folder: Path
    added: Mapping[str, int]
    seconds: Mapping[str, float]
    failures: list[dict[str, str]]


def resolve_instant(day: str | None, as_of: str | None, now: datetime) -> tuple[date, datetime]:
    """Return the day and the instant to speak for.

    Without a day: the one before `now` (or of `as_of`). Without an instant: the day's end, or `now` if it is not over.

    Raises
    ------
    InputError
        A date or instant that cannot be read, that has not come yet, or an instant before its day.
    """
    from deskgate.desk import moment

    instant = moment(as_of) if as_of else None
    if day is None:
        wanted = (instant - timedelta(microseconds=1)).date() if instant else (now - timedelta(days=1)).date()
    else:
        try:
            wanted = date.fromisoformat(day)
        except ValueError as error:
            raise InputError(
                f"--date '{day}' is no date, expected YYYY-MM-DD such as {now - timedelta(days=1):%Y-%m-%d}"
            ) from error
    begin = datetime.combine(wanted, time(), UTC)
    if begin > now:
        raise InputError(
            f"--date {wanted} has not come yet, expected a day up to {now:%Y-%m-%d} (UTC); give an earlier one"
        )
    instant = instant or min(begin + timedelta(days=1), now)
    if instant > now:
        raise InputError(
            f"--as-of {instant.isoformat()} has not come yet, expected an instant up to {now.isoformat()}; give an earlier one"
        )
    if instant <= begin:
        raise InputError(
            f"--as-of {instant.isoformat()} is before the day {wanted} has begun; give a later instant or an earlier day"
        )
    return wanted, instant


def store_location(desk: "Desk", out: Path) -> str:
    """Return where the desk's store lies: desk.toml's `[store] path` (relative to the desk), else `<out>/store`."""
    if desk.store is None:
        return str(out.resolve() / "store")
    return desk.store if "://" in desk.store else str((desk.root / desk.store).resolve())


@contextmanager
def locked(out: Path) -> "Iterator[None]":
    """Hold `out` against a second run.

    Raises
    ------
    InputError
        Another run holds it.
    """
    from filelock import FileLock, Timeout

    out.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(out / ".lock", timeout=0):
            yield
    except Timeout as error:
        raise InputError(
            f"{out}: another run is writing there; wait until it has ended, or give another --out"
        ) from error


def ingest(desk: "Desk", out: Path, frames: "Mapping[str, pl.DataFrame]") -> "tuple[Store, dict[str, int]]":
    """Append the frames to the desk's store; what it already holds adds nothing."""
    from deskgate.store import Store

    store = Store.open(store_location(desk, out), desk.name)
    return store, store.append(frames)


def run_daily(desk: "Desk", *, day: date, as_of: datetime, out: Path, provisional: bool, progress: Progress) -> Outcome:
    """Run one day and leave `<out>/<day>/` and `<out>/index.html`.

    Everything that can be wrong with the desk, its files and the suites is found before anything is written.

    Raises
    ------
    InputError
        The desk, a source file, a suite or the date is wrong; nothing has been written.
    RunError
        A step failed; the day's decision is then HOLD and names it.
    """
    from deskgate.assessment import assess, known_metrics
    from deskgate.gates.judge import Judge
    from deskgate.gates.suites import load_suites
    from deskgate.intake import read_desk
    from deskgate.project import SUITES
    from deskgate.reports.pages import write_index

    clock = _Clock(progress)
    with Judge() as judge:
        clock.begin("ingest")
        load_suites(SUITES, known_metrics(desk))
        frames = read_desk(desk)
        _refuse_days_before(frames, day, desk)
        with locked(out):
            target = out / day.isoformat()
            staging = out / ".staging" / day.isoformat()
            shutil.rmtree(staging, ignore_errors=True)
            _restore(target)
            try:
                store, added = ingest(desk, out, frames)
                clock.begin("checks")
                assessment = assess(desk, store, day=day, as_of=as_of).save(staging)
                clock.begin("notebooks")
                failures, runs = _execute(assessment, out, judge, progress)
                clock.begin("decision")
                decision = _decide(assessment, runs, failures, previous=_previous(target), provisional=provisional)
                _render(assessment, decision, runs)
            except DeskgateError:
                raise
            except Exception as error:
                # Whatever went wrong, a reader must not find yesterday's GO in this day's place.
                _publish_failure(desk, day, as_of, staging, clock.step, error)
                _swap(staging, target)
                write_index(out)
                raise RunError(
                    f"{target}: the step {clock.step} failed, {type(error).__name__}: {error}; the day is on HOLD, run it again"
                ) from error
            _swap(staging, target)
            write_index(out)
            clock.end()
    return Outcome(decision, target, added, clock.laps, failures)


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


def _refuse_days_before(frames: "Mapping[str, pl.DataFrame]", day: date, desk: "Desk") -> None:
    """Refuse a day before the desk's first record: that is a mistyped date, not a day without evidence."""
    from deskgate.checks.event_store import DATED

    stamps = [stamp for table in DATED if (stamp := frames[table].get_column("ts").min()) is not None]
    first = min(stamp for stamp in stamps if isinstance(stamp, datetime)) if stamps else None
    if first is not None and day < first.date():
        raise InputError(
            f"{desk.file}: no record is of {day} or before, the desk's first one is of {first:%Y-%m-%d}; give a --date from then on"
        )


def _execute(
    assessment: "Assessment", out: Path, judge: "Judge", progress: Progress
) -> "tuple[list[dict[str, str]], list[Executed]]":
    """Execute the notebooks, the gates being evaluated on the side while the first of them run; return what failed."""
    from deskgate.gates.verdicts import write_verdicts
    from deskgate.project import NOTEBOOKS as FOLDER
    from deskgate.reports.execution import execute

    staging = _folder(assessment)
    parameters = {
        "desk": str(assessment.case.desk.root),
        "date": assessment.case.day.isoformat(),
        "as_of": str(assessment.inputs["as_of"]),
        "out": str(out.resolve()),
        "folder": str(staging.resolve()),
    }

    def batch(names: tuple[str, ...]) -> "list[Executed]":
        files = [FOLDER / f"{name}.ipynb" for name in names]
        return execute(files, staging, parameters, workers=2, timeout_s=TIMEOUT_S, progress=progress)

    failures = []
    with ThreadPoolExecutor(1, "gates") as pool:
        progress("gates", "running")
        gates = pool.submit(judge.judge, staging, assessment.case.desk.root)
        gates.add_done_callback(lambda done: progress("gates", "failed" if done.exception() else "done"))
        runs = batch(NOTEBOOKS[0])
        try:
            gates.result()
        except RunError as error:
            # Without verdicts there is no GO: the decision is HOLD and names this step.
            write_verdicts([], staging / "verdicts.json")
            failures.append({"notebook": "gates", "error": str(error)})
    runs += batch(NOTEBOOKS[1])
    return failures + [{"notebook": run.notebook.stem, "error": run.error} for run in runs if run.error], runs


def _folder(assessment: "Assessment") -> Path:
    if assessment.folder is None:
        raise RunError("the assessment has not been written anywhere; save it first")
    return assessment.folder


def _decide(
    assessment: "Assessment",
    runs: "list[Executed]",
    failures: list[dict[str, str]],
    *,
    previous: str | None,
    provisional: bool,
) -> dict[str, Any]:
    from deskgate.gates.decision import bundle, digest_files

    staging = _folder(assessment)
    files = [staging / "breaks.csv", staging / "verdicts.json", *(staging / "metrics").glob("*.parquet")]
    decision = bundle(
        assessment.verdicts,
        desk=assessment.case.desk.name,
        day=assessment.case.day,
        as_of=assessment.case.as_of,
        inputs=assessment.inputs,
        evidence=digest_files(staging, [*files, *(run.output for run in runs if run.output.is_file())]),
        failures=failures,
        previous=previous,
        provisional=provisional,
    )
    _write(decision, staging)
    return decision


def _write(decision: Mapping[str, Any], folder: Path) -> None:
    (folder / "decision.json").write_text(json.dumps(decision, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _publish_failure(desk: "Desk", day: date, as_of: datetime, staging: Path, step: str, error: Exception) -> None:
    """Write a decision that is HOLD and names the step that failed, with what evidence there is by then."""
    from deskgate.gates.decision import bundle, digest_files
    from deskgate.gates.verdicts import verdicts_frame
    from deskgate.reports.pages import write_day_page

    staging.mkdir(parents=True, exist_ok=True)
    decision = bundle(
        [],
        desk=desk.name,
        day=day,
        as_of=as_of,
        inputs={},
        evidence=digest_files(staging, [file for file in staging.rglob("*") if file.is_file()]),
        failures=[{"notebook": step, "error": f"{type(error).__name__}: {error}"}],
        previous=None,
        provisional=False,
    )
    _write(decision, staging)
    write_day_page(staging, decision, verdicts_frame([]), [])


def _previous(published: Path) -> str | None:
    """Return the id of the decision that this one replaces; an unreadable one has none."""
    with suppress(OSError, ValueError):
        said = json.loads((published / "decision.json").read_text(encoding="utf-8"))
        if isinstance(said, dict) and isinstance(said.get("bundle_id"), str):
            return str(said["bundle_id"])
    return None


def _render(assessment: "Assessment", decision: Mapping[str, Any], runs: "list[Executed]") -> None:
    from deskgate.gates.verdicts import verdicts_frame
    from deskgate.reports.html import to_html
    from deskgate.reports.link import day_links
    from deskgate.reports.pages import write_day_page

    nav = day_links(run.output.stem for run in runs)
    for run in runs:
        if run.output.is_file():
            to_html(run.output, run.output.with_suffix(".html"), decision, nav=nav)
    write_day_page(_folder(assessment), decision, verdicts_frame(assessment.verdicts), runs)


def _swap(staging: Path, target: Path) -> None:
    """Put the new day in the old one's place; at no moment is there half a day under its name."""
    old = _aside(target)
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        target.replace(old)
    staging.replace(target)
    shutil.rmtree(old, ignore_errors=True)


def _restore(target: Path) -> None:
    """Bring back a day that a run killed between the two renames of `_swap` had set aside."""
    old = _aside(target)
    if old.exists() and not target.exists():
        old.replace(target)


def _aside(target: Path) -> Path:
    return target.with_name(f".{target.name}.old")
