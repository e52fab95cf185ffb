"""The pages that list commands, keys of desk.toml and metrics are what the code says."""

from pathlib import Path

import pytest

from deskgate.cli import reference
from deskgate.cli.app import app
from deskgate.config.desk_file import KNOWN_KEYS
from deskgate.config.desk_tables import desk_tables
from deskgate.reports.monitoring.gauges import GAUGES


@pytest.mark.parametrize("file", reference.documents(), ids=lambda file: file.name)
def test_document_is_not_stale(file: Path) -> None:
    assert file.read_text(encoding="utf-8") == reference.documents()[file], "run `make docs`"


def test_every_command_is_listed_with_its_options() -> None:
    page = reference.commands_page()
    assert all(f"\n## deskgate {group.name}" in page for group in app.registered_groups)
    sections = {part.partition("\n")[0]: part for part in page.split("\n## deskgate ")[1:]}
    assert {"daily", "status", "baseline freeze", "store rebuild", "drill alert"} <= {*sections}
    assert all(f"`{option}`" in sections["daily"] for option in ("--quiet", "--verbose", "--json", "--metrics-file"))
    assert "| `--by` | required |" in sections["baseline freeze"]


def test_every_table_and_key_of_desk_toml_is_listed() -> None:
    found = {table.name: {*table.keys} for table in desk_tables()}
    assert found == {
        ".".join("NAME" if part == "*" else part for part in place): keys for place, keys in KNOWN_KEYS.items()
    }
    page = reference.desk_page()
    assert "| `mode` | `live` or `paper` or `testnet` or `disabled` | required |" in page
    assert "| `accounting` | `average` or `fifo` | `average` |" in page


def test_every_gauge_is_in_the_table() -> None:
    assert reference.gauges_table().count("| `deskgate_") == len(GAUGES)
