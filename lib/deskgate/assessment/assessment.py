"""One day of one desk assessed: metrics, breaks and verdicts, from a store at pinned versions.

The pieces of a day's folder are written and read here, so that a notebook sees what the run saw.
"""

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from deskgate.assessment.carried import CarriedOrders
from deskgate.case.case import Case
from deskgate.case.findings import BREAK_KINDS
from deskgate.case.frames import StoredFrames
from deskgate.checks.registry import CHECKS, run_checks
from deskgate.config.desk import Bot, Desk, Mode, load_desk
from deskgate.config.digests import digest_configuration
from deskgate.config.errors import RunError
from deskgate.config.instants import moment, stamp
from deskgate.config.paths import SUITES, code_digest
from deskgate.gates.evaluation import Verdict, evaluate, read_verdicts, write_verdicts
from deskgate.gates.suites import Suite, load_suites
from deskgate.reconciliation.breaks.counts import AGE, VALUE, unaccepted
from deskgate.reconciliation.breaks.ledger import explained
from deskgate.schema import TABLES
from deskgate.store.tables import Store

__all__ = [
    "BREAK_COLUMNS",
    "Assessment",
    "assess",
    "graded",
    "judge_folder",
    "known_metrics",
    "load_assessment",
    "read_breaks",
]

BREAK_COLUMNS = (
    "break_id",
    "kind",
    "bot",
    "pair",
    "ts",
    "trade_id",
    "order_id",
    "exchange_order_id",
    "funding_id",
    "leg",
    "observed",
    "expected",
    "delta",
    "value_quote",
    "severity",
    "first_seen",
    "status",
    "detail",
)


@dataclass(frozen=True)
class Assessment:
    """What is known of one day at one instant; verdicts are evaluated when they are first asked for."""

    case: Case
    metrics: pl.DataFrame
    breaks: pl.DataFrame
    suites: Mapping[str, Suite]
    inputs: Mapping[str, Any]
    folder: Path | None = None

    @cached_property
    def verdicts(self) -> list[Verdict]:
        """The verdicts of all gates: as written in the day's folder, else evaluated now."""
        file = self.folder / "verdicts.json" if self.folder else None
        if file is not None and file.is_file():
            return read_verdicts(file)
        return evaluate(self.suites, self.metrics, self.case.desk)

    def save(self, folder: Path) -> "Assessment":
        """Write metrics/<gate>.parquet, breaks.csv and inputs.json into `folder`; return the assessment that lies there."""
        (folder / "metrics").mkdir(parents=True, exist_ok=True)
        for gate in self.suites:
            self.metrics.filter(pl.col("gate") == gate).write_parquet(folder / "metrics" / f"{gate}.parquet")
        self.breaks.with_columns(pl.col("ts").dt.strftime("%Y-%m-%dT%H:%M:%S%.3fZ")).write_csv(folder / "breaks.csv")
        (folder / "inputs.json").write_text(json.dumps(self.inputs, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        return replace(self, folder=folder)


def judge_folder(folder: Path, desk: Path) -> None:
    """Evaluate the metrics that `Assessment.save` wrote into `folder` and write verdicts.json beside them."""
    where = load_desk(desk)
    suites = load_suites(SUITES, known_metrics())
    write_verdicts(evaluate(suites, _read_metrics(folder, suites), where), folder / "verdicts.json")


# A desk of one live bot is judged by everything there is.
_ANY = Desk(name="any", bots={"bot": Bot(name="bot", mode=Mode.LIVE, connector="any_perpetual", pairs=["BASE-QUOTE"])})


def known_metrics() -> dict[str, set[str]]:
    """Return the metrics that each gate's checks measure.

    Every check reports every metric it has, as a null with the reason where there is nothing to measure; so a desk
    without any record names them all.
    """
    empty = {name: schema.create_empty() for name, schema in TABLES.items()}
    metrics, _ = run_checks(Case(_ANY, date(2000, 1, 1), moment("2000-01-02"), empty, {}))
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
    digests = digest_configuration(desk, suites_folder)
    inputs = {
        "desk": desk.name,
        "date": day.isoformat(),
        "as_of": stamp(as_of),
        "store": {"location": str(store.location), "versions": versions},
        "suites": {name: suite.sha256 for name, suite in suites.items()},
        "config": digests,
        "code": code_digest(),
    }
    return _assess(desk, store, day, as_of, suites, inputs)


def load_assessment(folder: Path, desk: Desk) -> Assessment:
    """Return the assessment that a run wrote into `folder`, its frames read from the store at the same versions.

    Raises
    ------
    RunError
        The folder's files do not belong together.
    """
    inputs = json.loads((folder / "inputs.json").read_text(encoding="utf-8"))
    if inputs["desk"] != desk.name:
        raise RunError(
            f"{folder}: assessed the desk '{inputs['desk']}', expected '{desk.name}'; run `deskgate daily` again"
        )
    suites = load_suites(SUITES, known_metrics())
    store = Store.open(inputs["store"]["location"], desk.name)
    day, as_of = date.fromisoformat(inputs["date"]), moment(inputs["as_of"])
    return Assessment(
        case=_case(desk, store, day, as_of, inputs),
        metrics=_read_metrics(folder, suites),
        breaks=read_breaks(folder / "breaks.csv"),
        suites=suites,
        inputs=inputs,
        folder=folder,
    )


def _read_metrics(folder: Path, suites: Mapping[str, Suite]) -> pl.DataFrame:
    parts = [pl.read_parquet(folder / "metrics" / f"{gate}.parquet") for gate in suites]
    return pl.concat(parts).sort("gate", "subject", "metric")


def _assess(
    desk: Desk, store: Store, day: date, as_of: datetime, suites: Mapping[str, Suite], inputs: Mapping[str, Any]
) -> Assessment:
    case = _case(desk, store, day, as_of, inputs)
    metrics, breaks = run_checks(case)
    return Assessment(case, metrics, graded(case, breaks, suites), suites, inputs)


def _case(desk: Desk, store: Store, day: date, as_of: datetime, inputs: Mapping[str, Any]) -> Case:
    """Return the day's case, whose frames are read from the store as far as they are needed."""
    versions = inputs["store"]["versions"]
    frames = StoredFrames(
        tuple(TABLES),
        read=lambda name: store.read(versions, as_of, (name,))[name],
        scan=lambda name: store.lazy(name, versions, as_of),
        live_orders=CarriedOrders(store, versions, as_of).rows,
    )
    return Case(desk, day, as_of, frames, inputs["config"])


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


def read_breaks(file: Path) -> pl.DataFrame:
    """Return breaks.csv as a frame: text as it stands, `ts` in UTC, `value_quote` exact."""
    with file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    frame = pl.DataFrame(rows, schema=dict.fromkeys(BREAK_COLUMNS, pl.String))
    return frame.with_columns(
        pl.col("ts").str.to_datetime("%Y-%m-%dT%H:%M:%S%.fZ", time_unit="us", time_zone="UTC"),
        pl.when(pl.col("value_quote") != "").then("value_quote").cast(pl.Decimal(38, 18)),
    )
