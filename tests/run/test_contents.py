import os
import signal
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from deskgate.config.errors import InputError
from deskgate.engines.local import LocalEngine
from deskgate.reports import charts
from deskgate.reports.pages.notebook_content import read_content
from deskgate.run.contents import Contents
from report_inputs import display, write_notebook


@pytest.fixture
def engine() -> Iterator[LocalEngine]:
    with LocalEngine(1) as engine:
        yield engine


def _notebook(folder: Path, name: str) -> Path:
    frame = pl.DataFrame({"kind": ["fee_mismatch"], "severity": ["critical"]})
    chart = display(**{"application_vnd.vegalite.v5+json": charts.breaks_by_kind(frame).to_dict()})
    return write_notebook(folder / f"{name}.ipynb", "# A title", outputs=(chart, display(text_html="<b>said</b>")))


def test_content_is_what_this_process_would_read(tmp_path: Path, engine: LocalEngine) -> None:
    one, two, missing = _notebook(tmp_path, "one"), _notebook(tmp_path, "two"), tmp_path / "missing.ipynb"
    contents = Contents(engine)
    for notebook in (one, missing, two):
        contents.begin(notebook)
    # In the order asked for; a notebook that left no file has no page.
    found = contents.of([two, missing, one])
    assert list(found.items()) == [(two, read_content(two)), (one, read_content(one))]
    assert "<svg" in "".join(part.body for part in [found[one].preface, *found[one].parts])


def test_process_that_is_killed_costs_no_page(tmp_path: Path, engine: LocalEngine) -> None:
    one, two = _notebook(tmp_path, "one"), _notebook(tmp_path, "two")
    contents = Contents(engine)
    os.kill(engine.executor().submit(os.getpid).result(), signal.SIGKILL)
    contents.begin(one)
    assert contents.of([one, two]) == {one: read_content(one), two: read_content(two)}


def test_what_waits_behind_a_process_that_is_lost_is_read_here(tmp_path: Path, engine: LocalEngine) -> None:
    notebooks = [_notebook(tmp_path, name) for name in "abcde"]
    contents = Contents(engine)
    for notebook in notebooks:
        contents.begin(notebook)
    engine.executor().shutdown(cancel_futures=True)
    assert contents.of(notebooks) == {notebook: read_content(notebook) for notebook in notebooks}


def test_notebook_that_cannot_be_read_is_named(tmp_path: Path, engine: LocalEngine) -> None:
    torn = tmp_path / "torn.ipynb"
    torn.write_text("{")
    contents = Contents(engine)
    contents.begin(torn)
    with pytest.raises(InputError, match=r"torn\.ipynb: not readable as a notebook"):
        contents.of([torn])
