"""The page of an executed notebook: it needs no network, runs no script and says the decision first.

The page opens with the finding of its gate, then with the sections in which something is wrong; the rest is folded. It
follows the reader's light or dark mode, prints, and fits a phone. Charts become inline SVG; code is folded away; a failed
cell is an alert. It never runs a notebook: `execution` does.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from deskgate.reports.finding import Finding
from deskgate.reports.pages.banner import Banner, audit_footer
from deskgate.reports.pages.environment import render, write_text
from deskgate.reports.pages.link import Link
from deskgate.reports.pages.notebook_content import Content
from deskgate.reports.pages.wording import Cell
from deskgate.reports.palette import STATUSES

__all__ = ["rendered", "to_html"]


def to_html(
    content: Content,
    target: Path,
    decision: Mapping[str, object],
    *,
    nav: Sequence[Link] = (),
    view: Banner,
) -> Path:
    """Write what an executed notebook says as a page of the day.

    Parameters
    ----------
    target
        The page to write, whole or not at all.
    decision
        The content of decision.json, for the footer.
    nav
        The day's pages, in order; the one whose `href` is the target's name is marked as the current one.
    view
        The banner of the day's pages, see `opening`.
    """
    return write_text(target, rendered(content, decision, nav=nav, current=target.name, view=view))


def rendered(
    content: Content,
    decision: Mapping[str, object],
    *,
    nav: Sequence[Link],
    current: str,
    view: Banner,
    **more: object,
) -> str:
    """Return the page of an executed notebook.

    Parameters
    ----------
    decision, nav, view
        As `to_html` takes them.
    current
        The page's own name.
    more
        What the template takes besides.
    """
    return render(
        "notebook.html.j2",
        title=content.title,
        view=view,
        nav=nav,
        current=current,
        findings=_marks(content.findings),
        preface=content.preface,
        parts=content.parts,
        checkpoint=audit_footer(decision),
        **more,
    )


def _marks(found: Sequence[Mapping[str, Any]]) -> list[tuple[str, Cell]]:
    """Return each finding with its sign, under its gate's name where there are several."""
    named = len(found) > 1
    return [
        (
            str(each.get("gate", "")).replace("_", " ").capitalize() if named else "",
            Finding("", str(each.get("status")), str(each.get("sentence"))).mark,
        )
        for each in found
        if each.get("status") in ("", *STATUSES)
    ]
