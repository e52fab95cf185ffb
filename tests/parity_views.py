"""Small frames with the columns of the views of parity, for charts, history and notebooks."""

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

NIGHT = datetime(2026, 5, 4, tzinfo=UTC)
BOTS = ("b1", "b2")

_DELTA: dict[str, Any] = {
    "bot": "b1",
    "measure": "fill_ratio",
    "title": "Fill ratio",
    "unit": "share",
    "span": "day",
    "kind": "shadow",
    "reference": "b2",
    "live": 0.8,
    "reference_value": 0.82,
    "delta": -0.02,
    "low": -0.05,
    "high": 0.01,
    "margin_low": -0.15,
    "margin_high": 0.15,
    "hard_low": -0.4,
    "hard_high": 0.4,
    "live_rows": 200,
    "reference_rows": 210,
    "blocks": 40,
    "block_minutes": 30,
    "hours_needed": None,
    "gated": True,
    "why": None,
}
_DELTA_TYPES = {
    **dict.fromkeys(_DELTA, pl.Float64()),
    **dict.fromkeys(("bot", "measure", "title", "unit", "span", "kind", "reference", "why"), pl.String()),
    **dict.fromkeys(("live_rows", "reference_rows", "blocks", "block_minutes"), pl.Int64()),
    "gated": pl.Boolean(),
}


def deltas(*changes: dict[str, Any]) -> pl.DataFrame:
    """Return `parity_deltas` with one row for each set of changes; without any, of each state and both spans."""
    return pl.DataFrame([_DELTA | change for change in changes or _DELTAS], schema=_DELTA_TYPES)


_SLIPPAGE = {
    "measure": "slippage_bps",
    "title": "Slippage",
    "unit": "bps",
    "margin_low": -5.0,
    "margin_high": 5.0,
    "hard_low": -20.0,
    "hard_high": 20.0,
}
_FREE = dict.fromkeys(("margin_low", "margin_high", "hard_low", "hard_high")) | {"gated": False}
_DELTAS: tuple[dict[str, Any], ...] = (
    {},
    {"span": "soak", "low": -0.17, "high": 0.13},
    _SLIPPAGE | {"delta": 9.0, "low": 6.0, "high": 12.0},
    _SLIPPAGE | {"delta": 25.0, "low": None, "high": None, "span": "soak"},
    {
        "measure": "realized_pnl_bps",
        "title": "Realised PnL",
        "unit": "bps",
        "margin_low": -10.0,
        "margin_high": 10.0,
        "delta": None,
        "low": None,
        "high": None,
        "why": "b2 has no agreed fill on 2026-05-04",
    },
    _FREE | {"measure": "maker_share", "title": "Maker share", "delta": 0.02, "low": -0.01, "high": 0.05},
    _FREE | {"measure": "latency_s", "title": "Order latency", "unit": "s", "delta": 0.4, "low": 0.3, "high": 0.5},
    _FREE | {"measure": "turnover", "title": "Turnover", "unit": "quote", "delta": 120.0, "low": None, "high": None},
)

SEQUENCE = pl.DataFrame(
    [
        ("b1", measure, NIGHT + timedelta(hours=hour), delta, *ends, -margin, margin)
        for measure, margin, delta in (("fill_ratio", 0.15, -0.02), ("slippage_bps", 5.0, 1.0))
        for hour in range(24)
        for ends in [(delta - 20 * margin / (hour + 1), delta + 20 * margin / (hour + 1)) if hour else (None, None)]
    ],
    schema={
        "bot": pl.String(),
        "measure": pl.String(),
        "at": pl.Datetime("us", "UTC"),
        **dict.fromkeys(("delta", "low", "high", "margin_low", "margin_high"), pl.Float64()),
    },
    orient="row",
)
PAIRS = pl.DataFrame({"bot": ["b1"], "reference": ["b2"]})
TRADING = pl.DataFrame(
    [
        (bot, pair, side, liquidity, "slippage_bps", "bps", value + shift, 60, 1.0)
        for bot, shift in (("b1", 1.5), ("b2", 0.0))
        for pair, side, liquidity, value in (
            (None, None, None, 0.2),
            ("BTC-USDT", None, None, 0.2),
            (None, "BUY", None, 0.3),
            (None, "SELL", None, 0.1),
            (None, None, "maker", -1.0),
            (None, None, "taker", 2.0),
        )
    ],
    schema={
        **dict.fromkeys(("bot", "pair", "side", "liquidity", "measure", "unit"), pl.String()),
        "value": pl.Float64(),
        "rows": pl.Int64(),
        "known": pl.Float64(),
    },
    orient="row",
)
FILLS = pl.DataFrame(
    [
        (bot, role, "b1", "BTC-USDT", NIGHT + timedelta(minutes=9 * n + late), side, 100 + n % 7 + late / 5, 0.5)
        for bot, role, late in (("b1", "live", 0), ("b2", "reference", 3))
        for n in range(150)
        for side in [("BUY", "SELL")[n % 2]]
    ],
    schema={
        **dict.fromkeys(("bot", "role", "of", "pair"), pl.String()),
        "ts": pl.Datetime("us", "UTC"),
        "side": pl.String(),
        "price": pl.Float64(),
        "quantity": pl.Float64(),
    },
    orient="row",
)
MIDS = pl.DataFrame(
    [("b1", "BTC-USDT", NIGHT + timedelta(minutes=n), 100 + n % 63 / 9) for n in range(1440)],
    schema={"of": pl.String(), "pair": pl.String(), "ts": pl.Datetime("us", "UTC"), "mid": pl.Float64()},
    orient="row",
)
MARKOUTS = pl.DataFrame(
    [
        ("b1", role, liquidity, horizon, start + slope * n, 80, 0.98)
        for role, slope in (("live", -0.4), ("reference", -0.1))
        for liquidity, start in (("all", 0.5), ("maker", 1.0), ("taker", -2.0))
        for n, horizon in enumerate((-5.0, 0.0, 1.0, 5.0, 30.0, 60.0, 300.0))
    ],
    schema={
        **dict.fromkeys(("of", "role", "liquidity"), pl.String()),
        **dict.fromkeys(("horizon_s", "value"), pl.Float64()),
        "rows": pl.Int64(),
        "known": pl.Float64(),
    },
    orient="row",
)
DISTRIBUTION = pl.DataFrame(
    [
        ("b1", measure, role, centre + spread * ((n * 37) % 101 - 50) / 25, 1.0)
        for measure, centre in (("slippage_bps", 0.5), ("fill_latency_s", 5.0))
        for role, spread in (("live", 2.0), ("reference", 1.0))
        for n in range(200)
    ],
    schema={**dict.fromkeys(("of", "measure", "role"), pl.String()), "value": pl.Float64(), "weight": pl.Float64()},
    orient="row",
)
SPREAD = pl.DataFrame(
    {
        "of": ["b1", "b1"],
        "measure": ["slippage_bps", "fill_latency_s"],
        "live_sd": [2.3, 2.3],
        "reference_sd": [1.1, 1.1],
        "ratio": [2.0, 2.0],
        "low": [1.6, None],
        "high": [2.5, None],
    }
)
BRIDGE = pl.DataFrame(
    [
        ("b1", "shadow", 120.0, None, None, 210),
        ("b1", "missed fills", -30.0, -42.0, -18.0, 40),
        ("b1", "extra fills", 4.0, -2.0, 10.0, 12),
        ("b1", "spread captured", -12.5, -16.0, -9.0, 160),
        ("b1", "adverse selection", -20.0, -35.0, -5.0, 160),
        ("b1", "fees", 3.0, 2.5, 3.5, 160),
        ("b1", "funding", 0.0, None, None, 0),
        ("b1", "unexplained", -1.5, None, None, 0),
        ("b1", "live", 63.0, None, None, 182),
    ],
    schema={
        "of": pl.String(),
        "step": pl.String(),
        **dict.fromkeys(("value_quote", "low", "high"), pl.Float64()),
        "fills": pl.Int64(),
    },
    orient="row",
)
CONTRIBUTIONS = pl.DataFrame(
    [
        ("b1", measure, dimension, bucket, 0.5, 0.4, share * scale, 20, 22)
        for measure, scale in (("fill_ratio", 0.01), ("slippage_bps", 1.0))
        for dimension, buckets in (
            ("hour", [(f"{hour:02d}:00", (hour % 5 - 1) / 12) for hour in range(24)]),
            ("side", [("BUY", 0.9), ("SELL", 0.8)]),
            ("size", [("smallest third", 0.1), ("middle third", 0.4), ("largest third", 1.2)]),
            ("volatility", [("calm", 0.2), ("usual", 0.3), ("wild", 1.2)]),
        )
        for bucket, share in buckets
    ],
    schema={
        **dict.fromkeys(("of", "measure", "dimension", "bucket"), pl.String()),
        **dict.fromkeys(("live", "reference", "contribution"), pl.Float64()),
        "rows_live": pl.Int64(),
        "rows_reference": pl.Int64(),
    },
    orient="row",
)


def history(days: int = 5) -> pl.DataFrame:
    """Return the judged deltas of some days, each day's a little further from the reference."""
    frames = [
        deltas({}, _SLIPPAGE | {"delta": 1.0, "low": 0.0, "high": 2.0})
        .with_columns(pl.col("delta", "low", "high") * (1 + 1.5 * day))
        .with_columns(date=pl.lit((NIGHT + timedelta(days=day)).date()))
        for day in range(days)
    ]
    return pl.concat(frames)
