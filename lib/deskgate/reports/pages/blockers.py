"""What blocks a day, for its page: by cause on the first screen, check by check below.

The causes, their order and their words are the run's; where it left none, as an earlier version or a run that failed, the
verdicts that block stand in their place.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deskgate.gates.decision import stop_holds
from deskgate.reports.pages.banner import objects
from deskgate.reports.pages.causes import causes_part
from deskgate.reports.pages.recent_days import RecentDay, since
from deskgate.reports.pages.suite_texts import SuiteTexts, check_id
from deskgate.reports.pages.wording import Cell, figure, shown

__all__ = ["Blocker", "blocking", "checks_that_block"]

_ALIKE = ("gate", "check", "title", "status", "bound", "unit", "reason", "what_to_do", "stop", "expectation")


@dataclass(frozen=True)
class Blocker:
    """One entry of the first screen: a sentence, what to do, and where the rows, the notebook and the runbook's entry stand.

    `facts` are short: what is at stake, how many checks. `since` is the instant of the first fact behind it or, where none has one, the
    first day of the row of days on which it blocked ("or before" where it may be older); empty where neither is known. `checks` are (gate, check), each once; `breaks` the
    ids of the breaks that it counts. `meanwhile` names what happened in the same hours.
    """

    status: Cell
    stops: bool
    says: str
    remedy: str
    facts: tuple[str, ...]
    since: str
    checks: tuple[tuple[str, str], ...]
    breaks: tuple[str, ...] = ()
    meanwhile: str = ""

    @property
    def id(self) -> str | None:
        """What the ids of its first check end with; None where it is no check's."""
        return check_id(*self.checks[0]) if self.checks else None


def blocking(folder: Path, decision: Mapping[str, object], days: Sequence[RecentDay]) -> list[Blocker]:
    """Return what blocks by cause, worst first; by check where the day has no causes.

    Raises
    ------
    InputError
        A file of the day was changed since the run wrote it.
    """
    causes = causes_part(folder)
    if not causes:
        return [_of_verdicts(group, days) for group in _alike(decision)]
    return [
        Blocker(
            sign,
            cause.stops,
            cause.cause,
            cause.remedy,
            tuple(filter(None, (cause.at_stake, cause.counted))),
            cause.since_words.removeprefix("since ") or _since(days, cause.checks),
            tuple(dict.fromkeys((gate, check) for gate, check, _ in cause.checks)),
            cause.breaks,
            cause.meanwhile,
        )
        for cause, sign in causes
    ]


def _of_verdicts(group: Sequence[Mapping[str, Any]], days: Sequence[RecentDay]) -> Blocker:
    first = group[0]
    gate, check = str(first.get("gate", "?")), str(first.get("check", "?"))
    subjects = [str(verdict.get("subject", "?")) for verdict in group]
    reason = str(first.get("reason") or "no reason was given")
    return Blocker(
        shown(first.get("status"), "status"),
        stop_holds(first),
        f"{', '.join(subjects)}: {first.get('title') or check}: {reason}",
        str(first.get("what_to_do") or ""),
        ("1 check" if len(group) == 1 else f"{len(group)} checks",),
        _since(days, [(gate, check, subject) for subject in subjects]),
        ((gate, check),),
    )


def _since(days: Sequence[RecentDay], checks: Sequence[tuple[str, str, str]]) -> str:
    return since(days, lambda day: any(key in day.blocked for key in checks))


def checks_that_block(decision: Mapping[str, object], texts: SuiteTexts) -> list[dict[str, object]]:
    """Return the verdicts that block, those of several subjects with the same outcome of the same check in one entry.

    What to do is said where `texts` has it, once for each check.
    """
    ids: set[str] = set()
    return [_entry(group, ids, texts) for group in _alike(decision)]


def _alike(decision: Mapping[str, object]) -> list[list[Mapping[str, Any]]]:
    groups: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
    for verdict in objects(decision.get("blockers")):
        groups.setdefault(tuple(str(verdict.get(name)) for name in _ALIKE), []).append(verdict)
    return [*groups.values()]


def _entry(group: Sequence[Mapping[str, Any]], ids: set[str], texts: SuiteTexts) -> dict[str, object]:
    first = group[0]
    unit = f" {first['unit']}" if first.get("unit") else ""
    measured = [
        str(first.get("gate", "?")),
        f"observed {_listed(group, 'observed') or 'nothing'}{unit}",
        f"bound {first['bound']}" if first.get("bound") else "",
        f"sample {_listed(group, 'sample') or 'none'}",
        str(first.get("evidence") or ""),
        f"expectation {first['expectation']}" if first.get("expectation") else "",
    ]
    # Links lead to the first of several entries of one check.
    check = (str(first.get("gate", "?")), str(first.get("check", "?")))
    own = check_id(*check)
    is_first = own not in ids
    ids.add(own)
    return {
        "id": own if is_first else None,
        "anchor": own,
        "in_runbook": check in texts.checks,
        "check": check,
        "status": shown(first.get("status"), "status"),
        "subjects": ", ".join(str(verdict.get("subject", "?")) for verdict in group),
        "title": first.get("title") or first.get("check", "?"),
        "stop": stop_holds(first),
        "reason": first.get("reason") or "No reason was given.",
        "what_to_do": first.get("what_to_do"),
        "proof": " · ".join(part for part in measured if part),
    }


def _listed(group: Sequence[Mapping[str, Any]], name: str) -> str:
    return ", ".join(figure(verdict[name]) for verdict in group if isinstance(verdict.get(name), int | float))
