"""The index over all days, `<out>/index.html`: a day without a readable decision stays in it, and is said to be one."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from deskgate.audit.decision_file import DECISION
from deskgate.config.errors import InputError
from deskgate.reports.pages.banner import audit_footer, banner, read_decision
from deskgate.reports.pages.day_names import is_day_name
from deskgate.reports.pages.environment import write_page
from deskgate.reports.pages.later import Later
from deskgate.reports.pages.link import INDEX

__all__ = ["write_index"]


def write_index(out: Path, later: Later) -> Path:
    """Write `<out>/index.html` over all days, newest first; a day without a readable decision is listed as such.

    A day is a folder named YYYY-MM-DD, one that the audit trail has a decision of, or one of which a run has begun. The newest
    day's decision stands on top, or that it cannot be read, is not as its run left it, that a run of it has begun and not ended,
    that an incident is open which its GO does not know, or that a waiver or an acceptance that its GO rests on was withdrawn.

    Parameters
    ----------
    later
        What is known of the days in `out` by now.
    """
    out.mkdir(parents=True, exist_ok=True)
    folders = {folder.name: folder for folder in out.iterdir() if folder.is_dir() and is_day_name(folder.name)}
    names = sorted({*folders, *filter(is_day_name, [*later.runs, *later.recorded.decisions])}, reverse=True)
    return write_page(out / INDEX, "index.html.j2", days=[_day(out / name, later) for name in names], index=INDEX)


def _day(folder: Path, later: Later) -> dict[str, object]:
    page, run = folder / INDEX, later.runs.get(folder.name)
    day: dict[str, object] = {"name": folder.name, "href": f"{folder.name}/{INDEX}" if page.is_file() else None}
    day |= {
        "view": None,
        "error": None,
        "checkpoint": None,
        "incidents": [],
        "withdrawn": [],
        "run": str(run) if run else None,
    }
    if run and not folder.is_dir():
        return day
    try:
        decision = _decision_of(folder)
        view = banner(decision)
    except InputError as error:
        return day | {"error": str(error)}
    day["checkpoint"] = audit_footer(decision)
    if findings := later.verify(folder):
        more = f", and {len(findings) - 1} more" if len(findings) > 1 else ""
        return day | {"error": f"{findings[0].says}{more}; run the day again"}
    word = later.stands_as(decision)
    if word != view.word:
        view = replace(banner({**decision, "decision": word}), sentence=later.signed(decision) or view.sentence)
    lapsed = {"incidents": later.open_incidents(decision), "withdrawn": later.withdrawn(decision)}
    return day | {"view": view, "facts": dict(view.facts), **lapsed}


def _decision_of(folder: Path) -> Mapping[str, object]:
    decision = read_decision(folder / DECISION)
    if decision.get("date") != folder.name:
        raise InputError(
            f"decision.json: its date is {decision.get('date')}, expected {folder.name}; run the day again"
        )
    return decision
