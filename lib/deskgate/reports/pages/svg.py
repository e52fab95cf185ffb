"""A chart's specification as SVG that stands inside a page: named for a screen reader, coloured by the page.

vl-convert draws it without any network and drops the description on the way; here it comes back as a label. Several
charts share one page, so every id gets the chart's own prefix.
"""

import html
import json
import re
from collections.abc import Mapping
from functools import lru_cache

from markupsafe import Markup

from deskgate.reports.palette import COLOURS

__all__ = ["GRAMMAR", "draw", "inline", "label", "svg_document"]

# The newest grammar that vl-convert carries draws everything that Vega-Lite 5 and 6 specifications share.
GRAMMAR = "6.4"
# The number of a clipping path or a gradient, where it is made or meant.
_NUMBERED = re.compile(
    r'(?<=\bid="clip)\d+(?=")|(?<=url\(#clip)\d+(?=\))|(?<=\bid="gradient_)\d+(?=")|(?<=url\(#gradient_)\d+(?=\))'
)
_ROLES = re.compile(r'\s(?:role|aria-[a-z]+)="[^"]*"')
_VARIABLES = {colour.light: f"var(--{name})" for name, colour in COLOURS.items()}


def draw(spec: Mapping[str, object], prefix: str) -> Markup:
    """Return the chart as a figure with inline SVG.

    Parameters
    ----------
    spec
        A Vega-Lite specification with its data in it.
    prefix
        What its ids begin with; another one for each chart of a page.

    Raises
    ------
    ValueError
        The specification cannot be drawn, or asks for data from outside.
    """
    return inline(svg_document(spec), label=label(spec), prefix=prefix)


def svg_document(spec: Mapping[str, object]) -> str:
    """Return a chart as an SVG document; one that was drawn before is not drawn again.

    Raises
    ------
    ValueError
        As `draw`.
    """
    return _drawn(json.dumps(spec))


# More charts than a day has: those drawn while notebooks still run are there when the pages are made.
@lru_cache(maxsize=256)
def _drawn(spec: str) -> str:
    import vl_convert

    drawn = str(
        vl_convert.vegalite_to_svg(json.loads(spec), vl_version=GRAMMAR, allowed_base_urls=[], show_warnings=False)
    )
    # They are numbered through all charts that a process draws: without that, a chart is the same whatever was drawn before.
    numbers = {number: str(at) for at, number in enumerate(dict.fromkeys(re.findall(_NUMBERED, drawn)), 1)}
    return re.sub(_NUMBERED, lambda found: numbers[found[0]], drawn)


def inline(svg: str, *, label: str, prefix: str) -> Markup:
    """Return an SVG document as a figure for a page: labelled, ids prefixed, the palette's colours as variables."""
    head = re.match(r"<svg\b[^>]*>", svg)
    if head is None:
        raise ValueError("no SVG document")
    rest = svg[head.end() :]
    size = dict(re.findall(r'\b(width|height|viewBox)="([^"]*)"', head[0]))
    width = float(size.get("width", 0) or 0)
    opening = (
        f'<svg role="img" aria-label="{html.escape(label)}" viewBox="{size.get("viewBox", "")}" '
        f'width="{width:g}" height="{float(size.get("height", 0) or 0):g}" style="--natural:{width:g}px">'
    )
    # The whole is one image with a name; a reader would stop at each nameless mark of it.
    rest = re.sub(r"<[a-z][^>]*>", lambda tag: _ROLES.sub("", tag[0]), rest)
    rest = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{prefix}-", rest)
    rest = re.sub(r'="(#[0-9a-fA-F]{6})"', lambda found: f'="{_VARIABLES.get(found[1].lower(), found[1])}"', rest)
    return Markup('<figure class="chart" tabindex="0">{}</figure>').format(Markup(opening + rest))  # noqa: S704 - drawn by us


def label(spec: Mapping[str, object]) -> str:
    """Return what a chart says in words."""
    title = spec.get("title")
    named = title.get("text") if isinstance(title, Mapping) else title
    return str(spec.get("description") or named or "A chart without a description.")
