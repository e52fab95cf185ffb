"""Bots in the desk's folder that no pattern of desk.toml names."""

from pathlib import Path

from deskgate.config.desk import load_desk
from deskgate.sources.discovery.unnamed import unnamed_bots

from ..samples import MINUTE_HEADER, MINUTE_ROW
from .test_discovery import _database

DESK = """
[desk]
name = "d"
[bots.alpha]
mode = "live"
connector = "bitget_perpetual"
pairs = ["BTC-USDT"]
local = ["alpha/data/*.sqlite", "data/conf_pmm.sqlite"]
[bots.beta]
mode = "disabled"
connector = "bitget_perpetual"
pairs = ["BTC-USDT"]
"""


def unnamed(root: Path, *skipped: Path) -> dict[str, list[str]]:
    (root / "desk.toml").write_text(DESK)
    return {bot.name: files for bot, files in unnamed_bots(load_desk(root), skipped=skipped)}


def test_files_of_named_bots_are_no_news_whatever_else_lies_beside_them(tmp_path: Path) -> None:
    _database(tmp_path / "alpha/data/a.sqlite")
    _database(tmp_path / "alpha/data/older/a.sqlite")
    _database(tmp_path / "data/conf_pmm.sqlite")
    (tmp_path / "alpha/logs/x").mkdir(parents=True)
    (tmp_path / "alpha/logs/x/minute.csv").write_text(f"{MINUTE_HEADER}\n{MINUTE_ROW}\n")
    assert unnamed(tmp_path) == {}


def test_bot_without_a_pattern_is_found_in_a_folder_of_its_own_and_among_others(tmp_path: Path) -> None:
    _database(tmp_path / "gamma/data/g.sqlite")
    _database(tmp_path / "data/conf_v2.sqlite")
    _database(tmp_path / "beta/data/b.sqlite")
    assert unnamed(tmp_path) == {
        "beta": ["beta/data/b.sqlite"],
        "conf_v2": ["data/conf_v2.sqlite"],
        "gamma": ["gamma/data/g.sqlite"],
    }


def test_archives_reports_and_the_store_are_not_looked_into(tmp_path: Path) -> None:
    _database(tmp_path / "bots/archived/gone-20260101/data/a.sqlite")
    _database(tmp_path / "reports/2026-03-05/copy/data/a.sqlite")
    (tmp_path / "reports/2026-03-05/artifacts.json").write_text("{}")
    _database(tmp_path / "reports/store/x/a.sqlite")
    assert unnamed(tmp_path, tmp_path / "reports/store") == {}


def test_next_deployment_of_a_bot_that_desk_toml_names_is_the_same_bot(tmp_path: Path) -> None:
    _database(tmp_path / "alpha/data/a.sqlite")
    _database(tmp_path / "alpha-20260301-120000/data/a.sqlite")
    assert unnamed(tmp_path) == {}
