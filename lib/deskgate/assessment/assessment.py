"""One day of one desk assessed: metrics, breaks and verdicts, from a store at pinned commits."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from functools import cached_property, partial
from itertools import zip_longest
from pathlib import Path

import polars as pl

from deskgate.assessment.accounts import AccountParts, measure_accounts
from deskgate.assessment.artifacts import DayArtifacts, DayInputs, StoreState
from deskgate.assessment.breaks_file import BREAK_COLUMNS
from deskgate.assessment.closing import closing_instant
from deskgate.assessment.day_case import measure_case, read_case
from deskgate.assessment.policy import find_policy
from deskgate.assessment.time_needed import with_hours_needed
from deskgate.case.baselines import in_force
from deskgate.case.case import Case
from deskgate.checks.baseline import drift
from deskgate.checks.registry import GATES, run_checks
from deskgate.config.desk import Desk
from deskgate.config.desk_file import load_desk
from deskgate.config.digests import digest_configuration, find_configuration
from deskgate.config.errors import RunError
from deskgate.config.paths import code_digest, suites_folder
from deskgate.config.plural import count_of
from deskgate.engines import Engine
from deskgate.gates.evaluation import Evaluator, Verdict, compare, evaluate
from deskgate.gates.rests_on import accepted_breaks_of
from deskgate.gates.severity import grade_breaks
from deskgate.gates.suites import Suite, intervals_of, load_suites, risk_of
from deskgate.gates.waiver_records import unrevoked_waivers
from deskgate.gates.waivers import apply_waivers, waived_legs
from deskgate.store.tables import Store

__all__ = ["Assessment", "assess", "assess_inputs", "case_now", "confirm_verdicts"]


@dataclass(frozen=True)
class Assessment:
    """What is known of one day at one instant; verdicts are evaluated when they are first asked for.

    `passed_over` are the files that a pattern found and that were not read, with the reason; no check judges them. `settings` is file
    -> key -> value of the configuration, without the suites and without secrets; empty where not all gates were judged.
    """

    case: Case
    metrics: pl.DataFrame
    breaks: pl.DataFrame
    suites: Mapping[str, Suite]
    inputs: DayInputs
    passed_over: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @cached_property
    def verdicts(self) -> list[Verdict]:
        """The verdicts of all gates with the day's waivers, evaluated when they are first asked for."""
        return _judged(self.suites, self.metrics, self.case.desk, self.inputs)

    @cached_property
    def accepted(self) -> list[dict[str, str | None]]:
        """The breaks that would count had nobody accepted them; see `accepted_breaks_of`."""
        return accepted_breaks_of(
            self.breaks, *(self.case.frames[name] for name in ("break_sightings", "break_actions"))
        )


def _judged(
    suites: Mapping[str, Suite], metrics: pl.DataFrame, desk: Desk, inputs: DayInputs, evaluator: Evaluator = compare
) -> list[Verdict]:
    """Return the verdicts of a day: its metrics judged by its suites, then its waivers."""
    return apply_waivers(evaluate(suites, metrics, desk, evaluator=evaluator), suites, inputs.waivers, inputs.as_of)


def confirm_verdicts(folder: Path, desk: Path, *, suites: Path | None = None, evaluator: Evaluator = compare) -> None:
    """Evaluate the metrics in a day's folder again, and refuse verdicts.json where it says anything else.

    Raises
    ------
    RunError
        The configuration or the suites are no longer those that the day was assessed with, or a verdict differs.
    """
    where = load_desk(desk)
    suites_there = suites_folder(where, suites)
    loaded = load_suites(suites_there)
    artifacts = DayArtifacts.open(folder)
    # The decision names the digests: verdicts of another configuration must not stand beside them.
    if moved := drift(artifacts.inputs.config, digest_configuration(where, suites_there)).files:
        raise RunError(f"{folder}: {moved[0]} while the day was being judged; run it again")
    again = _judged(loaded, artifacts.metrics(), where, artifacts.inputs, evaluator)
    written = artifacts.verdicts()
    if differing := [(one, two) for one, two in zip_longest(written, again) if one != two]:
        names = [f"{verdict.gate} {verdict.check} of {verdict.subject}" for verdict in differing[0] if verdict]
        raise RunError(
            f"{folder}: {count_of(len(differing), 'verdict differs', 'verdicts differ')} between the run and Great Expectations, the first is"
            f" {names[0]}; this is a defect, report it"
        )


def assess(
    desk: Desk,
    store: Store,
    *,
    day: date,
    as_of: datetime,
    suites: Path | None = None,
    passed_over: Mapping[str, str] | None = None,
    gates: Collection[str] = GATES,
    engine: Engine | None = None,
    for_pages: bool = False,
) -> Assessment:
    """Assess one day from what the store holds now.

    Parameters
    ----------
    day
        The UTC day that is judged.
    as_of
        The instant the assessment speaks for; what became known later does not exist. The day's end speaks for its
        close: see `closing_instant`.
    suites
        The folder of the suites; None: the desk's own, see `suites_folder`.
    passed_over
        What the ingest before it passed over, as in its account.
    gates
        The gates that are judged; a watch of caps needs one alone.
    engine
        What measures the desk's accounts; None: this process does. The assessment is the same.
    for_pages
        Whether views will be computed of it, so that an engine prepares what they need.

    Raises
    ------
    RunError
        The engine was lost, or the task of an account failed, which is then named.
    """
    inputs, loaded, settings = _inputs(desk, store, day, as_of, suites, gates)
    return assess_inputs(
        *(desk, store, inputs, loaded),
        passed_over=passed_over,
        settings=settings,
        gates=gates,
        engine=engine,
        for_pages=for_pages,
    )


def assess_inputs(
    desk: Desk,
    store: Store,
    inputs: DayInputs,
    suites: Mapping[str, Suite],
    *,
    passed_over: Mapping[str, str] | None = None,
    settings: Mapping[str, Mapping[str, str]] | None = None,
    gates: Collection[str] = GATES,
    engine: Engine | None = None,
    for_pages: bool = False,
) -> Assessment:
    """Assess a day from given inputs: the store's commits that they name, and the suites as they were then.

    The waivers are read anew: they are those that the store has at these commits.

    Parameters
    ----------
    suites
        By gate, all of them.
    settings
        Of the configuration whose digests `inputs` has.
    engine, for_pages
        As in `assess`.
    """
    waivers = store.read(inputs.store.versions, inputs.as_of, ("waivers",))["waivers"]
    granted = unrevoked_waivers(waivers)
    inputs = inputs.model_copy(update={"waivers": (*granted, *waived_legs(desk))})
    parts = measure_accounts(engine, desk, store, inputs, gates, for_pages=for_pages) if engine else None
    case, (metrics, breaks) = measure_case(
        desk, store, inputs, gates, lambda case: _measured(case, suites, gates, parts)
    )
    graded = grade_breaks(case, breaks, suites).select(BREAK_COLUMNS)
    judged = {gate: suite for gate, suite in suites.items() if gate in gates}
    return Assessment(case, metrics, graded, judged, inputs, passed_over or {}, settings or {})


def case_now(desk: Desk, store: Store, as_of: datetime) -> Case:
    """Return the case of the UTC day of an instant, from what the store holds now; nothing is checked."""
    inputs, _, _ = _inputs(desk, store, as_of.date(), as_of, None, ())
    return read_case(desk, store, inputs)


def _inputs(
    desk: Desk, store: Store, day: date, as_of: datetime, suites: Path | None, gates: Collection[str]
) -> tuple[DayInputs, dict[str, Suite], dict[str, dict[str, str]]]:
    folder = suites_folder(desk, suites)
    loaded = load_suites(folder)
    versions = store.pin()
    as_of = closing_instant(desk, partial(store.lazy, "sources", versions), day, as_of)
    configuration = find_configuration(desk, folder)
    policy = None
    if set(gates) & {"baseline", "policy"}:
        frozen = in_force(store.read(versions, as_of, ("baselines",))["baselines"])
        start = datetime.combine(day, time(), UTC)
        policy = find_policy(desk, loaded, configuration, frozen=frozen, since=start, until=as_of, store=store.location)
    inputs = DayInputs(
        desk=desk.name,
        date=day,
        as_of=as_of,
        store=StoreState(location=str(store.location), versions=versions),
        suites={name: suite.sha256 for name, suite in loaded.items()},
        config=configuration.digests(),
        intervals=intervals_of(loaded),
        risk=risk_of(loaded),
        policy=policy,
        accounting=desk.accounting,
        code=code_digest(),
    )
    # The suites are in the day's folder as they were read.
    return inputs, loaded, configuration.own_settings() if set(gates) == set(GATES) else {}


def _measured(
    case: Case, suites: Mapping[str, Suite], gates: Collection[str], parts: AccountParts | None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    if parts:
        parts.give(case)
    metrics, breaks = run_checks(case, gates, parts.findings if parts else None)
    return with_hours_needed(metrics, case, suites) if "parity" in gates else metrics, breaks
