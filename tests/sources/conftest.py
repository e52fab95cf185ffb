"""Desks that are dear to read are read once."""

from functools import cache
from pathlib import Path

import polars as pl
import pytest

from deskgate.config.desk_file import load_desk
from deskgate.demo import DemoDesk
from deskgate.store.ingest import read_desk

from .desks import ReadSample


@pytest.fixture(scope="session")
def demo_frames(one_day_demo: DemoDesk) -> dict[str, pl.DataFrame]:
    """Every canonical table of the demo desk's first day."""
    return read_desk(load_desk(one_day_demo.folder))


@pytest.fixture(scope="session")
def read_sample(samples: Path) -> ReadSample:
    """A function that returns every canonical table of a sample desk, read once."""
    return cache(lambda name: read_desk(load_desk(samples / name)))
