import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from deskgate.demo import DemoDesk

Query = Callable[[Path, str, str], list[sqlite3.Row]]


@pytest.fixture(scope="session")
def demo(demo: DemoDesk) -> Path:
    return demo.folder


@pytest.fixture(scope="session")
def spoilt(faulty_demo: DemoDesk) -> Path:
    return faulty_demo.folder


@pytest.fixture(scope="session")
def query() -> Query:
    def rows(desk: Path, bot: str, sql: str) -> list[sqlite3.Row]:
        file = desk / bot / "data" / f"conf_v2_with_controllers_{bot}.sqlite"
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
            database.row_factory = sqlite3.Row
            return database.execute(sql).fetchall()

    return rows


@pytest.fixture(scope="session")
def export() -> Callable[[Path, str, str], Any]:
    def document(desk: Path, bot: str, name: str) -> Any:
        return json.loads((desk / bot / "exchange" / f"{name}.json").read_bytes())

    return document


@pytest.fixture(scope="session")
def messages() -> Callable[[Path, str], list[dict[str, Any]]]:
    def lines(desk: Path, bot: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (desk / bot / "events.jsonl").read_text().splitlines()]

    return lines
