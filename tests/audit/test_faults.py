"""Tampering with a chain of 1,000: whatever is done to a single record is found, and named."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import pytest

from deskgate.audit.faults import Link, first_fault, link_of
from deskgate.audit.record import FIRST, Record, make_record
from tiers import quick

AT = datetime(2026, 5, 4, 12, tzinfo=UTC)
SIZE = 1000
LINES = list[bytes]


def written(size: int = SIZE, text: str = "") -> list[Record]:
    """Return a chain as it is written."""
    made: list[Record] = []
    for seq in range(1, size + 1):
        previous = made[-1].hash if made else FIRST
        made.append(make_record(seq, "drill", AT, {"number": seq, "text": text}, previous))
    return made


RECORDS = written()
WHOLE = [record.line.removesuffix(b"\n") for record in RECORDS]
PLACES = range(SIZE)
_LINKS = {line: link_of(line) for line in WHOLE}


def named(lines: Sequence[bytes]) -> tuple[str, int | None] | None:
    """Return how the first wrong record is wrong, and which it is; lines are parsed once."""
    links: list[Link | None] = [_LINKS[line] if line in _LINKS else link_of(line) for line in lines]
    found = first_fault(links)
    return (found.how, found.seq) if found else None


def replaced(place: int, *lines: bytes, gone: int = 1) -> LINES:
    return [*WHOLE[:place], *lines, *WHOLE[place + gone :]]


def forged(place: int, *, seq: int | None = None) -> bytes:
    """Return another record for a place, its hash and its link to the one before computed anew."""
    before = RECORDS[place - 1].hash if place else FIRST
    return make_record(seq or place + 1, "drill", AT, {"number": -1}, before).line.removesuffix(b"\n")


def test_chain_as_it_was_written_has_no_fault() -> None:
    assert named(WHOLE) is None
    assert named([]) is None


@pytest.mark.parametrize(
    "old", quick([b'"number":', b'"drill"', b'"at":"2026', b'"hash":"', b'"previous":"', b'"seq":'], 3)
)
def test_every_changed_record_is_named(old: bytes) -> None:
    for place in PLACES:
        line = WHOLE[place]
        at = line.index(old) + len(old) - 1
        spoilt = (line[:at] + bytes([line[at] ^ 1]) + line[at + 1 :], b"", line + b" ", line[:at])
        assert named(replaced(place, spoilt[place % 4])) == ("changed", place + 1)


def test_every_record_whose_hash_was_computed_anew_is_named_by_the_next_one() -> None:
    for place in PLACES[:-1]:
        assert named(replaced(place, forged(place))) == ("changed", place + 1)
    # Of the last one only a checkpoint knows.
    assert named(replaced(SIZE - 1, forged(SIZE - 1))) is None


@pytest.mark.slow
def test_every_renumbered_record_is_named() -> None:
    for place in PLACES[1:-1]:
        seq = (1, SIZE, 5 * SIZE)[place % 3]
        if abs(seq - place - 1) > 1:
            assert named(replaced(place, forged(place, seq=seq))) == ("changed", place + 1)


def test_every_removed_record_is_named() -> None:
    for place in PLACES[:-1]:
        assert named(replaced(place)) == ("removed", place + 1)
        if place % 10 == 0:
            assert named(replaced(place, gone=7)) == ("removed", place + 1)


def insertions(place: int) -> Iterator[bytes]:
    yield forged(place)
    yield make_record(place + 1, "drill", AT, {}, "ab" * 32).line.removesuffix(b"\n")
    yield b"no record"
    yield b""
    yield from (
        WHOLE[other]
        for other in {0, place // 2, place - 1, place, place + 1, (place + SIZE) // 2, SIZE - 1}
        if -1 < other < SIZE
    )


@pytest.mark.slow
def test_every_inserted_record_is_named() -> None:
    for place in PLACES:
        for line in list(insertions(place))[place % 3 :: 3]:
            how, seq = named(replaced(place, line, gone=0)) or ("", 0)
            # A second copy beside the first one is either of the two.
            assert how == "inserted"
            assert seq in (place, place + 1)


def swapped(one: int, other: int) -> LINES:
    return [*WHOLE[:one], WHOLE[other], *WHOLE[one + 1 : other], WHOLE[one], *WHOLE[other + 1 :]]


def test_swapped_and_moved_records_are_named() -> None:
    for one in PLACES:
        other = (one + 1, one + 2, (one + SIZE) // 2, SIZE - 1)[one % 4]
        if one < other < SIZE:
            assert named(swapped(one, other)) == ("reordered", one + 1)
            moved = [*WHOLE[:one], *WHOLE[one + 1 : other + 1], WHOLE[one], *WHOLE[other + 1 :]]
            assert named(moved) == ("reordered", one + 1)


@pytest.mark.long
def test_every_two_swapped_records_are_named() -> None:
    for one in PLACES:
        for other in range(one + 1, SIZE):
            assert named(swapped(one, other)) == ("reordered", one + 1)


def test_chain_of_another_desk_in_its_place_is_no_fault_of_its_own() -> None:
    """What a chain alone cannot show: only a checkpoint tells two whole chains apart."""
    other = [record.line.removesuffix(b"\n") for record in written(10, "other")]
    assert named(other) is None
    assert named([*WHOLE[:5], *other[5:]]) == ("changed", 5)
