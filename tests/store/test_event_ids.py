"""One event, one id: the same event from two files, and one id with other content."""

import json
from pathlib import Path

import pytest

from deskgate.config.desk import Desk
from deskgate.store.tables import Store
from tiers import quick

from .event_files import NOW, counts, envelope, expected, ids, ingest, lines, rows


def test_same_event_in_two_files_is_one(root: Path, desk: Desk, store: Store) -> None:
    (root / "events_a.jsonl").write_text(lines(1, 2))
    (root / "events_b.jsonl").write_text(lines(2, 3, 3))
    account = ingest(store, desk)
    assert counts(account) == (5, 3, 2, 0)
    assert (ids(store), rows(store, "fills").height) == (expected(1, 2, 3), 3)


@pytest.mark.parametrize("together", quick([True, False], 1))
def test_same_id_with_other_content_is_a_conflict(root: Path, desk: Desk, store: Store, together: bool) -> None:
    file, other = root / "events.jsonl", json.dumps(envelope(1, trading_pair="ETH-USDT"))
    file.write_text(lines(1) + (other + "\n" if together else ""))
    account = ingest(store, desk)
    if not together:
        with file.open("a") as end:
            end.write(other + "\n")
        account = ingest(store, desk)
    assert (account.total["quarantined"], account.total["conflicts"]) == (1, 1)
    line, reason, raw = rows(store, "quarantine").select("line", "reason", "raw").row(0)
    assert (line, raw) == (2, other)
    assert reason == "a conflict: event_id 'e1' is already stored with other content, from events.jsonl:1"
    assert rows(store)["pair"].to_list() == ["BTC-USDT"]
    assert rows(store, "fills")["pair"].to_list() == ["BTC-USDT"]
    assert rows(store, "sources")["quarantined"].to_list() == [1]


def test_other_spacing_order_and_arrival_are_no_conflict(root: Path, desk: Desk, store: Store) -> None:
    said = envelope(1)
    again = json.dumps(dict(reversed(said.items())) | {"ingest_ts_utc": NOW.isoformat()}, separators=(",", ":"))
    (root / "events.jsonl").write_text(json.dumps(said) + "\n" + again + "\n")
    assert counts(ingest(store, desk)) == (2, 1, 1, 0)
