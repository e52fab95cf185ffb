"""The decision: GO, HOLD or STOP from the verdicts, and the bundle that holds it to its evidence."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Any

from deskgate.audit.decision_ids import identified
from deskgate.case.metric_spec import PORTFOLIO
from deskgate.config.bot import Mode
from deskgate.config.instants import parse_instant, stamp
from deskgate.gates.evaluation import Status, Verdict

__all__ = [
    "VALID_FOR",
    "Decision",
    "blockers",
    "bundle",
    "decide",
    "digest_files",
    "is_book_stop",
    "stop_holds",
    "stopped_bots",
]

# The run of the next day replaces it; a decision that nobody renewed for a day is none.
VALID_FOR = timedelta(hours=24)
# The gate whose stop conditions of the portfolio are of the live bots' money alone.
BOOK = "portfolio_risk"


class Decision(StrEnum):
    """What may happen next: move on, stay where one is, or stand down."""

    GO = "GO"
    HOLD = "HOLD"
    STOP = "STOP"


def blockers(verdicts: Iterable[Verdict], order: Sequence[tuple[str, str, str]] = ()) -> list[Verdict]:
    """Return the verdicts that block, worst first: stop conditions, failures, then what is not known.

    `order` (gate, check, subject) says which ones stand first, as their causes do: see `reports.blocking_cause.worst_first`.
    """
    place = {key: number for number, key in enumerate(order)}
    return sorted(
        (verdict for verdict in verdicts if verdict.blocks),
        key=lambda v: (
            place.get((v.gate, v.check, v.subject), len(place)),
            *(not v.stops, v.status is not Status.FAIL, v.gate, v.check, v.subject),
        ),
    )


def decide(
    verdicts: Sequence[Verdict], *, failures: Sequence[str] = (), provisional: bool = False, awaits: bool = False
) -> Decision:
    """Return the decision.

    STOP when a stop condition holds. GO when there are critical verdicts, all of them pass or are waived, every step of
    the run succeeded and the day is over. Else HOLD.

    Parameters
    ----------
    failures
        Steps of the run that failed, by name.
    provisional
        The day was looked at before its end: such a run never says GO.
    awaits
        Owners have to sign a decision before it is a GO.
    """
    if awaits:
        found = decide(verdicts, failures=failures, provisional=provisional)
        return Decision.HOLD if found is Decision.GO else found
    if any(verdict.stops for verdict in verdicts):
        return Decision.STOP
    judged = any(verdict.severity == "critical" for verdict in verdicts)
    if judged and not blockers(verdicts) and not failures and not provisional:
        return Decision.GO
    return Decision.HOLD


def stopped_bots(blocking: Iterable[Mapping[str, Any]], modes: Mapping[str, Any]) -> list[str]:
    """Return the bots whose own a stop condition that held is, by name.

    One of the portfolio's risk is the bot's own where it is the only live one: the book is then its account.

    Parameters
    ----------
    blocking
        The blockers of a decision, as JSON has them.
    modes
        Name -> mode of each bot of that day.
    """
    stops = [each for each in blocking if stop_holds(each)]
    live = [name for name, mode in modes.items() if mode == Mode.LIVE]
    found = {str(each.get("subject")) for each in stops} & {*modes}
    if len(live) == 1 and any(map(is_book_stop, stops)):
        found.add(live[0])
    return sorted(found)


def is_book_stop(blocker: Mapping[str, Any]) -> bool:
    """Return whether a blocker, as JSON has it, is a stop condition of the portfolio's risk that held."""
    return stop_holds(blocker) and (blocker.get("subject"), blocker.get("gate")) == (PORTFOLIO, BOOK)


def stop_holds(blocker: Mapping[str, Any]) -> bool:
    """Return whether a blocker, as JSON has it, is a stop condition that held."""
    return blocker.get("stop") is True and blocker.get("status") == Status.FAIL


def digest_files(folder: Path, files: Iterable[Path]) -> list[dict[str, str]]:
    """Return path (inside `folder`) and sha256 of each file, sorted by path."""
    return [
        {"path": file.relative_to(folder).as_posix(), "sha256": sha256(file.read_bytes()).hexdigest()}
        for file in sorted(files)
    ]


def bundle(
    verdicts: Sequence[Verdict],
    *,
    desk: str,
    bots: Mapping[str, str],
    day: date,
    as_of: datetime,
    inputs: Mapping[str, Any],
    evidence: list[dict[str, str]],
    failures: Sequence[Mapping[str, str]],
    previous: str | None,
    provisional: bool,
    checkpoint: Mapping[str, Any],
    store: Mapping[str, Any] | None = None,
    incidents: Sequence[Mapping[str, Any]] = (),
    waivers: Sequence[Mapping[str, Any]] = (),
    accepted: Sequence[Mapping[str, Any]] = (),
    awaits: Mapping[str, Any] | None = None,
    order: Sequence[tuple[str, str, str]] = (),
) -> dict[str, Any]:
    """Return the content of decision.json; `bots` is name -> mode, the disabled ones included.

    `checkpoint` is that of the audit trail before this decision, as JSON; `store` the last commit of each table that was
    read; `previous` the `identity` of the decision that this one replaces; `incidents` are the open ones, `waivers` those that
    turned a verdict and `accepted` the breaks that would count otherwise, see `gates.rests_on`. A decision expires with the first
    of its waivers that ends, at the latest after `VALID_FOR`. Pages are added by `with_pages`.
    `order` is that of the blockers, see `blockers`. `awaits` are the `roles` whose sign-offs the desk asks for, and the public `keys` that count: a decision that would be
    a GO is on HOLD and holds them, any other one does not.

    `bundle_id` is the sha256 of the canonical JSON (RFC 8785) of everything but itself and what `OF_A_RUN` names, `run_id`
    of everything but itself: no part of a decision can be changed without an id no longer fitting.
    """
    blocking = blockers(verdicts, order)
    failed = [item["notebook"] for item in failures]
    needed = awaits if decide(verdicts, failures=failed, provisional=provisional) is Decision.GO else None
    content: dict[str, Any] = {
        "decision": str(decide(verdicts, failures=failed, provisional=provisional, awaits=bool(needed))),
        "desk": desk,
        "bots": dict(bots),
        "date": day.isoformat(),
        "as_of": stamp(as_of),
        "expires_at": stamp(min([as_of + VALID_FOR, *(parse_instant(str(each["until"])) for each in waivers)])),
        "provisional": provisional,
        "blockers": [asdict(verdict) for verdict in blocking],
        "failures": [dict(item) for item in failures],
        "counts": {str(status): n for status, n in sorted(Counter(v.status for v in verdicts).items())},
        "evidence": evidence,
        "inputs": dict(inputs),
        "store": dict(store or {}),
        "previous": previous,
        "checkpoint": dict(checkpoint),
        "incidents": [dict(item) for item in incidents],
        "waivers": [dict(item) for item in waivers],
        "accepted": [dict(item) for item in accepted],
    }
    if needed:
        content["awaits"] = dict(needed)
    return identified(content)
