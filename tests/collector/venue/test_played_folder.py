"""A venue that is played from a folder of exports says what the exports say."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from collector.venue.conformance import client_at, client_of, compared
from collector.venue.paged import collected
from deskgate.collector.venue.api import Export, VenueApi
from deskgate.collector.venue.venues_binance import VENUES as BINANCE
from deskgate.collector.venue.venues_bitget import VENUES as BITGET
from loopback.book import Market
from loopback.folder import book_of
from loopback.many import NOW, busy
from loopback.server import play
from loopback.venues import DIALECTS

MARKET = Market(base="ETH", quote="USDT", settle="USDT", tick="0.01", lot="0.0001")
TESTS = Path(__file__).parents[2]


def _exports(api: VenueApi, client: Any) -> dict[Export, Any]:
    ended = Export.ORDERS if Export.ORDERS in api.endpoints else Export.CANCELED_AND_CLOSED_ORDERS
    listed = (Export.MY_TRADES, ended, Export.FUNDING_HISTORY)
    return {export: collected(client, api, export, MARKET) for export in listed}


@pytest.mark.parametrize("api", [BINANCE[1], BITGET[1]], ids=["binance", "bitget"])
def test_a_folder_of_exports_is_an_account(tmp_path: Path, api: VenueApi) -> None:
    dialect = DIALECTS[api.ccxt_id]
    with play(dialect(busy(MARKET, records=30), lambda: NOW)) as played:
        client = client_of(api, played)
        before = _exports(api, client)
        held, balance = client.fetch_positions(), client.fetch_balance()
    for export, records in before.items():
        (tmp_path / f"{export}.json").write_text(json.dumps(records))
    for name, state in {"positions": held, "balance": balance}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "20260319T160000Z.json").write_text(json.dumps(state))
    with play(dialect(book_of(tmp_path), lambda: NOW)) as played:
        client = client_of(api, played)
        after = _exports(api, client)
        assert [(p["symbol"], p["side"], p["contracts"]) for p in client.fetch_positions()] == [
            (MARKET.symbol, "short", 0.005)
        ]
        assert client.fetch_balance()["total"] == balance["total"]
    for export, records in before.items():
        assert compared(export, after[export]) == compared(export, records) != []


def test_a_venue_is_played_by_hand(tmp_path: Path) -> None:
    (tmp_path / "my_trades.json").write_text("[]")
    asked = [sys.executable, "-m", "loopback", "bitget", str(tmp_path), "--now", "2026-03-20T00:00:00Z"]
    with subprocess.Popen(asked, cwd=TESTS, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            url = process.stdout.readline().strip()
            client = client_at(BITGET[1], url)
            assert client.fetch_time() == NOW
        finally:
            process.terminate()
