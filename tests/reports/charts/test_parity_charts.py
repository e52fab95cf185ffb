"""Charts of parity: what they say in words, and that none is blank."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any

import polars as pl
import pytest
import vl_convert

import parity_views
from deskgate.reports import charts
from deskgate.reports.charts.theme import thinned
from deskgate.reports.selection import Selection
from deskgate.reports.thresholds import thresholds
from desks import INTERVALS
from parity_views import NIGHT, deltas
from tiers import quick

PNL = pl.DataFrame(
    {"bot": ["b1", "b1", "b2"], "ts": [NIGHT, NIGHT + timedelta(hours=12), NIGHT], "pnl_quote": [0.0, 1.5, -2.0]}
)
THRESHOLDS = thresholds(deltas(), parity_views.history(), INTERVALS, Selection("b1", "fill_ratio"))
FRAMES: dict[str, tuple[pl.DataFrame, ...]] = {
    "delta_forest": (deltas(),),
    "other_deltas": (deltas(),),
    "delta_sequences": (parity_views.SEQUENCE,),
    "delta_history": (parity_views.history(),),
    "fills_over_mid": (parity_views.FILLS, parity_views.MIDS),
    "slippage_by_liquidity": (parity_views.TRADING, parity_views.PAIRS),
    "markout_curves": (parity_views.MARKOUTS,),
    "pnl_beside_reference": (PNL, parity_views.PAIRS),
    "value_distributions": (parity_views.DISTRIBUTION, parity_views.SPREAD),
    "pnl_bridge": (parity_views.BRIDGE,),
    "contribution_bars": (parity_views.CONTRIBUTIONS,),
    "margin_outcomes": (THRESHOLDS.days,),
    "margin_costs": (THRESHOLDS.power,),
}
EACH = pytest.mark.parametrize("name", FRAMES)


def _spec(name: str, *frames: pl.DataFrame) -> dict[str, Any]:
    draw: Callable[..., Any] = getattr(charts, name)
    spec: dict[str, Any] = draw(*frames or FRAMES[name]).to_dict()
    return spec


def _texts(spec: dict[str, Any], version: str = "6.4") -> list[str]:
    svg = vl_convert.vegalite_to_svg(spec, vl_version=version, allowed_base_urls=[])
    # A text of several lines has a part for each.
    joined = re.sub(r"</tspan><tspan[^>]*>", " ", svg.replace("\N{MINUS SIGN}", "-"))
    return re.findall(r"<text[^>]*>([^<]*)</text>", re.sub(r"</?tspan[^>]*>", "", joined))


def _values(spec: dict[str, Any]) -> list[dict[str, Any]]:
    (values,) = spec["datasets"].values()
    return list(values)


@EACH
def test_chart_draws_with_a_title_a_subtitle_and_a_description(name: str) -> None:
    spec = _spec(name)
    texts = _texts(spec)
    assert spec["description"].endswith(".")
    assert spec["title"]["text"] in texts
    assert spec["title"]["subtitle"]


@EACH
def test_empty_frames_say_that_there_is_nothing(name: str) -> None:
    spec = _spec(name, *(frame.clear() for frame in FRAMES[name]))
    assert re.search(r"\b[Nn]o\b", " ".join(_texts(spec)))
    assert spec["description"].endswith(".")


@EACH
def test_frames_that_the_day_lacks_say_so(name: str) -> None:
    spec = _spec(name, *(pl.DataFrame() for _ in FRAMES[name]))
    assert "another version ran the day" in " ".join(_texts(spec))


@pytest.mark.slow
@EACH
def test_chart_is_the_same_twice_and_in_the_grammar_that_jupyter_has(name: str) -> None:
    spec = _spec(name)
    assert json.dumps(spec) == json.dumps(_spec(name))
    assert _texts(spec, "5.8") == _texts(spec)


def _words_of(*rows: dict[str, Any]) -> str:
    return next(text for text in _texts(_spec("delta_forest", deltas(*rows))) if re.match(r"[✓?✗] ", text))


@pytest.mark.parametrize(
    ("row", "expected"),
    quick(
        [
            ({"delta": 0.0, "low": -0.15, "high": 0.15}, "✓ +0 (-15 to 15) %"),
            ({"delta": 0.0, "low": -0.15, "high": 0.1501}, "? +0 (-15 to 15) %"),
            ({"delta": 0.2, "low": 0.15, "high": 0.25}, "? +20 (15 to 25) %"),
            ({"delta": 0.2, "low": 0.151, "high": 0.25}, "✗ +20 (15.1 to 25) %"),
            ({"delta": -0.2, "low": -0.25, "high": -0.16}, "✗ -20 (-25 to -16) %"),
            ({"delta": -0.41, "low": None, "high": None, "why": "6 blocks"}, "✗ -41 %, no interval: 6 blocks"),
            ({"delta": 0.4, "low": None, "high": None, "why": "6 blocks"}, "? +40 %, no interval: 6 blocks"),
            ({"delta": 0.0, "low": -9.0, "high": 0.1, "margin_low": None, "hard_low": None}, "✓ +0 (-900 to 10) %"),
            ({"delta": None, "low": None, "high": None, "why": "no orders"}, "? no value: no orders"),
        ],
        3,
    ),
)
def test_forest_says_where_the_whole_interval_lies(row: dict[str, Any], expected: str) -> None:
    assert _words_of(row) == expected


@pytest.mark.parametrize("name", ["delta_forest", "other_deltas"])
def test_long_reason_is_whole_and_wrapped(name: str) -> None:
    why = (
        "none of the 3109 fills of bot1 since 2026-02-24 is agreed: its records have them and no other leg confirms one"
    )
    row = {"low": None, "high": None, "delta": None, "why": why, "gated": name == "delta_forest"}
    spec = _spec(name, deltas(row))
    assert [text for text in _texts(spec) if text.endswith(f"no value: {why}")]
    (value,) = _values(spec)
    assert max(map(len, value["why"].splitlines())) <= 58
    assert spec["spec"]["height"]["step"] > 3 * 14


def test_forest_draws_each_measure_in_its_own_margins() -> None:
    bps = {"measure": "slippage_bps", "margin_low": -5.0, "margin_high": 10.0, "delta": 5.0, "low": -5.0, "high": 10.0}
    spec = _spec("delta_forest", deltas(bps))
    (row,) = _values(spec)
    assert (row["low_x"], row["delta_x"], row["high_x"]) == (-1.0, 0.5, 1.0)


def test_side_without_a_margin_is_allowed_to_the_edge() -> None:
    (row,) = _values(_spec("delta_forest", deltas({"margin_high": None, "delta": 0.3, "low": 0.2, "high": 0.4})))
    assert row["state"] == "within"
    assert (row["band_low"], row["band_high"]) == (-1.0, max(row["band_high"], row["high_x"]))
    sequence = parity_views.SEQUENCE.with_columns(margin_high=pl.lit(None, pl.Float64))
    assert "within the margins are b1: fill ratio" in _spec("delta_sequences", sequence)["description"]


def test_slippage_has_a_row_for_all_for_each_pair_and_for_each_liquidity() -> None:
    assert {row["row"] for row in _values(_spec("slippage_by_liquidity"))} == {
        "all fills",
        "BTC-USDT",
        "maker",
        "taker",
    }


def test_forest_leaves_out_what_no_margin_judges_and_the_other_chart_shows_it() -> None:
    assert "Maker share, the day" not in _texts(_spec("delta_forest"))
    assert "Maker share" in _texts(_spec("other_deltas"))
    assert "clearly apart are b1 Order latency." in _spec("other_deltas")["description"]


def test_infinite_end_of_a_sequence_reaches_the_edge_of_the_chart() -> None:
    first = _values(_spec("delta_sequences"))[0]
    assert first["low"] is None
    assert (first["low_shown"], first["high_shown"]) == pytest.approx((-0.45, 0.45))


def test_history_draws_the_margins_of_each_day() -> None:
    moved = parity_views.history(2).with_columns(margin_high=pl.Series([0.15, 5.0, 0.3, 8.0]))
    values = _values(_spec("delta_history", moved))
    assert [row["margin_high"] for row in values] == [0.15, 5.0, 0.3, 8.0]


def test_many_fills_are_thinned_and_the_chart_says_so() -> None:
    many = pl.concat([parity_views.FILLS] * 4).sort("role", "ts")
    spec = _spec("fills_over_mid", many, parity_views.MIDS)
    assert "300 of 1,200 fills, evenly taken" in spec["title"]["subtitle"][0]
    assert sum(row["price"] is not None for row in _values(spec)) == 300


@pytest.mark.parametrize(
    ("rows", "most", "taken"), [(3, 5, 3), (5, 5, 5), (6, 5, 5), (1000, 7, 7), (1, 5, 1), (0, 5, 0)]
)
def test_thinned_takes_so_many_with_both_ends(rows: int, most: int, taken: int) -> None:
    frame = pl.DataFrame({"of": ["b1"] * rows, "ts": range(rows)}, schema={"of": pl.String, "ts": pl.Int64})
    some = thinned(frame, ["of"], most)["ts"].to_list()
    assert len(some) == taken
    assert some[:1] == list(range(rows))[:1]
    assert some[-1:] == list(range(rows))[-1:]


def test_fills_are_drawn_where_no_mid_is_on_record() -> None:
    spec = _spec("fills_over_mid", parity_views.FILLS, parity_views.MIDS.clear())
    assert spec["title"]["subtitle"][0].endswith("no mids on record")


def test_mean_of_few_fills_is_no_part_of_the_line() -> None:
    few = parity_views.MARKOUTS.with_columns(rows=pl.when(horizon_s=1.0).then(19).otherwise(20))
    apart = {row["horizon_s"]: (row["line"], row["alone"]) for row in _values(_spec("markout_curves", few))}
    assert apart[1.0][0] is None
    assert apart[1.0][1] is not None
    assert apart[5.0][1] is None


def test_liquidity_that_nobody_had_is_no_empty_chart() -> None:
    makers = parity_views.MARKOUTS.with_columns(value=pl.when(pl.col("liquidity") != "taker").then("value"))
    texts = _texts(_spec("markout_curves", makers))
    assert "maker" in texts
    assert "taker" not in texts


def test_horizons_stand_in_order_of_time() -> None:
    texts = _texts(_spec("markout_curves"))
    first = texts.index("-5")
    assert texts[first : first + 7] == ["-5", "0", "1", "5", "30", "60", "300"]


def test_distribution_shares_add_up_to_one_with_the_tails() -> None:
    values = _values(_spec("value_distributions"))
    shares = pl.DataFrame(values).group_by("measure", "role").agg(pl.col("share").sum())
    assert shares.height == 4
    assert shares["share"].to_list() == pytest.approx([1.0] * 4)


def test_wider_spread_with_equal_means_is_named() -> None:
    assert "the spread differs in b1: slippage bps" in _spec("value_distributions")["description"]
    none = parity_views.SPREAD.with_columns(low=pl.lit(0.9), high=pl.lit(1.2))
    assert "no spread clearly differs" in _spec("value_distributions", parity_views.DISTRIBUTION, none)["description"]


def test_bridge_steps_lead_from_shadow_to_live() -> None:
    rows = _values(_spec("pnl_bridge"))
    assert [row["step"] for row in rows][::8] == ["shadow", "live"]
    ends = [(row["start"], row["end"]) for row in rows[1:-1]]
    assert ends[0] == (120.0, 90.0)
    assert all(before[1] == after[0] for before, after in pairwise(ends))
    assert ends[-1][1] == rows[-1]["end"] == 63.0
    assert "b1 missed fills" in _spec("pnl_bridge")["description"]


def test_bridge_names_the_method_that_the_day_has() -> None:
    named = parity_views.BRIDGE.with_columns(accounting=pl.lit("FIFO"))
    assert "realised by FIFO" in _spec("pnl_bridge", named)["title"]["subtitle"]
    assert "realised by" not in str(_spec("pnl_bridge")["title"])


def test_contributions_keep_the_largest_and_name_the_first() -> None:
    spec = _spec("contribution_bars")
    rows = pl.DataFrame(_values(spec))
    assert set(rows.group_by("measure").len()["len"]) == {8}
    assert rows["contribution"].abs().min() == pytest.approx(0.0025)
    assert "b1: slippage bps size largest third" in spec["description"]


def test_what_is_judged_first_stands_first() -> None:
    turned = parity_views.SEQUENCE.with_columns(pl.col("measure").replace({"fill_ratio": "z_ratio"}))
    texts = _texts(_spec("delta_sequences", turned))
    assert texts.index("b1: z ratio") < texts.index("b1: slippage bps")


def test_reference_that_cannot_be_valued_is_named() -> None:
    subtitle = _spec("pnl_beside_reference", PNL.filter(bot="b1"), parity_views.PAIRS)["title"]["subtitle"]
    assert "cannot be valued: b2" in subtitle


def test_reference_of_constants_has_no_second_line() -> None:
    spec = _spec("pnl_beside_reference", PNL, parity_views.PAIRS.with_columns(reference=pl.lit(None, pl.String)))
    assert {row["role"] for row in _values(spec)} == {"live"}


def test_margins_of_each_day_end_where_the_next_outcome_begins() -> None:
    rows = pl.DataFrame(_values(_spec("margin_outcomes"))).filter(pl.col("day") == "07 May")
    ends = {row["outcome"]: (row["low"], row["high"]) for row in rows.to_dicts()}
    assert ends["FAIL"][0] == 0
    assert ends["FAIL"][1] == ends["INSUFFICIENT"][0]
    assert ends["INSUFFICIENT"][1] == ends["PASS"][0] == pytest.approx(0.05 * 5.5)


def test_costs_at_the_margin_in_force_are_in_words() -> None:
    words = _spec("margin_costs")["description"]
    assert re.search(r"day, equal bots do not pass: \d+%", words)
    assert "day, bots a margin of today apart pass: 2%" in words
