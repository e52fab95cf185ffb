"""Logs of bots' processes: listed with the database of the same configuration or instance, and by themselves no bot."""

from pathlib import Path

from deskgate.config.desk_file import load_desk
from deskgate.sources.discovery import FoundBot, discover, draft
from deskgate.sources.discovery.unnamed import unnamed_bots
from deskgate.sources.listing import source_files

from ..desks import a_desk
from .test_discovery import _database

LINE = "2026-03-18 00:00:30,200 - 1 - hummingbot.core.trading_core - INFO - a\n"


def _log(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(LINE)


def _found(root: Path) -> dict[str, FoundBot]:
    return {bot.name: bot for bot in discover(root).bots}


def test_plain_installation_lists_the_log_of_each_configuration(tmp_path: Path) -> None:
    for name in ("conf_a", "conf_b"):
        _database(tmp_path / f"data/{name}.sqlite")
        _log(tmp_path / f"logs/logs_{name}.log")
    _log(tmp_path / "logs/logs_conf_a.log.2026-03-17")
    _log(tmp_path / "logs/logs_hummingbot.log")
    assert {name: bot.local for name, bot in _found(tmp_path).items()} == {
        name: [f"data/{name}.sqlite", f"logs/logs_{name}.log*"] for name in ("conf_a", "conf_b")
    }
    (tmp_path / "desk.toml").write_text(draft(tmp_path, discover(tmp_path)))
    files = {source.path: source.owner.name for source in source_files(load_desk(tmp_path), legs=("local",))}
    assert files["logs/logs_conf_a.log.2026-03-17"] == "conf_a"
    assert len(files) == 5


def test_instance_lists_all_of_its_logs(tmp_path: Path) -> None:
    place = tmp_path / "bots/instances/grid-20260319-000000"
    _database(place / "data/grid.sqlite")
    _log(place / "logs/logs_grid.log")
    assert _found(tmp_path)["grid"].local == [
        f"bots/instances/grid-*/{each}" for each in ("data/*.sqlite", "logs/logs_*.log*")
    ]


def test_log_alone_is_no_bot(tmp_path: Path) -> None:
    _log(tmp_path / "logs/logs_hummingbot.log")
    _log(tmp_path / "alpha/logs/logs_conf.log")
    assert _found(tmp_path) == {}
    closed = tmp_path / "logs/logs_closed.log"
    _log(closed)
    closed.write_bytes(b"\x1f\x8b torn")
    assert unnamed_bots(load_desk(a_desk(tmp_path, {"bot1": ""}))) == []
