"""Plain installations of Hummingbot, volumes side by side and hummingbot-api's layout: what their `conf/` says of the bots."""

import os
from pathlib import Path
from typing import Any

import pytest

from deskgate.config.bot import Mode
from deskgate.config.desk import Desk
from deskgate.config.desk_file import load_desk
from deskgate.sources.discovery import FoundBot, FoundDesk, discover, draft
from deskgate.sources.discovery.strategy_files import read_strategy_file

from ..desks import json_file
from .test_discovery import _database

CONTROLLER = "id: a\ncontroller_name: pmm_simple\nconnector_name: {}\ntrading_pair: {}\n"
CLIENT = """\
instance_id: {instance}
mqtt_bridge:
  mqtt_host: {host}
  mqtt_port: 1884
  mqtt_username: PLANTED_user
  mqtt_password: PLANTED_password
  mqtt_namespace: fleet
  mqtt_autostart: true
telegram_mode: {{telegram_token: PLANTED_token, telegram_chat_id: PLANTED_chat}}
"""


def _write(file: Path, text: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def _script(conf: Path, name: str, *controllers: str) -> None:
    listed = "".join(f"- {each}\n" for each in controllers)
    _write(conf / f"scripts/{name}", f"script_file_name: v2_with_controllers.py\ncontrollers_config:\n{listed}")


def _client(folder: Path, instance: str = "abc123", host: str = "localhost") -> None:
    _write(folder / "conf/conf_client.yml", CLIENT.format(instance=instance, host=host))


def _drafted(root: Path) -> tuple[FoundDesk, dict[str, FoundBot], Desk]:
    found = discover(root)
    (root / "desk.toml").write_text(draft(root, found), encoding="utf-8")
    return found, {bot.name: bot for bot in found.bots}, load_desk(root)


def test_plain_installation_is_a_whole_desk(tmp_path: Path) -> None:
    _database(tmp_path / "data/conf_v2_1.sqlite", market="binance_perpetual", symbol="ETH-USDT")
    _database(tmp_path / "data/conf_paper.sqlite", market="binance_PaperTrade", symbol="ETH-USDT")
    conf = tmp_path / "conf"
    _script(conf, "conf_v2_1.yml", "pmm.one.yml", "../../secret.yml")
    _write(conf / "controllers/pmm.one.yml", CONTROLLER.format("binance_perpetual", "ETH-USDT"))
    _write(conf / "controllers/of_nobody.yml", CONTROLLER.format("kraken", "DOGE-USDT"))
    _write(conf / "strategies/conf_paper.yml", "strategy: pmm\nexchange: binance_paper_trade\nmarket: ETH-USDT\n")
    _write(conf / "connectors/binance_perpetual.yml", "binance_perpetual_api_key: PLANTED_key\n")
    _client(tmp_path)
    found, bots, desk = _drafted(tmp_path)
    live = desk.bots["conf_v2_1"]
    assert (live.mode, live.connector, live.pairs) == (Mode.LIVE, "binance_perpetual", ["ETH-USDT"])
    assert live.config == ["conf/controllers/pmm.one.yml", "conf/scripts/conf_v2_1.yml"]
    assert (live.shadow, desk.bots["conf_paper"].mode) == ("conf_paper", Mode.PAPER)
    assert (live.account, live.opens_at_first_snapshot) == (["binance_perpetual"], True)
    assert desk.bots["conf_paper"].account == []
    assert live.exchange == ["exports/binance_perpetual"]
    assert desk.streams.mqtt is not None
    assert (desk.streams.mqtt.url, desk.streams.mqtt.namespace) == ("mqtt://localhost:1884", "fleet")
    assert "../../secret.yml, which is not in conf/controllers" in " ".join(bots["conf_v2_1"].notes)
    assert "PLANTED" not in (tmp_path / "desk.toml").read_text() + str(found)


@pytest.mark.parametrize(
    ("configured", "recorded", "mode", "connector"),
    [
        ("binance_perpetual_testnet", "binance_perpetual", Mode.TESTNET, "binance_perpetual_testnet"),
        ("bybit_perpetual_demo", "bybit_perpetual", Mode.TESTNET, "bybit_perpetual_demo"),
        ("binance_paper_trade", "binance_PaperTrade", Mode.PAPER, "binance_paper_trade"),
        ("okx", "okx", Mode.LIVE, "okx"),
    ],
)
def test_configured_connector_counts_before_the_recorded(
    tmp_path: Path, configured: str, recorded: str, mode: Mode, connector: str
) -> None:
    _database(tmp_path / "data/a.sqlite", market=recorded)
    _script(tmp_path / "conf", "a.yml", "c.yml")
    _write(tmp_path / "conf/controllers/c.yml", CONTROLLER.format(configured, "ETH-USDT"))
    _client(tmp_path)
    _, bots, desk = _drafted(tmp_path)
    assert (desk.bots["a"].mode, desk.bots["a"].connectors) == (mode, [connector])
    assert desk.bots["a"].pairs == ["BTC-USDT", "ETH-USDT"]
    notes = " ".join(bots["a"].notes)
    assert "trades ETH-USDT, of which it has no record" in notes
    assert "records have BTC-USDT" in notes
    assert desk.bots["a"].instances == ["abc123"]


def test_volumes_side_by_side_have_accounts_of_their_own(tmp_path: Path) -> None:
    for name in ("hb 1", "hb2"):
        _database(tmp_path / name / "data/x.sqlite", market="okx")
        _write(tmp_path / name / "conf/connectors/okx.yml", "PLANTED")
        _client(tmp_path / name)
    _, bots, desk = _drafted(tmp_path)
    assert {name: bot.account for name, bot in desk.bots.items()} == {"hb 1": ["hb_1_okx"], "hb2": ["hb2_okx"]}
    # One instance_id was copied with the volume: topics of either would be of both.
    assert all(bot.instances == [] and "instance abc123" in " ".join(bot.notes) for bot in bots.values())
    assert all(any("no configuration file" in why for why in bot.missing) for bot in bots.values())


def test_bots_of_one_account_get_no_opening_from_it(tmp_path: Path) -> None:
    for name in ("a", "b"):
        _database(tmp_path / f"data/{name}.sqlite", market="okx")
    _, _, desk = _drafted(tmp_path)
    assert {bot.account[0]: bot.opens_at_first_snapshot for bot in desk.bots.values()} == {"okx": False}


@pytest.mark.parametrize("profiles", [["master"], ["master", "other"], []])
def test_hummingbot_api_has_accounts_by_profile(tmp_path: Path, profiles: list[str]) -> None:
    api = tmp_path / "bots"
    for name in ("grid-20260318-000000", "grid-20260319-000000"):
        place = api / ("instances" if name.endswith("19-000000") else "archived") / name
        _database(place / f"data/{name}.sqlite", market="okx_perpetual")
        _script(place / "conf", f"{name}.yml", "c.yml")
        _write(place / "conf/controllers/c.yml", CONTROLLER.format("okx_perpetual", "BTC-USDT"))
        _client(place, name)
    _write(api / "conf/controllers/template.yml", CONTROLLER.format("kraken", "DOGE-USDT"))
    for each in profiles:
        _write(api / f"credentials/{each}/connectors/okx_perpetual.yml", "PLANTED")
    found, bots, desk = _drafted(tmp_path)
    bot = desk.bots["grid"]
    assert list(desk.bots) == ["grid"]
    assert bot.config == [f"bots/instances/grid-*/conf/{kind}/*.yml" for kind in ("controllers", "scripts")]
    assert bot.instances == ["grid-*"]
    wanted = {0: ["okx_perpetual"], 1: ["master_okx_perpetual"], 2: []}[len(profiles)]
    assert (bot.account, bot.opens_at_first_snapshot) == (wanted, bool(wanted))
    assert any("which profile" in why for why in bots["grid"].missing) is (len(profiles) > 1)
    assert len(found.accounts) == max(1, len(profiles))


def test_instance_without_a_database_is_a_bot(tmp_path: Path) -> None:
    place = tmp_path / "bots/instances/fresh"
    (place / "data").mkdir(parents=True)
    _script(place / "conf", "fresh.yml", "c.yml")
    _write(place / "conf/controllers/c.yml", CONTROLLER.format("okx", "BTC-USDT"))
    _, bots, desk = _drafted(tmp_path)
    assert desk.bots["fresh"].local == ["bots/instances/fresh/data/*.sqlite"]
    assert any("no database" in why for why in bots["fresh"].missing)


def test_broken_configuration_is_one_remark(tmp_path: Path) -> None:
    _database(tmp_path / "data/a.sqlite")
    _write(tmp_path / "conf/scripts/a.yml", "script: [PLANTED_one\nb: c")
    _write(tmp_path / "conf/conf_client.yml", "instance_id: x\nmqtt_bridge:\n  mqtt_host: user:PLANTED_two@host\n")
    found, _, desk = _drafted(tmp_path)
    assert desk.streams.mqtt is None
    assert [note.partition(":")[0] for note in found.notes] == ["conf/scripts/a.yml", "conf/conf_client.yml"]
    assert "line 2" in found.notes[0]
    assert "PLANTED" not in str(found) + (tmp_path / "desk.toml").read_text()


def test_odd_names_of_files_stay_one_line(tmp_path: Path) -> None:
    name = 'é "x" [1]\n[desk]'
    _database(tmp_path / f"data/{name}.sqlite")
    _write(tmp_path / f"conf/scripts/{name}.yml", "[")
    _script(tmp_path / "conf", "b.yml")
    found, _, desk = _drafted(tmp_path)
    assert list(desk.bots) == [name]
    assert len(found.notes) == 1
    assert [len(list(tmp_path.glob(each))) for each in desk.bots[name].config] == [1]


@pytest.mark.parametrize(
    ("text", "connectors", "pairs"),
    [
        ("maker_market: kucoin\ntaker_market: okx\nmaker_market_trading_pair: A-USDT", ["kucoin", "okx"], ["A-USDT"]),
        ("exchange_pair_1: {connector_name: okx, trading_pair: A-USDT}", ["okx"], ["A-USDT"]),
        ("markets: {okx: [A-USDT, B-USDT]}", ["okx"], ["A-USDT", "B-USDT"]),
        ("exchange: okx\nmarkets: A-USDT,B-USDT", ["okx"], ["A-USDT", "B-USDT"]),
        ("derivative: okx_perpetual\nmarket: A-USDT", ["okx_perpetual"], ["A-USDT"]),
        ("connector_name: jupiter/clmm\ntrading_pair: SOL-USDC", ["jupiter/clmm"], ["SOL-USDC"]),
        ("connector_name: hyperliquid_perpetual\ntrading_pair: xyz:A-USD", ["hyperliquid_perpetual"], ["xyz:A-USD"]),
        ("candles_connector: okx\ncandles_trading_pair: A-USDT\nprice_source_exchange: okx", [], []),
        ("candles_config: [{connector: okx, trading_pair: A-USDT}]", [], []),
        ("exchange: 5\nmarket: [1, null]", [], []),
        ("", [], []),
        ("just text", [], []),
    ],
)
def test_markets_are_in_keys_of_any_strategy(
    tmp_path: Path, text: str, connectors: list[str], pairs: list[str]
) -> None:
    facts = read_strategy_file(_write(tmp_path / "a.yml", text)).facts
    assert (facts.connectors, facts.pairs) == (connectors, pairs)


def test_exports_of_accounts_are_no_bot(tmp_path: Path) -> None:
    _database(tmp_path / "data/a.sqlite", market="okx")
    json_file(tmp_path / "exports/okx/my_trades.json", [])
    _, bots, _ = _drafted(tmp_path)
    assert list(bots) == ["a"]


def test_closed_configuration_is_a_note(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As of a folder `conf` of mode 700 of another user: what is in it has neither a state nor a list."""
    _database(tmp_path / "hb1/data/a.sqlite")
    _client(tmp_path / "hb1")
    closed, state, scan = str(tmp_path / "hb1/conf"), os.stat, os.scandir

    def state_of(place: Any, **options: Any) -> object:
        if str(place).startswith(f"{closed}/"):
            raise PermissionError(13, "Permission denied", str(place))
        return state(place, **options)

    def scanned(place: Any) -> object:
        if str(place).startswith(closed):
            raise PermissionError(13, "Permission denied", str(place))
        return scan(place)

    monkeypatch.setattr(os, "stat", state_of)
    monkeypatch.setattr(os, "scandir", scanned)
    found = discover(tmp_path)
    assert [bot.name for bot in found.bots] == ["hb1"]
    assert [note for note in found.notes if note.startswith("hb1/conf: cannot be read")]
