import gzip
import json
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from deskgate.config.desk_file import load_desk
from deskgate.config.errors import InputError
from deskgate.schema import LEGS, OPERATED, TABLES
from deskgate.store.ingest import read_desk

from .desks import ReadSample, a_database, a_desk, json_file, json_lines
from .samples import DB_FILL, ENVELOPE, VENUE_TRADE


def _read(root: Path, toml: str = "", **bots: str) -> dict[str, pl.DataFrame]:
    return read_desk(load_desk(a_desk(root, bots or {"bot1": toml})))


def test_desk_without_files_has_every_table_empty(tmp_path: Path) -> None:
    frames = _read(tmp_path, 'local = ["*.sqlite"]\nexchange = ["exchange"]')
    assert set(frames) == set(TABLES) - set(OPERATED)
    assert all(
        frame.is_empty() and frame.schema == TABLES[name].create_empty().schema for name, frame in frames.items()
    )


def test_every_leg_is_read_from_its_patterns(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    a_database(tmp_path / "data/a.sqlite", {"TradeFill": [DB_FILL]})
    json_file(tmp_path / "exchange/deep/my_trades.json", [VENUE_TRADE])
    json_lines(tmp_path / "events.jsonl", ENVELOPE)
    frames = _read(tmp_path, 'local = ["data/*.sqlite"]\nevents = ["events*"]\nexchange = ["exchange"]')
    assert sorted(frames["fills"].select("leg", "path").rows()) == [
        ("exchange", "exchange/deep/my_trades.json"),
        ("local", "data/a.sqlite"),
    ]
    assert frames["sources"].sort("leg").select("leg", "kind", "rows", "quarantined", "derived").rows() == [
        ("events", "event_envelopes", 1, 0, False),
        ("exchange", "my_trades", 1, 0, False),
        ("local", "hummingbot_db", 1, 0, False),
    ]


def test_folder_reads_packed_exports_too(tmp_path: Path) -> None:
    (tmp_path / "exchange").mkdir()
    (tmp_path / "exchange/my_trades.json.gz").write_bytes(gzip.compress(json.dumps([VENUE_TRADE]).encode()))
    (tmp_path / "exchange/README.md").write_text("not looked at")
    assert _read(tmp_path, 'exchange = ["exchange"]')["fills"].height == 1


def test_same_record_in_two_files_is_one_row(tmp_path: Path) -> None:
    other = DB_FILL | {"exchange_trade_id": "t2"}
    a_database(tmp_path / "a.sqlite", {"TradeFill": [DB_FILL, DB_FILL | {"order_id": "o2"}]})
    a_database(tmp_path / "b.sqlite", {"TradeFill": [DB_FILL, other]})
    frames = _read(tmp_path, 'local = ["*.sqlite"]')
    assert frames["fills"].select("order_id", "trade_id").rows() == [("o1", "t1"), ("o2", "t1"), ("o1", "t2")]
    assert frames["sources"]["rows"].to_list() == [2, 2]


def test_equal_lines_of_one_file_are_two_records(tmp_path: Path) -> None:
    header = "ts,trading_pair,side,price,amount_base,state"
    row = "2026-02-24T00:00:00Z,BTC-USDT,buy,1,2,running"
    (tmp_path / "fills.csv").write_text(f"{header}\n{row}\n{row}\n")
    fills = _read(tmp_path, 'local = ["fills.csv"]')["fills"]
    assert (fills.height, fills["row_id"].n_unique()) == (2, 2)


def test_reading_again_gives_the_same_rows(tmp_path: Path) -> None:
    a_database(tmp_path / "a.sqlite", {"TradeFill": [DB_FILL]})
    toml = 'local = ["a.sqlite"]'
    assert all(
        first.equals(second)
        for first, second in zip(_read(tmp_path, toml).values(), _read(tmp_path, toml).values(), strict=True)
    )


def test_shared_event_file_counts_for_each_bot(tmp_path: Path) -> None:
    second = ENVELOPE | {"instance_name": "bot2", "event_id": "e2"}
    json_lines(tmp_path / "events.jsonl", ENVELOPE, second, second, "{broken")
    toml = 'events = ["events.jsonl"]'
    frames = _read(tmp_path, bot1=toml, bot2=toml, bot3="")
    assert frames["sources"].select("bot", "rows", "quarantined").rows() == [("bot1", 1, 1), ("bot2", 2, 1)]
    assert frames["quarantine"].select("bot", "line", "path").rows() == [(None, 4, "events.jsonl")]


def test_empty_exports_are_still_sources(tmp_path: Path) -> None:
    for name in ("positions/20260318T080000Z.json", "positions/20260318T160000Z.json", "my_trades.json"):
        json_file(tmp_path / "exchange" / name, [])
    frames = _read(tmp_path, 'exchange = ["exchange"]')
    assert frames["sources"].select("kind", "rows", pl.col("exported_at").dt.hour()).rows() == [
        *(("my_trades", 0, None), ("positions", 0, 8), ("positions", 0, 16)),
    ]
    assert frames["positions"]["quantity"].to_list() == [0, 0]


def test_derived_snapshot_is_recorded_as_such(tmp_path: Path) -> None:
    document = {"ts_utc": "2026-02-25T03:50:05Z", "mode": "proxy_local", "bots": {"bot1": {"equity_quote": 1}}}
    json_file(tmp_path / "snapshot.json", document)
    toml = 'exchange = ["snapshot.json"]'
    sources = _read(tmp_path, bot1=toml, bot2=toml)["sources"]
    exported = datetime(2026, 2, 25, 3, 50, 5, tzinfo=UTC)
    assert sources.select("bot", "rows", "derived", "exported_at").rows() == [
        ("bot1", 0, True, exported),
        ("bot2", 0, False, None),
    ]
    assert ["computed from the bot's own files" in sources["note"][0], "does not name" in sources["note"][1]] == [
        True
    ] * 2


@pytest.mark.parametrize(
    ("bots", "complaint"),
    [
        ({"bot1": 'local = ["/etc/*.sqlite"]'}, "expected a pattern relative to"),
        ({"bot1": 'local = [""]'}, "expected a pattern relative to"),
        (
            {"bot1": 'exchange = ["a.sqlite"]'},
            "a hummingbot_db is listed under bots.bot1.exchange, expected under local",
        ),
        ({"bot1": 'local = ["a.sqlite"]\nevents = ["a.sqlite"]'}, "no leg is evidence for another"),
        ({"bot1": 'local = ["a.sqlite"]', "bot2": 'local = ["*"]'}, "names no bot but is listed by bot1, bot2"),
        ({"bot1": 'local = ["notes.txt"]'}, "is not a known kind of file"),
    ],
)
def test_wrong_listing_is_one_sentence(tmp_path: Path, bots: dict[str, str], complaint: str) -> None:
    a_database(tmp_path / "a.sqlite", {"TradeFill": [DB_FILL]})
    (tmp_path / "notes.txt").write_text("remember the milk")
    with pytest.raises(InputError) as error:
        _read(tmp_path, **bots)
    assert complaint in str(error.value)
    assert "\n" not in str(error.value)


def test_records_read_are_kept_or_in_quarantine(tmp_path: Path) -> None:
    lines = [ENVELOPE, "{", ENVELOPE | {"ts_utc": "x"}, ENVELOPE | {"event_id": "e2"}, "[]", ENVELOPE]
    json_lines(tmp_path / "events.jsonl", *lines)
    frames = _read(tmp_path, 'events = ["events.jsonl"]')
    assert frames["sources"].select("rows", "quarantined").row(0) == (3, 3)
    assert (frames["events"].height, frames["quarantine"].height) == (2, 3)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["fleet_clean", pytest.param("fleet_faulty", marks=pytest.mark.long)])
def test_fleet_is_read_without_quarantine(read_sample: ReadSample, name: str) -> None:
    assert read_sample(name)["quarantine"].is_empty()


@pytest.mark.slow
def test_clean_fleet_has_the_same_count_in_each_leg(read_sample: ReadSample) -> None:
    frames = read_sample("fleet_clean")
    counts = {(bot, leg): n for bot, leg, n in frames["fills"].group_by("bot", "leg").len().iter_rows()}
    expected = {"bot1": 482, "bot3": 379, "bot4": 789}
    assert counts == {(bot, leg): n for bot, n in expected.items() for leg in LEGS}
    funding = frames["funding"].filter(pl.col("bot") == "bot1").group_by("leg").len()
    assert dict(funding.rows()) == dict.fromkeys(LEGS, 5)


@pytest.mark.slow
def test_february_desk_keeps_days_by_their_own_stamps(read_sample: ReadSample) -> None:
    frames = read_sample("desk_20260224")
    late = frames["events"].filter(pl.col("path").str.ends_with("events_20260222.jsonl"))
    days = dict(late.group_by(pl.col("ts").dt.date()).len().rows())
    assert (days[date(2026, 2, 24)], days[date(2026, 2, 25)]) == (1068, 8)
    fills = frames["fills"].group_by("bot", pl.col("ts").dt.date() == date(2026, 2, 24)).len()
    assert sorted(fills.filter(pl.col("bot") == "bot1").select("ts", "len").rows()) == [(False, 7), (True, 3109)]
    assert frames["fills"].filter(pl.col("bot") == "bot3").height == 626


@pytest.mark.slow
def test_february_desk_sets_short_rows_aside(read_sample: ReadSample) -> None:
    frames = read_sample("desk_20260224")
    counts = dict(frames["quarantine"].group_by("path").len().rows())
    assert {Path(path).name: n for path, n in counts.items()} == {
        "minute.legacy_20260220T163359Z.csv": 19,
        "minute.legacy_20260224T033119Z.csv": 61,
    }
    assert frames["sources"].filter("derived")["bot"].to_list() == ["bot1", "bot2", "bot3", "bot4"]
    assert frames["balances"].is_empty()


def test_desk_is_not_written(tmp_path: Path) -> None:
    (tmp_path / "bot1").mkdir()
    a_database(tmp_path / "bot1/a.sqlite", {"TradeFill": [DB_FILL]})
    json_lines(tmp_path / "bot1/events.jsonl", ENVELOPE)
    json_file(tmp_path / "bot1/exchange/my_trades.json", [VENUE_TRADE])
    a_desk(tmp_path, {"bot1": 'local = ["bot1/*.sqlite"]\nevents = ["bot1/events*"]\nexchange = ["bot1/exchange"]'})
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    assert read_desk(load_desk(tmp_path))["sources"].height == 3
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_export_of_a_shared_account_goes_to_every_bot_that_lists_it(tmp_path: Path) -> None:
    json_file(tmp_path / "exchange/my_trades.json", [VENUE_TRADE, VENUE_TRADE | {"id": "another"}])
    toml = 'exchange = ["exchange"]'
    fills = _read(tmp_path, bot1=toml, twin=toml)["fills"]
    assert dict(fills.group_by("bot").len().iter_rows()) == {"bot1": 2, "twin": 2}
