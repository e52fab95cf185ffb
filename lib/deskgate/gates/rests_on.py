"""What a decision rests on besides evidence: waivers that turned a verdict, and breaks that operators accepted."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import polars as pl

from deskgate.config.instants import stamp
from deskgate.config.plural import count_of
from deskgate.gates.waiver_records import LEGS, Waiver
from deskgate.reconciliation.breaks.ledger import accepted

if TYPE_CHECKING:
    from deskgate.gates.evaluation import Verdict

__all__ = ["accepted_breaks_of", "accepted_line", "rests_on", "waiver_line", "waivers_of"]

# Accepted breaks that the sentence names; decision.json has all.
_NAMED = 5


def waivers_of(verdicts: "Iterable[Verdict]", waivers: Iterable[Waiver]) -> list[dict[str, Any]]:
    """Return the waivers that turned a verdict, as decision.json has them: with `verdicts`, how many each turned."""
    turned = Counter(verdict.waiver for verdict in verdicts)
    return [
        {
            "id": each.id,
            "gate": each.gate,
            "subject": each.subject,
            "since": stamp(each.since),
            "recorded_at": stamp(each.recorded_at) if each.recorded_at else None,
            "until": stamp(each.until),
            "author": each.author,
            "approver": each.approver,
            "reason": each.reason,
            "verdicts": turned[each.id],
        }
        for each in waivers
        if turned[each.id]
    ]


def accepted_breaks_of(
    breaks: pl.DataFrame, sightings: pl.DataFrame, actions: pl.DataFrame
) -> list[dict[str, str | None]]:
    """Return the breaks of a day that would count had nobody accepted them, as decision.json has them.

    Parameters
    ----------
    breaks
        The day's, with `severity` and `status`. What no suite judges (`info`) would not count.
    sightings, actions
        `BreakSightings` and `BreakActions`, cut at the day's `as_of`.

    Returns
    -------
    list
        id, kind, bot, value (in quote, as text; None where it has none), by, why and since (of the acceptance); sorted by id.
    """
    counting = breaks.filter(pl.col("status") == "accepted", pl.col("severity") != "info")
    known = counting.join(accepted(sightings, actions), on="break_id").sort("break_id")
    return [
        {
            "id": row["break_id"],
            "kind": row["kind"],
            "bot": row["bot"],
            "value": None if row["value_quote"] is None else f"{row['value_quote'].normalize():f}",
            "by": row["by"],
            "why": row["text"],
            "since": stamp(row["accepted_at"]),
        }
        for row in known.iter_rows(named=True)
    ]


def rests_on(word: str, waivers: Sequence[Mapping[str, Any]], accepted_breaks: Sequence[Mapping[str, Any]]) -> str:
    """Return in one sentence what a GO rests on besides evidence, or what does not count in another decision; empty: nothing."""
    parts = []
    if waivers:
        parts.append(f"{count_of(len(waivers), 'waiver')} ({'; '.join(map(waiver_line, waivers))})")
    if accepted_breaks:
        lines = [*map(accepted_line, accepted_breaks[:_NAMED])]
        more = len(accepted_breaks) - len(lines)
        lines += [f"and {more} more"] if more > 0 else []
        parts.append(f"{count_of(len(accepted_breaks), 'accepted break')} ({'; '.join(lines)})")
    return f"{word}{' rests on' if word == 'GO' else ', with'} {' and '.join(parts)}" if parts else ""


def waiver_line(waiver: Mapping[str, Any]) -> str:
    """Return a waiver of decision.json in words: of what, from when until when, when it was recorded, by whom and why."""
    names = ("gate", "subject", "since", "until", "recorded_at", "author", "approver", "reason")
    gate, subject, since, until, recorded_at, author, approver, reason = (waiver.get(name) or "?" for name in names)
    when = f"from {since} until {until}, {'in desk.toml' if gate == LEGS else f'recorded at {recorded_at}'}"
    return f"{gate} of {subject}, {when}, by {author}, approved by {approver}: {reason}"


def accepted_line(each: Mapping[str, Any]) -> str:
    """Return an accepted break of decision.json in words: which, what it is worth, since when and until when, by whom and why."""
    found, kind, bot, by, why, since = (each.get(name) or "?" for name in ("id", "kind", "bot", "by", "why", "since"))
    worth = f"worth {each['value']}" if each.get("value") else "of unknown value"
    return f"{found} {kind} of {bot}, {worth}, from {since} until its amounts change, by {by}: {why}"
