"""Events of silence: the silences of one bot or several that are one cause of blocking verdicts, with the verdicts that belong to it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from deskgate.case.case import Case
from deskgate.reports.blocker import Blocker, measures_silence
from deskgate.reports.silence_effects import Effect, silences_of
from deskgate.reports.silences import Silence, silences, together

__all__ = ["SilenceEvent", "silence_events"]


@dataclass(frozen=True)
class SilenceEvent:
    """Silences of the same legs, in the order of time, and the blocking verdicts that would pass without them."""

    silences: Sequence[Silence]
    blockers: Sequence[Blocker]


def silence_events(case: Case, blocking: Sequence[Blocker]) -> list[SilenceEvent]:
    """Return the silences to which the suites object, as events: each blocking verdict is in one of them at most.

    Silences are one event where a verdict belongs to several of them, or where bots fell silent within an hour (`together`).
    """
    links = [link for bot in _objected(blocking) for link in _of_bot(case, bot, blocking)]
    groups = together(dict.fromkeys(silence for _, found in links for silence in found))
    for _, found in links:
        joined = [group for group in groups if not set(group).isdisjoint(found)]
        groups = [group for group in groups if group not in joined] + [
            [silence for group in joined for silence in group]
        ]
    return [_event(group, blocking, links) for group in groups]


def _objected(blocking: Sequence[Blocker]) -> list[str]:
    return sorted({each.verdict.subject for each in blocking if measures_silence(each)})


def _of_bot(case: Case, bot: str, blocking: Sequence[Blocker]) -> Iterator[tuple[Blocker, Sequence[Silence]]]:
    """Yield each verdict that silences of a bot explain, with these: of all its legs first, then of one leg."""
    left = [each for each in blocking if each.verdict.subject == bot]
    for _, of_legs in groupby(silences(case).get(bot, ()), key=lambda silence: silence.legs):
        every = tuple(of_legs)
        found = {each: silences_of(Effect(case, each.verdict, each.bounds, each.breaks, every)) for each in left}
        # Any bot is silent at times: it is an event where one of these verdicts objects to silences.
        if any(measures_silence(each) for each, mine in found.items() if mine):
            yield from ((each, mine) for each, mine in found.items() if mine)
            left = [each for each, mine in found.items() if not mine]


def _event(
    group: Sequence[Silence], blocking: Sequence[Blocker], links: Sequence[tuple[Blocker, Sequence[Silence]]]
) -> SilenceEvent:
    mine = {each for each, found in links if not set(found).isdisjoint(group)}
    return SilenceEvent(
        sorted(group, key=lambda silence: (silence.start, silence.bot)), [each for each in blocking if each in mine]
    )
