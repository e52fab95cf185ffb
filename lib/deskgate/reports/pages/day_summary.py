"""What the index shows of one day, read from its folder: what the decision stands on, each bot's and gate's worst status, main numbers.

A day that is not as its run left it has an error, and neither statuses nor numbers.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import polars as pl

from deskgate.assessment.artifacts import DayArtifacts
from deskgate.audit.decision_file import DECISION
from deskgate.audit.witnesses import witnesses_of
from deskgate.case.metric_spec import PORTFOLIO
from deskgate.config.errors import InputError
from deskgate.reports.daily_report.days import DayFiles, ReportDays
from deskgate.reports.daily_report.numbers import BREAKS_VALUE, MONEY, OPEN_BREAKS, main_numbers
from deskgate.reports.pages.banner import banner, read_decision
from deskgate.reports.pages.gate_status import gate_statuses
from deskgate.reports.pages.later import Later
from deskgate.reports.pages.link import INDEX
from deskgate.reports.pages.page_marks import Marks, marks_on

__all__ = ["DaySummary", "decision_of", "read_summary", "standing_error"]

# What of a decision says what it stands as, and until when. What blocks is on the day's page.
_STANDING = (
    *("decision", "desk", "date", "as_of", "expires_at", "provisional", "counts", "incidents", "waivers", "accepted"),
    *("awaits", "bundle_id", "run_id", "checkpoint"),
)
# The portfolio's numbers: key -> name in the daily report.
_OF_THE_PORTFOLIO = {
    "equity": MONEY["equity"],
    "pnl": MONEY["pnl"],
    "open_breaks": OPEN_BREAKS,
    "breaks_value": BREAKS_VALUE,
}
_DRAWDOWN = ("portfolio_risk", "drawdown_share")
# Of all bots the one that is furthest from 0.
_FURTHEST = {"reject_rate_delta": ("parity", "reject_rate_delta"), "fill_ratio_delta": ("parity", "fill_ratio_delta")}
_CLEAN = ("soak", "soak_clean_h")


@dataclass(frozen=True)
class DaySummary:
    """One day of the index.

    Parameters
    ----------
    decision
        What of decision.json says what it stands as; None where it cannot be read.
    sentence
        What its banner says; `lacks_leg`: that a bot is judged without its event stream.
    error
        Why the day is not to be relied on; None where it is.
    subjects, gates
        The worst status of each bot (and the portfolio), and of each gate: FAIL, INSUFFICIENT, WAIVED, PASS, or REMARK where
        something did not pass that does not block. Empty where there are no verdicts.
    pairs
        The same of each bot (and the portfolio) at each of `gates`, in their order; empty text where it is not judged.
    numbers
        The day's main numbers by key; one that the day does not have is left out.
    quote, modes
        The currency of its money, and the modes of the bots whose money it is: "live", "live, paper"; empty where not known.
    witnessed
        The largest size of the audit trail that its decision knows of.
    marked
        What was written into its page since its run; None of a page that is not there.
    """

    name: str
    decision: Mapping[str, Any] | None = None
    sentence: str = ""
    lacks_leg: bool = False
    error: str | None = None
    subjects: Mapping[str, str] = field(default_factory=dict)
    gates: Mapping[str, str] = field(default_factory=dict)
    pairs: Mapping[str, Sequence[str]] = field(default_factory=dict)
    numbers: Mapping[str, float] = field(default_factory=dict)
    quote: str = ""
    modes: str = ""
    witnessed: int = 0
    marked: Marks | None = None


def read_summary(folder: Path, later: Later) -> DaySummary:
    """Return the summary of a day, after all its files were held to its decision and to the audit trail."""
    marked = marks_on(folder / INDEX)
    try:
        decision = decision_of(folder)
        view = banner(decision)
    except InputError as error:
        return DaySummary(folder.name, error=str(error), marked=marked)
    error_found = standing_error(folder, later)
    known = DaySummary(
        folder.name,
        {name: decision[name] for name in _STANDING if name in decision},
        view.sentence,
        view.lacks_leg,
        error_found,
        witnessed=max((each.checkpoint.size for each in witnesses_of(folder.name, decision)), default=0),
        marked=marked,
    )
    return known if error_found else _with_results(known, folder)


def decision_of(folder: Path) -> dict[str, Any]:
    """Return the decision of a day's folder.

    Raises
    ------
    InputError
        It cannot be read, or is another day's.
    """
    decision = read_decision(folder / DECISION)
    if decision.get("date") != folder.name:
        raise InputError(
            f"decision.json: its date is {decision.get('date')}, expected {folder.name}; run the day again"
        )
    return decision


def standing_error(folder: Path, later: Later) -> str | None:
    """Return why a published day is not to be relied on: what of it is not as its run left it."""
    findings = later.verify(folder)
    if not findings:
        return None
    more = f", and {len(findings) - 1} more" if len(findings) > 1 else ""
    return f"{findings[0].says}{more}; run the day again"


def _with_results(known: DaySummary, folder: Path) -> DaySummary:
    with suppress(InputError, pl.exceptions.PolarsError, KeyError, TypeError, ValueError):
        files = DayFiles(DayArtifacts.open(folder))
        rows = files.verdict_rows
        subjects, gates = (
            {row[by]: word for row, word in _worst(rows.with_columns(pl.lit("all").alias(other)))}
            for by, other in (("subject", "gate"), ("gate", "subject"))
        )
        pairs = {(row["subject"], row["gate"]): word for row, word in _worst(rows)}
        return replace(
            known,
            subjects=subjects,
            gates=gates,
            pairs={subject: [pairs.get((subject, gate), "") for gate in gates] for subject in subjects},
            numbers=dict(_numbers(files)),
            quote=files.quote,
            modes=_modes(files),
        )
    # The run ended before there were numbers, or another version of Deskgate wrote them otherwise.
    return known


def _modes(files: DayFiles) -> str:
    bots = files.view("risk_bots", "mode", "in_the_book")
    if bots is None:
        return ""
    return ", ".join(bots.filter(pl.col("in_the_book") == "yes")["mode"].drop_nulls().unique().sort())


def _worst(verdicts: pl.DataFrame) -> Iterator[tuple[dict[str, Any], str]]:
    for row in gate_statuses(verdicts).to_dicts():
        quiet = row["failing"] and not row["blocking"]
        yield row, "REMARK" if quiet else row["status"]


def _numbers(files: DayFiles) -> Iterator[tuple[str, float]]:
    whole = main_numbers(ReportDays(today=files)).filter(pl.col("subject") == PORTFOLIO, pl.col("now").is_not_null())
    now = dict(whole.select("number", "now").iter_rows())
    yield from ((key, now[name]) for key, name in _OF_THE_PORTFOLIO.items() if name in now)
    if known := _observed(files, *_DRAWDOWN):
        yield "drawdown", max(known)
    yield from ((key, max(known, key=abs)) for key, of in _FURTHEST.items() if (known := _observed(files, *of)))
    if known := _observed(files, *_CLEAN):
        yield "clean_h", min(known)


def _observed(files: DayFiles, gate: str, check: str) -> list[float]:
    """Return what was observed, of all whom the check judges; nothing where it is unknown of one of them."""
    rows = files.verdict_rows.filter(pl.col("gate") == gate, pl.col("check") == check)["observed"]
    return [] if rows.null_count() else rows.cast(pl.Float64).to_list()
