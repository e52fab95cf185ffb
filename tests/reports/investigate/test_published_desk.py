"""A desk and its day as a person types them: every example of docs/api.md, names that are wrong, and days that are damaged."""

import re
import shutil
from datetime import date
from pathlib import Path

import polars as pl
import pytest

import deskgate as dg
from deskgate.accounting.day_pnl import day_pnl
from deskgate.config.errors import InputError
from deskgate.config.paths import ROOT
from deskgate.reports.day import Day
from deskgate.reports.investigate.published_desk import PublishedDesk
from deskgate.reports.views.registry import VIEWS
from whole_desks import IngestedDesk, publish_day

# The demo's days are assessed in this group anyway.
pytestmark = [pytest.mark.xdist_group("demo"), pytest.mark.slow]
# The views that docs/api.md draws or names; the day before has none, as one of an older version.
SHOWN = ("equity", "fill_coverage", "parity_deltas", "pnl", "survival")


@pytest.fixture(scope="module")
def root(ingested_demo: IngestedDesk, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the demo as `make demo` leaves it, two of its days published; tests that change it take a copy."""
    root = tmp_path_factory.mktemp("api")
    out = root / "reports" / "demo"
    out.mkdir(parents=True)
    (out / "desk").symlink_to(ingested_demo.desk.root)
    before, assessment = (ingested_demo.assess(date(2026, 3, day)) for day in (2, 3))
    publish_day(before, out)
    publish_day(assessment, out, {name: VIEWS[name](assessment) for name in SHOWN})
    return root


@pytest.fixture(scope="module")
def desk(root: Path) -> PublishedDesk:
    return dg.open_desk(root / "reports/demo/desk", root / "reports/demo")


@pytest.fixture(scope="module")
def day(desk: PublishedDesk) -> Day:
    return desk.day("2026-03-03")


@pytest.fixture
def damaged(desk: PublishedDesk, tmp_path: Path) -> PublishedDesk:
    """The desk with a day that a test may change."""
    out = tmp_path / "out"
    shutil.copytree(desk.out, out, symlinks=True)
    return PublishedDesk(desk.desk, out)


def test_every_example_of_the_document_runs(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs/api.md").read_text(), re.DOTALL)
    assert len(blocks) > 6
    names: dict[str, object] = {}
    for line in filter(None, "".join(blocks).splitlines()):
        found = exec if re.match(r"import |print|\w+ = ", line) else eval
        shown = found(line, names)
        assert not isinstance(shown, pl.DataFrame) or shown.columns, line
        assert repr(shown)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (
            "day.fills('bt1')",
            "no bot is called 'bt1' (did you mean 'bot1'?), expected one of 'bot1', 'bot2', 'bot3', 'bot4'",
        ),
        ("day.fills('bot1', 'exchang')", "no leg is called 'exchang' (did you mean 'exchange'?)"),
        ("day.charts.equity('bo1')", "no bot is called 'bo1'"),
        ("day.gate('reconcilation')", "did you mean 'reconciliation'?"),
        ("day.views['pln']", "no view is called 'pln' (did you mean 'pnl'?)"),
        ("day.explain(5)", "an id is a text, got 5"),
        ("day.timeline(minutes=0)", "minutes is 0, expected a number above 0"),
        ("day.compare('bot1')", "compare takes another day"),
        ("day.compare(day)", "is compared with itself"),
        (
            "desk.day('2026-03-31')",
            "no published day '2026-03-31' there (did you mean '2026-03-03'?), expected one of 2026-03-02",
        ),
        ("desk.day(3)", "a day is a text such as '2026-03-03'"),
        ("day.brekas", "a Day has no 'brekas' (did you mean 'breaks'?)"),
        ("day.charts.eqity", "did you mean 'equity'?"),
        ("dg.open_dsk", "deskgate has no 'open_dsk' (did you mean 'open_desk'?)"),
    ],
)
def test_wrong_name_says_what_to_type(desk: PublishedDesk, day: Day, typed: str, sentence: str) -> None:
    with pytest.raises((InputError, AttributeError), match=re.escape(sentence)):
        eval(typed, {"dg": dg, "desk": desk, "day": day})  # noqa: S307


def test_sums_of_the_split_are_the_day_s_pnl(day: Day) -> None:
    found, judged = day.pnl(), day_pnl(day.case, day.desk.bots["bot1"])
    row = found.by("bot").filter(bot="bot1").row(0, named=True)
    assert not isinstance(judged, str)
    assert float(row["pnl_quote"]) == judged.pnl_quote
    assert row["pnl_quote"] == row["price_quote"] + row["spread_quote"] - row["fees_quote"] + row["funding_quote"]
    assert found.why["bot"].sort().to_list() == ["bot2", "bot3", "bot4"]
    assert found.fills.filter(bot="bot1")["spread_quote"].null_count() == row["without_mid"] == 3


def test_timeline_has_the_last_order_before_the_host_went_down_and_the_missed_fills_after_it(day: Day) -> None:
    found = day.timeline("22:44:22", minutes=10, bot="bot1").rows
    assert found.filter(what="break")["id"].to_list() == day.breaks.sort("ts")["break_id"].to_list()
    assert set(found.filter(what="fill", leg="local")["bot"]) <= {"bot1"}
    after = found.filter(pl.col("ts") > found.filter(what="break")["ts"].min())
    assert set(after["leg"].drop_nulls()) == {"exchange"}


def test_comparison_is_the_same_in_either_order(desk: PublishedDesk, day: Day) -> None:
    one, other = day.compare(desk["2026-03-02"]), desk["2026-03-02"].compare(day)
    assert repr(one) == repr(other)
    assert one.breaks["change"].to_list() == ["new"]


def test_edited_day_says_so_and_still_shows(damaged: PublishedDesk) -> None:
    (damaged.out / "2026-03-03/breaks.csv").write_text("nothing\n")
    day = damaged.day()
    assert day.warnings == ("2026-03-03/breaks.csv was changed since the run wrote it",)
    for shown in (repr(day), day._repr_html_()):
        assert "! 2026-03-03/breaks.csv was changed" in shown
        assert "Its breaks cannot be read" in shown


def test_day_without_a_decision_is_none(damaged: PublishedDesk) -> None:
    (damaged.out / "2026-03-03/decision.json").unlink()
    day = damaged.day()
    assert (day.decision, day.word) == (None, "none")
    assert "no decision" in repr(day)
    assert damaged.days.filter(date="2026-03-03")["decision"].to_list() == [None]


def test_store_that_is_gone_is_said_and_not_made(damaged: PublishedDesk) -> None:
    day = damaged.day()
    gone = day.artifacts.inputs.model_copy(
        update={"store": day.artifacts.inputs.store.model_copy(update={"location": "/nowhere/store"})}
    )
    moved = Day(day.desk, day.artifacts.model_copy(update={"inputs": gone}), day.out)
    with pytest.raises(InputError, match="the store that the day was run with is not there"):
        moved.fills("bot1")
    assert not (damaged.out / "store").exists()


def test_desk_without_a_day_and_days_of_another_desk_are_refused(desk: PublishedDesk, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no published day there"):
        PublishedDesk(desk.desk, tmp_path).day()
    other = PublishedDesk(desk.desk.model_copy(update={"name": "other"}), desk.out)
    with pytest.raises(InputError, match="of the desk 'demo', expected 'other'"):
        other.day()
    assert set(other.days["note"]) == {"of the desk 'demo'"}


def test_what_is_shown_is_escaped(day: Day) -> None:
    hostile = PublishedDesk(day.desk.model_copy(update={"name": "<img src=x onerror=alert(1)>"}), day.place)
    assert "<img" not in hostile._repr_html_()
    assert "<table" in day._repr_html_()
    assert "<table" in day.explain()._repr_html_()
    assert "&lt;table" not in day.timeline(minutes=5)._repr_html_()
