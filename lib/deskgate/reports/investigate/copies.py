"""Copies of the investigation notebooks with their parameters filled in, one a question; what a person edited is never overwritten."""

import json
import os
import re
from collections.abc import Mapping
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from deskgate.config.errors import InputError
from deskgate.config.paths import NOTEBOOKS
from deskgate.reports.investigate.names import known_name

if TYPE_CHECKING:
    from deskgate.reports.day import Day

__all__ = ["FOLDER", "QUESTIONS", "question_of_break", "question_of_day", "write_copy"]

# Where the copies lie, inside --out.
FOLDER = "investigate"
# Notebook -> what it answers.
QUESTIONS = {
    "fills": "one order or fill across the legs",
    "parity": "why a bot differs from its reference",
    "thresholds": "what other margins would have said",
    "pnl": "where the money went",
    "incident": "what happened around a moment",
}
# The first blocking gate -> where to look; any other one is looked into by what happened around it.
_OF_GATE = {"reconciliation": "fills", "parity": "parity", "portfolio_risk": "pnl"}
_PARAMETER = re.compile(r'^(\w+) = ""', re.MULTILINE)
_KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
_MADE = "deskgate"


def question_of_day(day: "Day") -> str:
    """Return the notebook that answers what a day asks first: of its first blocking gate; without one, where the money went."""
    gates = day.blocking()["gate"]
    return _OF_GATE.get(gates[0], "incident") if gates.len() else "pnl"


def question_of_break(breaks: pl.DataFrame, given: str) -> tuple[str, str]:
    """Return a break's whole id, and the notebook for it: its fill or order across the legs, else what happened around it.

    Parameters
    ----------
    breaks
        The day's breaks, as in breaks.csv.
    given
        An id, or as much of its beginning as no other break has.

    Raises
    ------
    InputError
        The day has no such break, or several.
    """
    mine = breaks.filter(pl.col("break_id").str.starts_with(given) & pl.lit(value=bool(given)))
    if mine.height > 1:
        raise InputError(f"break '{given}' is ambiguous: {', '.join(mine['break_id'])}; give more of the id")
    row = (mine if mine.height else breaks.filter(break_id=known_name(given, breaks["break_id"], "break"))).row(
        0, named=True
    )
    has_id = any(row[name] for name in ("trade_id", "order_id", "exchange_order_id"))
    return row["break_id"], "fills" if has_id else "incident"


def write_copy(question: str, out: Path, parameters: Mapping[str, str], name: str) -> Path:
    """Write a copy of a notebook with its parameters filled in, unless the same copy is there; return where it lies.

    A copy that nobody edited is kept where it is the same, outputs included, and replaced where the parameters or the notebook
    are others. An edited one is left alone: the copy then takes the next free name, `NAME-2.ipynb`.

    Parameters
    ----------
    question
        One of `QUESTIONS`.
    parameters
        Name -> value of those that are not to be empty.
    name
        The copy's name, without its suffix.
    """
    made = _filled(json.loads((NOTEBOOKS / FOLDER / f"{question}.ipynb").read_text(encoding="utf-8")), parameters)
    folder = out / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    stem = re.sub(r"[^A-Za-z0-9_-]+", "_", name)
    for number in count(1):
        file = folder / f"{stem}{f'-{number}' if number > 1 else ''}.ipynb"
        there = _read(file)
        if file.exists() and there is None:
            # Torn, or no notebook of ours: a person's all the same.
            continue
        if there is not None and _digest(there) == _digest(made):
            return file
        if there is None or _digest(there) == there["metadata"].get(_MADE):
            partial = folder / f".{file.stem}.{os.getpid()}.partial"
            partial.write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
            partial.replace(file)
            return file
    raise AssertionError


def _filled(notebook: dict[str, Any], parameters: Mapping[str, str]) -> dict[str, Any]:
    for cell in notebook["cells"]:
        if "parameters" in cell["metadata"].get("tags", []):
            source = "".join(cell["source"])
            known = _PARAMETER.findall(source)
            for name in parameters:
                known_name(name, known, "parameter")
            cell["source"] = _PARAMETER.sub(lambda found: f"{found[1]} = {parameters.get(found[1], '')!r}", source)
    notebook["metadata"] |= {"kernelspec": _KERNEL, _MADE: _digest(notebook)}
    return notebook


def _read(file: Path) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        _digest(found)
        found["metadata"].get(_MADE)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return found


def _digest(notebook: Mapping[str, Any]) -> str:
    """Return the digest of what a person may edit: the cells, without outputs."""
    cells = [[cell["cell_type"], "".join(cell["source"])] for cell in notebook["cells"]]
    return sha256(json.dumps(cells).encode()).hexdigest()
