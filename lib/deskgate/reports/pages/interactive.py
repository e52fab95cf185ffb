"""An interactive copy of a notebook's page: its charts are Vega, with values on hover and zoom; times also in the reader's zone.

It needs no network either: the Vega bundle stands in it, and its policy lets no script run but that one and a few lines of ours, by
their digests. Expressions are interpreted, never compiled, so that nothing is evaluated as code. The static page stays what it is.
"""

import json
from base64 import b64encode
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any

from markupsafe import Markup

from deskgate.reports.pages.banner import Banner
from deskgate.reports.pages.environment import CSP, write_text
from deskgate.reports.pages.later import Later
from deskgate.reports.pages.link import INTERACTIVE, day_links
from deskgate.reports.pages.notebook_content import not_drawn, read_content
from deskgate.reports.pages.notebook_page import rendered
from deskgate.reports.pages.svg import GRAMMAR, label
from deskgate.reports.palette import COLOURS

__all__ = ["write_copy"]

# Where base.html has the scripts of a page, which its template does not see: they stay as they are, byte for byte.
_PLACE = "<!--scripts-->"
_POLICY = "deskgate-policy"
_WITH_AXES = ("quantitative", "temporal")


def write_copy(notebook: Path, decision: Mapping[str, object], view: Banner, stems: list[str], later: Later) -> Path:
    """Write the interactive copy of an executed notebook's page beside it, whole or not at all.

    Parameters
    ----------
    decision, view
        The day's decision and the banner of its pages.
    stems
        The day's notebooks, which its pages link.
    later
        What is known of the day by now, which the copy says as its other pages do.

    Raises
    ------
    InputError
        The notebook cannot be read.
    """
    target = notebook.with_suffix(INTERACTIVE)
    scripts: list[str] = []

    def figure(spec: Mapping[str, object], prefix: str) -> Markup:
        try:
            drawn = _interactive(spec)
        except ValueError as error:
            return not_drawn(error)
        scripts.append(f'<script type="application/json" id="{prefix}">{_json(drawn)}</script>')
        words = Markup(
            '<figure class="chart" tabindex="0"><div role="img" aria-label="{}" data-chart="{}"></div></figure>'
        )
        return words.format(label(spec), prefix)

    page = rendered(
        read_content(notebook, figure),
        decision,
        nav=day_links(stems),
        current=target.name,
        view=view,
        policy=_POLICY,
        static=f"{notebook.stem}.html",
    )
    # A page without a chart needs no Vega.
    runs = [*([_bundle()] if scripts else []), _own()]
    allowed = " ".join(f"'sha256-{b64encode(sha256(each.encode()).digest()).decode()}'" for each in runs)
    page = page.replace(_POLICY, f"{CSP}; script-src {allowed}", 1)
    scripts += [f"<script>{each}</script>" for each in runs]
    head, _, tail = page.rpartition(_PLACE)
    page = "".join((head, "\n".join(scripts), tail))
    return write_text(target, later.marked(target, page.encode(), decision).decode())


@cache
def _bundle() -> str:
    """Return Vega, Vega-Lite and Vega-Embed as one script that asks for nothing."""
    import vl_convert

    return _script(vl_convert.javascript_bundle("window.vegaEmbed=vegaEmbed", GRAMMAR))


@cache
def _own() -> str:
    text = files("deskgate.reports.pages").joinpath("templates/interactive.js").read_text(encoding="utf-8")
    dark = {colour.light: colour.dark for colour in COLOURS.values()}
    return _script(text.replace("/*DARK*/", json.dumps(dark)))


def _script(text: str) -> str:
    """Return a script that no end tag in it ends; only strings and patterns could hold one."""
    return text.replace("</script", "<\\/script")


def _json(value: object) -> str:
    # Nothing in it ends the element, whatever the data holds.
    return json.dumps(value, ensure_ascii=True).replace("<", "\\u003c").replace(">", "\\u003e")


def _interactive(spec: Mapping[str, object]) -> dict[str, Any]:
    """Return a Vega-Lite specification as Vega, with tooltips and, where it can be drawn so, with zoom.

    Raises
    ------
    ValueError
        It cannot be drawn, or asks for data from outside.
    """
    plain: dict[str, Any] = json.loads(json.dumps(spec))
    config = plain.setdefault("config", {})
    config["aria"] = False
    config["mark"] = {"tooltip": {"content": "encoding"}} | (config.get("mark") or {})
    zoomed: dict[str, Any] = json.loads(json.dumps(plain))
    for number, view in enumerate(_views(zoomed)):
        select = {"type": "interval", "zoom": "wheel![event.shiftKey]"}
        view.setdefault("params", []).append({"name": f"zoom{number}", "select": select, "bind": "scales"})
    try:
        return _compiled(zoomed)
    except ValueError:
        return _compiled(plain)


def _compiled(spec: dict[str, Any]) -> dict[str, Any]:
    import vl_convert

    made: dict[str, Any] = vl_convert.vegalite_to_vega(spec, vl_version=GRAMMAR, show_warnings=False)
    # Some that can be compiled cannot be drawn.
    vl_convert.vega_to_svg(made, allowed_base_urls=[])
    return made


def _views(spec: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the views with marks of their own that a reader may zoom: of layers the first, of panels the one they repeat."""
    for many in ("hconcat", "vconcat", "concat"):
        if many in spec:
            return [view for each in spec[many] for view in _views(each)]
    if "spec" in spec:
        return _views(spec["spec"])
    if "layer" in spec:
        return _views(spec["layer"][0]) if spec["layer"] else []
    encoding = spec.get("encoding") or {}
    axes = [encoding.get(name) for name in ("x", "y")]
    return [spec] if any(isinstance(axis, dict) and axis.get("type") in _WITH_AXES for axis in axes) else []
