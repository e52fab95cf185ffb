"""Files that all bots list, of deployments that each are one bot's."""

import shutil
from pathlib import Path

import pytest

from deskgate.config.desk_file import load_desk
from deskgate.config.errors import InputError
from deskgate.config.instances import unclaimed
from deskgate.sources.listing import source_files
from deskgate.store.ingest import read_desk
from deskgate.store.parts import context_of

from .desks import a_database, a_desk, json_lines
from .samples import DB_FILL, DB_ORDER, FILL_HEADER, FILL_ROW, MQTT_FILL, a_message

EVERY = 'local = ["bots/**/data/*.sqlite"]\n'


def _deployed(root: Path, instance: str, *trades: str, place: str = "instances") -> Path:
    folder = root / "bots" / place / instance / "data"
    folder.mkdir(parents=True)
    rows = [DB_FILL | {"exchange_trade_id": trade, "order_id": f"o-{trade}"} for trade in trades]
    orders = [DB_ORDER | {"id": f"o-{trade}"} for trade in trades]
    return a_database(folder / "conf.sqlite", {"TradeFill": rows, "Order": orders})


def test_database_is_of_the_bot_whose_instance_its_folder_is(tmp_path: Path) -> None:
    _deployed(tmp_path, "grid-20260318-000000", "t1")
    _deployed(tmp_path, "grid-20260319-000000", "t2")
    _deployed(tmp_path, "blue_1", "t3")
    desk = a_desk(tmp_path, {"a": EVERY + 'instances = ["grid-*"]', "b": EVERY + 'instances = ["blue_?"]'})
    fills = read_desk(load_desk(desk))["fills"]
    assert sorted(fills.select("bot", "trade_id").rows()) == [("a", "t1"), ("a", "t2"), ("b", "t3")]


def test_archived_copy_beside_the_live_database_adds_nothing(tmp_path: Path) -> None:
    live = _deployed(tmp_path, "grid-20260318-000000", "t1", "t2")
    copy = tmp_path / "bots/archived/grid-20260318-000000/data/conf.sqlite"
    copy.parent.mkdir(parents=True)
    shutil.copy(live, copy)
    # The deployment after it was running already, and its database has a fill of the same order id.
    _deployed(tmp_path, "grid-20260319-000000", "t2", "t4")
    desk = a_desk(tmp_path, {"a": EVERY + 'instances = ["grid-*"]'})
    frames = read_desk(load_desk(desk))
    assert sorted(frames["fills"]["trade_id"]) == ["t1", "t2", "t4"]
    assert frames["orders"].height == 3


def test_database_of_another_bots_instance_is_refused(tmp_path: Path) -> None:
    _deployed(tmp_path, "grid-20260318-000000", "t1")
    desk = a_desk(tmp_path, {"a": 'instances = ["grid-*"]', "b": EVERY})
    with pytest.raises(
        InputError, match=r"listed under bots\.b\.local, and by its name an instance of a, expected one bot"
    ):
        read_desk(load_desk(desk))


def test_folder_of_a_deployment_says_whose_its_events_are(tmp_path: Path) -> None:
    names = ("grid-20260318-000000", "blue-20260318-000000", "data", "gone-20260317-000000")
    for name, trade in zip(names, ("t1", "t2", "t3"), strict=False):
        _deployed(tmp_path, name, trade)
    messages = [a_message("OrderFilled", MQTT_FILL | {"exchange_trade_id": n}, instance=n) for n in names]
    json_lines(tmp_path / "events.jsonl", *messages)
    bots = {
        bot: f'local = ["bots/instances/{folder}/data/*.sqlite"]\nevents = ["events.jsonl"]'
        for bot, folder in (("a", "grid-*"), ("b", "blue-*"), ("c", "data"))
    }
    frames = read_desk(load_desk(a_desk(tmp_path, bots)))
    told = frames["fills"].filter(leg="events").sort("bot").select("bot", "trade_id").rows()
    assert told == [("a", names[0]), ("b", names[1])]
    assert frames["quarantine"]["reason"].to_list() == [unclaimed(names[2]), unclaimed(names[3])]


def test_folder_that_two_bots_list_says_nothing(tmp_path: Path) -> None:
    _deployed(tmp_path, "grid-20260318-000000", "t1")
    (tmp_path / "bots/instances/grid-20260318-000000/data/fills.csv").write_text(f"{FILL_HEADER}\n{FILL_ROW}\n")
    json_lines(tmp_path / "events.jsonl", a_message("OrderFilled", MQTT_FILL, instance="grid-20260318-000000"))
    listed = {"a": 'local = ["bots/**/*.sqlite"]', "b": 'local = ["bots/**/*.csv"]'}
    bots = {bot: f'{own}\nevents = ["events.jsonl"]' for bot, own in listed.items()}
    assert read_desk(load_desk(a_desk(tmp_path, bots)))["quarantine"].height == 1


def test_follower_knows_the_deployments_that_the_databases_show(tmp_path: Path) -> None:
    _deployed(tmp_path, "grid-20260318-000000", "t1")
    json_lines(tmp_path / "events.jsonl", a_message("OrderFilled", MQTT_FILL, instance="grid-20260318-000000"))
    bots = {"a": EVERY + 'events = ["events.jsonl"]', "b": 'events = ["events.jsonl"]'}
    desk = load_desk(a_desk(tmp_path, bots))
    whole = [source for source in source_files(desk) if source.leg == "events"]
    followed = source_files(desk, legs=("events",))
    assert [context_of(source) for source in followed] == [context_of(source) for source in whole]
    assert followed[0].bot_of("grid-20260318-000000") == "a"
