"""What blocks a day, for its page: by cause on the first screen, check by check below.

The causes, their order and their words are the run's; where it left none, as an earlier version or a run that failed, the
verdicts that block stand in their place.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deskgate.case.units import SHARE
from deskgate.config.plural import count_of
from deskgate.gates.decision import stop_holds
from deskgate.reports.anchors import verdict_anchor
from deskgate.reports.pages.banner import objects
from deskgate.reports.pages.causes import causes_part
from deskgate.reports.pages.recent_days import RecentDay, since
from deskgate.reports.pages.suite_texts import SuiteTexts, check_id
from deskgate.reports.pages.wording import Cell, figure, in_percent, shown

__all__ = ["Blocker", "CheckEntry", "Outcome", "blocking", "checks_that_block"]

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
        return [_of_verdicts(group, days) for group in _alike(objects(decision.get("blockers")))]
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
        (count_of(len(group), "check"),),
        _since(days, [(gate, check, subject) for subject in subjects]),
        ((gate, check),),
    )


def _since(days: Sequence[RecentDay], checks: Sequence[tuple[str, str, str]]) -> str:
    return since(days, lambda day: any(key in day.blocked for key in checks))


@dataclass(frozen=True)
class Outcome:
    """What a check found of one subject, or of several alike: each with where its own row is, None where there is no page for it.

    `status` is None where the check's own one says it.
    """

    status: Cell | None
    stops: bool
    subjects: tuple[tuple[str, str | None], ...]
    reason: str
    figures: str


@dataclass(frozen=True)
class CheckEntry:
    """A check that blocks, with all its verdicts that do: what is the same of all stands in it once.

    `status` is that of all its verdicts, None where they differ; `colour` that of the worst one. `what_to_do` is empty where the runbook below has it.
    """

    id: str
    name: str
    title: str
    status: Cell | None
    colour: str
    in_runbook: bool
    what_to_do: str
    proof: str
    outcomes: tuple[Outcome, ...]


def checks_that_block(
    decision: Mapping[str, object], texts: SuiteTexts, pages: Mapping[str, str]
) -> tuple[list[CheckEntry], int]:
    """Return the checks that block, in the order of their first verdicts, and how many verdicts there are.

    Parameters
    ----------
    texts
        What to do is said where they have it.
    pages
        Gate -> the page that shows it, where there is one.
    """
    found: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    blockers = objects(decision.get("blockers"))
    for verdict in blockers:
        found.setdefault((str(verdict.get("gate", "?")), str(verdict.get("check", "?"))), []).append(verdict)
    return [_entry(key, group, key in texts.checks, pages.get(key[0])) for key, group in found.items()], len(blockers)


def _alike(verdicts: Sequence[Mapping[str, Any]]) -> list[list[Mapping[str, Any]]]:
    groups: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
    for verdict in verdicts:
        groups.setdefault(tuple(str(verdict.get(name)) for name in _ALIKE), []).append(verdict)
    return [*groups.values()]


def _entry(
    key: tuple[str, str], verdicts: Sequence[Mapping[str, Any]], in_runbook: bool, page: str | None
) -> CheckEntry:
    gate, check = key
    first, statuses = verdicts[0], {str(each.get("status")) for each in verdicts}
    worst = shown("FAIL" if "FAIL" in statuses else first.get("status"), "status")
    bounds = dict.fromkeys(str(each["bound"]) for each in verdicts if each.get("bound"))
    unit = f" {first['unit']}" if first.get("unit") else ""
    if first.get("unit") == SHARE:
        bounds, unit = dict.fromkeys(map(in_percent, bounds)), " %"
    places = [each for each in (first.get("evidence"), first.get("expectation")) if each not in (None, *_places(key))]
    proof = [f"bound {' or '.join(bounds)}{unit}" if bounds else "", *map(str, places)]
    return CheckEntry(
        check_id(*key),
        f"{gate} {check}",
        str(first.get("title") or check),
        worst if len(statuses) == 1 else None,
        worst.colour,
        in_runbook,
        "" if in_runbook else str(first.get("what_to_do") or ""),
        " · ".join(part for part in proof if part),
        tuple(_outcome(key, group, page, with_status=len(statuses) > 1) for group in _alike(verdicts)),
    )


def _places(key: tuple[str, str]) -> tuple[str, str]:
    """Return where the numbers and the bound of most checks are, as the page says once for all."""
    gate, check = key
    return f"metrics/{gate}.parquet", f"expectations/{gate}.json#{check}"


def _outcome(
    key: tuple[str, str], group: Sequence[Mapping[str, Any]], page: str | None, *, with_status: bool
) -> Outcome:
    first, reason = group[0], str(group[0].get("reason") or "No reason was given.")
    subjects = [str(verdict.get("subject", "?")) for verdict in group]
    observed, sample = _listed(group, "observed"), _listed(group, "sample")
    is_said = all(_says(reason, each["observed"]) for each in group if _is_number(each, "observed"))
    figures = ["" if is_said else f"observed {observed}", f"sample {sample}" if sample.strip("0, ") else ""]
    return Outcome(
        shown(first.get("status"), "status") if with_status else None,
        stop_holds(first),
        tuple((name, f"{page}#{verdict_anchor(*key, name)}" if page else None) for name in subjects),
        reason,
        " · ".join(part for part in figures if part),
    )


def _says(reason: str, number: float) -> bool:
    """Whether a number stands in a reason by itself, not as a part of another one, of a date or of a time."""
    return re.search(rf"(?<![\d.,:-]){re.escape(figure(number))}(?![.,:-]?\d)", reason) is not None


def _listed(group: Sequence[Mapping[str, Any]], name: str) -> str:
    return ", ".join(figure(verdict[name]) for verdict in group if _is_number(verdict, name))


def _is_number(verdict: Mapping[str, Any], name: str) -> bool:
    return isinstance(verdict.get(name), int | float)
