"""An executed notebook as one page that needs no network, runs no script and says the decision first.

The page follows the reader's light or dark mode, prints, and fits a phone. Charts become inline SVG; code is folded
away; a failed cell is an alert. It never runs a notebook: `execution` does.
"""

import ast
import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from deskgate.config.errors import InputError
from deskgate.reports.pages.banner import audit_footer, banner
from deskgate.reports.pages.environment import write_page
from deskgate.reports.pages.link import Link
from deskgate.reports.pages.prose import Prose
from deskgate.reports.pages.svg import draw

if TYPE_CHECKING:
    from nbconvert import TemplateExporter
    from nbformat import NotebookNode

__all__ = ["prepare", "to_html"]

CHART_TYPE = re.compile(r"application/vnd\.vegalite\.v\d+[+.]json")
# Papermill marks a failed notebook with cells of raw HTML; the page has its own alert.
PAPERMILL_MARK = "papermill-error-cell-tag"

# What an output's HTML may be made of. Everything else is dropped, styles and scripts with their content.
TAGS = {
    "a",
    "b",
    "br",
    "caption",
    "code",
    "dd",
    "details",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "h2",
    "h3",
    "h4",
    "hr",
    "i",
    "li",
    "ol",
    "p",
    "pre",
    "section",
    "small",
    "span",
    "strong",
    "sub",
    "summary",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
    "ul",
}
ATTRIBUTES = {
    "*": {"class", "title", "role", "aria-label", "aria-hidden", "tabindex"},
    "a": {"href"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
}
# What these hold is no text for a reader.
_GONE = {"style", "script"}
SHOWN = ["text/html", "text/markdown", "image/svg+xml", "image/png", "image/jpeg", "text/plain"]


def prepare() -> None:
    """Import and start what rendering needs, for a run that is waiting anyway: it takes seconds the first time."""
    import nbformat

    _body(nbformat.v4.new_notebook(), Prose())
    draw({"mark": "point", "data": {"values": []}}, "")


def to_html(notebook: Path, target: Path, decision: Mapping[str, object], *, nav: Sequence[Link] = ()) -> Path:
    """Write an executed notebook as a page of the day.

    Parameters
    ----------
    notebook
        An executed notebook; one that failed half-way is shown as far as it got.
    target
        The page to write, whole or not at all.
    decision
        The content of decision.json, for the banner.
    nav
        The day's pages, in order; the one whose `href` is the target's name is marked as the current one.

    Raises
    ------
    InputError
        The notebook cannot be read, or the decision is none.
    """
    node = _read(notebook)
    node.cells = [cell for cell in node.cells if PAPERMILL_MARK not in cell.metadata.get("tags", [])]
    _show_outputs(node)
    prose = Prose()
    body = _body(node, prose)
    return write_page(
        target,
        "notebook.html.j2",
        title=prose.title or notebook.stem,
        view=banner(decision),
        nav=nav,
        current=target.name,
        contents=prose.contents,
        body=body,
        checkpoint=audit_footer(decision),
    )


def _read(notebook: Path) -> "NotebookNode":
    import nbformat

    try:
        return nbformat.read(notebook, as_version=4)
    except (OSError, ValueError, nbformat.ValidationError) as error:
        raise InputError(f"{notebook}: not readable as a notebook ({error}); run it again") from error


def _body(node: "NotebookNode", prose: Prose) -> Markup:
    exporter = _exporter()
    exporter.register_filter("prose", prose)
    body, _ = exporter.from_notebook_node(node)
    return Markup(body)  # noqa: S704 - the template escapes all but what was cleaned below


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


def _show_outputs(node: "NotebookNode") -> None:
    """Make every output something a page can hold: charts drawn, HTML cleaned, a result like any display."""
    charts = 0
    for output in (output for cell in node.cells for output in cell.get("outputs", [])):
        if output.output_type not in ("display_data", "execute_result"):
            continue
        output.output_type = "display_data"
        output.pop("execution_count", None)
        chart = next((key for key in output.data if CHART_TYPE.fullmatch(key)), None)
        if chart is not None:
            charts += 1
            output.data = {"text/html": _chart(output.data[chart], f"chart{charts}")}
        elif "text/html" in output.data:
            _clean(output.data)
        elif set(output.data) == {"text/plain"}:
            output.data["text/plain"] = _unquoted(output.data["text/plain"])


def _chart(spec: Mapping[str, object], prefix: str) -> Markup:
    try:
        return draw(spec, prefix)
    except ValueError as error:
        words = Markup(
            '<div class="alert" role="alert"><p class="what">✗ This chart could not be drawn</p><p>{}</p></div>'
        )
        return words.format(escape(str(error).splitlines()[0]))


def _unquoted(text: str) -> str:
    """Return what a string's repr quotes; any other text as it is."""
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text
    return value if isinstance(value, str) else text


def _clean(data: dict[str, Any]) -> None:
    """Keep of an output's HTML what is text and table; where nothing is left, its plain text speaks."""
    import nh3

    cleaned = nh3.clean(data["text/html"], tags=TAGS, attributes=ATTRIBUTES, clean_content_tags=_GONE, link_rel=None)
    if re.sub(r"<[^>]*>|\s", "", cleaned):
        data["text/html"] = cleaned
    else:
        del data["text/html"]
