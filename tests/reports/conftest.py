"""Desks with three weeks of published days, one for each rung that the ladder's tests begin on."""

from pathlib import Path

import pytest

from published_ladder import Published, on


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Published]:
    """The days of a bot on each rung; tests read them and never write to them."""
    root = tmp_path_factory.mktemp("rungs")
    return {rung: Published(root / rung, **on(rung)) for rung in ("paper", "testnet", "size")}


@pytest.fixture
def published(tmp_path: Path, whole: dict[str, Published]) -> Published:
    """The days of a bot on paper, which may be changed."""
    return Published(tmp_path / "out", like=whole["paper"])


@pytest.fixture
def on_testnet(tmp_path: Path, whole: dict[str, Published]) -> Published:
    """The days of a bot on testnet, which may be changed."""
    return Published(tmp_path / "testnet", like=whole["testnet"])


@pytest.fixture
def on_size(tmp_path: Path, whole: dict[str, Published]) -> Published:
    """The days of a bot on size, which may be changed."""
    return Published(tmp_path / "size", like=whole["size"])
