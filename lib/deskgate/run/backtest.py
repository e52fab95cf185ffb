"""The gates of now, or others, over the days on record: each day's metrics as its run measured them, judged by these suites.

Nothing is written. A day's metrics are read from its folder; with `from_store` they are measured again from the store's commits that
the day names, with the settings of these suites. Each day is replayed by itself, so that an engine may do several at once; what they
add up to is composed here, in the order of the days.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache, partial
from hashlib import sha256
from pathlib import Path
from secrets import token_hex

import polars as pl

from deskgate.assessment.artifacts import INPUTS, SUITES, DayArtifacts
from deskgate.assessment.assessment import assess_inputs
from deskgate.assessment.policy import policy_under
from deskgate.assessment.replay import replay_inputs, suites_of
from deskgate.audit.decision_file import DECISION, load_decision
from deskgate.audit.recorded import Recorded
from deskgate.case.findings import Metrics, metrics_frame
from deskgate.checks.policy import measure_policy
from deskgate.config.desk import Desk
from deskgate.config.desk_file import load_desk
from deskgate.config.errors import InputError, RunError
from deskgate.config.instants import spans
from deskgate.config.paths import code_digest, suites_folder
from deskgate.engines import Engine, Poisoned, Task, run_tasks
from deskgate.gates.backtest import RecordedDay, ReplayedDay, compare_day, explain_holds, same_entries
from deskgate.gates.evaluation import evaluate_subjects
from deskgate.gates.floor import GUARD
from deskgate.gates.suites import Suite, intervals_of, load_suites, risk_of
from deskgate.gates.threshold_costs import threshold_costs
from deskgate.reports.published_days import LeftOutError, open_published
from deskgate.run.replayed_subjects import judged_on, subjects_of
from deskgate.store.desk_store import open_to_read
from deskgate.store.sums import refuse_damaged
from deskgate.store.tables import Store

__all__ = ["Backtest", "backtest"]


@dataclass(frozen=True)
class Backtest:
    """Days replayed under some suites.

    Parameters
    ----------
    days
        Those that were used, oldest first.
    costs
        What each critical entry cost over them, see `threshold_costs`.
    left_out
        Why -> the days that were not used.
    notes
        Sentences about days that were used, which a reader must know.
    metrics
        `Metrics` of each of the days.
    failed
        The days whose replay failed: they are left out for no reason of their own.
    """

    days: Sequence[ReplayedDay]
    costs: pl.DataFrame
    left_out: Mapping[str, Sequence[date]]
    notes: Sequence[str]
    metrics: Sequence[pl.DataFrame]
    failed: Sequence[date] = ()


@dataclass(frozen=True)
class _Day:
    """One day replayed, with its metrics and what is to be noted of it; or why it is left out."""

    replayed: ReplayedDay | None = None
    metrics: pl.DataFrame | None = None
    notes: Sequence[str] = ()
    left_out: str = ""


@dataclass(frozen=True)
class _Replay:
    """What every day is replayed with."""

    desk: Desk
    out: Path
    suites: Mapping[str, Suite]
    recorded: Recorded
    store: Store | None

    @classmethod
    def begin(cls, desk: Desk, out: Path, suites: Path, *, from_store: bool) -> "_Replay":
        store = open_to_read(desk, out) if from_store else None
        return cls(desk, out, load_suites(suites), Recorded.read(out), store)

    def day(self, day: date) -> _Day:
        """Replay one day."""
        try:
            artifacts = open_published(self.out, day, self.desk.name, self.recorded, provisional=True)
            return _replayed(self.desk, artifacts, self.suites, self.store)
        except LeftOutError as error:
            return _Day(left_out=str(error))


def backtest(
    desk: Desk,
    out: Path,
    *,
    first: date,
    last: date,
    suites: Path | None = None,
    from_store: bool = False,
    engine: Engine | None = None,
) -> Backtest:
    """Replay the gates over the days from `first` to `last`, both of them included.

    Parameters
    ----------
    out
        Where the published days and the store lie.
    suites
        The folder of the suites; None: the desk's own, see `suites_folder`.
    from_store
        Measure each day again instead of reading its metrics.
    engine
        What replays the days; None: this process does, one after the other.

    Raises
    ------
    InputError
        The span is empty, none of its days can be used, a suite is wrong, or the store is not as it was written.
    RunError
        The engine was lost.
    """
    if first > last:
        raise InputError(f"--from {first} is after --to {last}, expected a day up to it; give them the other way round")
    # Where a worker stands is its own matter.
    out, folder = out.resolve(), suites_folder(desk, suites).resolve()
    replay = _Replay.begin(desk, out, folder, from_store=from_store)
    if replay.store:
        refuse_damaged(replay.store.location)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    if engine is None:
        done: list[_Day | Poisoned] = [replay.day(day) for day in days]
    else:
        given = (str(desk.file.resolve()), str(out), str(folder), from_store, token_hex())
        done = run_tasks(engine, [Task(f"the day {day}", _replay_day, (*given, day)) for day in days])
    return _composed(out, dict(zip(days, done, strict=True)), replay.suites)


def _replay_day(desk: str, out: str, suites: str, from_store: bool, run: str, day: date) -> _Day:
    """Replay one day in a process of an engine; `run` tells one backtest from another, which may find other files."""
    return _opened(desk, out, suites, run, from_store=from_store).day(day)


@lru_cache(maxsize=1)
def _opened(desk: str, out: str, suites: str, run: str, *, from_store: bool) -> _Replay:
    return _Replay.begin(load_desk(Path(desk)), Path(out), Path(suites), from_store=from_store)


def _composed(out: Path, done: Mapping[date, _Day | Poisoned], suites: Mapping[str, Suite]) -> Backtest:
    """Return what the days add up to, in their order."""
    left_out: dict[str, list[date]] = {}
    notes: dict[str, list[date]] = {}
    used: list[tuple[ReplayedDay, pl.DataFrame]] = []
    failed = [day for day, each in done.items() if isinstance(each, Poisoned)]
    for day, each in done.items():
        if isinstance(each, Poisoned):
            left_out.setdefault(f"its replay failed, {each.why}", []).append(day)
            continue
        if each.left_out:
            left_out.setdefault(each.left_out, []).append(day)
        if each.replayed is not None and each.metrics is not None:
            used.append((each.replayed, each.metrics))
        for says in each.notes:
            notes.setdefault(says, []).append(day)
    if not used:
        why = "; ".join(f"{reason}: {spans(days)}" for reason, days in left_out.items())
        problem = f"{out}: none of the days from {min(done)} to {max(done)} can be replayed ({why}), expected one that `deskgate daily` made;"
        if failed:
            raise RunError(f"{problem} run it again, or without --engine")
        raise InputError(f"{problem} give other days, or that run's --out")
    days, metrics = [day for day, _ in used], [frame for _, frame in used]
    said = [f"{note}: {spans(of)}" for note, of in notes.items()]
    return Backtest(explain_holds(days), threshold_costs(days, metrics, suites), left_out, said, metrics, failed)


def _replayed(desk: Desk, artifacts: DayArtifacts, suites: Mapping[str, Suite], store: Store | None) -> _Day:
    """Replay one published day.

    Raises
    ------
    LeftOutError
        Its files cannot be read, or not be measured again.
    """
    day, inputs = artifacts.inputs.date, artifacts.inputs
    notes: list[str] = []
    try:
        decision, verdicts = load_decision(artifacts.folder / DECISION), artifacts.verdicts()
        # A day of an earlier version does not say which suites judged it: no entry is known to be the same.
        then = suites_of(artifacts) if SUITES in artifacts.digests else {}
        metrics = _measured_again(artifacts, desk, suites, store) if store else _on_record(artifacts, suites)
    except InputError as error:
        raise LeftOutError(str(error)) from error
    if store is None:
        settings = {"intervals": intervals_of(suites), "risk": risk_of(suites)}
        notes += [
            f"measured with the `{name}` settings of that time, not these suites'; --from-store measures anew"
            for name, wanted in settings.items()
            if getattr(inputs, name) != wanted
        ]
    if inputs.code != code_digest():
        notes.append(f"{'on record by' if store else 'measured by'} other code, whose formulas may differ")
    unchanged = inputs.config.get(desk.file.name) == sha256(desk.file.read_bytes()).hexdigest()
    if not unchanged:
        notes.append(f"{desk.file.name} has changed since: who is judged is taken from the day's metrics and verdicts")
    subjects = subjects_of(metrics, verdicts, then or suites)
    there = [name for name, mode in (decision.get("bots") or {}).items() if mode != "disabled"]
    now = evaluate_subjects(suites, metrics, partial(judged_on, desk, subjects, there, unchanged=unchanged))
    recorded = RecordedDay(
        day,
        decision["decision"],
        verdicts,
        failures=tuple(str(each["notebook"]) for each in decision["failures"]),
        provisional=decision["provisional"],
        awaits=bool(decision.get("awaits")),
    )
    replayed = compare_day(recorded, now, same_entries(then, suites))
    if replayed.flipped and decision["decision"] == "STOP":
        notes.append("a STOP that would be none: its incident and actions stay in the metrics of the days after it")
    return _Day(replayed, metrics, notes)


def _on_record(artifacts: DayArtifacts, suites: Mapping[str, Suite]) -> pl.DataFrame:
    """Return a day's metrics; those that measure the suites themselves are measured of these suites."""
    metrics = artifacts.metrics()
    if metrics.schema != Metrics.create_empty().schema:
        raise LeftOutError("run by another version of Deskgate, with other columns")
    if artifacts.inputs.policy is None:
        return metrics
    now = metrics_frame(GUARD, measure_policy(policy_under(suites, artifacts.inputs.policy)))
    return pl.concat([metrics.join(now, on=["gate", "subject", "metric"], how="anti"), now])


def _measured_again(artifacts: DayArtifacts, desk: Desk, suites: Mapping[str, Suite], store: Store) -> pl.DataFrame:
    """Return the metrics of a day as the store's commits of its run give them with the settings of these suites."""
    inputs = replay_inputs(artifacts, desk, store)
    policy = inputs.policy and policy_under(suites, inputs.policy)
    mine = {"intervals": intervals_of(suites), "risk": risk_of(suites), "policy": policy}
    passed_over = json.loads(artifacts.read(INPUTS))["passed_over"]
    return assess_inputs(desk, store, inputs.model_copy(update=mine), suites, passed_over=passed_over).metrics
