import shutil
from pathlib import Path

import pytest

from deskgate.config.bot import Mode
from deskgate.config.desk_file import load_desk
from deskgate.config.errors import InputError
from deskgate.sources.discovery import FoundBot, FoundDesk, discover, draft
from deskgate.sources.discovery.search import find_files
from deskgate.sources.exact_json import parse
from deskgate.store.ingest import read_desk
from tiers import quick

from ..desks import ReadSample, a_database, json_file, json_lines
from ..samples import (
    DB_FILL,
    DB_ORDER,
    ENVELOPE,
    FILL_HEADER,
    FILL_ROW,
    MINUTE_HEADER,
    MINUTE_ROW,
    MQTT_FILL,
    VENUE_TRADE,
    a_message,
)


def _database(file: Path, **change: object) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    order = {name: value for name, value in change.items() if name in DB_ORDER}
    return a_database(file, {"TradeFill": [DB_FILL | change], "Order": [DB_ORDER | order]})


def _found(root: Path) -> dict[str, FoundBot]:
    return {bot.name: bot for bot in discover(root).bots}


def test_native_hummingbot_has_a_bot_a_database(tmp_path: Path) -> None:
    _database(tmp_path / "data/conf_pmm.sqlite")
    _database(tmp_path / "data/conf_v2.sqlite", market="bitget_PaperTrade")
    found = _found(tmp_path)
    assert {name: (bot.local, bot.mode) for name, bot in found.items()} == {
        "conf_pmm": (["data/conf_pmm.sqlite"], Mode.LIVE),
        "conf_v2": (["data/conf_v2.sqlite"], Mode.PAPER),
    }
    assert (found["conf_v2"].connector, found["conf_v2"].pairs) == ("bitget_paper_trade", ["BTC-USDT"])


def test_archived_instance_joins_its_live_bot(tmp_path: Path) -> None:
    _database(tmp_path / "bots/instances/alpha/data/a.sqlite")
    _database(tmp_path / "bots/archived/alpha-20260301-1200/data/a.sqlite")
    _database(tmp_path / "bots/archived/gone-20260101/data/a.sqlite")
    found = _found(tmp_path)
    assert found["alpha"].local == [
        "bots/archived/alpha-20260301-1200/data/*.sqlite",
        "bots/instances/alpha/data/*.sqlite",
    ]
    assert sorted(found) == ["alpha", "gone-20260101"]


@pytest.mark.parametrize(
    ("first", "second", "pattern"),
    quick(
        [
            ("grid-20260318-000000", "grid-20260319-091500", "grid-*"),
            ("grid_2026-03-18_00-00-00", "grid_2026-03-19_09-15-00", "grid_*"),
            ("grid-1773792000", "grid-1773878400", "grid-*"),
        ]
    ),
)
def test_deployments_are_one_bot(tmp_path: Path, first: str, second: str, pattern: str) -> None:
    _database(tmp_path / f"bots/archived/{first}/data/a.sqlite")
    _database(tmp_path / f"bots/instances/{second}/data/a.sqlite", exchange_trade_id="t2")
    _database(tmp_path / "bots/instances/pmm-20260318-000000/data/a.sqlite", symbol="ETH-USDT")
    messages = [
        a_message("OrderFilled", MQTT_FILL | {"exchange_trade_id": name}, instance=name)
        for name in (first, second, "pmm-20260318-000000")
    ]
    json_lines(tmp_path / "events.jsonl", *messages)
    (tmp_path / "desk.toml").write_text(draft(tmp_path, discover(tmp_path)))
    desk = load_desk(tmp_path)
    assert {name: bot.instances for name, bot in desk.bots.items()} == {"grid": [pattern], "pmm": ["pmm-*"]}
    assert desk.bots["grid"].local == [f"bots/{each}/{pattern}/data/*.sqlite" for each in ("archived", "instances")]
    fills = read_desk(desk)["fills"].select("bot", "leg").rows()
    assert sorted(fills) == [*[("grid", "events")] * 2, *[("grid", "local")] * 2, ("pmm", "events"), ("pmm", "local")]


def test_configured_connector_sets_testnet_mode(tmp_path: Path) -> None:
    position = {"connector_name": "binance_perpetual_testnet", "trading_pair": "BTC-USDT"}
    (tmp_path / "bot1").mkdir()
    a_database(
        tmp_path / "bot1/a.sqlite", {"TradeFill": [DB_FILL | {"market": "binance_perpetual"}], "Position": [position]}
    )
    bot = _found(tmp_path)["bot1"]
    assert (bot.mode, bot.connector, bot.notes) == (Mode.TESTNET, "binance_perpetual_testnet", [])


def test_database_and_controller_fills_are_not_both_proposed(tmp_path: Path) -> None:
    _database(tmp_path / "bot1/data/a.sqlite")
    logs = tmp_path / "bot1/logs/epp/a"
    logs.mkdir(parents=True)
    (logs / "minute.csv").write_text(f"{MINUTE_HEADER}\n{MINUTE_ROW}\n")
    (logs / "fills.csv").write_text(f"{FILL_HEADER}\n{FILL_ROW}\n")
    bot = _found(tmp_path)["bot1"]
    assert bot.local == ["bot1/data/*.sqlite", "bot1/logs/epp/a/minute*.csv*"]
    assert any("fills*.csv* is left out" in note for note in bot.notes)


def test_connector_is_from_last_row_of_latest_log(tmp_path: Path) -> None:
    logs = tmp_path / "data/bot1/logs/epp/a"
    logs.mkdir(parents=True)
    (logs / "minute.csv").write_text(f"{MINUTE_HEADER}\n{MINUTE_ROW}\n")
    old = MINUTE_ROW.replace("2026-02-24", "2026-02-20").replace("bitget_perpetual", "bitget_paper_trade")
    (logs / "minute.legacy.csv").write_text(f"{MINUTE_HEADER}\n{old}\n")
    bot = _found(tmp_path)["bot1"]
    assert (bot.connector, bot.mode, bot.local) == (
        *("bitget_perpetual", Mode.LIVE, ["data/bot1/logs/epp/a/minute*.csv*"]),
    )
    assert "bitget_paper_trade" in bot.notes[0]


def test_shared_envelopes_go_to_every_bot_they_name(tmp_path: Path) -> None:
    (tmp_path / "reports").mkdir()
    other = ENVELOPE | {"instance_name": "bot2", "connector_name": "binance_perpetual_testnet"}
    json_lines(tmp_path / "reports/events_20260222.jsonl", ENVELOPE, other)
    json_lines(tmp_path / "reports/events_20260223.jsonl", ENVELOPE)
    found = _found(tmp_path)
    assert {name: (bot.events, bot.mode) for name, bot in found.items()} == {
        "bot1": (["reports/events_*.jsonl*"], Mode.LIVE),
        "bot2": (["reports/events_*.jsonl*"], Mode.TESTNET),
    }


def test_paper_bot_gets_its_ledger(tmp_path: Path) -> None:
    _database(tmp_path / "bot3/a.sqlite", market="bitget_PaperTrade")
    json_file(tmp_path / "bot3/exchange/my_trades.json", [])
    json_file(tmp_path / "bot3/paper_ledger/my_trades.json", [VENUE_TRADE])
    assert _found(tmp_path)["bot3"].exchange == ["bot3/paper_ledger"]


def test_missing_legs_are_listed(tmp_path: Path) -> None:
    json_file(tmp_path / "bot1/exchange/positions/20260318T080000Z.json", [])
    bot = _found(tmp_path)["bot1"]
    assert (bot.mode, bot.pairs, bot.exchange) == (Mode.DISABLED, [], ["bot1/exchange"])
    text = " ".join(bot.missing)
    assert all(word in text for word in ("connector and pair", "no database", "no event file", "my_trades.json"))


def test_other_documents_among_the_exports_are_not_listed(tmp_path: Path) -> None:
    json_file(tmp_path / "bot1/exchange/my_trades.json", [VENUE_TRADE])
    json_file(tmp_path / "bot1/exchange/settings.json", {"leverage": 5})
    assert _found(tmp_path)["bot1"].exchange == ["bot1/exchange/my_trades.json"]


def test_search_depth_is_bounded(tmp_path: Path) -> None:
    for folder in ("a/b/c/d/e/f/g", ".git/bot", "node_modules/bot", ".venv/bot"):
        _database(tmp_path / folder / "a.sqlite")
    assert _found(tmp_path) == {}
    with pytest.raises(InputError, match="no bot found"):
        draft(tmp_path, FoundDesk([]))


def test_draft_is_a_desk_and_reads(tmp_path: Path) -> None:
    _database(tmp_path / 'odd "name" [1]/a.sqlite')
    json_file(tmp_path / "bot2/exchange/my_trades.json", [])
    (tmp_path / "desk.toml").write_text(draft(tmp_path, discover(tmp_path)))
    desk = load_desk(tmp_path)
    assert (desk.name, sorted(desk.bots)) == (tmp_path.name, ["bot2", 'odd "name" [1]'])
    assert read_desk(desk)["fills"]["bot"].to_list() == ['odd "name" [1]']


@pytest.mark.slow
@pytest.mark.parametrize("name", ["desk_20260224", pytest.param("fleet_clean", marks=pytest.mark.long)])
def test_draft_of_a_sample_reads_the_same_rows(
    tmp_path: Path, samples: Path, read_sample: ReadSample, name: str
) -> None:
    root = tmp_path / name
    shutil.copytree(samples / name, root)
    (root / "desk.toml").write_text(draft(root, discover(root)))
    mine, theirs = load_desk(root), load_desk(samples / name)
    connectors = {name: bot.connector for name, bot in mine.bots.items() if bot.judged}
    assert {name: theirs.bots[name].connector for name in connectors} == connectors
    drafted, written = read_desk(mine), read_sample(name)
    assert all(
        drafted[table].sort("row_id").equals(written[table].sort("row_id")) for table in ("fills", "events", "mids")
    )


def test_name_of_the_venue_that_no_rule_knows_is_proposed(tmp_path: Path) -> None:
    _database(tmp_path / "bot1/data/a.sqlite", market="other_perpetual", symbol="HYPE-USD")
    json_file(tmp_path / "bot1/exchange/my_trades.json", [VENUE_TRADE | {"symbol": "HYPE/USDC:USDC"}])
    bot = _found(tmp_path)["bot1"]
    assert (bot.pairs, bot.symbols) == (["HYPE-USD"], {"HYPE-USD": "HYPE/USDC:USDC"})
    (tmp_path / "desk.toml").write_text(draft(tmp_path, FoundDesk([bot])))
    assert load_desk(tmp_path).bots["bot1"].symbols == bot.symbols


def test_spot_and_contracts_of_one_database_are_two_connectors(tmp_path: Path) -> None:
    (tmp_path / "bot1").mkdir()
    fills = [DB_FILL | {"market": market, "order_id": market} for market in ("binance", "binance_perpetual")]
    a_database(tmp_path / "bot1/a.sqlite", {"TradeFill": fills})
    found = discover(tmp_path)
    bot = found.bots[0]
    assert (sorted(bot.connectors), bot.pairs) == (["binance", "binance_perpetual"], ["BTC-USDT"])
    (tmp_path / "desk.toml").write_text(draft(tmp_path, found))
    assert load_desk(tmp_path).bots["bot1"].connector == "binance_perpetual"


def test_documents_of_a_folder_are_not_kept(tmp_path: Path) -> None:
    _database(tmp_path / "alpha/data/a.sqlite")
    json_file(tmp_path / "alpha/exchange/my_trades.json", [VENUE_TRADE])
    database, trades = sorted(find_files(tmp_path), key=lambda find: find.file.name)
    assert not any(isinstance(value, (list, dict)) for find in (database, trades) for value in vars(find).values())
    assert (database.document, trades.document) == (
        None,
        parse((tmp_path / "alpha/exchange/my_trades.json").read_text()),
    )
