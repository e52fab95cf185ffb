"""One day of one desk assessed: metrics, breaks and verdicts, from a store at pinned commits."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from pathlib import Path

import polars as pl

from deskgate.assessment.artifacts import BREAK_COLUMNS, DayArtifacts, DayInputs, StoreState
from deskgate.case.case import Case
from deskgate.case.findings import BREAK_KINDS
from deskgate.checks.registry import CHECKS, run_checks
from deskgate.config.desk import Bot, Desk, Mode, load_desk
from deskgate.config.digests import digest_configuration
from deskgate.config.instants import parse_instant
from deskgate.config.paths import SUITES, code_digest
from deskgate.gates.evaluation import Verdict, evaluate, write_verdicts
from deskgate.gates.suites import Suite, load_suites
from deskgate.reconciliation.breaks.counts import AGE, VALUE, unaccepted
from deskgate.reconciliation.breaks.ledger import explained
from deskgate.schema import TABLES
from deskgate.store.tables import Store

__all__ = ["Assessment", "assess", "graded", "judge_folder", "known_metrics", "read_case"]


@dataclass(frozen=True)
class Assessment:
    """What is known of one day at one instant; verdicts are evaluated when they are first asked for."""

    case: Case
    metrics: pl.DataFrame
    breaks: pl.DataFrame
    suites: Mapping[str, Suite]
    inputs: DayInputs

    @cached_property
    def verdicts(self) -> list[Verdict]:
        """The verdicts of all gates, evaluated when they are first asked for."""
        return evaluate(self.suites, self.metrics, self.case.desk)


def judge_folder(folder: Path, desk: Path) -> None:
    """Evaluate the metrics that `write_artifacts` wrote into `folder` and write verdicts.json beside them."""
    where = load_desk(desk)
    suites = load_suites(SUITES, known_metrics())
    artifacts = DayArtifacts.open(folder)
    write_verdicts(evaluate(suites, artifacts.metrics(), where), folder / artifacts.verdicts_file)


# A desk of one live bot is judged by everything there is.
_ANY = Desk(name="any", bots={"bot": Bot(name="bot", mode=Mode.LIVE, connector="any_perpetual", pairs=["BASE-QUOTE"])})


def known_metrics() -> dict[str, set[str]]:
    """Return the metrics that each gate's checks measure.

    Every check reports every metric it has, as a null with the reason where there is nothing to measure; so a desk
    without any record names them all.
    """
    empty = {name: schema.create_empty() for name, schema in TABLES.items()}
    metrics, _ = run_checks(Case(_ANY, date(2000, 1, 1), parse_instant("2000-01-02"), empty, {}))
    named = {gate: set(names) for gate, names in metrics.group_by("gate").agg(pl.col("metric").unique()).iter_rows()}
    return {gate: named.get(gate, set()) for gate in CHECKS}


def assess(desk: Desk, store: Store, *, day: date, as_of: datetime, suites_folder: Path = SUITES) -> Assessment:
    """Assess one day from what the store holds now.

    Parameters
    ----------
    day
        The UTC day that is judged.
    as_of
        The instant the assessment speaks for; what became known later does not exist.
    """
    suites = load_suites(suites_folder, known_metrics())
    versions = store.pin()
    inputs = DayInputs(
        desk=desk.name,
        date=day,
        as_of=as_of,
        store=StoreState(location=str(store.location), versions=versions),
        suites={name: suite.sha256 for name, suite in suites.items()},
        config=digest_configuration(desk, suites_folder),
        code=code_digest(),
    )
    case = read_case(desk, store, inputs)
    metrics, breaks = run_checks(case)
    return Assessment(case, metrics, graded(case, breaks, suites), suites, inputs)


def read_case(desk: Desk, store: Store, inputs: DayInputs) -> Case:
    """Return a day's case with its frames, read from the store at the commits that `inputs` pins."""
    return Case(desk, inputs.date, inputs.as_of, store.read(inputs.store.versions, inputs.as_of), inputs.config)


def graded(case: Case, breaks: pl.DataFrame, suites: Mapping[str, Suite]) -> pl.DataFrame:
    """Give each break its severity and its status.

    The severity is that of the suite entry that counts its kind, and critical where the kind's entries of what may be at
    stake, or of how long it may stay open, would say so of this one alone; what no suite judges is `info`. The status is
    accepted, explained (somebody wrote why) or open.
    """
    entries = {entry.kwargs.column: entry for suite in suites.values() for entry in suite.expectations}
    severity = {kind: entries[kind].severity for kind in BREAK_KINDS if kind in entries}
    most = {kind: entries[kind + VALUE].kwargs.max_value for kind in BREAK_KINDS if kind + VALUE in entries}
    oldest = {kind: entries[kind + AGE].kwargs.max_value for kind in BREAK_KINDS if kind + AGE in entries}
    kind = pl.col("kind")
    age_h = (pl.lit(case.as_of) - pl.col("ts")).dt.total_microseconds() / 3.6e9
    costs = pl.col("value_quote").abs().cast(pl.Float64) > kind.replace_strict(
        most, default=None, return_dtype=pl.Float64
    )
    stays = age_h > kind.replace_strict(oldest, default=None, return_dtype=pl.Float64)
    unknown = kind.is_in(list(most)) & pl.col("value_quote").is_null()
    noted = explained(case.frames["break_sightings"], case.frames["break_actions"])["break_id"]
    open_ones = unaccepted(case, breaks)["break_id"]
    return breaks.with_columns(
        severity=pl.when(costs | stays | unknown)
        .then(pl.lit("critical"))
        .otherwise(kind.replace_strict(severity, default="info", return_dtype=pl.String)),
        status=pl.when(~pl.col("break_id").is_in(open_ones.implode()))
        .then(pl.lit("accepted"))
        .when(pl.col("break_id").is_in(noted.implode()))
        .then(pl.lit("explained"))
        .otherwise(pl.lit("open")),
    ).select(BREAK_COLUMNS)
