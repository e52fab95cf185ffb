"""From the stored data to the promotion gates and what they add up to: what `deskgate gates` and a daily run share.

It makes no page and runs no notebook, and writes nothing of a day's folder.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deskgate.case.findings import listed
from deskgate.config.errors import DeskgateError, InputError
from deskgate.config.instants import day_is_over
from deskgate.config.plural import count_of
from deskgate.gates.decision import Decision, decide
from deskgate.gates.evaluation import Status
from deskgate.gates.promotion import NOT_JUDGED, PREFLIGHT, PROMOTION, REPLAY, GateResult, Step, promotion_gates
from deskgate.gates.rests_on import rests_on, waivers_of
from deskgate.run.stages import LOOK, Progress, StageClock

if TYPE_CHECKING:
    from deskgate.assessment.assessment import Assessment
    from deskgate.audit.trail import Trail
    from deskgate.config.desk import Desk
    from deskgate.controls.alerts import Channel
    from deskgate.engines import Engine
    from deskgate.store.ingest import Account
    from deskgate.store.tables import Store

__all__ = ["Gated", "Ready", "judge_gates", "not_run", "preflight", "run_gates"]


@dataclass(frozen=True)
class Ready:
    """What a run has once its preflight passed: the suites' folder, the audit trail, the store with what is new."""

    desk: "Desk"
    out: Path
    suites: Path
    trail: "Trail"
    store: "Store"
    account: "Account"
    channels: "Sequence[Channel]"
    says: str


@dataclass(frozen=True)
class Gated:
    """A day assessed and its gates judged: `result` is what they add up to, which no page and no record says yet.

    `waivers` are those that turned a verdict, `accepted` the breaks that would count otherwise; see `gates.rests_on`.
    """

    assessment: "Assessment"
    gates: list[GateResult]
    result: Decision
    failures: list[dict[str, str]]
    provisional: bool
    account: "Account"
    waivers: list[dict[str, Any]]
    accepted: list[dict[str, str | None]]

    @property
    def rests_on(self) -> str:
        """What the result rests on besides evidence, in a sentence; empty where there is nothing."""
        return rests_on(str(self.result), self.waivers, self.accepted)


@contextmanager
def preflight(
    desk: "Desk",
    out: Path,
    *,
    day: date,
    suites: Path | None,
    now: Callable[[], datetime],
    begins: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> Iterator[Ready]:
    """Find everything that can be wrong before a day is judged, and ingest what is new; `out` is held meanwhile.

    `begins` is entered once `out` is held and the configuration is understood: from there on a run has begun.

    Raises
    ------
    InputError
        The desk's configuration, a suite, a channel, a source file or the date is wrong, the store is another desk's, or
        another run holds `out`.
    """
    from deskgate.audit.trail import Trail
    from deskgate.config.digests import digest_configuration
    from deskgate.config.paths import suites_folder
    from deskgate.controls.alerts import open_channels
    from deskgate.gates.ladder.rules import load_ladder
    from deskgate.gates.suites import load_suites
    from deskgate.run.day_folder import locked
    from deskgate.store.desk_store import ingest_desk

    chosen = suites_folder(desk, suites)
    loaded = load_suites(chosen)
    load_ladder(chosen)
    configuration = digest_configuration(desk, chosen)
    channels = open_channels(desk)
    trail = Trail.open(desk, out)
    with locked(out), begins():
        store, account = ingest_desk(desk, out, now)
        _refuse_days_before(store, day, desk, out)
        says = (
            f"{len(loaded)} suites, {len(configuration)} configuration files and {count_of(account.files, 'source file was read', 'source files were read')},"
            f" {len(channels)} alert channels are named"
        )
        yield Ready(desk, out, chosen, trail, store, account, channels, says)


def judge_gates(
    ready: Ready,
    *,
    day: date,
    as_of: datetime,
    provisional: bool,
    now: Callable[[], datetime],
    engine: "Engine | None" = None,
    for_pages: bool = False,
) -> Gated:
    """Assess a day and judge its gates.

    Parameters
    ----------
    engine, for_pages
        What measures the desk's accounts, and whether views will be computed; see `assess`.

    Raises
    ------
    RunError
        The audit trail, the days and the store do not agree, or the engine failed.
    """
    from deskgate.assessment.assessment import assess
    from deskgate.assessment.closing import closing_instant
    from deskgate.assessment.replay import replays
    from deskgate.run.open_actions import look_again
    from deskgate.run.probes import probe_operations

    ready.trail.require_whole(ready.store, now())
    # What is seen now is of the instant that is judged: at an earlier one an older look, of some minutes later, would outrank it.
    as_of = closing_instant(ready.desk, partial(ready.store.lazy, "sources", ready.store.pin()), day, as_of)
    probe_operations(
        *(ready.desk, ready.out, ready.suites, ready.store, ready.trail, ready.channels),
        account=ready.account,
        days=[day],
        as_of=as_of,
        now=now,
    )
    look_again(ready.desk, ready.out, ready.store, now())
    assessment = assess(
        *(ready.desk, ready.store),
        day=day,
        as_of=as_of,
        suites=ready.suites,
        passed_over=ready.account.passed_over,
        engine=engine,
        for_pages=for_pages,
    )
    # A day that is not over can still go wrong.
    provisional = provisional or not day_is_over(day, as_of)
    place = (f"store {assessment.inputs.store.location}",)
    differing = replays(assessment, engine)
    steps: Mapping[str, Step] = {
        PREFLIGHT: Step(Status.PASS, ready.says, evidence=place),
        REPLAY: _replayed(differing, place),
    }
    gates = promotion_gates(assessment.suites, assessment.verdicts, steps)
    failures = [{"notebook": REPLAY, "error": steps[REPLAY].reason}] if differing else []
    result = decide(assessment.verdicts, failures=[item["notebook"] for item in failures], provisional=provisional)
    return Gated(
        assessment,
        gates,
        result,
        failures,
        provisional,
        ready.account,
        waivers_of(assessment.verdicts, assessment.inputs.waivers),
        assessment.accepted,
    )


def _replayed(differing: Sequence[str], place: tuple[str, ...]) -> Step:
    if not differing:
        return Step(Status.PASS, "assessed twice from the store, the same bytes both times", evidence=place)
    says = f"{count_of(len(differing), 'file differs', 'files differ')} when the day is assessed again: {listed(differing)}"
    return Step(Status.FAIL, says, "This is a defect: keep the store and report it.", place)


def run_gates(
    desk: "Desk",
    *,
    day: date,
    as_of: datetime,
    out: Path,
    suites: Path | None = None,
    provisional: bool,
    now: Callable[[], datetime],
    progress: Progress = lambda *_: None,
    engine: "Engine | None" = None,
) -> Gated:
    """Judge the promotion gates of one day; nothing of the day is published, and no decision is recorded.

    Raises
    ------
    InputError, RunError
        As `preflight` and `judge_gates`.
    """
    clock = StageClock(progress, LOOK)
    clock.begin("ingest")
    with preflight(desk, out, day=day, suites=suites, now=now) as ready:
        clock.begin("checks")
        gated = judge_gates(ready, day=day, as_of=as_of, provisional=provisional, now=now, engine=engine)
    clock.end()
    return gated


def not_run(error: DeskgateError, *, provisional: bool) -> tuple[Decision, bool, list[GateResult]]:
    """Return the outcome of gates that were not judged, for the preflight or the run failed: HOLD, and each one blocks."""
    failed = Step(Status.FAIL, str(error), "Do what the sentence says, then run it again.")
    waiting = Step(Status.INSUFFICIENT, NOT_JUDGED)
    steps = {gate.name: failed if gate.name == PREFLIGHT else waiting for gate in PROMOTION}
    return Decision.HOLD, provisional, promotion_gates({}, [], steps)


def _refuse_days_before(store: "Store", day: date, desk: "Desk", out: Path) -> None:
    """Refuse a day before the desk's first record: that is a mistyped date, not a day without evidence."""
    from deskgate.audit.open_runs import end_run
    from deskgate.checks.freshness import DATED

    first = min((span[0] for span in store.spans(DATED).values()), default=None)
    if first is not None and day < first.date():
        # No day of the desk: there is nothing that could be run again.
        end_run(out, day)
        raise InputError(
            f"{desk.file}: no record is of {day} or before, the desk's first one is of {first:%Y-%m-%d}; give a --date from then on"
        )
