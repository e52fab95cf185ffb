"""The gates of now, or others, over the days on record: each day's metrics as its run measured them, judged by these suites.

Nothing is written. A day's metrics are read from its folder; with `from_store` they are measured again from the store's commits that
the day names, with the settings of these suites.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import polars as pl

from deskgate.assessment.artifacts import INPUTS, SUITES, DayArtifacts
from deskgate.assessment.assessment import assess_inputs
from deskgate.assessment.policy import policy_under
from deskgate.assessment.replay import replay_inputs, suites_of
from deskgate.audit.decision_file import DECISION, load_decision
from deskgate.audit.recorded import Recorded
from deskgate.case.findings import Metrics, metrics_frame
from deskgate.case.metric_spec import PORTFOLIO, MetricSpec
from deskgate.checks.policy import measure_policy
from deskgate.config.desk import Desk
from deskgate.config.errors import InputError
from deskgate.config.instants import spans
from deskgate.config.paths import code_digest, suites_folder
from deskgate.gates.backtest import RecordedDay, ReplayedDay, compare_day, explain_holds, same_entries
from deskgate.gates.evaluation import Verdict, evaluate_subjects
from deskgate.gates.floor import GUARD
from deskgate.gates.suites import Suite, intervals_of, load_suites, risk_of
from deskgate.gates.threshold_costs import threshold_costs
from deskgate.reports.published_days import LeftOutError, open_published
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
    """

    days: Sequence[ReplayedDay]
    costs: pl.DataFrame
    left_out: Mapping[str, Sequence[date]]
    notes: Sequence[str]
    metrics: Sequence[pl.DataFrame]


@dataclass
class _Found:
    """What is gathered from day to day: the metrics of each used day, days by why they are not used, days by what is to be noted."""

    days: list[ReplayedDay] = field(default_factory=list)
    metrics: list[pl.DataFrame] = field(default_factory=list)
    left_out: dict[str, list[date]] = field(default_factory=dict)
    notes: dict[str, list[date]] = field(default_factory=dict)

    def note(self, day: date, says: str) -> None:
        self.notes.setdefault(says, []).append(day)


def backtest(
    desk: Desk, out: Path, *, first: date, last: date, suites: Path | None = None, from_store: bool = False
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

    Raises
    ------
    InputError
        The span is empty, none of its days can be used, a suite is wrong, or the store is not as it was written.
    """
    if first > last:
        raise InputError(f"--from {first} is after --to {last}, expected a day up to it; give them the other way round")
    loaded, recorded = load_suites(suites_folder(desk, suites)), Recorded.read(out)
    store = _whole_store(desk, out) if from_store else None
    found = _Found()
    for day in (first + timedelta(days=n) for n in range((last - first).days + 1)):
        try:
            artifacts = open_published(out, day, desk.name, recorded, provisional=True)
            _add(found, desk, artifacts, loaded, store)
        except LeftOutError as error:
            found.left_out.setdefault(str(error), []).append(day)
    if not found.days:
        why = "; ".join(f"{reason}: {spans(days)}" for reason, days in found.left_out.items())
        raise InputError(
            f"{out}: none of the days from {first} to {last} can be replayed ({why}), expected one that `deskgate daily` made; give"
            " other days, or that run's --out"
        )
    notes = [f"{says}: {spans(days)}" for says, days in found.notes.items()]
    return Backtest(
        explain_holds(found.days),
        threshold_costs(found.days, found.metrics, loaded),
        found.left_out,
        notes,
        found.metrics,
    )


def _whole_store(desk: Desk, out: Path) -> Store:
    store = open_to_read(desk, out)
    refuse_damaged(store.location)
    return store


def _add(found: _Found, desk: Desk, artifacts: DayArtifacts, suites: Mapping[str, Suite], store: Store | None) -> None:
    """Replay one day; what is to be noted of it is added with it.

    Raises
    ------
    LeftOutError
        Its files cannot be read, or not be measured again.
    """
    day, inputs = artifacts.inputs.date, artifacts.inputs
    try:
        decision, verdicts = load_decision(artifacts.folder / DECISION), artifacts.verdicts()
        # A day of an earlier version does not say which suites judged it: no entry is known to be the same.
        then = suites_of(artifacts) if SUITES in artifacts.digests else {}
        metrics = _measured_again(artifacts, desk, suites, store) if store else _on_record(artifacts, suites)
    except InputError as error:
        raise LeftOutError(str(error)) from error
    if store is None:
        settings = {"intervals": intervals_of(suites), "risk": risk_of(suites)}
        for name in (name for name, wanted in settings.items() if getattr(inputs, name) != wanted):
            found.note(
                day, f"measured with the `{name}` settings of that time, not these suites'; --from-store measures anew"
            )
    if inputs.code != code_digest():
        found.note(day, f"{'on record by' if store else 'measured by'} other code, whose formulas may differ")
    unchanged = inputs.config.get(desk.file.name) == sha256(desk.file.read_bytes()).hexdigest()
    if not unchanged:
        found.note(
            day, f"{desk.file.name} has changed since: who is judged is taken from the day's metrics and verdicts"
        )
    subjects = _subjects(metrics, verdicts, then or suites)
    judged = partial(_judged, desk, subjects, _modes(decision), unchanged=unchanged)
    now = evaluate_subjects(suites, metrics, judged)
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
        found.note(day, "a STOP that would be none: its incident and actions stay in the metrics of the days after it")
    found.days.append(replayed)
    found.metrics.append(metrics)


def _modes(decision: Mapping[str, Any]) -> Mapping[str, str]:
    return decision.get("bots") or {}


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


def _subjects(
    metrics: pl.DataFrame, verdicts: Sequence[Verdict], suites: Mapping[str, Suite]
) -> Mapping[tuple[str, str], Collection[str]]:
    """Return by (gate, metric) whom a day measured it of, and whom it judged by it under `suites`, measured or not."""
    metric_of = {
        (gate, each.meta.entry): each.kwargs.metric for gate, suite in suites.items() for each in suite.expectations
    }
    measured = metrics.select("gate", "metric", "subject").iter_rows()
    judged = (
        (each.gate, metric_of[each.gate, each.check], each.subject)
        for each in verdicts
        if (each.gate, each.check) in metric_of
    )
    found: dict[tuple[str, str], dict[str, None]] = {}
    for gate, metric, subject in (*measured, *judged):
        found.setdefault((gate, metric), {})[subject] = None
    return found


def _judged(
    desk: Desk,
    subjects: Mapping[tuple[str, str], Collection[str]],
    modes: Mapping[str, str],
    gate: str,
    spec: MetricSpec,
    measured: Mapping[tuple[str, str], float | None],
    *,
    unchanged: bool,
) -> list[str]:
    """Return who must have a verdict: of a desk.toml that has changed since, whoever the day measured or judged by it.

    A metric that the day neither measured nor judged is asked of those of the day's bots that are in its scope now.
    """
    now = spec.judged(desk, measured)
    if unchanged:
        return now
    there = {PORTFOLIO, *(name for name, mode in modes.items() if mode != "disabled")}
    return list(subjects.get((gate, spec.name), ())) or [who for who in now if who in there]
