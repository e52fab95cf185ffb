"""Silences in words: what happened, and what to do first about a bot that is down, or was."""

from collections.abc import Iterable, Iterator, Sequence, Set
from datetime import datetime, timedelta

from deskgate.config.plural import count_of
from deskgate.reports.silences import Silence, together

__all__ = ["happened", "remedy_of_silence", "same_hours"]

# From so many minutes on a length is told in hours.
_IN_HOURS = 180
# Silences of one bot that are named one by one.
_NAMED = 3


def happened(found: Sequence[Silence], missing: int) -> str:
    """Return what happened, each bot's silences in the order of time; `missing` are the fills of then that the bots' own records lack."""
    bots, is_mixed = _by_bot(found), len(_by_legs(found)) > 1
    said = "; ".join(
        f"{_said(of_legs)}{_alone(of_legs[0]) if is_mixed else ''}"
        for mine in bots.values()
        for of_legs in _by_legs(mine)
    )
    if len(bots) > 1:
        at_once = any(len(_by_bot(group)) == len(bots) for group in together(found))
        said = f"{len(bots)} bots fell silent{' within an hour' if at_once else ''}: {said}"
    said += "" if is_mixed else _alone(found[0])
    fills = count_of(missing, "fill")
    when = "of that time" if len(found) == len(bots) else "of those times"
    whose = "the bot's" if len(bots) == 1 else "the bots'"
    return f"{said}. The venue has {fills} {when} that {whose} records lack" if missing else said


def _by_bot(found: Iterable[Silence]) -> dict[str, list[Silence]]:
    bots: dict[str, list[Silence]] = {}
    for each in found:
        bots.setdefault(each.bot, []).append(each)
    return bots


def _by_legs(found: Iterable[Silence]) -> list[Sequence[Silence]]:
    """Return silences of the same legs together, those of all legs first."""
    legs: dict[object, list[Silence]] = {}
    for each in sorted(found, key=lambda each: not each.is_whole):
        legs.setdefault("all" if each.is_whole else each.legs, []).append(each)
    return [*legs.values()]


def _said(found: Sequence[Silence]) -> str:
    """Return the silences of one bot; of many the longest are named, and one that lasts."""
    last, before = found[-1], found[:-1]
    if last.is_over and before:
        total = _length(sum(each.minutes for each in found))
        return f"{last.bot} wrote nothing {len(found)} times, {total} in all: {_named(found)}"
    if last.is_over:
        return f"{last.bot} wrote nothing {_time(last)}"
    lasts = f"{last.bot} has written nothing since {_at(last.start)} UTC, {_length(last.minutes)} before {_at(last.end, last.start)}"
    times = "once" if len(before) == 1 else f"{len(before)} times"
    return f"{lasts}, and {times} before: {_named(before)}" if before else lasts


def _named(found: Sequence[Silence]) -> str:
    longest = sorted(found, key=lambda each: -each.minutes)[:_NAMED]
    shown = [_time(each) for each in found if each in longest]
    more = len(found) - len(shown)
    return "; ".join(shown) + (f"; and {more} more" if more else "")


def _time(silence: Silence) -> str:
    return f"for {_length(silence.minutes)}, from {_at(silence.start)} to {_at(silence.end, silence.start)} UTC"


def _length(minutes: float) -> str:
    return f"{minutes:.0f} min" if minutes < _IN_HOURS else f"{minutes / 60:.0f} h"


def _at(instant: datetime, beside: datetime | None = None) -> str:
    same_day = beside is not None and beside.date() == instant.date()
    return f"{instant:%H:%M}" if same_day else f"{instant:%Y-%m-%d %H:%M}"


def _alone(silence: Silence) -> str:
    """Return which leg alone was silent; empty where all were."""
    if silence.is_whole:
        return ""
    legs = ("its stream", "its own files")
    silent, other = legs if "events" in silence.legs else reversed(legs)
    return f": {silent} alone, {other} went on"


def remedy_of_silence(found: Sequence[Silence], lacks: Set[str], stops: Set[str], soak_h: float | None) -> str:
    """Return what to do first.

    Parameters
    ----------
    lacks
        The bots whose own records lack fills of that time.
    stops
        The bots of which a stop condition is part of it: they are to be stopped, whatever else is to be done.
    soak_h
        How many hours without a breach the suite asks for, where the silence reset the soak's clock.
    """
    names = [*_by_bot(found)]
    mend = _mend(names, lacks, stops)
    one_leg = [said for mine in _by_legs(found) if not mine[0].is_whole for said in _one_leg(mine)]
    if not any(each.is_whole for each in found):
        return _joined(*mend, *one_leg, _again(found, soak_h))
    shared = "" if len(names) == 1 else " Look first at what they share: host, network, broker."
    down = [each.bot for each in found if each.is_whole and not each.is_over]
    others = [name for name in names if name not in stops and name not in down]
    writes = (
        f"{', '.join(others)} {'writes' if len(others) == 1 else 'write'} again: do not stop {_it(others)} for this."
    )
    if down:
        stopped = _mend([name for name in names if name not in down], frozenset(), stops)
        recover = _mend(names, lacks, frozenset())
        return _joined(*_down(down, stops, shared), *stopped, writes if others else "", *recover, *one_leg)
    return _joined(
        *(mend if stops else ()),
        writes if others else "",
        *(() if stops else mend),
        f"Find out what was down: bot, host or network.{shared}",
        *one_leg,
        _again(found, soak_h),
    )


def _mend(names: Sequence[str], lacks: Set[str], stops: Set[str]) -> Iterator[str]:
    """Yield which bots are to be stopped, and which are to recover their trade history."""
    if both := [name for name in names if name in stops & lacks]:
        recover = f"let {_it(both)} recover the trade history from the venue"
        trade = "it trades" if len(both) == 1 else "they trade"
        yield f"Stop {', '.join(both)} and {recover}; compare the positions before {trade} again."
    if stopped := [name for name in names if name in stops - lacks]:
        yield f"Stop {', '.join(stopped)}."
    if lacking := [name for name in names if name in lacks - stops]:
        yield f"Let {', '.join(lacking)} recover the trade history from the venue, and compare the positions."


def _down(names: Sequence[str], stops: Set[str], shared: str) -> Iterator[str]:
    """Yield what to do about bots that still write nothing."""
    runs, their = ("runs", "Its") if len(names) == 1 else ("run", "Their")
    yield f"See at the host whether {', '.join(names)} {runs}; nothing watches the orders there until then.{shared}"
    if stopped := [name for name in names if name in stops]:
        yield f"Stop {', '.join(stopped)} where {'it runs' if len(stopped) == 1 else 'they run'}."
    where = "it does" if len(names) == 1 else "they do"
    yield f"{their} open orders are to be cancelled at the venue where {where} not; look at the position there."
    yield f"Then start {_it(names)}."


def _one_leg(found: Sequence[Silence]) -> Iterator[str]:
    """Yield what to do about silences of the same leg, of which the other leg went on."""
    names = ", ".join(_by_bot(found))
    if "events" in found[0].legs:
        look = "Check the MQTT bridge, the broker and `deskgate ingest --follow`"
        is_over = all(each.is_over for each in found)
        down = "Find out what was down: bridge, broker or follower" if is_over else look
        source = "Ingest what the source still has: *A gap in the stream* in docs/runbook.md."
        yield f"{down}; the own files of {names} have records of that time. {source}"
    else:
        files = f"See that desk.toml names the files that are written now for {names}, and that the disk is not full"
        yield f"{files}; the stream has records of that time."


def _again(found: Sequence[Silence], soak_h: float | None) -> str:
    """Return when the soak's hours can be full at the earliest; empty where the silence lasts or did not reset its clock."""
    end = max(each.end for each in found)
    if not soak_h or not all(each.is_over for each in found):
        return ""
    return f"The {soak_h:g} h of the soak count anew from {_at(end)}, to {_at(end + timedelta(hours=soak_h))} UTC at least."


def _it(names: Sequence[str]) -> str:
    return "it" if len(names) == 1 else "them"


def _joined(*sentences: str) -> str:
    return " ".join(filter(None, sentences))


def same_hours(found: Silence) -> str:
    """Return what to say of a blocker of the same hours of which nothing shows that the silence is its cause."""
    return f"In the same hours as: {_said([found])}. Nothing shows that one caused the other."
