"""A gate as a notebook shows it: the finding, what did not pass, worst first, and folded what did.

Each verdict's reason has the id that `anchors.verdict_href` leads to. Nothing is judged here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import polars as pl

from deskgate.config.plural import count_of
from deskgate.reports.anchors import verdict_anchor
from deskgate.reports.finding import Finding, worst_first
from deskgate.reports.pages.environment import environment
from deskgate.reports.pages.wording import shown

__all__ = ["FindingView", "GateView"]

_OUTCOME = ["gate", "check", "title", "status", "severity", "todo"]


@dataclass(frozen=True)
class FindingView:
    """A finding alone, for display; on a page it stands below the title."""

    finding: Finding

    def _repr_mimebundle_(self, **_: object) -> tuple[dict[str, str], dict[str, Any]]:
        html = environment().get_template("gate.html.j2").render(finding=self.finding.mark, open=[], folded=[])
        return {"text/html": html, "text/plain": repr(self)}, {"deskgate": {"finding": self.finding.as_json()}}

    def __repr__(self) -> str:
        return self.finding.sentence


@dataclass(frozen=True)
class GateView:
    """The verdicts of one gate or of several, for display.

    Parameters
    ----------
    verdicts
        One row per verdict, as `verdicts_frame` has them.
    finding
        What they add up to.
    """

    verdicts: pl.DataFrame
    finding: Finding

    @cached_property
    def rows(self) -> pl.DataFrame:
        """The verdicts check by check, worst first; what passed needs nothing done.

        gate (not where there is only one), check (its title), status, severity, subjects, because, what_to_do; subjects with the
        same outcome share a row.
        """
        rows = (
            _ranked(self.verdicts)
            .group_by([*_OUTCOME, "reason"], maintain_order=True)
            .agg(subjects=pl.col("subject").str.join(", "))
            .select(
                "gate",
                pl.col("title").alias("check"),
                *("status", "severity", "subjects"),
                because="reason",
                what_to_do="todo",
            )
        )
        return rows.drop("gate") if self.verdicts["gate"].n_unique() == 1 else rows

    def _repr_mimebundle_(self, **_: object) -> tuple[dict[str, str], dict[str, Any]]:
        open_rows, folded = self._parts()
        html = (
            environment().get_template("gate.html.j2").render(finding=self.finding.mark, open=open_rows, folded=folded)
        )
        seen = {"finding": self.finding.as_json(), "wrong": self.finding.status in ("FAIL", "INSUFFICIENT")}
        return {"text/html": html, "text/plain": repr(self)}, {"deskgate": seen}

    def __repr__(self) -> str:
        """Return the finding and what did not pass, a line a row."""
        bad = self.rows.filter(pl.col("status").is_in(["FAIL", "INSUFFICIENT"]))
        lines = [" | ".join(str(part) for part in row if part is not None) for row in bad.iter_rows()]
        return "\n".join([self.finding.sentence, *lines])

    def _parts(self) -> tuple[list[dict[str, Any]], list[tuple[str, list[dict[str, Any]]]]]:
        """Return what a page shows at once, and what it folds away, each part under its name."""
        ranked = _ranked(self.verdicts)
        failed, unknown = pl.col("status") == "FAIL", pl.col("status") == "INSUFFICIENT"
        seen = failed | (unknown & (pl.col("severity") == "critical"))
        parts = [
            ("without evidence, which is no reason to hold", ranked.filter(unknown & ~seen)),
            ("waived", ranked.filter(pl.col("status") == "WAIVED")),
            ("passed", ranked.filter(pl.col("status") == "PASS")),
        ]
        named = [
            (f"{count_of(part.height, 'check', spec=',')} {name}", _outcomes(part))
            for name, part in parts
            if part.height
        ]
        return _outcomes(ranked.filter(seen)), named


def _ranked(verdicts: pl.DataFrame) -> pl.DataFrame:
    return verdicts.with_columns(
        todo=pl.when(pl.col("status").is_in(["FAIL", "INSUFFICIENT"])).then("what_to_do")
    ).sort(worst_first(), maintain_order=True)


def _outcomes(ranked: pl.DataFrame) -> list[dict[str, Any]]:
    """Return a row for each check and outcome, with a line for each reason and the subjects that share it."""
    grouped = ranked.group_by(_OUTCOME, maintain_order=True).agg("subject", "reason")
    return [
        {
            "title": row["title"],
            "status": shown(row["status"], "status"),
            "severity": shown(row["severity"], "severity"),
            "lines": _lines(row),
            "todo": row["todo"] or "",
        }
        for row in grouped.iter_rows(named=True)
    ]


def _lines(row: Mapping[str, Any]) -> list[tuple[list[tuple[str, str]], str]]:
    """Return the reasons of a row, each with the subjects that have it and their anchors."""
    lines: dict[str, list[tuple[str, str]]] = {}
    for subject, reason in zip(row["subject"], row["reason"], strict=True):
        lines.setdefault(reason, []).append((subject, verdict_anchor(row["gate"], row["check"], subject)))
    return [(subjects, reason) for reason, subjects in lines.items()]
