import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

REFERENCE = Path(__file__).parents[2] / "../shared/data/fleet_clean/bot1/hummingbot_trades.sqlite"
SQL = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name"


def _schema(file: Path) -> list[tuple[str, ...]]:
    with closing(sqlite3.connect(f"file:{file.resolve()}?mode=ro&immutable=1", uri=True)) as database:
        return database.execute(SQL).fetchall()


@pytest.mark.skipif(not REFERENCE.exists(), reason="the sample desks are not there")
@pytest.mark.parametrize("bot", ["bot1", "bot2", "bot4"])
def test_schema_is_the_one_of_hummingbots_models(demo: Path, bot: str) -> None:
    assert _schema(demo / bot / "data" / f"conf_v2_with_controllers_{bot}.sqlite") == _schema(REFERENCE)


def test_schema_names_every_table_of_a_2026_database(demo: Path) -> None:
    rows = _schema(demo / "bot1/data/conf_v2_with_controllers_bot1.sqlite")
    tables = {name for kind, name, *_ in rows if kind == "table"}
    assert len(tables) == 13
    assert tables >= {"Order", "OrderStatus", "TradeFill", "FundingPayment", "MarketData", "Metadata"}


def test_file_does_not_name_the_sqlite_release_that_wrote_it(demo: Path) -> None:
    header = (demo / "bot1/data/conf_v2_with_controllers_bot1.sqlite").read_bytes()[:100]
    assert int.from_bytes(header[16:18], "big") == 4096
    assert int.from_bytes(header[96:100], "big") == 3_040_001
