"""Hand-made days for the tests of the daily report: a folder with the files of a published day, and nothing computed."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import polars as pl

from deskgate.assessment.artifacts import (
    INPUTS,
    MANIFEST,
    SETTINGS,
    SUITES,
    DayArtifacts,
)
from deskgate.assessment.breaks_file import BREAK_COLUMNS
from deskgate.config.paths import SUITES as SHIPPED
from deskgate.gates.evaluation import Status, Verdict, write_verdicts
from deskgate.gates.suites import load_suites
from deskgate.reports.daily_report.days import DayFiles, LastGo, ReportDays, RunFacts
from deskgate.reports.daily_report.section import Section
from report_inputs import day_inputs, of_before
from verdicts import verdict

MONDAY, TUESDAY = date(2026, 5, 4), date(2026, 5, 5)
GOOD = verdict(
    gate="soak", check="soak_clean_h", title="Hours without a breach", unit="h", observed=30.0, bound=">= 24"
)
SUITES_IN_USE = load_suites(SHIPPED)
DUMPED = {name: suite.model_dump(mode="json") for name, suite in SUITES_IN_USE.items()}


def a_break(name: str, **changes: str) -> dict[str, str]:
    """Return a critical break of b1 worth 100."""
    values = {"break_id": name, "kind": "position_drift", "bot": "b1", "ts": "2026-05-04T12:00:00.000Z"}
    values |= {"severity": "critical", "status": "open", "first_seen": "2026-05-04", "value_quote": "100"}
    return dict.fromkeys(BREAK_COLUMNS, "") | values | changes


def failing(status: Status = Status.FAIL, **changes: Any) -> Verdict:
    """Return a verdict that blocks."""
    return verdict(status, **({"gate": "reconciliation", "check": "position_drift", "title": "Positions"} | changes))


def money(equity: float | None = 1000.0, pnl: float | None = 1.0, **changes: Any) -> pl.DataFrame:
    """Return the view of the bots with one bot, b1, in the book."""
    row = {"bot": "b1", "mode": "live", "in_the_book": "yes", "equity": equity, "pnl": pnl, "exposure": 5.0}
    numbers = dict.fromkeys(("equity", "pnl", "exposure", "turnover"), pl.Float64)
    schema = dict.fromkeys(("bot", "mode", "in_the_book"), pl.String) | numbers | {"because": pl.String}
    return pl.DataFrame([row | {"turnover": 50.0, "because": None} | changes], schema=schema)


def day(
    out: Path,
    of: date = TUESDAY,
    *,
    verdicts: Sequence[Verdict] = (GOOD,),
    breaks: Sequence[Mapping[str, str]] = (),
    settings: Mapping[str, Mapping[str, str]] | None = None,
    suites: Mapping[str, Any] = DUMPED,
    sources: Sequence[tuple[str, str, int, str]] = (),
    views: Mapping[str, pl.DataFrame] | None = None,
    **inputs: Any,
) -> DayArtifacts:
    """Write a day into its folder, without a decision."""
    folder = out / of.isoformat()
    (folder / "views").mkdir(parents=True)
    shown = {"risk_bots": money()} | dict(views or {})
    for name, rows in shown.items():
        rows.write_parquet(folder / f"views/{name}.parquet")
    write_verdicts(verdicts, folder / "verdicts.json")
    lines = [",".join(BREAK_COLUMNS), *(",".join(each[name] for name in BREAK_COLUMNS) for each in breaks)]
    (folder / "breaks.csv").write_text("\n".join(lines) + "\n")
    listed = [dict(zip(("path", "kind", "bytes", "sha256"), each, strict=True)) for each in sources]
    content = {INPUTS: {"sources": listed}, SUITES: suites, SETTINGS: settings or {}}
    for name, value in content.items():
        (folder / name).write_text(json.dumps(value))
    made = DayArtifacts(
        folder=folder,
        inputs=day_inputs(of, **{"config": {"desk.toml": "1"}, "code": "c" * 64} | inputs),
        metrics_files={},
        view_files={name: f"views/{name}.parquet" for name in shown},
    )
    digests = {name: sha256((folder / name).read_bytes()).hexdigest() for name in (*content, *_names(made))}
    made = made.model_copy(update={"digests": digests})
    (folder / MANIFEST).write_text(json.dumps(made.model_dump(mode="json")))
    return made


def published(out: Path, of: date = MONDAY, decision: str = "HOLD", **content: Any) -> DayArtifacts:
    """Write a day as it was published before there was an audit trail, so that it has no record."""
    made = day(out, of, **content)
    evidence = [{"path": name, "sha256": digest} for name, digest in made.digests.items()]
    held = of_before({"date": of.isoformat(), "decision": decision, "evidence": evidence})
    (made.folder / "decision.json").write_text(json.dumps(held))
    return made


def pair(out: Path, before: Mapping[str, Any] | None, now: Mapping[str, Any] | None = None, **facts: Any) -> ReportDays:
    """Return two days for a section, Monday (None: there is none) and Tuesday; what is not given is the same on both."""
    known = RunFacts(**facts)
    was = None if before is None else DayFiles(day(out, MONDAY, **before), {"decision": "HOLD"})
    return ReportDays(DayFiles(day(out, TUESDAY, **(now or {})), known.decision), was, facts=known)


def go(files: DayFiles | None = None, problem: str | None = None) -> LastGo:
    """Return a GO of Monday."""
    return LastGo(MONDAY, {"as_of": "2026-05-05T00:00:00Z", "bundle_id": "abcdef0123456789"}, files, problem)


def said(section: Section, part: str | None = None) -> str:
    """Return all sentences of a section, or of one of its parts."""
    return " ".join(line for each in section.parts if part in (None, each.title) for line in each.says)


def rows(section: Section, part: str) -> list[dict[str, Any]]:
    """Return the rows of one part of a section; none where it is sentences alone."""
    found = next(each.rows for each in section.parts if each.title == part)
    return [] if found is None else found.to_dicts()


def _names(made: DayArtifacts) -> list[str]:
    return [made.breaks_file, made.verdicts_file, *made.view_files.values()]
