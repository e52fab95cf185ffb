"""Small published days with hand-made views, as an earlier run would have left them."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from deskgate.assessment.artifacts import MANIFEST, DayArtifacts
from deskgate.assessment.breaks_file import BREAK_COLUMNS
from report_inputs import day_inputs, of_before

__all__ = ["FIRST", "earned", "measured", "path", "publish", "split"]

FIRST = date(2026, 5, 4)
_SPLIT = {
    **dict.fromkeys(("bot", "mode", "pair", "quote"), pl.String()),
    "fills": pl.Int64(),
    **dict.fromkeys(
        ("turnover_quote", "realized_quote", "unrealized_quote", "fees_quote", "funding_quote", "pnl_quote"),
        pl.Float64(),
    ),
    "not_confirmed": pl.Int64(),
    "because": pl.String(),
}


def earned(bot: str = "b1", *, realized: float | None = 0.0, **values: Any) -> dict[str, Any]:
    """Return a row of `pnl_split`; the net is added up of the parts unless it is given."""
    row: dict[str, Any] = {
        "bot": bot,
        "mode": "live",
        "pair": "BTC-USDT",
        "quote": "USDT",
        "fills": 1,
        "turnover_quote": 100.0,
    }
    row |= {
        "realized_quote": realized,
        "unrealized_quote": 0.0,
        "fees_quote": 0.0,
        "funding_quote": 0.0,
        "not_confirmed": 0,
        "because": None,
    }
    row |= values
    parts = [row[name] for name in ("realized_quote", "unrealized_quote", "fees_quote", "funding_quote")]
    known = None if None in parts else parts[0] + parts[1] - parts[2] + parts[3]
    return {"pnl_quote": known, **row}


def split(*rows: Mapping[str, Any]) -> pl.DataFrame:
    """Return rows as the view `pnl_split`."""
    return pl.DataFrame(rows, schema=_SPLIT)


def path(day: date, bot: str, start: float, *pnl: float) -> list[dict[str, Any]]:
    """Return a bot's path of a day: its PnL at equal steps from the day's start to its end, from an equity at its start."""
    begin, step = datetime.combine(day, time(), UTC), timedelta(days=1) / (len(pnl) - 1)
    return [
        {"bot": bot, "ts": begin + n * step, "equity_quote": start + amount, "pnl_quote": amount, "drawdown_quote": 0.0}
        for n, amount in enumerate(pnl)
    ]


def measured(measure: str, num: float | None, den: float | None, bot: str = "b1", rows: int = 10) -> dict[str, Any]:
    """Return a row of `trading` over all of a bot."""
    place = dict.fromkeys(("pair", "side", "liquidity"))
    return {"bot": bot, **place, "measure": measure, "num": num, "den": den, "rows": rows}


def publish(
    out: Path,
    day: date,
    *rows: Mapping[str, Any],
    paths: Iterable[Mapping[str, Any]] = (),
    trading: Iterable[Mapping[str, Any]] = (),
    breaks: Iterable[str] = (),
    views: Mapping[str, pl.DataFrame] | None = None,
    word: str = "GO",
    **inputs: Any,
) -> Path:
    """Publish a day of the desk `fleet` with these rows; `views` stand in place of all of them."""
    folder = out / day.isoformat()
    (folder / "views").mkdir(parents=True)
    text = dict.fromkeys(("bot", "pair", "side", "liquidity", "measure"), pl.String())
    numbers = dict.fromkeys(("equity_quote", "pnl_quote", "drawdown_quote"), pl.Float64())
    frames = {
        "pnl_split": split(*rows),
        "equity_path": pl.DataFrame(list(paths), schema={"bot": pl.String, "ts": pl.Datetime("us", "UTC"), **numbers}),
        "trading": pl.DataFrame(list(trading), schema={**text, "num": pl.Float64, "den": pl.Float64, "rows": pl.Int64}),
    }
    for name, frame in (frames if views is None else views).items():
        frame.write_parquet(folder / f"views/{name}.parquet")
    files = {name: f"views/{name}.parquet" for name in (frames if views is None else views)}
    made = DayArtifacts(folder=folder, inputs=day_inputs(day, **inputs), metrics_files={}, view_files=files)
    (folder / MANIFEST).write_text(json.dumps(made.model_dump(mode="json")))
    listed = [{"break_id": each, "bot": "b1", "ts": f"{day}T10:00:00.000Z", "value_quote": "2.5"} for each in breaks]
    lines = [",".join(str(row.get(name, "")) for name in BREAK_COLUMNS) for row in listed]
    (folder / "breaks.csv").write_text("\n".join([",".join(BREAK_COLUMNS), *lines]) + "\n")
    (folder / "index.html").write_text("")
    (folder / "decision.json").write_text(
        json.dumps(of_before({"date": folder.name, "decision": word, "evidence": []}))
    )
    return folder
