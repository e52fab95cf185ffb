"""The decision as a reader meets it: one word, the sentence that matters most, and until when it holds.

It words a decision and makes none. It reads no clock: whether a decision has expired is for the reader, who sees when
it does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from markupsafe import Markup

from deskgate.audit.checkpoint import checkpoint_line
from deskgate.audit.decision_file import load_decision
from deskgate.config.errors import InputError
from deskgate.gates.rests_on import rests_on
from deskgate.gates.waiver_records import LEGS
from deskgate.reports.pages.wording import NOTHING
from deskgate.reports.palette import DECISION_SIGNS, STATUSES

__all__ = ["Banner", "audit_footer", "banner", "decision_rests_on", "instant", "objects", "read_decision"]

# What may block.
_NOT_PASSED = ("FAIL", "INSUFFICIENT")


@dataclass(frozen=True)
class Banner:
    """What stands on top of every page of a day; `rests_on` is empty where there are no waivers and no accepted breaks.

    `lacks_leg`: a bot is judged without its event stream. `moves` and `warnings` are what the ladder says of the bots, on the page of the day alone.
    `signatures` are those of a page that is written anew each time; into a day's pages they are written later, see `pages.signatures`.
    """

    word: str
    sign: str
    colour: str
    sentence: str
    rests_on: str
    lacks_leg: bool
    date: str
    provisional: bool
    facts: Sequence[tuple[str, str]]
    warnings: Sequence[str] = ()
    moves: str = ""
    signatures: Markup | str = ""


def banner(decision: Mapping[str, object]) -> Banner:
    """Return the banner of a decision (the content of decision.json).

    Raises
    ------
    InputError
        The decision is none of GO, HOLD and STOP.
    """
    word = str(decision.get("decision"))
    if word not in DECISION_SIGNS:
        raise InputError(f"decision: got '{word}', expected one of {', '.join(DECISION_SIGNS)}; run the day again")
    sign, colour = DECISION_SIGNS[word]
    return Banner(
        word=word,
        sign=sign,
        colour=colour,
        sentence=_sentence(word, decision),
        rests_on=decision_rests_on(decision),
        lacks_leg=any(each.get("gate") == LEGS for each in objects(decision.get("waivers"))),
        date=str(decision.get("date", NOTHING)),
        provisional=decision.get("provisional") is True,
        facts=[
            ("desk", str(decision.get("desk", NOTHING))),
            ("day", str(decision.get("date", NOTHING))),
            ("as of", instant(decision.get("as_of"))),
            ("expires", instant(decision.get("expires_at"))),
            ("verdicts", _counts(decision)),
        ],
    )


def decision_rests_on(decision: Mapping[str, object]) -> str:
    """Return what a decision rests on besides evidence, see `gates.rests_on`; an earlier version's had nothing of that kind."""
    # What awaits sign-offs alone is a GO once it has them.
    word = "GO" if decision.get("awaits") else str(decision.get("decision"))
    return rests_on(word, *(objects(decision.get(name)) for name in ("waivers", "accepted")))


def objects(value: object) -> list[Mapping[str, Any]]:
    """Return the objects of a list that was read from JSON; of anything else none."""
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list | tuple) else []


def audit_footer(decision: Mapping[str, object]) -> dict[str, str] | None:
    """Return the audit trail's checkpoint for a page's footer; None of a decision that an earlier version made."""
    content = decision.get("checkpoint")
    if not isinstance(content, Mapping):
        return None
    return {"line": checkpoint_line(content), "statement": str(content.get("statement", NOTHING))}


def read_decision(file: Path) -> dict[str, object]:
    """Return the content of a decision.json.

    Raises
    ------
    InputError
        The file is missing, is no JSON object, or lacks what a page shows.
    """
    content = load_decision(file)
    blockers = content.get("blockers")
    if not isinstance(blockers, list) or not all(isinstance(blocker, dict) for blocker in blockers):
        raise InputError(f"{file.name}: `blockers` is no list of verdicts; run the day again")
    banner(content)
    return content


def instant(value: object) -> str:
    """Return an ISO instant as `2026-03-19 06:30 UTC`, and what is none as it stands."""
    if not isinstance(value, str | datetime):
        return NOTHING
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        return str(value)
    utc = moment.astimezone(UTC) if moment.tzinfo else moment
    return f"{utc:%Y-%m-%d %H:%M:%S} UTC" if utc.second else f"{utc:%Y-%m-%d %H:%M} UTC"


def _sentence(word: str, decision: Mapping[str, object]) -> str:
    blockers = decision.get("blockers")
    if isinstance(blockers, list) and blockers:
        first, more = _first(blockers[0]), len(blockers) - 1
        return first if not more else f"{first} {more} more block{'s' if more == 1 else ''}."
    failures = decision.get("failures")
    if isinstance(failures, list) and failures:
        return f"{len(failures)} of the day's notebooks did not run through."
    awaits = decision.get("awaits")
    if isinstance(awaits, Mapping):
        roles = " and ".join(map(str, awaits.get("roles", ())))
        return f"Every critical check passed or is waived. It is a GO once it is signed for {roles}."
    if word == "GO":
        return "Every critical check passed or is waived."
    return "No blocker is recorded; read the verdicts before anything moves."


def _first(blocker: object) -> str:
    """Return who fails what and why: a reason alone names neither."""
    known = blocker if isinstance(blocker, Mapping) else {}
    fails = "cannot show" if known.get("status") == "INSUFFICIENT" else "fails"
    reason = str(known.get("reason") or "no reason was given").rstrip(".")
    return (
        f"{known.get('subject', 'The desk')} {fails} “{known.get('title') or known.get('check', 'a check')}”: {reason}."
    )


def _counts(decision: Mapping[str, object]) -> str:
    """Return how many verdicts have which status, and how many of those that did not pass block."""
    counts = decision.get("counts")
    if not isinstance(counts, Mapping):
        return NOTHING
    named = {status: f"{counts[status]} {word}" for status, (_, word, _) in STATUSES.items() if counts.get(status)}
    left = [named.pop(status) for status in _NOT_PASSED if status in named]
    if left:
        count = sum(counts[status] for status in _NOT_PASSED if status in counts)
        left = [" and ".join(left) + _blocking(count, decision.get("blockers"))]
    return "; ".join([*left, *named.values()]) or "none"


def _blocking(count: int, blockers: object) -> str:
    """Return how many of so many verdicts that did not pass block; nothing where that is not on record."""
    if not isinstance(blockers, list):
        return ""
    blocks = sum(each.get("status") in _NOT_PASSED for each in objects(blockers))
    if count == 1:
        return ", which blocks" if blocks else ", which does not block"
    which = "none" if not blocks else "all" if blocks == count else str(blocks)
    return f", {which} of which block{'s' if blocks in (0, 1) else ''}"
