"""A silence in words: what happened, and what to do first about a bot that is down, or was."""

from collections.abc import Iterable, Iterator, Sequence, Set
from datetime import datetime, timedelta

from deskgate.reports.silences import Silence

__all__ = ["happened", "remedy_of_silence", "same_hours"]

# From so many minutes on a length is told in hours.
_IN_HOURS = 180


def happened(found: Sequence[Silence], missing: int) -> str:
    """Return what happened; `missing` are the fills of that time that the bots' own records lack."""
    first = found[0]
    said = "; ".join(_said(each) for each in found)
    if len(found) > 1:
        said = f"{len(found)} bots fell silent within an hour: {said}"
    if not first.is_whole:
        silent, other = _legs(first)
        said += f": {silent} alone, {other} went on"
    fills = "1 fill" if missing == 1 else f"{missing} fills"
    whose = "the bot's" if len(found) == 1 else "the bots'"
    return f"{said}. The venue has {fills} of that time that {whose} records lack" if missing else said


def _said(silence: Silence) -> str:
    length = f"{silence.minutes:.0f} min" if silence.minutes < _IN_HOURS else f"{silence.minutes / 60:.0f} h"
    if silence.is_over:
        return f"{silence.bot} wrote nothing for {length}, from {_at(silence.start)} to {_at(silence.end, silence.start)} UTC"
    return f"{silence.bot} has written nothing since {_at(silence.start)} UTC, {length} before {_at(silence.end, silence.start)}"


def _at(instant: datetime, beside: datetime | None = None) -> str:
    same_day = beside is not None and beside.date() == instant.date()
    return f"{instant:%H:%M}" if same_day else f"{instant:%Y-%m-%d %H:%M}"


def _legs(silence: Silence) -> tuple[str, str]:
    return ("its stream", "its own files") if "events" in silence.legs else ("its own files", "its stream")


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
    first, names = found[0], [each.bot for each in found]
    mend = _mend(names, lacks, stops)
    if not first.is_whole:
        return _joined(*_one_leg(first, ", ".join(names), mend), _again(found, soak_h))
    shared = "" if len(found) == 1 else " Look first at what they share: host, network, broker."
    if not first.is_over:
        return _joined(*_down(names, stops, shared), *_mend(names, lacks, frozenset()))
    others = [name for name in names if name not in stops]
    writes = (
        f"{', '.join(others)} {'writes' if len(others) == 1 else 'write'} again: do not stop {_it(others)} for this."
    )
    return _joined(
        *(mend if stops else ()),
        writes if others else "",
        *(() if stops else mend),
        f"Find out what was down: bot, host or network.{shared}",
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


def _one_leg(first: Silence, names: str, mend: Iterable[str]) -> Iterator[str]:
    yield from mend
    if "events" in first.legs:
        look = "Check the MQTT bridge, the broker and `deskgate ingest --follow`"
        down = "Find out what was down: bridge, broker or follower" if first.is_over else look
        source = "Ingest what the source still has: *A gap in the stream* in docs/runbook.md."
        yield f"{down}; the own files of {names} have records of that time. {source}"
    else:
        files = f"See that desk.toml names the files that are written now for {names}, and that the disk is not full"
        yield f"{files}; the stream has records of that time."


def _again(found: Sequence[Silence], soak_h: float | None) -> str:
    """Return when the soak's hours can be full at the earliest; empty where the silence lasts or did not reset its clock."""
    end = max(each.end for each in found)
    if not soak_h or not found[0].is_over:
        return ""
    return f"The {soak_h:g} h of the soak count anew from {_at(end)}, to {_at(end + timedelta(hours=soak_h))} UTC at least."


def _it(names: Sequence[str]) -> str:
    return "it" if len(names) == 1 else "them"


def _joined(*sentences: str) -> str:
    return " ".join(filter(None, sentences))


def same_hours(found: Silence) -> str:
    """Return what to say of a blocker of the same hours of which nothing shows that the silence is its cause."""
    return f"In the same hours as: {_said(found)}. Nothing shows that one caused the other."
