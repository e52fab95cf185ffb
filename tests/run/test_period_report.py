"""The report of a period is a folder that is whole or not there."""

from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from deskgate.config.errors import InputError
from deskgate.run import period_report as module
from deskgate.run.day_folder import locked
from deskgate.run.period_report import period_report
from period_days import FIRST, earned, path, publish

DAY = timedelta(days=1)
FLEET: Any = SimpleNamespace(name="fleet")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    for n, realized in enumerate((2.0, -1.0)):
        at = FIRST + n * DAY
        publish(tmp_path, at, earned("<b1>", realized=realized), paths=path(at, "<b1>", 100.0, 0.0, realized))
    return tmp_path


def test_page_says_what_was_earned_and_loads_nothing(out: Path) -> None:
    _, page = period_report(FLEET, out, None, None)
    html = page.read_text()
    assert page == out / "periods" / f"{FIRST}_{FIRST + DAY}" / "index.html"
    assert "&lt;b1&gt; (live) earned 1 USDT after fees and funding" in html
    assert "<b1>" not in html
    assert "<script" not in html
    assert "src=" not in html
    assert sorted(file.name for file in page.parent.iterdir()) == ["index.html", "period.json", "period.md"]


@pytest.mark.slow
def test_second_report_replaces_the_first_one(out: Path) -> None:
    first = period_report(FLEET, out, FIRST, FIRST)[1].read_text()
    assert period_report(FLEET, out, FIRST, FIRST)[1].read_text() == first
    assert not list((out / ".staging").iterdir())


def test_failed_report_leaves_the_earlier_one(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = period_report(FLEET, out, FIRST, FIRST)[1].read_text()

    def fail(_: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "as_markdown", fail)
    with pytest.raises(KeyboardInterrupt):
        period_report(FLEET, out, FIRST, FIRST)
    assert (out / "periods" / f"{FIRST}_{FIRST}" / "index.html").read_text() == before
    assert not list((out / ".staging").iterdir())


@pytest.mark.slow
def test_report_set_aside_by_a_killed_one_comes_back(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = period_report(FLEET, out, FIRST, FIRST)[1]
    before = page.read_text()
    page.parent.rename(page.parent.with_name(f".{page.parent.name}.old"))
    monkeypatch.setattr(module, "as_markdown", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        period_report(FLEET, out, FIRST, FIRST)
    assert page.read_text() == before


def test_bots_are_in_the_folders_name_and_strange_ones_as_a_digest(out: Path) -> None:
    _, page = period_report(FLEET, out, FIRST, FIRST, ["<b1>"])
    assert page.parent.name.startswith(f"{FIRST}_{FIRST}_")
    assert page.parent.name.rpartition("_")[2].isalnum()


@pytest.mark.parametrize("one", [["a-b"], ["a", "b-c"], ["a-b", "c"]])
def test_other_bots_never_take_the_place_of_a_report(one: list[str]) -> None:
    name = module._name(FIRST, FIRST, one)
    others = [["a", "b"], ["a-b"], ["a", "b-c"], ["a-b", "c"], ["a", "b", "c"]]
    assert name not in [module._name(FIRST, FIRST, other) for other in others if other != one]


def test_two_at_once_and_an_empty_folder_are_refused(out: Path, tmp_path: Path) -> None:
    with locked(out), pytest.raises(InputError, match="another run is writing there"):
        period_report(FLEET, out, FIRST, FIRST)
    with pytest.raises(InputError, match="no day there"):
        period_report(FLEET, tmp_path / "empty", None, None)


@pytest.mark.slow
def test_index_links_a_report_once_it_is_made_and_offers_the_command_of_a_month(out: Path) -> None:
    period_report(FLEET, out, FIRST, FIRST, ["<b1>"])
    _, page = period_report(FLEET, out, None, None)
    index = (out / "index.html").read_text()
    href = page.relative_to(out).as_posix()
    assert f'<a href="{href}">{FIRST} to {FIRST + DAY}</a>' in index
    assert f">{FIRST}: &lt;b1&gt;</a>" in index
    assert f"deskgate report --from {FIRST} --to {FIRST + DAY}" in index
    assert not list(out.glob(".index.html*"))
