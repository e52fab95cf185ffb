"""An executed notebook as one page that needs no network, runs no script and says the decision first.

The page opens with the finding of its gate, then with the sections in which something is wrong; the rest is folded. It
follows the reader's light or dark mode, prints, and fits a phone. Charts become inline SVG; code is folded away; a failed
cell is an alert. It never runs a notebook: `execution` does.
"""

import ast
import json
import re
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from deskgate.config.errors import InputError
from deskgate.reports.finding import Finding
from deskgate.reports.pages.banner import Banner, audit_footer
from deskgate.reports.pages.cleaning import Cleaner
from deskgate.reports.pages.environment import render, write_text
from deskgate.reports.pages.link import Link
from deskgate.reports.pages.prose import Prose
from deskgate.reports.pages.sections import Section, findings, sections
from deskgate.reports.pages.svg import draw, svg_document
from deskgate.reports.pages.wording import Cell
from deskgate.reports.palette import STATUSES

if TYPE_CHECKING:
    from nbconvert import TemplateExporter
    from nbformat import NotebookNode

__all__ = ["Figure", "not_drawn", "prepare", "rendered", "to_html"]

Figure = Callable[[Mapping[str, object], str], Markup]

CHART_TYPE = re.compile(r"application/vnd\.vegalite\.v\d+[+.]json")
# Papermill marks a failed notebook with cells of raw HTML; the page has its own alert.
PAPERMILL_MARK = "papermill-error-cell-tag"

SHOWN = ["text/html", "text/markdown", "image/svg+xml", "image/png", "image/jpeg", "text/plain"]


def prepare(notebook: Path) -> None:
    """Draw the charts of an executed notebook, and import what rendering needs, for a run that is waiting anyway.

    The page of the notebook finds its charts drawn. What cannot be read or drawn is left to the page, which says so.
    """
    _exporter()
    with suppress(OSError, ValueError):
        content = json.loads(notebook.read_text(encoding="utf-8"))
        for data in (output.get("data", {}) for cell in content["cells"] for output in cell.get("outputs", ())):
            for spec in (data[key] for key in data if CHART_TYPE.fullmatch(key)):
                with suppress(ValueError):
                    svg_document(spec)


def to_html(
    notebook: Path,
    target: Path,
    decision: Mapping[str, object],
    *,
    nav: Sequence[Link] = (),
    view: Banner,
) -> Path:
    """Write an executed notebook as a page of the day.

    Parameters
    ----------
    notebook
        An executed notebook; one that failed half-way is shown as far as it got.
    target
        The page to write, whole or not at all.
    decision
        The content of decision.json, for the footer.
    nav
        The day's pages, in order; the one whose `href` is the target's name is marked as the current one.
    view
        The banner of the day's pages, see `opening`.

    Raises
    ------
    InputError
        The notebook cannot be read.
    """
    page = rendered(notebook, decision, nav=nav, current=target.name, view=view)
    return write_text(target, page)


def rendered(
    notebook: Path,
    decision: Mapping[str, object],
    *,
    nav: Sequence[Link],
    current: str,
    view: Banner,
    figure: Figure | None = None,
    **more: object,
) -> str:
    """Return the page of an executed notebook.

    Parameters
    ----------
    notebook, decision, nav, view
        As `to_html` takes them.
    current
        The page's own name.
    figure
        What makes a figure of a chart's specification and of the prefix of its ids; by default it is drawn.
    more
        What the template takes besides.

    Raises
    ------
    InputError
        The notebook cannot be read.
    """
    node = _read(notebook)
    node.cells = [cell for cell in node.cells if PAPERMILL_MARK not in cell.metadata.get("tags", [])]
    found = findings(node.cells)
    _show_outputs(node, figure or _chart)
    prose = Prose()
    preface, *parts = [_part(node, section, prose, folds=bool(found)) for section in sections(node.cells)]
    parts.sort(key=lambda part: not part.is_open)
    return render(
        "notebook.html.j2",
        title=prose.title or notebook.stem,
        view=view,
        nav=nav,
        current=current,
        findings=_marks(found),
        preface=preface,
        parts=parts,
        checkpoint=audit_footer(decision),
        **more,
    )


@dataclass(frozen=True)
class Part:
    """A section as a page shows it; `anchor` and `heading` are empty for what stands before the first heading."""

    anchor: str
    heading: Markup
    body: Markup
    is_open: bool
    is_wrong: bool


def _part(node: "NotebookNode", section: Section, prose: Prose, *, folds: bool) -> Part:
    html = _body(node, section, prose)
    head = re.match(r'\s*<h2 id="([^"]*)">(.*?)</h2>', html, flags=re.DOTALL)
    anchor, heading = head.groups() if head else ("", "")
    body = html[head.end() :] if head else html
    is_open = section.is_open or section.has_finding or not folds
    return Part(anchor, Markup(heading), Markup(body), is_open, section.is_wrong)  # noqa: S704 - `_body` made both


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


def _read(notebook: Path) -> "NotebookNode":
    import nbformat

    try:
        return nbformat.read(notebook, as_version=4)
    except (OSError, ValueError, nbformat.ValidationError) as error:
        raise InputError(f"{notebook}: not readable as a notebook ({error}); run it again") from error


def _body(node: "NotebookNode", section: Section, prose: Prose) -> str:
    exporter = _exporter()
    exporter.register_filter("prose", prose)
    body, _ = exporter.from_notebook_node(type(node)(node | {"cells": section.cells}))
    return str(body)


@cache
def _exporter() -> "TemplateExporter":
    """Return the exporter of all pages of a run; it compiles its templates once."""
    from nbconvert import TemplateExporter
    from traitlets.config import Config

    return TemplateExporter(
        config=Config(NbConvertBase={"display_data_priority": SHOWN}),
        extra_template_basedirs=[str(Path(__file__).parent / "templates")],
        template_name="notebook",
        template_extension=".html.j2",
        filters={"base64": lambda text: b64encode(text.encode()).decode()},
        # A notebook is validated once, when all preprocessors are through, and not after each of them.
        optimistic_validation=True,
    )


def _show_outputs(node: "NotebookNode", figure: Figure) -> None:
    """Make every output something a page can hold: charts drawn, HTML cleaned, a result like any display."""
    charts, cleaner = 0, Cleaner()
    for output in (output for cell in node.cells for output in cell.get("outputs", [])):
        if output.output_type not in ("display_data", "execute_result"):
            continue
        output.output_type = "display_data"
        output.pop("execution_count", None)
        chart = next((key for key in output.data if CHART_TYPE.fullmatch(key)), None)
        if chart is not None:
            charts += 1
            notes = output.data[chart].get("usermeta", {}).get("deskgate")
            output.metadata |= {"deskgate": notes} if isinstance(notes, Mapping) else {}
            output.data = {"text/html": figure(output.data[chart], f"chart{charts}")}
        elif "text/html" in output.data:
            output.data["text/html"] = cleaner.clean(output.data["text/html"])
            if not output.data["text/html"]:
                # Its plain text speaks.
                del output.data["text/html"]
        elif set(output.data) == {"text/plain"}:
            output.data["text/plain"] = _unquoted(output.data["text/plain"])


def _chart(spec: Mapping[str, object], prefix: str) -> Markup:
    try:
        return draw(spec, prefix)
    except ValueError as error:
        return not_drawn(error)


def not_drawn(error: ValueError) -> Markup:
    """Return the alert that stands in the place of a chart."""
    words = Markup('<div class="alert" role="alert"><p class="what">✗ This chart could not be drawn</p><p>{}</p></div>')
    return words.format(escape(str(error).splitlines()[0]))


def _unquoted(text: str) -> str:
    """Return what a string's repr quotes; any other text as it is."""
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text
    return value if isinstance(value, str) else text
