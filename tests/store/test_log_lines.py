"""A bot's own log in the store: read on from where it ended, anew in another time zone, and once when it is rotated."""

from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from deskgate.config.desk_file import load_desk
from deskgate.store.ingest import Account, Ingestor
from deskgate.store.tables import Store

NOW = datetime(2026, 3, 20, tzinfo=UTC)


def ingest(root: Path, zone: str = "UTC") -> Account:
    (root / "desk.toml").write_text(f"""\
[desk]
name = "test"
[bots.bot1]
mode = "paper"
connector = "bitget_paper_trade"
pairs = ["BTC-USDT"]
local = ["logs/logs_*.log*"]
log_timezone = "{zone}"
""")
    desk = load_desk(root)
    return Ingestor(Store.open(root / "store", desk.name), desk, lambda: NOW).ingest_files()


def rows(root: Path, **where: str) -> pl.DataFrame:
    store = Store.open(root / "store", "test")
    return store.read(store.pin(), NOW, ("log_lines",))["log_lines"].filter(**where).sort("ts")


def line(minute: int, text: str = "a") -> str:
    return f"2026-03-18 00:{minute:02}:30,200 - 1 - hummingbot.core.clock - INFO - {text}\n"


def test_log_is_read_on_from_where_it_ended_and_once_when_rotated(tmp_path: Path) -> None:
    log = tmp_path / "logs/logs_conf.log"
    log.parent.mkdir()
    log.write_text(line(0) + line(1) + line(2)[:25])
    assert ingest(tmp_path).rows["log_lines"] == 2
    # The cut line is read when it is whole.
    log.write_text(line(0) + line(1) + line(2) + line(3, "Creating the clock with tick size: 1.0"))
    assert ingest(tmp_path).rows["log_lines"] == 3
    log.rename(log.with_name("logs_conf.log.2026-03-18"))
    log.write_text(line(4))
    assert ingest(tmp_path).rows["log_lines"] == 1
    minutes = rows(tmp_path, what="sign_of_life")["ts"].dt.minute()
    assert minutes.to_list() == [0, 1, 2, 3, 4]
    assert rows(tmp_path).height == 6


def test_another_time_zone_is_read_anew(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs/logs_conf.log").write_text(line(0))
    ingest(tmp_path)
    assert ingest(tmp_path, "Europe/Berlin").rows["log_lines"] == 1
    assert rows(tmp_path, zone="Europe/Berlin")["ts"].dt.hour().to_list() == [23]
    assert rows(tmp_path, zone="UTC")["ts"].dt.hour().to_list() == [0]
    # And back: the rows are there already.
    assert ingest(tmp_path).rows["log_lines"] == 0
