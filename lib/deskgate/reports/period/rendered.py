"""A period report as JSON, as Markdown, and as a page with charts."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
from markupsafe import Markup

from deskgate.reports.pages.environment import write_page
from deskgate.reports.pages.svg import draw
from deskgate.reports.period.report import KIND, PeriodReport
from deskgate.reports.period.tables import period_tables
from deskgate.reports.period.words import believe, finding
from deskgate.reports.tables import table
from deskgate.reports.text_table import markdown

__all__ = ["as_json", "as_markdown", "write_period_page"]

# Rows of a table on the page; the JSON beside it has all.
MOST_ROWS = 400
_FRAMES = (
    "by_bot",
    "by_market",
    "by_day",
    "by_hour",
    "by_weekday",
    "falls",
    "rates",
    "markouts",
    "breaks",
    "own_record",
)


def as_json(report: PeriodReport) -> dict[str, Any]:
    """Return the report as JSON has it: every frame as rows, amounts as numbers, days as YYYY-MM-DD."""
    period = report.period
    content = {
        "kind": KIND,
        "desk": period.desk,
        "from": period.first,
        "to": period.last,
        "bots": list(report.bots),
        "accounting": str(period.accounting),
        "days": [{"date": each.date, "decision": each.word} for each in period.days],
        "left_out": {why: list(days) for why, days in period.left_out.items()},
        "notes": list(period.notes),
        "finding": finding(report),
        "rests_on": believe(report),
        **{name: getattr(report, name).to_dicts() for name in _FRAMES},
    }
    plain: dict[str, Any] = json.loads(json.dumps(content, default=str))
    return plain


def as_markdown(report: PeriodReport) -> str:
    """Return the report as a heading, its finding, its remarks and its tables."""
    remarks = [*believe(report), *report.period.remarks]
    return markdown(
        _title(report), " ".join(finding(report)), remarks, [each.as_text() for each in period_tables(report)]
    )


def write_period_page(report: PeriodReport, target: Path) -> Path:
    """Write the page of a period, whole or not at all."""
    charts = dict(_charts(report))
    sections = [
        {
            "anchor": each.name,
            "title": each.title,
            "chart": charts.get(each.name, Markup()),
            "table": Markup(table(each.rows, limit=MOST_ROWS).html),  # noqa: S704 - escaped by its template
            "folded": each.name in ("weekdays", "hours", "breaks"),
        }
        for each in period_tables(report)
    ]
    return write_page(
        target,
        "period.html.j2",
        title=_title(report),
        finding=finding(report),
        believe=believe(report),
        remarks=report.period.remarks,
        is_whole=not report.period.left_out,
        days=[{"name": str(each.date), "word": each.word} for each in report.period.days],
        sections=sections,
    )


def _title(report: PeriodReport) -> str:
    period = report.period
    of = f", {', '.join(report.bots)}" if report.bots else ""
    span = f"{period.first}" if period.first == period.last else f"{period.first} to {period.last}"
    return f"{period.desk}: {span}{of}"


def _charts(report: PeriodReport) -> Iterator[tuple[str, Markup]]:
    # Altair takes more than a second to import, and JSON and Markdown need none of it.
    from deskgate.reports.charts.period import pnl_by_time, pnl_days
    from deskgate.reports.charts.trading import equity_and_drawdown, markouts_of_bots

    yield "days", draw(pnl_days(report.by_day, report.period.length).to_dict(), "days")
    if report.path.columns and report.path.height:
        path = report.path.select(
            "ts",
            bot=pl.concat_str("mode", "quote", separator=" ", ignore_nulls=True),
            equity_quote="equity",
            drawdown_quote="lost",
        )
        yield "risk", draw(equity_and_drawdown(path, since="the best of these days").to_dict(), "risk")
    yield "weekdays", draw(pnl_by_time(report.by_weekday, "weekday").to_dict(), "weekdays")
    if report.by_hour.columns:
        yield "hours", draw(pnl_by_time(report.by_hour, "hour").to_dict(), "hours")
    markouts = report.markouts
    if markouts.columns:
        markouts = markouts.with_columns(bot=pl.format("{} ({})", "bot", "mode"))
    yield "rates", draw(markouts_of_bots(markouts).to_dict(), "rates")
