"""A silence in words: what happened, and what to do first about a bot that is down, or was."""

from collections.abc import Sequence
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
    return f"{said}. The venue has {fills} of that time that the bot's records lack" if missing else said


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


def remedy_of_silence(found: Sequence[Silence], missing: int, soak_h: float | None) -> str:
    """Return what to do first.

    Parameters
    ----------
    missing
        The fills of that time that the bots' own records lack.
    soak_h
        How many hours without a breach the suite asks for, where the silence reset the soak's clock.
    """
    first, names = found[0], ", ".join(each.bot for each in found)
    runs = "runs" if len(found) == 1 else "run"
    if not first.is_whole:
        return _one_leg(first, names)
    shared = "" if len(found) == 1 else " Look first at what they share: host, network, broker."
    recover = f"Let {names} recover the trade history from the venue, and compare the positions." if missing else ""
    if not first.is_over:
        open_orders = "Its open orders are" if len(found) == 1 else "Their open orders are"
        return " ".join(
            filter(
                None,
                (
                    f"See at the host whether {names} {runs}; nothing watches the orders there until then.{shared}",
                    f"{open_orders} to be cancelled at the venue where it does not; look at the position there.",
                    f"Then start it. {recover}".strip(),
                ),
            )
        )
    end = max(each.end for each in found)
    again = (
        f"The {soak_h:g} h of the soak count anew from {_at(end)}, to {_at(end + timedelta(hours=soak_h))} UTC at least."
        if soak_h
        else ""
    )
    writes = f"{names} {'writes' if len(found) == 1 else 'write'} again: do not stop it for this."
    return " ".join(filter(None, (writes, recover, f"Find out what was down: bot, host or network.{shared}", again)))


def _one_leg(first: Silence, names: str) -> str:
    if "events" in first.legs:
        look = "Check the MQTT bridge, the broker and `deskgate ingest --follow`"
        down = "Find out what was down: bridge, broker or follower" if first.is_over else look
        return f"{down}; {names} went on trading. Ingest what the source still has: *A gap in the stream* in docs/runbook.md."
    return f"See that desk.toml names the files that {names} writes now, and that its disk is not full; the stream shows that it ran."


def same_hours(found: Silence) -> str:
    """Return what to say of a blocker of the same hours of which nothing shows that the silence is its cause."""
    return f"In the same hours as: {_said(found)}. Nothing shows that one caused the other."
