"""Where a verdict or a break stands on the pages of a day: links that stay the same from run to run.

A link leads to a row of a notebook's page, so that a banner, a list of changes or a message can name its evidence. Names
of bots come from data: whatever they hold, the anchor is plain.
"""

import re
from functools import cache
from hashlib import sha256

from deskgate.config.paths import SUITES
from deskgate.gates.suites import load_suites
from deskgate.reports.pages.link import notebook_link

__all__ = ["ANCHOR", "BREAKS_PAGE", "break_anchor", "break_href", "verdict_anchor", "verdict_href"]

# What an anchor of data looks like; a page keeps no other id of an output.
ANCHOR = re.compile(r"[bv]-[A-Za-z0-9_.-]{1,200}")
BREAKS_PAGE = "03_reconciliation"
LONGEST_NAME = 48


def verdict_href(gate: str, check: str, subject: str) -> str:
    """Return the link from a page of the day to a verdict's row: `03_reconciliation.html#v-reconciliation-fees-bot1`.

    Raises
    ------
    KeyError
        No suite that Deskgate ships is called `gate`.
    """
    return f"{notebook_link(_notebooks()[gate]).href}#{verdict_anchor(gate, check, subject)}"


def break_href(break_id: str) -> str:
    """Return the link from a page of the day to a break's row: `03_reconciliation.html#b-c5f8f0055b0c`."""
    return f"{notebook_link(BREAKS_PAGE).href}#{break_anchor(break_id)}"


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
    return {gate: suite.meta.notebook for gate, suite in load_suites(SUITES).items()}
