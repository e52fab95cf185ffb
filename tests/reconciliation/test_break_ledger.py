"""The break ledger: what becomes of a break from run to run, and what an operator's word is worth."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from break_rows import HOUR, done, seen
from deskgate.reconciliation.breaks import counts as open_breaks
from deskgate.reconciliation.breaks.ledger import ledger
from deskgate.reconciliation.fills.check import check
from desks import END, NOON, bot, case, desk, fills, frame, values


def ledger_row(
    sightings: list[dict[str, Any]], *actions: dict[str, Any], at: datetime = END + 99 * HOUR
) -> dict[str, Any]:
    rows = ledger(frame("break_sightings", *sightings), frame("break_actions", *actions), at)
    return rows.row(0, named=True)


@pytest.mark.parametrize(
    ("sightings", "actions", "status", "returned"),
    [
        ([seen(0)], [], "open", 0),
        ([seen(0), seen(1)], [done(2, "note")], "explained", 0),
        ([seen(0), seen(1)], [done(2, "own", "bob")], "open", 0),
        ([seen(0)], [done(1, "accept")], "accepted", 0),
        ([seen(0), seen(2, fingerprint="9")], [done(1, "accept")], "open", 0),
        ([seen(0), seen(1, there=False)], [], "resolved", 0),
        ([seen(0), seen(1, there=False), seen(2)], [], "open", 1),
        ([seen(0)], [done(1, "resolve")], "resolved", 0),
        ([seen(0), seen(2)], [done(1, "resolve")], "open", 0),
        ([seen(0), seen(1, there=False)], [done(0.5, "accept")], "resolved", 0),
        # An acceptance and known end with the break, and with `resolve`.
        ([seen(0), seen(2, there=False), seen(3)], [done(1, "accept")], "open", 1),
        ([seen(0), seen(2, there=False), seen(3)], [done(1, "note")], "open", 1),
        ([seen(0), seen(2, there=False), seen(3)], [done(4, "accept")], "accepted", 1),
        ([seen(0), seen(3)], [done(1, "accept"), done(2, "resolve")], "open", 0),
        ([seen(0), seen(3)], [done(1, "resolve"), done(2, "accept")], "accepted", 0),
        # One instant asked twice: what was recorded last counts.
        ([seen(0), seen(0, there=False, recorded_at=END + HOUR)], [], "resolved", 0),
        # A day run again later says nothing of what later days have found.
        ([seen(5), seen(0, there=False, recorded_at=END + 9 * HOUR)], [], "open", 1),
    ],
)
def test_status(sightings: list[dict[str, Any]], actions: list[dict[str, Any]], status: str, returned: int) -> None:
    row = ledger_row(sightings, *actions)
    assert (row["status"], row["returned"]) == (status, returned)


def test_owner_note_and_ages() -> None:
    row = ledger_row([seen(0), seen(3)], done(1, "own", "bob"), done(2, "note", "a late export"), at=END + 4 * HOUR)
    assert (row["owner"], row["note"]) == ("bob", "ann notes: a late export")
    assert (row["last_seen"], row["age_h"]) == (END + 3 * HOUR, 16)
    resolved = ledger_row([seen(0), seen(1, there=False)], at=END + 50 * HOUR)
    assert (resolved["last_seen"], resolved["age_h"]) == (END, 12)


def test_nothing_seen_is_an_empty_ledger() -> None:
    assert ledger(frame("break_sightings"), frame("break_actions"), END).is_empty()


WRONG = [*fills("local", fee_amount=Decimal("0.2")), *fills("events", "exchange")]


def accepted(fingerprint: str, at: datetime = NOON) -> list[dict[str, Any]]:
    found = check(case(fills=WRONG)).breaks["break_id"].item()
    return [done(0, "accept", fingerprint=fingerprint) | {"break_id": found, "effective_at": at}]


def test_accepted_break_is_excluded_until_its_amounts_change() -> None:
    found = check(case(fills=WRONG)).breaks.select(open_breaks.fingerprint()).item()
    for word, count in ((found, 0), ("something else", 1)):
        found = check(case(fills=WRONG, break_actions=accepted(word)))
        assert found.breaks.height == 1
        assert values(found.metrics)["fee_mismatch"] == count


def test_acceptance_ends_with_resolve_and_with_the_break() -> None:
    found = check(case(fills=WRONG)).breaks.select("break_id", fingerprint=open_breaks.fingerprint()).row(0, named=True)
    accept = accepted(found["fingerprint"])
    at = accept[0]["effective_at"]
    after = {"effective_at": at + timedelta(minutes=1), "recorded_at": at}
    assert values(check(case(fills=WRONG, break_actions=accept)).metrics)["fee_mismatch"] == 0
    closed = [*accept, {**accept[0], "action": "resolve", **after}]
    assert values(check(case(fills=WRONG, break_actions=closed)).metrics)["fee_mismatch"] == 1
    gone = [seen(0, there=False, **found, **after)]
    assert values(check(case(fills=WRONG, break_actions=accept, break_sightings=gone)).metrics)["fee_mismatch"] == 1


@pytest.mark.parametrize("accept", [True, False])
def test_open_break_of_an_earlier_day_is_no_evidence_of_the_day(accept: bool) -> None:
    old = [{**row, "ts": NOON - timedelta(days=1)} for row in WRONG]
    late = desk(bot(opening=None))
    breaks = check(case(late, fills=old)).breaks
    at = NOON - timedelta(hours=1)
    known = breaks.select("break_id", fingerprint=open_breaks.fingerprint()).to_dicts() if accept else []
    actions = [{**done(0, "accept"), **word, "effective_at": at} for word in known]
    got = values(check(case(late, fills=old, break_actions=actions)).metrics)
    assert (got["fee_mismatch"], got["wrong_side"]) == (None if accept else 1, None)


def test_tally_is_count_total_value_and_oldest_age() -> None:
    early = [*fills("local", trade_id="t2", ts=NOON - 6 * HOUR, fee_amount=Decimal("0.6"))]
    early += fills("events", "exchange", trade_id="t2", ts=NOON - 6 * HOUR)
    got = values(check(case(fills=[*WRONG, *early])).metrics)
    assert (got["fee_mismatch"], got["fee_mismatch_value_quote"], got["fee_mismatch_age_h"]) == (2, 0.6, 18)
    none = values(check(case(fills=fills("local", "events", "exchange"))).metrics)
    assert [none[f"fee_mismatch{end}"] for end in ("", "_value_quote", "_age_h")] == [0, 0, 0]


def test_break_without_a_value_leaves_the_total_null() -> None:
    breaks = check(case(fills=WRONG)).breaks.with_columns(value_quote=pl.lit(None, pl.Decimal(38, 18)))
    got = values(open_breaks.tally(case(), "b1", "fee_mismatch", breaks, 1))
    assert (got["fee_mismatch"], got["fee_mismatch_value_quote"]) == (1, None)
