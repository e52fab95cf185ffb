"""The numbers of a day that matter first: equity, net PnL and its split, open breaks, clean soak, drawdown.

They are those of the day's report and views; nothing is computed here but sums over the book. What is not known is a dash with
its reason, never 0.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from deskgate.assessment.artifacts import DayArtifacts
from deskgate.case.findings import listed
from deskgate.case.metric_spec import PORTFOLIO
from deskgate.reports.daily_report.days import DayFiles
from deskgate.reports.daily_report.highlights import highlights
from deskgate.reports.daily_report.numbers import BREAKS_VALUE, MONEY, OPEN_BREAKS
from deskgate.reports.daily_report.section import DailyReport
from deskgate.reports.pages.wording import NOTHING, amount, beyond, in_percent, shown_beyond
from deskgate.reports.palette import STATUSES

__all__ = ["KeyFigure", "key_figures"]

_NO_NUMBERS = "the run ended before there were numbers"
_NO_BOOK = "no bot of this desk trades with money of its own"
_SPLIT = {"realized_quote": "gross", "fees_quote": "fees", "funding_quote": "funding", "unrealized_quote": "unrealised"}
# What fees are is taken off.
_SIGNS = {"fees_quote": -1.0}
# Sums of floats in another order; the split is shown only where it adds up to the net.
_NOISE = 1e-6


@dataclass(frozen=True)
class KeyFigure:
    """One figure as it is read: `value` with `unit` (a dash and nothing where it is not known), and a line below it.

    `href` leads to where the rows behind it stand; `colour` is the tone of what a gate says of it, empty where none judges it.
    """

    name: str
    value: str
    unit: str
    note: str
    href: str
    colour: str = ""


def key_figures(artifacts: DayArtifacts | None, report: DailyReport | None, verdicts: pl.DataFrame) -> list[KeyFigure]:
    """Return the figures of a day, always all of them.

    Parameters
    ----------
    artifacts
        The day's files; None where the run ended before it wrote them.
    report
        The day's report; None where there is none.
    verdicts
        One row per verdict.
    """
    rows = _numbers(report)
    return [
        _equity(rows, artifacts, highlights(report).since),
        _pnl(rows, artifacts),
        _breaks(rows),
        _judged(verdicts, "soak", "soak_clean_h", "Clean soak", "07_soak_readiness.html", least=True),
        _judged(verdicts, "portfolio_risk", "drawdown_share", "Drawdown", "05_portfolio_risk.html", least=False),
    ]


def _numbers(report: DailyReport | None) -> Mapping[str, Mapping[str, object]]:
    """Return the portfolio's main numbers by name."""
    parts = (
        [part for section in report.sections if section.name == "numbers" for part in section.parts] if report else []
    )
    rows = parts[0].rows if parts else None
    if rows is None or not {"subject", "number", "now", "unit"} <= set(rows.columns):
        return {}
    return {row["number"]: row for row in rows.filter(pl.col("subject") == PORTFOLIO).iter_rows(named=True)}


def _equity(rows: Mapping[str, Mapping[str, object]], artifacts: DayArtifacts | None, since: str | None) -> KeyFigure:
    name, href = MONEY["equity"], "05_portfolio_risk.html"
    row = rows.get(name, {})
    now, change = row.get("now"), row.get("change")
    if not isinstance(now, float):
        return KeyFigure(name, NOTHING, "", _why_no_money(artifacts), href)
    if isinstance(change, float):
        moved = f"{amount(change, signed=True)} since the run before"
    else:
        moved = f"not known on {since}, the run before" if since else "no run before it to compare with"
    return KeyFigure(name, amount(now), str(row.get("unit") or ""), moved, href)


def _pnl(rows: Mapping[str, Mapping[str, object]], artifacts: DayArtifacts | None) -> KeyFigure:
    name, href = "Net PnL", "05_portfolio_risk.html"
    row = rows.get(MONEY["pnl"], {})
    now = row.get("now")
    if not isinstance(now, float):
        return KeyFigure(name, NOTHING, "", _why_no_money(artifacts), href)
    split = _split(artifacts, now) if artifacts else None
    note = (
        ", ".join(f"{word} {amount(value, signed=True)}" for word, value in split)
        if split
        else "its split is not known"
    )
    return KeyFigure(name, amount(now, signed=True), str(row.get("unit") or ""), note, href)


def _split(artifacts: DayArtifacts, net: float) -> list[tuple[str, float]] | None:
    """Return the parts of the book's net PnL; None where a bot of the book has none, or they do not add up to it."""
    day = DayFiles(artifacts)
    bots, paths = day.view("risk_bots", "bot", "in_the_book"), day.view("pnl", "bot", "ts", *_SPLIT)
    if bots is None or paths is None:
        return None
    book = bots.filter(pl.col("in_the_book") == "yes")["bot"]
    ends = paths.filter(pl.col("bot").is_in(book.implode())).group_by("bot").agg(pl.col(*_SPLIT).sort_by("ts").last())
    if ends.height != book.len() or ends.null_count().sum_horizontal().sum():
        return None
    parts = [(word, _SIGNS.get(column, 1.0) * float(ends[column].sum())) for column, word in _SPLIT.items()]
    return parts if abs(sum(value for _, value in parts) - net) <= _NOISE * max(1.0, abs(net)) else None


def _why_no_money(artifacts: DayArtifacts | None) -> str:
    """Return why the book has no value."""
    columns = ("bot", "in_the_book", "equity", "because")
    bots = DayFiles(artifacts).view("risk_bots", *columns) if artifacts else None
    if bots is None:
        return _NO_NUMBERS
    book = bots.filter(pl.col("in_the_book") == "yes")
    without = book.filter(pl.col("equity").is_null() & pl.col("because").is_not_null())["because"]
    return _NO_BOOK if book.is_empty() else str(without[0]) if without.len() else "not known, see the notebook"


def _breaks(rows: Mapping[str, Mapping[str, object]]) -> KeyFigure:
    name, href = OPEN_BREAKS, "03_reconciliation.html"
    count, worth = rows.get(OPEN_BREAKS, {}), rows.get(BREAKS_VALUE, {})
    now, value, note = count.get("now"), worth.get("now"), worth.get("note")
    if not isinstance(now, float):
        return KeyFigure(name, NOTHING, "", "the legs were not compared", href)
    if isinstance(value, float):
        records = " ".join(filter(None, (amount(value), str(worth.get("unit") or ""))))
        said = f"records of {records} differ; no loss" if now else "nothing is open"
    else:
        said = f"value not known: {note}" if note else "value not known"
    return KeyFigure(name, f"{now:,.0f}", "", said, href, "fail" if now else "")


def _judged(verdicts: pl.DataFrame, gate: str, check: str, name: str, href: str, *, least: bool) -> KeyFigure:
    """Return what a check observed: the worst value of those with the worst status, or why that is not known."""
    if not {"gate", "check", "subject", "status", "observed", "bound", "unit", "reason"} <= set(verdicts.columns):
        return KeyFigure(name, NOTHING, "", _NO_NUMBERS, href)
    rows = verdicts.filter(pl.col("gate") == gate, pl.col("check") == check)
    if rows.is_empty():
        return KeyFigure(name, NOTHING, "", _NO_NUMBERS if verdicts.is_empty() else "no bot is judged by it", href)
    status = next((each for each in STATUSES if (rows["status"] == each).any()), "")
    mine = rows.filter(pl.col("status") == status)
    known = mine.drop_nulls("observed").sort("observed", descending=not least)
    # One that fails is shown whatever is not known of others; else what is not known is worse than what is.
    if known.is_empty() or (status != "FAIL" and known.height < mine.height):
        reason = mine.filter(pl.col("observed").is_null())["reason"][0]
        return KeyFigure(name, NOTHING, "", str(reason), href, _tone(status))
    worst = known.row(0, named=True)
    value, unit, bound = worst["observed"], worst["unit"], str(worst["bound"])
    is_beyond = beyond(value, bound)
    if unit == "of equity":
        value, unit, bound = value * 100, "%", in_percent(bound)
    said = shown_beyond(value, bound, amount(value)) if is_beyond else amount(value)
    return KeyFigure(name, said, unit, "; ".join(_of_whom(rows, worst, bound)), href, _tone(status))


def _of_whom(rows: pl.DataFrame, worst: Mapping[str, object], bound: str) -> Iterator[str]:
    """Yield whose value is shown, its bound, and which others it does not speak for."""
    who = str(worst["subject"])
    if who == PORTFOLIO:
        yield "of equity"
    else:
        yield f"the {'least' if bound.startswith('>') else 'most'}, {who}'s" if rows.height > 1 else who
    yield f"bound {bound.replace('<=', '≤').replace('>=', '≥')}"
    others = rows.filter(pl.col("subject") != who)
    waived = others.filter(pl.col("status") == "WAIVED", pl.lit(worst["status"]) != "WAIVED")["subject"]
    unknown = others.filter(pl.col("observed").is_null())["subject"]
    for said, names in (("waived", waived), ("not known", unknown)):
        if names.len():
            yield f"{said} of {listed(names.to_list())}"


def _tone(status: object) -> str:
    return {"FAIL": "fail", "INSUFFICIENT": "insufficient", "WAIVED": "waived"}.get(str(status), "")
