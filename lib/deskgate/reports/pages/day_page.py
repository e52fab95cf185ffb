"""The day page: for a reader with money at risk and five minutes.

It shows what is on record, and says so where something is not: a missing breaks.csv is an alert. Notebook pages are `html`'s.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from deskgate.assessment.breaks_file import read_breaks
from deskgate.audit.sign_offs import SignOff
from deskgate.config.errors import InputError
from deskgate.reports.daily_report.markdown import MARKDOWN
from deskgate.reports.execution.runner import Executed
from deskgate.reports.ladder_table import NO_RUNG, ladder_frame
from deskgate.reports.pages.banner import audit_footer, banner, instant, objects
from deskgate.reports.pages.causes import causes_part
from deskgate.reports.pages.environment import write_page
from deskgate.reports.pages.gate_status import gate_statuses, subjects_of
from deskgate.reports.pages.later import sign_off_lines
from deskgate.reports.pages.link import INDEX, Link, day_links, notebook_link
from deskgate.reports.pages.own_record import own_record_part
from deskgate.reports.pages.wording import Cell, figure, shown
from deskgate.reports.tables import Table, table

__all__ = ["write_day_page"]

# More blockers than these are folded away: the first ones are the worst, and five minutes are short.
OPEN_BLOCKERS = 10
REMARKS = {"gate": "gate", "subject": "subject", "title": "check", "severity": "severity", "status": "status"}
GROUPED_BY = ("gate", "check", "title", "status", "bound", "unit", "reason", "what_to_do", "stop", "expectation")
# The gates whose numbers a reader wants to see even where they pass.
FIGURES = ("parity", "portfolio_risk")
FIGURE_COLUMNS = {
    "title": "check",
    "subject": "subject",
    "status": "status",
    "observed": "observed",
    "unit": "unit",
    "bound": "bound",
    "reason": "in words",
}


def write_day_page(
    folder: Path,
    decision: Mapping[str, object],
    verdicts: pl.DataFrame,
    notebooks: Sequence[Executed],
    *,
    sign_offs: Sequence[SignOff] = (),
) -> Path:
    """Write `<folder>/index.html`: the decision, what blocks it and what to do, the gates, the breaks, the evidence.

    Parameters
    ----------
    folder
        The day's folder; its breaks.csv is read for the breaks by kind, its views for what nothing confirms.
    decision
        The content of decision.json.
    verdicts
        One row per verdict, with the columns of verdicts.json.
    notebooks
        The runs of the day's notebooks, in order; their pages are in `folder` already. One that failed is marked, and
        so is one without a page.
    sign_offs
        Those of this decision.

    Raises
    ------
    InputError
        The decision is none of GO, HOLD and STOP.
    """
    blockers = _blockers(objects(decision.get("blockers")))
    breaks, trouble = _breaks(folder / "breaks.csv")
    gates, subjects = _grid(verdicts)
    return write_page(
        folder / INDEX,
        "day.html.j2",
        view=banner(decision),
        desk=decision.get("desk", "desk"),
        nav=[link for link in day_links(run.output.stem for run in notebooks) if not _lost(folder, link)],
        current=INDEX,
        notebooks=[_page(folder, run) for run in notebooks],
        markdown=MARKDOWN if (folder / MARKDOWN).is_file() else None,
        failures=_failures(decision, notebooks),
        causes=causes_part(folder),
        blockers=blockers[:OPEN_BLOCKERS],
        more=blockers[OPEN_BLOCKERS:],
        incidents=[{**item, "since": instant(item.get("since"))} for item in objects(decision.get("incidents"))],
        sign_offs=sign_off_lines(sign_offs),
        bots=_bots(decision.get("bots")),
        own_record=own_record_part(folder),
        ladder=_ladder(decision),
        gates=gates,
        subjects=subjects,
        remarks=_remarks(verdicts),
        figures=_figures(verdicts),
        breaks=breaks,
        trouble=trouble,
        evidence=objects(decision.get("evidence")),
        bundle_id=decision.get("bundle_id"),
        previous=decision.get("previous"),
        inputs=_flat(decision.get("inputs")),
        checkpoint=audit_footer(decision),
    )


def _page(folder: Path, run: Executed) -> dict[str, object]:
    link = notebook_link(run.output.stem)
    return {"link": link, "lost": _lost(folder, link), "failed": run.error is not None}


def _lost(folder: Path, link: Link) -> bool:
    """Whether a link of the day's own leads nowhere; the index and this page are written in any case."""
    return not link.href.endswith(INDEX) and not (folder / link.href).is_file()


def _failures(decision: Mapping[str, object], notebooks: Sequence[Executed]) -> dict[str, str]:
    """Return notebook -> why it failed, as the decision names it or as its run does."""
    recorded = {
        Path(str(failure.get("notebook"))).stem: str(failure.get("error"))
        for failure in objects(decision.get("failures"))
    }
    return recorded | {run.output.stem: run.error for run in notebooks if run.error}


def _blockers(verdicts: Sequence[Mapping[str, Any]]) -> list[dict[str, object]]:
    """Return the blockers in their order; subjects with the same outcome of the same check share an entry."""
    groups: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
    for verdict in verdicts:
        groups.setdefault(tuple(str(verdict.get(name)) for name in GROUPED_BY), []).append(verdict)
    return [_blocker(group) for group in groups.values()]


def _blocker(group: Sequence[Mapping[str, Any]]) -> dict[str, object]:
    first = group[0]
    unit = f" {first['unit']}" if first.get("unit") else ""
    measured = [
        str(first.get("gate", "?")),
        f"observed {_listed(group, 'observed') or 'nothing'}{unit}",
        f"bound {first['bound']}" if first.get("bound") else "",
        f"sample {_listed(group, 'sample') or 'none'}",
        str(first.get("evidence") or ""),
        f"expectation {first['expectation']}" if first.get("expectation") else "",
    ]
    return {
        "status": shown(first.get("status"), "status"),
        "subjects": ", ".join(str(verdict.get("subject", "?")) for verdict in group),
        "title": first.get("title") or first.get("check", "?"),
        "stop": first.get("stop") is True and first.get("status") == "FAIL",
        "reason": first.get("reason") or "No reason was given.",
        "what_to_do": first.get("what_to_do"),
        "proof": " · ".join(part for part in measured if part),
    }


def _listed(group: Sequence[Mapping[str, Any]], name: str) -> str:
    return ", ".join(figure(verdict[name]) for verdict in group if isinstance(verdict.get(name), int | float))


def _grid(verdicts: pl.DataFrame) -> tuple[list[tuple[str, list[dict[str, object] | None]]], list[str]]:
    """Return the gates, each with a cell per subject, and the subjects."""
    grid = gate_statuses(verdicts)
    subjects = subjects_of(grid)
    cells = {(row["gate"], row["subject"]): row for row in grid.to_dicts()}
    gates = grid["gate"].unique(maintain_order=True)
    return [(gate, [_standing(cells.get((gate, subject))) for subject in subjects]) for gate in gates], subjects


def _standing(row: Mapping[str, Any] | None) -> dict[str, object] | None:
    if row is None:
        return None
    counted = f"{row['failing']} of {row['checks']}" if row["failing"] else ""
    # What did not pass but does not block is no alarm: under a GO it would read like a contradiction.
    quiet = row["failing"] and not row["blocking"]
    cell = Cell("remark", "!", "insufficient") if quiet else shown(row["status"], "status")
    return {"status": cell, "blocking": row["blocking"], "counted": counted}


def _bots(modes: object) -> list[str]:
    """Return each bot with what it trades with; a disabled one is named as not judged, not left out."""
    named = modes if isinstance(modes, Mapping) else {}
    return [f"{name} {mode}" + (", not judged" if mode == "disabled" else "") for name, mode in named.items()]


def _ladder(decision: Mapping[str, object]) -> dict[str, str] | None:
    """Return how the bots stand on their rungs, or how to declare one; None where the decision does not say it."""
    if "ladder" not in decision:
        return None
    rows = objects(decision["ladder"])
    return {"table": table(ladder_frame(rows)).html, "says": ""} if rows else {"table": "", "says": NO_RUNG}


def _figures(verdicts: pl.DataFrame) -> Table | None:
    """Return the day's numbers against their bounds, a hard bound beside the soft one it backs left out."""
    if verdicts.is_empty() or not {"check", *FIGURE_COLUMNS} <= set(verdicts.columns):
        return None
    rows = verdicts.filter(pl.col("gate").is_in(FIGURES) & ~pl.col("check").str.ends_with("_hard"))
    return table(rows, columns=FIGURE_COLUMNS, limit=60) if rows.height else None


def _remarks(verdicts: pl.DataFrame) -> Table | None:
    """Return what did not pass and does not block: waivers, warnings and remarks."""
    if verdicts.is_empty():
        return None
    rest = verdicts.filter(
        (pl.col("status") != "PASS") & ((pl.col("severity") != "critical") | (pl.col("status") == "WAIVED"))
    )
    wanted = {name: heading for name, heading in (REMARKS | {"reason": "reason"}).items() if name in rest.columns}
    return table(rest, columns=wanted, limit=200) if rest.height else None


def _breaks(file: Path) -> tuple[Table | None, str | None]:
    """Return the breaks by kind, or why there are none to show."""
    if not file.is_file():
        return None, "breaks.csv is not in this folder: the legs were not compared, or the run stopped before."
    try:
        breaks = read_breaks(file)
    except InputError as error:
        return None, str(error)
    by_kind = (
        breaks.group_by("kind", "severity")
        .agg(
            breaks=pl.len(),
            accepted=(pl.col("status") == "accepted").sum(),
            bots=pl.col("bot").unique().sort(),
            oldest=pl.col("first_seen").min(),
            value=pl.col("value_quote").sum().round(4),
        )
        .sort("breaks", "kind", "severity", descending=[True, False, False])
    )
    headings = {name: name for name in ("kind", "severity", "breaks", "accepted", "bots")} | {"oldest": "oldest seen"}
    return table(by_kind, columns=headings | {"value": "value (quote)"}), None


def _flat(value: object, name: str = "") -> list[tuple[str, str]]:
    """Return nested inputs as lines of name and value."""
    if isinstance(value, Mapping):
        return [line for key, inner in value.items() for line in _flat(inner, f"{name}.{key}".lstrip("."))]
    return [(name, str(value))] if value is not None else []
