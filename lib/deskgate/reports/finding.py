"""The finding of a notebook: one sentence on what its gate's verdicts say, computed, never typed.

It counts what failed and what nothing shows, and names the worst: what it is, of whom, what it is worth and since when
where open breaks say so, else why. A gate without a verdict has found nothing, which is not the same as nothing wrong.
"""

from dataclasses import dataclass

import polars as pl

from deskgate.case.findings import named
from deskgate.case.metric_spec import PORTFOLIO
from deskgate.config.plural import count_of
from deskgate.gates.verdict_rows import blocks
from deskgate.reports.break_values import known_value
from deskgate.reports.pages.wording import Cell
from deskgate.reports.palette import STATUSES

__all__ = ["Finding", "find", "worst_first"]

_FAIL, _NO_EVIDENCE = pl.col("status") == "FAIL", pl.col("status") == "INSUFFICIENT"
# A reason may quote a file; a finding is read at a glance.
LONGEST_REASON = 220


@dataclass(frozen=True)
class Finding:
    """What a gate found: `gate` is empty where it is of all gates or of none; `status` is the worst of its verdicts, empty where nothing was judged."""

    gate: str
    status: str
    sentence: str

    @property
    def mark(self) -> Cell:
        """The sentence with the sign and colour of its status."""
        sign, _, colour = STATUSES[self.status] if self.status else ("", "", "quiet")
        return Cell(self.sentence, sign, colour)

    def as_json(self) -> dict[str, str]:
        """Return it for an output's metadata, where a page finds it."""
        return {"gate": self.gate, "status": self.status, "sentence": self.sentence}


def find(verdicts: pl.DataFrame, breaks: pl.DataFrame, *, gate: str = "", quote: str = "") -> Finding:
    """Return the finding of some verdicts.

    Parameters
    ----------
    verdicts
        One row per verdict; `gate`, `check`, `title`, `subject`, `severity`, `status`, `reason`, `stop`.
    breaks
        The day's open breaks; `kind`, `bot`, `ts`, `value_quote`, `status`. A check of that name counts them.
    gate
        Whose finding it is; empty: that of all gates.
    quote
        The currency of `value_quote`.
    """
    if verdicts.is_empty():
        return Finding(gate, "INSUFFICIENT", "No check of this gate has run: nothing is known.")
    failed, unknown = verdicts.filter(_FAIL).height, verdicts.filter(_NO_EVIDENCE).height
    waived = verdicts.filter(pl.col("status") == "WAIVED").height
    blocking = verdicts.filter(blocks()).height
    total = verdicts.height
    also = f", {waived} of them by a waiver" if waived else ""
    if not failed and not unknown:
        said = f"All {total:,} checks pass{also}." if total > 1 else f"The only check passes{also}."
        return Finding(gate, "WAIVED" if waived else "PASS", said)
    counts = [f"{failed:,} of {total:,} checks fail{'s' if failed == 1 else ''}"] if failed else []
    if unknown:
        lacks = "lacks" if unknown == 1 else "lack"
        counts += [f"{unknown:,} {lacks} evidence" if failed else f"{unknown:,} of {total:,} checks {lacks} evidence"]
    keeps = f" ({blocking:,} block{'s' if blocking == 1 else ''} a GO)" if blocking else " (none blocks a GO)"
    return Finding(
        gate,
        "FAIL" if failed else "INSUFFICIENT",
        f"{' and '.join(counts)}{keeps}. Worst: {_worst(verdicts, breaks, quote)}.",
    )


def worst_first() -> list[pl.Expr]:
    """Return what verdicts are sorted by, so that the worst stand first: stop conditions, what blocks, failures."""
    stops = _FAIL & pl.col("stop")
    return [~stops, ~blocks(), ~_FAIL, ~_NO_EVIDENCE, pl.col("status") == "PASS"]


def _worst(verdicts: pl.DataFrame, breaks: pl.DataFrame, quote: str) -> str:
    """Return the worst check in words: by rank, then by what its breaks are worth."""
    valued = _valued(breaks)
    ranked = (
        verdicts.with_row_index("place")
        .join(valued, on=["check", "subject"], how="left")
        .sort(*worst_first(), pl.col("value").fill_null(0).sum().over("check", "status") * -1, "place")
    )
    check, status = ranked.select("check", "status").row(0)
    same = ranked.filter((pl.col("check") == check) & (pl.col("status") == status)).sort("place")
    who = named(same["subject"].to_list())
    title = same["title"][0] if who == PORTFOLIO else f"{who}: {same['title'][0]}"
    breaking = same.drop_nulls("since")
    if breaking.height:
        since = breaking.select(pl.col("since").min().dt.strftime("%Y-%m-%d %H:%M")).item()
        return f"{title}, {_counted(breaking, quote or 'quote')}, since {since} UTC"
    return f"{title}: {_short(same['reason'][0])}"


def _counted(breaking: pl.DataFrame, quote: str) -> str:
    count, unknown = int(breaking["breaks"].sum()), int(breaking["unknown"].sum())
    words = count_of(count, "break", spec=",")
    if unknown == count:
        return f"{words} of unknown value"
    return f"{words} worth {'at least ' if unknown else ''}{float(breaking['value'].sum()):,.2f} {quote}"


def _valued(breaks: pl.DataFrame) -> pl.DataFrame:
    """Return what the open breaks of each check and subject are worth: check, subject, breaks, unknown (of them, without a value), value, since."""
    if breaks.is_empty():
        schema = {
            "check": pl.String,
            "subject": pl.String,
            "breaks": pl.UInt32,
            "unknown": pl.UInt32,
            "value": pl.Float64,
        }
        return pl.DataFrame(schema=schema | {"since": pl.Datetime("us", "UTC")})
    return (
        breaks.filter(~pl.col("status").is_in(["accepted", "resolved"]))
        .group_by(check="kind", subject="bot")
        .agg(
            breaks=pl.len(),
            unknown=pl.col("value_quote").is_null().sum(),
            value=known_value(),
            since=pl.col("ts").min(),
        )
    )


def _short(reason: str) -> str:
    plain = reason.rstrip(".")
    return plain if len(plain) <= LONGEST_REASON else plain[:LONGEST_REASON].rsplit(" ", 1)[0] + " …"
