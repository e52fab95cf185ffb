"""The template environment of all pages and tables: everything is escaped unless it says otherwise.

Templates lie beside the code; nothing is fetched, and a name a template does not know is an error, not a blank.
"""

import re
from functools import cache
from importlib.resources import files
from pathlib import Path

import jinja2
from markupsafe import Markup, escape

from deskgate.config.plain_text import plain_text
from deskgate.reports.palette import COLOURS

__all__ = ["CSP", "environment", "macro_text", "render", "stylesheet", "write_page", "write_text"]

# What a page may load: nothing, but for its own style and the pictures inside it.
CSP = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
# The parts of the style sheet that every page carries.
SHARED = ("theme", "page", "banner", "tables", "charts")


# Words alone: a pattern of files has points, slashes or asterisks beside its own.
_HEADING = re.compile(r"(^|\s)\*([A-Z][A-Za-z ]*[a-z])\*(?=[\s.,;]|$)")
# As `pages.banner.instant` writes one.
_INSTANT = re.compile(r"\b(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}(?::\d{2})?) UTC\b")


@cache
def environment() -> jinja2.Environment:
    """Return the environment, made once: autoescaping, strict about names."""
    made = jinja2.Environment(
        loader=jinja2.PackageLoader("deskgate.reports.pages"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_visible,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["stylesheet"] = stylesheet
    made.globals["csp"] = Markup(CSP)  # noqa: S704 - our own text, with quotes that an attribute takes
    made.filters["commands"] = _commands
    return made


def _visible(value: object) -> object:
    """Return what is put into a page without control characters and direction marks: they are shown as their escapes."""
    if isinstance(value, Markup):
        return Markup(plain_text(value))  # noqa: S704 - it was markup before
    return plain_text(value) if isinstance(value, str) else value


def _commands(text: str) -> Markup:
    """Return the text escaped: between backquotes is code (commands an operator types), between asterisks a heading's name; instants are times."""
    coded = re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text)))
    coded = _HEADING.sub(r"\1<em>\2</em>", coded)
    return Markup(_INSTANT.sub(r'<time datetime="\1T\2Z">\1 \2 UTC</time>', coded))  # noqa: S704 - escaped first


@cache
def stylesheet(own: str = "") -> Markup:
    """Return a page's style sheet: the palette's colours, what all pages share, the page's `own` part, and print.

    Each part is a file of templates/css; the order of `SHARED` is the order of the rules.
    """
    light = "".join(f"--{name}:{colour.light};" for name, colour in COLOURS.items())
    dark = "".join(f"--{name}:{colour.dark};" for name, colour in COLOURS.items())
    folder = files("deskgate.reports.pages").joinpath("templates/css")
    parts = [*SHARED, *([own] if own else []), "print"]
    rules = "".join(folder.joinpath(f"{part}.css").read_text(encoding="utf-8") for part in parts)
    # Paper is white whatever the screen is.
    return Markup(  # noqa: S704 - both parts are our own files
        f":root{{{light}}}\n@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}\n{rules}"
    )


def macro_text(macro: str, *values: object) -> Markup:
    """Return one thing that is written into a page after it was published, which is one line whatever it says.

    Parameters
    ----------
    macro
        Its name in later.html.
    """
    made = getattr(environment().get_template("later.html.j2").module, macro)(*values)
    return Markup(" ".join(str(made).split()))  # noqa: S704 - the template escaped it


def write_page(target: Path, template: str, **names: object) -> Path:
    """Render `template` into `target`, whole or not at all, and return `target`."""
    return write_text(target, render(template, **names))


def render(template: str, **names: object) -> str:
    """Return a page."""
    return environment().get_template(template).render(names).lstrip()


def write_text(target: Path, page: str) -> Path:
    """Write a page, whole or not at all, and return `target`."""
    partial = target.with_name(f".{target.name}.partial")
    partial.write_text(page, encoding="utf-8")
    return partial.replace(target)
