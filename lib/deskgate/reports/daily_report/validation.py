"""Section 3: what was validated, by which suites, with how much of a sample, and what was not."""

from collections.abc import Mapping

import polars as pl

from deskgate.config.plural import count_of
from deskgate.gates.evaluation import Status
from deskgate.gates.rests_on import waiver_line
from deskgate.reports.daily_report.days import DayFiles, ReportDays
from deskgate.reports.daily_report.section import Part, Section, rows_of
from deskgate.reports.ladder_table import ladder_frame

__all__ = ["gate_counts", "validation_section"]

_STEPS = dict.fromkeys(("step", "outcome"), pl.String)
_WAIVED = dict.fromkeys(("gate", "subject", "check", "reason"), pl.String)
_DIGEST = 12


def validation_section(days: ReportDays) -> Section:
    """Return section 3."""
    parts = [_gates(days.today), _steps(days), _waived(days.today), _rungs(days), _not_judged(days.today)]
    return Section("validation", "Validation run", tuple(part for part in parts if part))


def _gates(day: DayFiles) -> Part:
    rows = gate_counts(day)
    if rows.is_empty():
        return Part("Gates", ("No gate was judged.",))
    total, passed = rows["checks"].sum(), rows["passed"].sum()
    says = (
        f"{passed} of {count_of(total, 'check passes', 'checks pass')}. The numbers of checks include warnings; critical ones alone block."
        " Sample: the least and the largest one of the gate's critical checks."
        " Suite digest: of the file with the bounds that judged."
    )
    return Part("Gates", (says,), rows, limit=20)


def gate_counts(day: DayFiles) -> pl.DataFrame:
    """Return how each gate's checks ended: gate, blocking, passed, failed, insufficient, waived, checks, sample, suite_digest.

    `blocking` are the critical ones that failed or are insufficient; the others count checks of every severity.
    """
    status, critical = pl.col("status"), pl.col("severity") == "critical"
    counted = {
        "passed": Status.PASS,
        "failed": Status.FAIL,
        "insufficient": Status.INSUFFICIENT,
        "waived": Status.WAIVED,
    }
    settled = status.is_in([str(each) for each in Status if each.is_settled])
    suites = {gate: digest[:_DIGEST] for gate, digest in day.artifacts.inputs.suites.items()}
    sample = pl.col("sample").filter(critical)
    return (
        day.verdict_rows.group_by("gate", maintain_order=True)
        .agg(
            blocking=(critical & ~settled).sum().cast(pl.Int64),
            **{name: (status == str(each)).sum().cast(pl.Int64) for name, each in counted.items()},
            checks=pl.len().cast(pl.Int64),
            sample=pl.format("{} to {}", sample.min(), sample.max()),
        )
        .with_columns(suite_digest=pl.col("gate").replace_strict(suites, default=None, return_dtype=pl.String))
    )


def _steps(days: ReportDays) -> Part:
    facts, inputs = days.facts, days.today.artifacts.inputs
    replay = facts.replay or "not done: this report was made outside a run"
    if facts.notebooks is None:
        notebooks = "this report is made before they have all run; the day's page lists each"
    else:
        failed = {name: why for name, why in facts.notebooks.items() if why}
        notebooks = f"{len(facts.notebooks) - len(failed)} of {len(facts.notebooks)} ran through"
        notebooks += "".join(f"; {name} failed: {_line(why)}" for name, why in failed.items())
    rows = [("second assessment from the store (replay)", replay), ("notebooks", notebooks)]
    # A notebook that failed is told of above.
    others = [
        each
        for each in (facts.decision or {}).get("failures", [])
        if each.get("notebook") not in (facts.notebooks or {})
    ]
    rows += [(str(each.get("notebook")), f"failed: {_line(each.get('error'))}") for each in others]
    says = f"Evidence as of {inputs.as_of:%Y-%m-%d %H:%M} UTC."
    return Part("Steps of the run", (says,), rows_of(_STEPS, rows), limit=20)


def _waived(day: DayFiles) -> Part | None:
    rows = [(v.gate, v.subject, v.title, v.reason) for v in day.verdicts if v.status is Status.WAIVED]
    waivers = (day.decision or {}).get("waivers") or []
    says = tuple(waiver_line(each) for each in waivers if isinstance(each, Mapping))
    return Part("Waived", says, rows_of(_WAIVED, rows) if rows else None) if rows or says else None


def _rungs(days: ReportDays) -> Part | None:
    """Return the rung of each bot, where the decision has one."""
    ladder = (days.facts.decision or {}).get("ladder") or []
    return Part("Rungs of the ladder", (), ladder_frame(ladder)) if ladder else None


def _not_judged(day: DayFiles) -> Part:
    says = []
    bots = day.view("bots", "bot", "mode", "judged")
    if bots is not None:
        says += [
            f"{bot}: {mode} in desk.toml."
            for bot, mode in bots.filter(~pl.col("judged")).select("bot", "mode").iter_rows()
        ]
    records = day.view("not_judged", "bot", "summary")
    if records is not None:
        says += [f"{bot}: {summary}." for bot, summary in records.select("bot", "summary").iter_rows()]
    passed_over = day.view("passed_over", "summary")
    if passed_over is not None:
        says += [f"{summary}." for summary in passed_over["summary"]]
    return Part("Not judged", tuple(says) or ("Nothing is left out: each bot, and each file that a pattern found.",))


def _line(value: object) -> str:
    """Return a value as one line."""
    if isinstance(value, list | tuple):
        return "; ".join(map(_line, value))
    return "" if value is None else " ".join(str(value).split())
