"""Section 1: what changed since the last run on record, worst first."""

import polars as pl

from deskgate.case.findings import listed
from deskgate.config.plural import count_of
from deskgate.gates.decision import Decision
from deskgate.reports.break_values import known_value, value, value_note
from deskgate.reports.daily_report.days import DayFiles, ReportDays, titled
from deskgate.reports.daily_report.flips import Direction, flipped
from deskgate.reports.daily_report.numbers import BREAKS_VALUE, MONEY, OPEN_BREAKS, main_numbers
from deskgate.reports.daily_report.section import Part, Section
from deskgate.reports.history import DAYS

__all__ = ["break_changes", "changed_breaks", "changes_section"]

# A day without a decision yet is no GO: each step of the run counts too.
_BY_VERDICTS = {str(Decision.GO): "no verdict blocks; whether it is a GO, the decision says"}
# Numbers of which a change is told; section 4 has all.
_TOLD = (MONEY["equity"], MONEY["pnl"], OPEN_BREAKS, BREAKS_VALUE)
_SOAK = ("soak", "soak_clean_h")
_SOAK_TITLE = "hours of the soak"


def changes_section(days: ReportDays) -> Section:
    """Return section 1."""
    return Section("changes", "What changed", tuple(_parts(days)))


def _parts(days: ReportDays) -> list[Part]:
    before, today = days.before, days.today
    awaits = (today.decision or {}).get("awaits") or {}
    signs = (f"It is on HOLD until it is signed: {', '.join(awaits['roles'])}.",) if awaits else ()
    word = today.word if today.decision else _BY_VERDICTS.get(today.word, f"{today.word} by the verdicts")
    if before is None:
        nothing = f"No run of the {DAYS} days before this one can be used, so there is nothing to compare with."
        return [Part("Decision", (f"Now: {word}.", *signs, _blocking(today), nothing, *days.passed_over))]
    since = f"Compared with {before.date}, the last run on record before this day that can be used."
    says = (f"{before.word} on {before.date} → {word}.", *signs, _blocking(today), since, *days.passed_over)
    decision = Part("Decision", says)
    return [decision, _flips(before, today), _breaks(before, today), _moved(days)]


def _blocking(today: DayFiles) -> str:
    blocking = [verdict for verdict in today.verdicts if verdict.blocks]
    if not blocking:
        return "No verdict blocks."
    stops = [f"{verdict.title} ({verdict.subject})" for verdict in blocking if verdict.stops]
    those = f"{len(stops)} of them stop the desk: {listed(stops)}" if stops else "none of them stops the desk"
    return f"{count_of(len(blocking), 'verdict blocks', 'verdicts block')}, {those}."


def _flips(before: DayFiles, today: DayFiles) -> Part:
    rows = flipped(before, today)
    if rows.is_empty():
        return Part("Verdicts that flipped", ("None: each verdict is as it was.",))
    counts = {each: int(rows.filter(pl.col("direction") == each)["checks"].sum()) for each in Direction}
    waived = f"; no better, but waived: {counts[Direction.WAIVED]}" if counts[Direction.WAIVED] else ""
    says = f"Got worse: {counts[Direction.WORSE]}; got better: {counts[Direction.BETTER]}{waived}."
    return Part("Verdicts that flipped", (says,), rows.drop("direction"), limit=15)


def _breaks(before: DayFiles, today: DayFiles) -> Part:
    rows = break_changes(before, today)
    if rows.is_empty():
        return Part("Breaks", ("No break is open, and none was open before.",))
    counts = dict(rows.group_by("change").agg(pl.col("breaks").sum()).iter_rows())
    says = ", ".join(f"{counts.get(name, 0)} {name}" for name in _CHANGES)
    return Part("Breaks", (f"{says}; values in {today.quote}.",), rows)


_CHANGES = ("new", "older", "gone")


def break_changes(before: DayFiles, today: DayFiles) -> pl.DataFrame:
    """Return the breaks that are new, older (in both days) and gone, by kind, bot, severity and status, the most valuable first.

    Those of unknown value stand before the others: their `value` is null, `note` what it is at least.
    change, what (the title of its check), kind, bot, severity, status, breaks (how many), value (quote), note, first_seen (the earliest).
    """
    rows = changed_breaks(before, today)
    return (
        rows.group_by("change", "kind", "bot", "severity", "status")
        .agg(
            breaks=pl.len().cast(pl.Int64),
            value=value(),
            note=value_note(),
            known=known_value(),
            first_seen=pl.col("first_seen").min(),
        )
        .sort(
            pl.col("change").replace_strict(_CHANGES, range(len(_CHANGES)), return_dtype=pl.Int8),
            pl.col("severity") != "critical",
            pl.col("note").is_null(),
            -pl.col("known"),
            *("kind", "bot", "status"),
        )
        .select(
            "change",
            titled(pl.col("kind"), {**before.titles, **today.titles}).alias("what"),
            *("kind", "bot", "severity", "status", "breaks", "value", "note", "first_seen"),
        )
    )


def changed_breaks(before: DayFiles, today: DayFiles) -> pl.DataFrame:
    """Return each break of both days with `change` (new, older: in both days, gone), the columns of breaks.csv, the most valuable first."""
    old, new = before.breaks, today.breaks
    parts = {
        "new": new.join(old, on="break_id", how="anti"),
        "older": new.join(old, on="break_id", how="semi"),
        "gone": old.join(new, on="break_id", how="anti"),
    }
    rows = pl.concat([part.with_columns(change=pl.lit(name)) for name, part in parts.items()])
    place = pl.col("change").replace_strict(_CHANGES, range(len(_CHANGES)), return_dtype=pl.Int8)
    return rows.sort(place, pl.col("value_quote").is_not_null(), -pl.col("value_quote").abs(), "break_id")


def _moved(days: ReportDays) -> Part:
    judged = days.today.verdict_rows.filter(
        pl.struct("gate", "check") == dict(zip(("gate", "check"), _SOAK, strict=True))
    )
    told = [*_TOLD, *(judged["title"].unique() if judged.height else [_SOAK_TITLE])]
    known = main_numbers(days).filter(pl.col("number").is_in(told))
    rows = known.filter(pl.col("change").is_null() | (pl.col("change") != 0))
    absent = [name for name in told if name not in known["number"]]
    says = [f"Neither day has: {', '.join(absent)}."] if absent else []
    title = "Numbers that moved"
    if rows.is_empty():
        same = ", ".join(name for name in told if name not in absent)
        return Part(title, (f"None of these: {same}.", *says))
    # More breaks are worse, and less of all else.
    loss = pl.when(pl.col("number").is_in([OPEN_BREAKS, BREAKS_VALUE])).then(-pl.col("change")).otherwise("change")
    worse_first = rows.sort((loss >= 0).fill_null(value=True), maintain_order=True)
    return Part(title, ("What got worse stands first.", *says), worse_first.drop("bound"), limit=20)
