"""What a GO still needs: the verdicts that block, grouped by their cause, each with what to do about it.

A hundred verdicts wait for one missing leg, and one host that is down makes ten. Each blocking verdict is in one group, by facts: silences of
its bot explain it (`silence_effects`), it failed, its sample is too small, or it has no value and its subject lacks something that its check
needs (`checks.needs`). What has all that its check needs and still no value is grouped by its own reason. Nothing is judged here.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property

import polars as pl

from deskgate.assessment.assessment import Assessment
from deskgate.case.case import Case
from deskgate.case.findings import listed, named
from deskgate.checks.incidents import Incident, incidents
from deskgate.checks.needs import Need, lacking
from deskgate.config.instants import stamp
from deskgate.gates.evaluation import UNDECIDED
from deskgate.reports.blocker import (
    CLOCK,
    Blocker,
    Key,
    blockers_of,
    breaks_together,
    key_of,
    lacked_by,
    measures_silence,
    subjects_of,
)
from deskgate.reports.blocking_cause import BlockingCause, Kind, causes_frame, parse_causes, worst_first
from deskgate.reports.remedies import lacked, remedy
from deskgate.reports.silence_events import SilenceEvent, silence_events
from deskgate.reports.silence_words import happened, remedy_of_silence, same_hours
from deskgate.reports.silences import Silence
from deskgate.reports.stakes import stake_of
from deskgate.reports.young_clock import clock_is_young

__all__ = ["BlockingCause", "Kind", "blocking_causes", "causes_frame", "parse_causes", "worst_first"]

_INCIDENTS, _SOAK, _NO_LOCAL = "open_incidents", "soak_clean_h", "fill_missing_local"


def blocking_causes(assessment: Assessment) -> list[BlockingCause]:
    """Return the causes of all blocking verdicts of a day, in the order of `worst_first`.

    Each blocking verdict is in exactly one of them. A day that is not over adds a cause without a verdict.
    """
    return _Grouping(assessment).causes()


@dataclass(frozen=True)
class _Grouping:
    assessment: Assessment

    @cached_property
    def blocking(self) -> list[Blocker]:
        return blockers_of(self.assessment)

    @property
    def case(self) -> Case:
        return self.assessment.case

    def causes(self) -> list[BlockingCause]:
        found = [self._of_silence(event) for event in self.events]
        taken = {each for event in self.events for each in event.blockers}
        groups: dict[Key, list[Blocker]] = {}
        waits: Counter[Need] = Counter()
        for each in (each for each in self.blocking if each not in taken):
            needs = lacked_by(self.case, each)
            groups.setdefault(key_of(self.case, each, needs), []).append(each)
            waits.update(needs)
        found += [self._cause(key, group, waits) for key, group in groups.items()]
        named = {key[1][0] for key in groups if key[0] is Kind.LACKING}
        found += [self._of_need(need, (), many) for need, many in waits.items() if need not in named]
        return worst_first([*found, *_unfinished(self.case)])

    @cached_property
    def events(self) -> list[SilenceEvent]:
        return silence_events(self.case, self.blocking)

    def _of_silence(self, event: SilenceEvent) -> BlockingCause:
        found, group = event.silences, event.blockers
        breaks = breaks_together(group)
        missing = list(breaks.filter(pl.col("kind") == _NO_LOCAL)["bot"]) if breaks.height else []
        reset = [each.bounds.min_value for each in group if each.bounds.metric == _SOAK]
        stops = {each.verdict.subject for each in group if each.verdict.stops}
        return self._grouped(
            Kind.STOP if stops else Kind.FAILED,
            happened(found, len(missing)),
            remedy_of_silence(found, set(missing), stops, reset[0] if reset else None),
            group,
            since=min(silence.start for silence in found),
        )

    def _cause(self, key: Key, group: Sequence[Blocker], waits: Mapping[Need, int]) -> BlockingCause:
        kind, about = key
        if kind is Kind.LACKING:
            need = Need(about[0])
            return self._of_need(need, group, waits[need])
        verdicts = [each.verdict for each in group]
        subjects, titles = _unique(v.subject for v in verdicts), listed(_unique(v.title for v in verdicts))
        if key == CLOCK and (started := clock_is_young(self.case)):
            says = f"{named(subjects)}: the clock of the 24 h started at {started:%Y-%m-%d %H:%M} UTC, so {titles} cannot be full yet"
            todo = f"Nothing broke since: let it run on until {started + timedelta(days=1):%Y-%m-%d %H:%M} UTC."
            return self._grouped(kind, says, todo, group, since=started)
        if kind is Kind.TIME:
            says = f"{named(subjects)}: too little is measured yet to decide {titles}"
            return self._grouped(kind, says, UNDECIDED, group)
        if self._incidents and all(each.bounds.metric == _INCIDENTS for each in group):
            says = listed([each.cause for each in self._incidents]) or ""
            return self._grouped(kind, says, verdicts[0].what_to_do, group)
        said = f": {verdicts[0].reason.rstrip('.')}" if kind is Kind.UNMEASURED or len(group) == 1 else ""
        return self._grouped(kind, f"{named(subjects)}: {titles}{said}", verdicts[0].what_to_do, group)

    def _of_need(self, need: Need, group: Sequence[Blocker], waiting: int) -> BlockingCause:
        concerned = {bot for each in group for bot in subjects_of(self.case, each.verdict)} or set(self.case.desk.bots)
        bots = [bot for bot in self.case.desk.judged if bot.name in lacking(self.case)[need] & concerned]
        made = self._grouped(Kind.LACKING, lacked(need, bots), remedy(need, bots), group)
        return replace(made, waiting=waiting, subjects=tuple(bot.name for bot in bots))

    def _grouped(
        self, kind: Kind, cause: str, todo: str, group: Sequence[Blocker], *, since: datetime | None = None
    ) -> BlockingCause:
        breaks, quote = breaks_together(group), self.case.desk.quote
        stake = stake_of(self.assessment, [(each.verdict, each.bounds) for each in group], breaks, quote)
        verdicts = [each.verdict for each in group]
        begun = since or self._since(group, breaks)
        return BlockingCause(
            kind,
            cause,
            todo,
            verdicts=len(group),
            waiting=len(group),
            gates=_unique(each.gate for each in verdicts),
            subjects=_unique(each.subject for each in verdicts),
            checks=tuple((each.gate, each.check, each.subject) for each in verdicts),
            reason=verdicts[0].reason if verdicts else "",
            value_quote=stake.value,
            value_note=stake.note,
            quote=quote,
            breaks=tuple(breaks["break_id"]) if breaks.height else (),
            since=stamp(begun) if begun else "",
            meanwhile="" if since else self._meanwhile(group),
        )

    def _since(self, group: Sequence[Blocker], breaks: pl.DataFrame) -> datetime | None:
        """Return the first instant of what a group counts: its breaks, or the open incidents."""
        times = [at for at in breaks["ts"] if at] if breaks.height else []
        if any(each.bounds.metric == _INCIDENTS for each in group):
            times += [each.opened_at for each in self._incidents]
        return min(times, default=None)

    @cached_property
    def _incidents(self) -> list[Incident]:
        """The open ones, the oldest first."""
        return [each for each in incidents(self.case.frames["incidents"]) if each.is_open]

    def _meanwhile(self, group: Sequence[Blocker]) -> str:
        """Return the silence in whose hours something of a group was, of which nothing shows that it is the cause."""
        for silence in (silence for event in self.events for silence in event.silences):
            for each in group:
                if self._is_of_same_hours(each, silence):
                    return same_hours(silence)
        return ""

    def _is_of_same_hours(self, each: Blocker, silence: Silence) -> bool:
        if each.bounds.metric == _INCIDENTS:
            return any(silence.start <= known.opened_at <= silence.end for known in self._incidents)
        if each.verdict.subject != silence.bot:
            return False
        return measures_silence(each) or (each.breaks.height > 0 and each.breaks.filter(silence.covers()).height > 0)


def _unfinished(case: Case) -> Iterator[BlockingCause]:
    if case.as_of < case.start + timedelta(days=1):
        cause = f"{case.day} is not over at {case.as_of:%Y-%m-%d %H:%M} UTC: a look in between is never a GO"
        todo = f"Run `deskgate daily --date {case.day}` after its end."
        yield BlockingCause(Kind.DAY, cause, todo, 0, 0, (), (), (), "")


def _unique(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words))
