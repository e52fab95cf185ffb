import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
import vl_convert

from deskgate.reports import charts

NIGHT = datetime(2026, 5, 4, tzinfo=UTC)
NOON = NIGHT + timedelta(hours=12)

FRAMES: dict[str, pl.DataFrame] = {
    "verdict_strip": pl.DataFrame(
        {
            "gate": ["parity", "parity"],
            "subject": ["b1", "b2"],
            "severity": ["critical", "warning"],
            "status": ["FAIL", "PASS"],
        }
    ),
    "breaks_by_kind": pl.DataFrame(
        {"kind": ["fee_mismatch"] * 2 + ["wrong_side"], "severity": ["critical", "critical", "warning"]}
    ),
    "waterfall": pl.DataFrame(
        {
            "account": ["b1"] * 4,
            "step": ["opened", "fees", "unexplained", "closed"],
            "amount": [Decimal(60), Decimal("-0.5"), Decimal("0.25"), Decimal("59.75")],
        }
    ),
    "events_per_hour": pl.DataFrame({"hour": [NIGHT, NOON], "event_type": ["order_filled"] * 2, "count": [3, 12000]}),
    "coverage_strip": pl.DataFrame(
        {"bot": ["b1"] * 2, "start": [NIGHT, NOON], "end": [NOON, NOON + timedelta(hours=1)], "covered": [True, False]}
    ),
    "survival_strip": pl.DataFrame(
        {
            "bot": ["b1"] * 3 + ["b2"],
            "controller": ["a", "a", "b", "c"],
            "start": [NIGHT, NOON, NIGHT, NIGHT],
            "end": [NOON, NOON + timedelta(hours=1), NOON, NOON],
            "state": ["running", "hard_stop", "no record", "protective"],
        }
    ),
    "cap_bars": pl.DataFrame(
        {
            "subject": ["portfolio"] * 3,
            "check": ["Daily loss", "Leverage", "Drawdown"],
            "value": [0.03, 3.001, None],
            "warn": [0.024, None, 0.08],
            "cap": [0.03, 3.0, 0.1],
            "used": [1.0, 3.001 / 3, None],
            "status": ["PASS", "FAIL", "INSUFFICIENT"],
        }
    ),
    "risk_lines": pl.DataFrame(
        {
            "measure": ["Daily loss"] * 2 + ["Leverage"] * 2,
            "ts": [NIGHT, NOON] * 2,
            "value": [0.0, 0.031, 1.0, 2.5],
            "warn": [0.024, 0.024, None, None],
            "cap": [0.03, 0.03, 3.0, 3.0],
        }
    ),
    "pnl_parts": pl.DataFrame(
        {
            "bot": ["b1", "b2"],
            "mode": ["live", "paper"],
            "pair": ["BTC-USDT", None],
            "quote": ["USDT", None],
            "turnover_quote": [100.0, None],
            "realized_quote": [2.5, None],
            "unrealized_quote": [-0.5, None],
            "fees_quote": [0.25, None],
            "funding_quote": [0.0, None],
            "pnl_quote": [1.75, None],
        }
    ),
    "pnl_hours": pl.DataFrame(
        {
            "bot": ["b1", "b1", "b2"],
            "pair": ["BTC-USDT"] * 3,
            "hour": [NIGHT, NOON, NIGHT],
            "turnover_quote": [10.0, 20.0, 5.0],
            "pnl_quote": [1.5, -0.5, None],
        }
    ),
    "equity_and_drawdown": pl.DataFrame(
        {
            "bot": ["b1"] * 2,
            "ts": [NIGHT, NOON],
            "equity_quote": [500.0, 498.0],
            "drawdown_quote": [0.0, 2.0],
        }
    ),
    "markouts_of_bots": pl.DataFrame(
        {"bot": ["b1"] * 2, "horizon_s": [-5.0, 60.0], "value": [-1.0, 2.5], "rows": [30, 5]}
    ),
    "exposure_bars": pl.DataFrame(
        {"bot": ["b1", "b2", "b1"], "asset": ["BTC", "BTC", "ETH"], "value": [500.0, -200.5, 10.0]}
    ),
    "pnl_lines": pl.DataFrame({"bot": ["b1", "b1", "b2"], "ts": [NIGHT, NOON, NOON], "pnl_quote": [0.0, 1.5, -2.0]}),
    "position_lines": pl.DataFrame(
        {
            "bot": ["b1"] * 2,
            "pair": ["BTC-USDT"] * 2,
            "ts": [NIGHT, NOON],
            "position": [Decimal(0), Decimal(1)],
            "snapshot": [None, Decimal(1)],
        }
    ),
    "equity_lines": pl.DataFrame({"bot": ["b1", "b1"], "ts": [NIGHT, NOON], "equity_quote": [50.0, float("nan")]}),
    "source_age_bars": pl.DataFrame(
        {
            "bot": ["b1"] * 4,
            "leg": ["local", "events", "exchange", "ledger"],
            "age_s": [3600.0, 3600.5, None, 5.0],
            "bound_s": [3600.0, 3600.0, 3600.0, None],
        }
    ),
}
EACH = pytest.mark.parametrize("name", FRAMES)


def _spec(name: str, frame: pl.DataFrame | None = None) -> dict[str, Any]:
    draw: Callable[[pl.DataFrame], Any] = getattr(charts, name)
    spec: dict[str, Any] = draw(FRAMES[name] if frame is None else frame).to_dict()
    return spec


def _svg(spec: dict[str, Any], version: str = "6.4") -> str:
    return vl_convert.vegalite_to_svg(spec, vl_version=version, allowed_base_urls=[])


def _texts(spec: dict[str, Any]) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]*)</text>", _svg(spec))


@EACH
def test_chart_draws_with_a_title_and_a_description(name: str) -> None:
    spec = _spec(name)
    title = spec["title"] if isinstance(spec["title"], str) else spec["title"]["text"]
    assert spec["description"].endswith(".")
    assert title in _texts(spec)


@EACH
def test_empty_frame_says_that_there_is_nothing(name: str) -> None:
    spec = _spec(name, FRAMES[name].clear())
    assert re.search(r"\bno\b", " ".join(_texts(spec)), re.IGNORECASE)
    assert re.search(r"\bno\b", spec["description"], re.IGNORECASE)


@pytest.mark.slow
@EACH
def test_chart_draws_alike_in_the_grammar_that_jupyter_has(name: str) -> None:
    spec = _spec(name)
    assert re.findall(r">([^<]+)</text>", _svg(spec, "5.8")) == re.findall(r">([^<]+)</text>", _svg(spec))


@pytest.mark.slow
@EACH
def test_chart_is_the_same_twice(name: str) -> None:
    assert json.dumps(_spec(name)) == json.dumps(_spec(name))


def test_what_is_used_of_each_cap_stands_beside_its_bar() -> None:
    words = [text for text in _texts(_spec("cap_bars")) if text[:2] in ("✓ ", "✗ ", "? ")]
    assert words == ["✓ 100.0 %", "✗ 100.0 %", "? no value"]
    assert _spec("cap_bars")["description"].endswith("not within: Drawdown, Leverage.")


def test_cap_of_nothing_that_does_not_hold_is_named_though_it_has_no_bar() -> None:
    held = FRAMES["cap_bars"].with_columns(status=pl.lit("PASS"))
    broken = held.with_columns(cap=pl.Series([0.0, 3.0, 0.1]), status=pl.Series(["FAIL", "PASS", "PASS"]))
    spec = _spec("cap_bars", broken)
    assert spec["description"].endswith("not within: Daily loss.")
    assert spec["title"]["subtitle"][1].endswith("with no cap above 0 to draw: Daily loss")
    assert spec["usermeta"]["deskgate"]["wrong"]
    assert _spec("cap_bars", held)["description"].endswith("all are within.")


def test_exposures_of_one_asset_say_what_is_left_of_them_together() -> None:
    assert {"net 299.5", "net 10"} <= {text.removesuffix(".0") for text in _texts(_spec("exposure_bars"))}


def test_source_that_is_missing_is_named() -> None:
    spec = _spec("source_age_bars")
    assert "missing or too old: b1 events, b1 exchange." in spec["description"]
    assert {"✓ 60 min, bound 60 min", "✗ no source, bound 60 min", "? 5 s, no bound"} <= set(_texts(spec))


def test_spans_in_which_a_bot_did_not_run_are_counted_in_words() -> None:
    spec = _spec("survival_strip")
    assert spec["description"].endswith("3 spans are neither, of b1 a, b1 b, b2.")
    assert {"b1 a", "b2"} <= set(_texts(spec))
    assert {"stopped hard", "no record (thin)", "another state"} <= set(re.findall(r"<text[^>]*>([^<]*)<", _svg(spec)))


def test_blocking_cell_is_counted_in_words() -> None:
    assert "1 of 2 cells block, in parity" in _spec("verdict_strip")["description"]


@pytest.mark.parametrize(("name", "step"), [("b1", 66), ("portfolio", 66), ("a-bot-name-of-20-char", 104)])
def test_grid_of_four_subjects_fits_a_phone_and_a_long_name_has_room(name: str, step: int) -> None:
    frame = FRAMES["verdict_strip"].with_columns(subject=pl.Series([name, "b2"]))
    assert _spec("verdict_strip", frame)["width"] == {"step": step}


def test_grid_of_many_subjects_has_them_below_one_another_and_fits_a_phone() -> None:
    many = pl.concat(FRAMES["verdict_strip"].head(1).with_columns(subject=pl.lit(f"b{n}")) for n in range(5))
    spec = _spec("verdict_strip", many)
    assert (spec["width"], spec["layer"][0]["encoding"]["y"]["field"]) == ({"step": 36}, "subject")
    assert "✗ 1" in _texts(spec)


def test_of_each_few_readings_of_the_book_the_highest_is_drawn() -> None:
    times = [NIGHT + timedelta(minutes=n) for n in range(1440)]
    values = [9.0 if n == 700 else 1.0 for n in range(1440)]
    path = pl.DataFrame({"measure": "Drawdown", "ts": times, "value": values, "warn": 5.0, "cap": 8.0})
    spec = charts.risk_lines(path).to_dict()
    (drawn,) = spec["datasets"].values()
    assert (len(drawn), max(row["value"] for row in drawn)) == (480, 9.0)
    assert spec["title"]["subtitle"] == "of each 3 readings the highest"
    assert charts.risk_lines(path.head(480)).to_dict()["title"] == "The book over the day, against its caps"


def test_portfolio_stands_after_the_bots() -> None:
    verdicts = FRAMES["verdict_strip"].with_columns(subject=pl.Series(["portfolio", "b1"]))
    words = _texts(_spec("verdict_strip", verdicts))
    assert words.index("b1") < words.index("portfolio")


@pytest.mark.slow
def test_times_are_utc_whatever_the_machines_zone() -> None:
    code = "import json, sys, vl_convert; print(vl_convert.vegalite_to_svg(json.load(sys.stdin), vl_version='6.4'))"
    for name in ("coverage_strip", "events_per_hour", "pnl_lines"):
        spec = _spec(name)
        away = {
            **os.environ,
            "TZ": "Asia/Kolkata",
        }  # half an hour off, so that no tick falls on the same place by chance
        drawn = subprocess.run(
            [sys.executable, "-c", code], input=json.dumps(spec), env=away, capture_output=True, text=True, check=True
        )
        assert drawn.stdout.strip() == _svg(spec)


def test_renderer_emits_what_jupyter_draws_and_words() -> None:
    import altair as alt

    before = alt.renderers.active
    try:
        charts.enable()
        bundle: Any = alt.renderers.get()({"title": "T", "description": "In words."})  # type: ignore[misc]
    finally:
        alt.renderers.enable(before)
    assert bundle["text/plain"] == "In words."
    assert bundle[charts.MIMETYPE]["$schema"].endswith("/v5.json")


def _fills(agreed: bool) -> pl.DataFrame:
    shared = {"bot": "b1", "pair": "BTC-USDT", "price": 100.0, "quantity": 1.0}
    return pl.DataFrame([{**shared, "ts": NOON, "side": side, "agreed": agreed} for side in ("BUY", "SELL")])


def test_fills_that_nothing_confirms_are_said_to_be() -> None:
    quotes = pl.DataFrame(
        {"bot": ["b1"], "pair": ["BTC-USDT"], "ts": [NIGHT], "mid": [99.0], "bid": [98.0], "ask": [None]}
    )
    quotes = quotes.cast({"ask": pl.Float64})
    specs = [charts.fills_and_quotes(_fills(agreed), quotes).to_dict() for agreed in (True, False)]
    assert ["nothing confirms" in str(spec["title"]) for spec in specs] == [False, True]


def test_more_markets_than_panels_are_counted() -> None:
    many = pl.concat(FRAMES["pnl_parts"].head(1).with_columns(bot=pl.lit(f"b{n}")) for n in range(10))
    spec = charts.pnl_parts(many).to_dict()
    assert "2 more are in the tables" in str(spec["title"])
    assert "b0 (live) BTC-USDT 1.7500" in spec["description"]


def _bots(values: list[float]) -> pl.DataFrame:
    rows = [(f"b{n}", ts, value) for n, last in enumerate(values) for ts, value in ((NIGHT, 0.0), (NOON, last))]
    return pl.DataFrame(
        rows, schema={"bot": pl.String, "ts": pl.Datetime("us", "UTC"), "pnl_quote": pl.Float64}, orient="row"
    )


def test_of_many_bots_the_lowest_are_lines_and_the_others_a_band() -> None:
    spec = charts.pnl_lines(_bots([float(n) for n in range(10)])).to_dict()
    assert spec["title"]["subtitle"][0] == "the 6 lowest at the end; 4 more are in the grey band"
    band, lines = (list(spec["datasets"][layer["data"]["name"]]) for layer in (spec["layer"][0], spec["layer"][2]))
    assert {row["bot"] for row in lines} == {f"b{n}" for n in range(6)}
    assert (band[-1]["low"], band[-1]["high"]) == (6.0, 9.0)


def test_few_bots_are_all_lines() -> None:
    spec = charts.pnl_lines(_bots([1.0, 2.0])).to_dict()
    assert (spec["title"], len(spec["layer"])) == ("Cumulative PnL", 2)


def test_cap_that_does_not_hold_is_drawn_whatever_else_is_used() -> None:
    rows = [{"subject": f"b{n}", "used": 0.9, "value": 0.9, "status": "PASS"} for n in range(30)]
    rows += [{"subject": "late", "used": None, "value": None, "status": "INSUFFICIENT"}]
    caps = pl.DataFrame([{"check": "Age", "warn": None, "cap": 1.0, **row} for row in rows])
    spec = charts.cap_bars(caps).to_dict()
    assert "the 20 most used; 11 more are in views/risk_caps.parquet" in spec["title"]["subtitle"]
    assert "Age, late" in json.dumps(spec["datasets"])


def test_marks_of_the_legend_of_spans_can_be_seen() -> None:
    assert _spec("coverage_strip")["encoding"]["color"]["legend"]["symbolSize"] >= 100


def test_legend_of_spans_says_which_bars_are_thin() -> None:
    shown = _texts(_spec("survival_strip"))
    assert {"running", "no record (thin)"} <= set(shown)
    assert "running (thin)" not in shown


def test_each_span_is_as_thick_as_its_word_says() -> None:
    # It ran, was stopped hard, is not on record (thin, for both are of one colour), and was in another state.
    bars = re.findall(r'<path d="M[\d.]+,[\d.]+h[\d.]+v([\d.]+)h-[^"]*Z" fill="#', _svg(_spec("survival_strip")))
    assert list(map(float, bars)) == [14, 14, 3, 9]
