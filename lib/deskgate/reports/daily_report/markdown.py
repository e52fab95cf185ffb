"""The daily report as Markdown: for a pull request, a chat, a mail. Whatever a venue or an operator wrote is text in it, no markup."""

from collections.abc import Iterator

import polars as pl

from deskgate.config.plural import count_of
from deskgate.reports.daily_report.section import DailyReport, Part
from deskgate.reports.gate_report import cell
from deskgate.reports.pages.banner import instant
from deskgate.reports.pages.wording import shown

__all__ = ["MARKDOWN", "as_markdown", "part_lines"]

MARKDOWN = "daily_report.md"
MEANINGS = {
    "GO": "GO: each critical check passes or is waived; until it expires what runs may move on.",
    "HOLD": "HOLD: something is wrong or not known; stay where you are.",
    "STOP": "STOP: a stop condition holds; stand down now.",
}
WORDS = (
    "A gate is a group of checks, a verdict is one check on one subject: a bot, or the portfolio of all.",
    "A check fails where its value is out of its bound, and is insufficient where the evidence is absent or too little. A critical one"
    " that does either blocks a GO; a warning does not.",
    "A break is a disagreement between the three legs: the bot's database, its event stream, the venue. The reference is the shadow"
    " that a live bot is compared with; the soak is the time since the configuration was frozen. docs/glossary.md has all words.",
)


def as_markdown(report: DailyReport) -> str:
    """Return the report: a title, then a heading for each section and part."""
    word = report.decision or "Daily report"
    if word == "GO" and report.expires_at:
        word += f" until {instant(report.expires_at)}"
    lines = [f"# {word}: {cell(report.desk)}, {report.date}", ""]
    lines += [f"As of {report.as_of}. {MEANINGS.get(report.decision or '', '')}".strip(), ""]
    lines += [f"- {line}" for line in WORDS]
    for number, section in enumerate(report.sections, start=1):
        lines += ["", f"## {number}. {section.title}"]
        for part in section.parts:
            lines += part_lines(part)
    return "\n".join(lines) + "\n"


def part_lines(part: Part) -> Iterator[str]:
    """Yield the lines of one part, an empty one before each block."""
    if part.title:
        yield from ("", f"### {cell(part.title)}")
    if part.says:
        yield ""
        yield from (f"- {cell(line)}" for line in part.says) if len(part.says) > 1 else (cell(part.says[0]),)
    if part.rows is not None and part.rows.height:
        yield ""
        yield from _list(part.rows.head(part.limit)) if part.listed else _table(part.rows.head(part.limit))
        if part.rows.height > part.limit and not part.listed:
            yield from ("", f"{part.limit} of {count_of(part.rows.height, 'row')}.")


def _table(rows: pl.DataFrame) -> Iterator[str]:
    yield f"| {' | '.join(map(_heading, rows.columns))} |"
    yield f"| {' | '.join('---:' if dtype.is_numeric() else '---' for dtype in rows.dtypes)} |"
    for row in rows.iter_rows():
        yield f"| {' | '.join(map(_value, row, rows.columns))} |"


def _list(rows: pl.DataFrame) -> Iterator[str]:
    """Yield each row as an item: its first value, then the others under their headings; what a row lacks is left out."""
    for number, row in enumerate(rows.iter_rows(), start=1):
        first, *rest = zip(rows.columns, row, strict=True)
        yield f"{number}. **{_value(first[1], first[0])}**"
        yield from (f"   - {_heading(name)}: {_value(value, name)}" for name, value in rest if value is not None)


def _heading(name: str) -> str:
    return cell(name.replace("_", " "))


def _value(value: object, column: str) -> str:
    known = shown(value, column)
    return cell(f"{known.sign} {known.text}".strip())
