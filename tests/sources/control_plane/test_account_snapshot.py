from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from deskgate.sources.control_plane.account_snapshot import read_account_snapshot

from ..desks import a_bot, a_source, json_file

EXPORTED = datetime(2026, 3, 18, 8, tzinfo=UTC)
SNAPSHOT = {"ts_utc": "2026-03-18T08:00:00Z", "mode": "venue", "bots": {}}


@pytest.mark.parametrize(
    ("mode", "origin"), [("proxy_local", ""), ("venue", "local_minute_proxy"), (None, "proxy"), ("a proxy", None)]
)
def test_derived_snapshot_gives_no_rows(tmp_path: Path, mode: str | None, origin: str | None) -> None:
    bots = {"bot1": {"balances": {"USDT": 5}, "source": origin}}
    parsed = read_account_snapshot(a_source(json_file(tmp_path / "s.json", SNAPSHOT | {"mode": mode, "bots": bots})))
    assert (parsed.frames, parsed.kept.total(), list(parsed.derived)) == ({}, 0, ["bot1"])
    assert parsed.exported_at == EXPORTED


def test_venues_own_snapshot_gives_rows(tmp_path: Path) -> None:
    entry = {
        "trading_pair": "BTC-USDT",
        "position_base": "-0.5",
        "balances": {"USDT": {"total": 5, "free": 4}, "BTC": 1},
    }
    source = a_source(json_file(tmp_path / "s.json", SNAPSHOT | {"bots": {"bot1": entry}}), a_bot(), a_bot("bot2"))
    parsed = read_account_snapshot(source)
    assert parsed.frames["positions"].select("bot", "pair", "quantity").rows() == [
        ("bot1", "BTC-USDT", Decimal("-0.5"))
    ]
    assert parsed.frames["balances"].select("token", "total", "free").rows() == [("BTC", 1, None), ("USDT", 5, 4)]
    assert list(parsed.notes) == ["bot2"]


def test_snapshot_entry_without_amounts_is_in_quarantine(tmp_path: Path) -> None:
    bots = {"bot1": {"equity_quote": 5}, "bot9": {"position_base": 1}}
    parsed = read_account_snapshot(a_source(json_file(tmp_path / "s.json", SNAPSHOT | {"bots": bots})))
    assert parsed.quarantine.select("bot", "reason").rows() == [
        ("bot1", "the entry has neither balances nor position_base"),
        (None, "instance 'bot9' is not in desk.toml"),
    ]
