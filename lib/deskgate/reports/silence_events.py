"""Events of silence: the silences of one bot or several that are one cause of blocking verdicts, with the verdicts that belong to it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, combinations, groupby

from deskgate.case.case import Case
from deskgate.reports.blocker import Blocker, measures_silence
from deskgate.reports.silence_effects import Effect, silences_of
from deskgate.reports.silences import Silence, silences, together

__all__ = ["SilenceEvent", "silence_events"]


@dataclass(frozen=True)
class SilenceEvent:
    """Silences in the order of time, and the blocking verdicts that would pass without them."""

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
    """Yield each verdict that silences of a bot explain, with these: of all its legs, of one leg, then of both together."""
    left = [each for each in blocking if each.verdict.subject == bot]
    objected: set[Silence] = set()
    for every in _tried(silences(case).get(bot, ())):
        effects = {each: Effect(case, each.verdict, each.bounds, each.breaks, every) for each in left}
        found = {each: mine for each, effect in effects.items() if (mine := silences_of(effect))}
        # Any bot is silent at times: it is an event where one of these verdicts, or one before, objects to silences.
        if any(measures_silence(each) or not objected.isdisjoint(mine) for each, mine in found.items()):
            yield from found.items()
            objected.update(silence for mine in found.values() for silence in mine)
            left = [each for each in left if each not in found]


def _tried(found: Iterable[Silence]) -> Iterator[Sequence[Silence]]:
    """Yield the silences of a bot of the same legs, and then those of more legs: what fewer explain needs no more."""
    by_legs = [tuple(of_legs) for _, of_legs in groupby(found, key=lambda silence: silence.legs)]
    for number in range(1, len(by_legs) + 1):
        for several in combinations(by_legs, number):
            yield tuple(chain.from_iterable(several))


def _event(
    group: Sequence[Silence], blocking: Sequence[Blocker], links: Sequence[tuple[Blocker, Sequence[Silence]]]
) -> SilenceEvent:
    mine = {each for each, found in links if not set(found).isdisjoint(group)}
    return SilenceEvent(
        sorted(group, key=lambda silence: (silence.start, silence.bot)), [each for each in blocking if each in mine]
    )
