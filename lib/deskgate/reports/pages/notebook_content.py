"""What the page of an executed notebook says, without the day's banner: sections, charts drawn, outputs cleaned.

It takes as long as several notebooks do, and imports nothing that judges a day: a run lets a process of its own do it while other
notebooks run.
"""

import ast
import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from deskgate.config.errors import InputError
from deskgate.reports.pages.cleaning import Cleaner
from deskgate.reports.pages.prose import Prose
from deskgate.reports.pages.sections import Section, findings, sections
from deskgate.reports.pages.svg import draw

if TYPE_CHECKING:
    from nbconvert import TemplateExporter
    from nbformat import NotebookNode

__all__ = ["Content", "Figure", "Part", "not_drawn", "read_content"]

Figure = Callable[[Mapping[str, object], str], Markup]

CHART_TYPE = re.compile(r"application/vnd\.vegalite\.v\d+[+.]json")
# Papermill marks a failed notebook with cells of raw HTML; the page has its own alert.
PAPERMILL_MARK = "papermill-error-cell-tag"

SHOWN = ["text/html", "text/markdown", "image/svg+xml", "image/png", "image/jpeg", "text/plain"]


@dataclass(frozen=True)
class Part:
    """A section as a page shows it; `anchor` and `heading` are empty for what stands before the first heading."""

    anchor: str
    heading: Markup
    body: Markup
    is_open: bool
    is_wrong: bool


@dataclass(frozen=True)
class Content:
    """What a notebook says: its title, what it found of each gate, what stands before the first heading, its sections."""

    title: str
    findings: list[Mapping[str, Any]]
    preface: Part
    parts: list[Part]


def read_content(notebook: Path, figure: Figure | None = None) -> Content:
    """Return what the page of an executed notebook says; of one that failed half-way as far as it got.

    Parameters
    ----------
    figure
        What makes a figure of a chart's specification and of the prefix of its ids; by default it is drawn.

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
    return Content(prose.title or notebook.stem, found, preface, parts)


def _part(node: "NotebookNode", section: Section, prose: Prose, *, folds: bool) -> Part:
    html = _body(node, section, prose)
    head = re.match(r'\s*<h2 id="([^"]*)">(.*?)</h2>', html, flags=re.DOTALL)
    anchor, heading = head.groups() if head else ("", "")
    body = html[head.end() :] if head else html
    is_open = section.is_open or section.has_finding or not folds
    return Part(anchor, Markup(heading), Markup(body), is_open, section.is_wrong)  # noqa: S704 - `_body` made both


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
