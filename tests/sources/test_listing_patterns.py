"""What patterns find beside a desk's files: harmless files are passed over with a word, closed folders are not."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from deskgate.config.desk_file import load_desk
from deskgate.config.digests import digest_configuration
from deskgate.config.errors import InputError
from deskgate.sources.listing import source_files
from deskgate.store.ingest import Ingestor
from deskgate.store.tables import Store
from store.children import start
from tiers import quick

from .desks import a_database, a_desk, json_file
from .samples import DB_FILL, VENUE_TRADE

NOW = datetime(2026, 3, 20, tzinfo=UTC)
TRADES_CSV = "exchange_trade_id,config_file_path,strategy,market,symbol,price,amount,trade_fee,position,age"
HARMLESS = {
    "trades_conf.csv": f"{TRADES_CSV}\nt1,conf.yml,pmm,bitget,BTC-USDT,1,1,{{}},NIL,00:00:30\n",
    "bot.sqlite-shm": "\x00\x01",
    "bot.sqlite-journal": "",
    "conf.yml": "strategy: pmm\n",
    "hummingbot.log": "[2026-03-18 00:00:00] INFO started\n",
    "README.md": "# Data\n",
    ".DS_Store": "\x00\x00\x00\x01Bud1",
    "list.json": '[{"foo": 1}]',
    "empty": "",
}


def _bot(root: Path, **legs: str) -> Path:
    (root / "bot1/data").mkdir(parents=True)
    a_database(root / "bot1/data/bot.sqlite", {"TradeFill": [DB_FILL]})
    return a_desk(root, {"bot1": "\n".join(f"{leg} = {value}" for leg, value in legs.items())})


def _listed(root: Path) -> tuple[list[str], dict[str, str]]:
    notes: dict[str, str] = {}
    return [source.path for source in source_files(load_desk(root), notes=notes)], notes


def test_harmless_files_are_passed_over_each_with_a_word(tmp_path: Path) -> None:
    _bot(tmp_path, local='["bot1/data/*"]')
    for name, content in HARMLESS.items():
        (tmp_path / "bot1/data" / name).write_text(content)
    (tmp_path / "bot1/data/gone.csv").symlink_to("nowhere")
    (tmp_path / "bot1/data/folder.csv").mkdir()
    listed, notes = _listed(tmp_path)
    assert listed == ["bot1/data/bot.sqlite"]
    assert set(notes) == {f"bot1/data/{name}" for name in (*HARMLESS, "gone.csv", "folder.csv")}
    assert notes["bot1/data/trades_conf.csv"] == "Hummingbot's CSV of a bot's fills"
    store = Store.open(tmp_path / "store", "test")
    account = Ingestor(store, load_desk(tmp_path), lambda: NOW).ingest_files()
    assert account.passed_over == notes


def test_links_in_a_folder_that_lead_nowhere_are_passed_over(tmp_path: Path) -> None:
    place = tmp_path / "bot1/exchange"
    place.mkdir(parents=True)
    _bot(tmp_path, exchange='["bot1/exchange"]')
    listed, _ = _listed(tmp_path)
    targets = {"gone.json": "nowhere", "loop.json": "loop.json", "inside.json": "../data/bot.sqlite/inside.json"}
    for name, target in targets.items():
        (place / name).symlink_to(target)
    (place / "folder.json").symlink_to(tmp_path / "bot1/data", target_is_directory=True)
    again, notes = _listed(tmp_path)
    assert again == listed
    assert notes == {f"bot1/exchange/{name}": "a link to nothing, or no file" for name in targets}


@pytest.mark.parametrize(("name", "content"), HARMLESS.items())
def test_named_file_of_no_known_kind_stops(tmp_path: Path, name: str, content: str) -> None:
    _bot(tmp_path, local=f'["bot1/data/{name}"]')
    (tmp_path / "bot1/data" / name).write_text(content)
    with pytest.raises(InputError, match=name.replace(".", r"\.")):
        _listed(tmp_path)


def test_broken_export_stops_though_a_wildcard_finds_it(tmp_path: Path) -> None:
    json_file(tmp_path / "exchange/my_trades.json", [VENUE_TRADE])
    (tmp_path / "exchange/closed_orders.json").write_text('[{"id"')
    with pytest.raises(InputError, match=r"closed_orders\.json: not JSON"):
        _listed(_bot(tmp_path, exchange='["exchange/*.json"]'))


@pytest.mark.parametrize(
    ("pattern", "note"),
    [("bot1/date/*.sqlite", "matches nothing"), ("bot1/data/none.sqlite", "matches nothing")],
)
def test_pattern_without_a_match_is_told(tmp_path: Path, pattern: str, note: str) -> None:
    assert _listed(_bot(tmp_path, local=f'["{pattern}"]')) == ([], {f"bots.bot1.local '{pattern}'": note})


def test_folder_without_files_is_told(tmp_path: Path) -> None:
    (tmp_path / "exchange").mkdir()
    listed, notes = _listed(_bot(tmp_path, exchange='["exchange"]'))
    assert listed == []
    assert "a folder without a file" in notes["exchange"]


@pytest.mark.parametrize("pattern", [".", "", "/etc/*", "a/**b/*"])
def test_pattern_that_is_none_is_a_sentence(tmp_path: Path, pattern: str) -> None:
    with pytest.raises(InputError, match="expected a pattern relative to"):
        _listed(_bot(tmp_path, local=f'["{pattern}"]'))


@pytest.mark.parametrize("made", ["link", "folder"])
def test_named_link_to_nothing_or_folder_stops(tmp_path: Path, made: str) -> None:
    _bot(tmp_path, local='["bot1/data/other.sqlite"]')
    place = tmp_path / "bot1/data/other.sqlite"
    place.symlink_to("nowhere") if made == "link" else place.mkdir()
    with pytest.raises(InputError, match=rf"other\.sqlite: a {made}"):
        _listed(tmp_path)


def _look(where: Path) -> None:
    desk = load_desk(where)
    source_files(desk)
    digest_configuration(desk, where / "none")
    Store.open(where / "store", "test")


def _look_as_nobody(where: Path, closed: Path, said: Path) -> None:
    """Look once, close a folder, and look again as a user who may not enter it; a process of its own, for it stays nobody."""
    os.chdir("/")
    _look(where)
    with said.open("w") as file:
        closed.chmod(0)
        if os.geteuid() == 0:
            os.seteuid(65534)
        try:
            _look(where)
        except InputError as error:
            file.write(str(error))


@pytest.mark.parametrize(
    ("closed", "legs"),
    quick(
        [
            ("bot1/data", {"local": '["bot1/data/*.sqlite"]'}),
            ("bot1/data", {"local": '["bot*/*/*.sqlite"]'}),
            ("bot1/data", {"local": '["**/*.sqlite"]'}),
            ("bot1", {"local": '["bot*/data/*.sqlite"]'}),
            ("bot1/data", {"exchange": '["bot1"]'}),
            ("bot1/data", {"config": '["bot1/data/*.yml"]'}),
            ("desk.toml", {}),
            ("store", {}),
        ],
        2,
    ),
)
def test_closed_folder_is_a_sentence(open_path: Path, tmp_path: Path, closed: str, legs: dict[str, str]) -> None:
    _bot(open_path, **legs)
    (open_path / "store").mkdir()
    for place in [open_path, *open_path.rglob("*")]:
        place.chmod(0o777)
    said = tmp_path / "said"
    try:
        look = start(_look_as_nobody, open_path, open_path / closed, said)
        look.join()
    finally:
        (open_path / closed).chmod(0o755)
    assert look.exitcode == 0
    assert str(open_path / closed) in said.read_text()
    assert "permission denied" in said.read_text().lower()


@pytest.fixture
def open_path() -> Iterator[Path]:
    """A folder that any user may reach; pytest keeps its own to their owner."""
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)
