"""The day page: for a reader with money at risk and five minutes.

First the decision, what blocks it, what changed and the numbers that matter; below, a card a gate and a bot; the long tables behind
them, folded. It shows what is on record, and says so where something is not: a missing breaks.csv is an alert.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from deskgate.assessment.artifacts import MANIFEST, DayArtifacts
from deskgate.audit.sign_offs import SignOff
from deskgate.gates.decision import stopped_bots
from deskgate.reports.anchors import BREAKS, break_links, verdict_anchor
from deskgate.reports.daily_report.highlights import highlights
from deskgate.reports.daily_report.markdown import MARKDOWN
from deskgate.reports.daily_report.report import load_report
from deskgate.reports.execution.runner import Executed
from deskgate.reports.pages.banner import audit_footer, instant, objects
from deskgate.reports.pages.blockers import blocking, checks_that_block
from deskgate.reports.pages.cards import bot_cards, gate_cards
from deskgate.reports.pages.day_tables import breaks_by_kind, flat, gate_grid, ladder_part, remarks
from deskgate.reports.pages.environment import write_page
from deskgate.reports.pages.key_figures import key_figures
from deskgate.reports.pages.link import CHANGES, INDEX, Link, day_links, notebook_link
from deskgate.reports.pages.opening import opening
from deskgate.reports.pages.own_record import own_record_part
from deskgate.reports.pages.recent_days import recent_days
from deskgate.reports.pages.rungs import DOWN, going_down, may_move_on
from deskgate.reports.pages.sign_off_list import sign_off_lines
from deskgate.reports.pages.suite_texts import suite_texts

__all__ = ["write_day_page"]

# A phone's first screen has room for so many causes, a wide one for some more; the rest is folded.
FIRST_BLOCKERS, WIDE_BLOCKERS = 3, 6
FIRST_BOTS = 12


def write_day_page(
    folder: Path,
    decision: Mapping[str, object],
    verdicts: pl.DataFrame,
    notebooks: Sequence[Executed],
    *,
    sign_offs: Sequence[SignOff] = (),
    out: Path | None = None,
) -> Path:
    """Write `<folder>/index.html`: the decision, what blocks it and what to do, the gates, the bots, the breaks, the evidence.

    Parameters
    ----------
    folder
        The day's folder; its breaks.csv, its report and its views are read.
    decision
        The content of decision.json.
    verdicts
        One row per verdict, with the columns of verdicts.json.
    notebooks
        The runs of the day's notebooks, in order; their pages are in `folder` already. One that failed is marked, and
        so is one without a page.
    sign_offs
        Those of this decision.
    out
        Where the other days lie; None: beside `folder`.

    Raises
    ------
    InputError
        The decision is none of GO, HOLD and STOP, or a file of the day was changed since the run wrote it.
    """
    artifacts = DayArtifacts.open(folder) if (folder / MANIFEST).is_file() else None
    days = recent_days(folder, decision, out or folder.parent)
    blockers, texts, report = blocking(folder, decision, days), suite_texts(artifacts), load_report(folder)
    changes = highlights(report)
    gate_pages = _gate_pages(folder, texts.notebooks)
    breaks, trouble = breaks_by_kind(folder / BREAKS)
    hrefs = {gate: link.href for gate, link in gate_pages.items()}
    checks, verdicts_that_block = checks_that_block(decision, texts, hrefs)
    bots = bot_cards(decision, verdicts, days, artifacts)
    return write_page(
        folder / INDEX,
        "day.html.j2",
        view=replace(opening(decision, blockers, days), warnings=going_down(decision), moves=may_move_on(decision)),
        desk=decision.get("desk", "desk"),
        nav=[link for link in day_links(run.output.stem for run in notebooks) if not _lost(folder, link)],
        current=INDEX,
        notebooks=[_page(folder, run) for run in notebooks],
        markdown=MARKDOWN if (folder / MARKDOWN).is_file() else None,
        failures=_failures(decision, notebooks),
        blockers=blockers[:FIRST_BLOCKERS],
        wide=blockers[FIRST_BLOCKERS:WIDE_BLOCKERS],
        more=blockers[WIDE_BLOCKERS:],
        break_href=break_links(folder),
        hrefs=_hrefs(decision, gate_pages),
        runbook=texts.runbook(
            (str(each.get("gate")), str(each.get("check"))) for each in objects(decision.get("blockers"))
        ),
        to_stop=_to_stop(decision),
        since=changes.since,
        against=changes.against,
        changes=changes.lines,
        changes_page=CHANGES if (folder / CHANGES).is_file() else None,
        numbers=key_figures(artifacts, report, verdicts),
        pages_of_day={page.name for page in folder.glob("*.html")},
        cards=gate_cards(verdicts, days, texts.titles, gate_pages),
        history=len(days),
        bots=bots[:FIRST_BOTS],
        more_bots=bots[FIRST_BOTS:],
        down=DOWN,
        checks=checks,
        verdicts_that_block=verdicts_that_block,
        incidents=[{**item, "since": instant(item.get("since"))} for item in objects(decision.get("incidents"))],
        sign_offs=sign_off_lines(sign_offs),
        own_record=own_record_part(folder),
        ladder=ladder_part(decision),
        grid=gate_grid(verdicts),
        remarks=remarks(verdicts),
        breaks=breaks,
        trouble=trouble,
        evidence=objects(decision.get("evidence")),
        bundle_id=decision.get("bundle_id"),
        previous=decision.get("previous"),
        inputs=flat(decision.get("inputs")),
        checkpoint=audit_footer(decision),
    )


def _to_stop(decision: Mapping[str, object]) -> list[str]:
    """Return the bots whose own stop condition holds."""
    modes = decision.get("bots")
    return stopped_bots(objects(decision.get("blockers")), modes if isinstance(modes, Mapping) else {})


def _gate_pages(folder: Path, notebooks: Mapping[str, str]) -> dict[str, Link]:
    """Return the page that shows each gate, where it is there."""
    links = {gate: notebook_link(stem) for gate, stem in notebooks.items()}
    return {gate: link for gate, link in links.items() if not _lost(folder, link)}


def _hrefs(decision: Mapping[str, object], gate_pages: Mapping[str, Link]) -> dict[tuple[str, str], str]:
    """Return where a notebook's page has each check that blocks, of the first subject; no link where there is no such page."""
    found: dict[tuple[str, str], str] = {}
    for each in objects(decision.get("blockers")):
        gate, check, subject = (str(each.get(name)) for name in ("gate", "check", "subject"))
        if gate in gate_pages:
            found.setdefault((gate, check), f"{gate_pages[gate].href}#{verdict_anchor(gate, check, subject)}")
    return found


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
