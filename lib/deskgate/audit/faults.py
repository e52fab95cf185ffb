"""Naming the first wrong record of a chain, and what was done to it, from the chain alone.

Each record holds the hash of the one before, so a change shows where the links no longer fit; which of the records there
is the wrong one is decided by those that follow. What a chain alone cannot show (its end cut off, its last record changed,
all of it computed anew from some record on) is shown by checkpoints, see `deskgate.audit.verify`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from deskgate.audit.chain import complete_lines
from deskgate.audit.record import FIRST, parse_record

__all__ = ["Finding", "Link", "first_fault", "link_of", "read_links"]


@dataclass(frozen=True)
class Link:
    """What ties a record to its neighbours."""

    seq: int
    previous: str
    hash: str


@dataclass(frozen=True)
class Finding:
    """What was done: changed, removed, reordered, inserted or cut off; `seq` is the first wrong record, where it has one."""

    how: str
    seq: int | None
    says: str


def read_links(file: Path) -> list[Link | None]:
    """Return the link of each line of a chain; None of a line that is no record, or of which a byte was changed."""
    return [link_of(line) for line in complete_lines(file)]


def link_of(line: bytes) -> Link | None:
    """Return the link of a line without its end."""
    record = parse_record(line)
    return Link(record.seq, record.previous, record.hash) if record else None


def first_fault(links: Sequence[Link | None]) -> Finding | None:
    """Return what is wrong with the first record that is not as it was written; None where all links fit."""
    previous = FIRST
    for place, link in enumerate(links):
        if link is None or (link.seq, link.previous) != (place + 1, previous):
            return _named(links, place, previous)
        previous = link.hash
    return None


def _named(links: Sequence[Link | None], place: int, previous: str) -> Finding:
    """Name what was done where line `place` does not follow the record whose hash is `previous`."""
    here, expected = links[place], place + 1
    following = links[place + 1] if place + 1 < len(links) else None
    later = {link.seq for link in links[place + 1 :] if link}
    goes_on = following is not None and (following.seq, following.previous) == (expected, previous)
    if here is None:
        return _inserted(place) if goes_on else _changed(expected, "its hash does not fit what it says")
    if here.seq > expected and expected in later and here.seq not in later:
        return Finding("reordered", expected, f"in the place of record {expected} stands record {here.seq}")
    if here.seq == place and here.previous == _previous_of(links[place - 1]):
        return _one_of_two(links, place, following)
    return _inserted(place) if goes_on else _unlinked(place, here, following)


def _unlinked(place: int, here: Link, following: Link | None) -> Finding:
    """Name what was done where a record does not follow the one before, and the next line does not either."""
    expected = place + 1
    if following is not None and following.seq == expected + 1 and here.seq != expected:
        return _changed(expected, f"it calls itself record {here.seq}")
    if here.seq > expected:
        gone = f"record {expected} is" if here.seq == expected + 1 else f"records {expected} to {here.seq - 1} are"
        return Finding("removed", expected, f"{gone} not there, record {expected - 1} is followed by {here.seq}")
    if here.seq < expected:
        return _inserted(place)
    # Its own link is wrong. The next one vouches for it: then the record before was changed, its hash with it.
    vouched = following is None or following.previous == here.hash
    if place and vouched:
        return _changed(expected - 1, f"record {expected} holds another hash of it")
    return _changed(expected, "it does not follow the record before")


def _one_of_two(links: Sequence[Link | None], place: int, following: Link | None) -> Finding:
    """Name which of two records with one number was inserted: the one that the next record does not hold the hash of."""
    here, before = links[place], links[place - 1]
    first_is_wrong = following and here and before and following.previous == here.hash != before.hash
    return _inserted(place - 1 if first_is_wrong else place, place)


def _inserted(place: int, seq: int | None = None) -> Finding:
    seq = place + 1 if seq is None else seq
    return Finding("inserted", seq, f"line {place + 1} is a record too many")


def _changed(seq: int, why: str) -> Finding:
    return Finding("changed", seq, f"record {seq} is not as it was written: {why}")


def _previous_of(link: Link | None) -> str | None:
    return link.previous if link else None
