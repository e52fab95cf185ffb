"""Where a verdict or a break stands on the pages of a day: links that stay the same from run to run.

A link leads to a row of a notebook's page, so that a banner, a list of changes or a message can name its evidence. Names
of bots come from data: whatever they hold, the anchor is plain.
"""

import re
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from pathlib import Path

from deskgate.config.paths import SUITES
from deskgate.reports.pages.link import notebook_link

__all__ = ["ANCHOR", "BREAKS", "break_anchor", "break_links", "verdict_anchor", "verdict_href"]

# What an anchor of data looks like; a page keeps no other id of an output.
ANCHOR = re.compile(r"[bv]-[A-Za-z0-9_.-]{1,200}")
# The file that has all breaks, and the notebook that lists them.
BREAKS = "breaks.csv"
_BREAKS_NOTEBOOK = "03_reconciliation"
_ROW = re.compile(r'<tr id="(b-[A-Za-z0-9_.-]+)"')
LONGEST_NAME = 48


def verdict_href(gate: str, check: str, subject: str) -> str:
    """Return the link from a page of the day to a verdict's row: `03_reconciliation.html#v-reconciliation-fees-bot1`.

    Raises
    ------
    KeyError
        No suite that Deskgate ships is called `gate`.
    """
    return f"{notebook_link(_notebooks()[gate]).href}#{verdict_anchor(gate, check, subject)}"


def break_links(folder: Path) -> Callable[[str], str]:
    """Return what leads from a page of a day to a break, by its id: `03_reconciliation.html#b-c5f8f0055b0c`.

    Where that page does not show its row, or is not there, the link is to the file that has all breaks.

    Parameters
    ----------
    folder
        The day's folder, with the pages of its notebooks.
    """
    name = notebook_link(_BREAKS_NOTEBOOK).href
    page = folder / name
    shown = set(_ROW.findall(page.read_text(encoding="utf-8"))) if page.is_file() else set()
    return lambda break_id: f"{name}#{anchor}" if (anchor := break_anchor(break_id)) in shown else BREAKS


def verdict_anchor(gate: str, check: str, subject: str) -> str:
    """Return the id of a verdict's row on its notebook's page."""
    return "-".join(["v", *(_plain(part) for part in (gate, check, subject))])


def break_anchor(break_id: str) -> str:
    """Return the id of a break's row."""
    return f"b-{_plain(break_id)}"


def _plain(name: str) -> str:
    """Return the name as it is where it is plain and short; else what is plain of it, and a digest that tells it apart."""
    plain = re.sub(r"[^A-Za-z0-9_.]+", "_", name)[:LONGEST_NAME]
    return plain if plain == name != "" else f"{plain}.{sha256(name.encode(errors='surrogatepass')).hexdigest()[:8]}"


@cache
def _notebooks() -> dict[str, str]:
    """Return the notebook that shows each gate; the notebooks of a run are those that the shipped suites name."""
    # A page's text is cleaned without what judges a day.
    from deskgate.gates.suites import load_suites

    return {gate: suite.meta.notebook for gate, suite in load_suites(SUITES).items()}
