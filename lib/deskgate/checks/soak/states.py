"""In which states each controller was, from the day's start or over the last 24 h, up to `as_of`.

What lies between the day's end and `as_of` counts: a bot that stopped hard the next morning is not one that runs.
"""

import polars as pl

from deskgate.case.case import Case
from deskgate.case.findings import Metric
from deskgate.case.metric_spec import EVERY_BOT, MetricSpec
from deskgate.checks.soak.answered import answered
from deskgate.checks.soak.controllers import WINDOW, controllers, looked_at_since, records
from deskgate.checks.soak.explained import ACTION, DRILL, explained, explained_before
from deskgate.checks.soak.minutes import records_with_states
from deskgate.measures.minutes import minute_of
from deskgate.measures.state_words import HARD, PAUSED, RUNNING

__all__ = ["METRICS", "states"]

_OF_SEVERAL = "of several controllers the worst"
METRICS = (
    MetricSpec("hard_stop_min", "min", EVERY_BOT, f"Minutes with a record in hard_stop or kill_switch; {_OF_SEVERAL}."),
    MetricSpec(
        "unexplained_hard_stops",
        "stops",
        EVERY_BOT,
        f"Hard stops that no drill, action or closed incident on record explains; {_OF_SEVERAL}.",
    ),
    MetricSpec(
        "stopped_min",
        "min",
        EVERY_BOT,
        f"Minutes with a record in a state that is neither running nor a pause or stop of the controller; {_OF_SEVERAL}.",
    ),
    MetricSpec(
        "running_share", "share", EVERY_BOT, f"Share of the minute records of the last 24 h in running; {_OF_SEVERAL}."
    ),
    MetricSpec("flaps_per_h", "1/h", EVERY_BOT, f"Changes into or out of running per hour; {_OF_SEVERAL}."),
)


def states(case: Case, bot: str) -> list[Metric]:
    """Return in how many minutes a record names which state, and how often it changed."""
    mine = records_with_states(case, bot)
    if isinstance(mine, str):
        return [Metric(bot, spec.name, None, 0, mine) for spec in METRICS]
    each = mine.partition_by("controller", maintain_order=True)
    return [
        max((_in_states(bot, "hard_stop_min", rows, pl.col("state").is_in(HARD)) for rows in each), key=_value),
        _unexplained(case, bot, mine),
        max((_in_states(bot, "stopped_min", rows, ~_known()) for rows in each), key=_value),
        min((_running(case, bot, rows) for rows in each), key=_value),
        max((_flaps(bot, rows) for rows in each), key=_value),
    ]


def _value(metric: Metric) -> float:
    return metric.value if metric.value is not None else 0.0


def _known() -> pl.Expr:
    return pl.col("state").is_in([RUNNING, *PAUSED])


def _in_states(bot: str, name: str, rows: pl.DataFrame, which: pl.Expr) -> Metric:
    found = rows.filter(which)
    if found.is_empty():
        return Metric(bot, name, 0.0, rows.height)
    first, state, reasons = found.select("ts", "state", "risk_reasons").row(0)
    note = f"{state}, first at {first:%Y-%m-%d %H:%M} UTC, the bot's reasons: {reasons or 'none given'}"
    return Metric(bot, name, float(found.select(minute_of("ts").n_unique()).item()), rows.height, note)


def _unexplained(case: Case, bot: str, mine: pl.DataFrame) -> Metric:
    """Return how many hard stops nobody explained, of those that reach into the judged time; of several controllers the most.

    A stop begins where the records of the last 48 h say it: of one that the first of them is in, nothing says it. It ends
    with the next record of another state: a record that is missing ends none.
    """
    expected = pl.concat([controllers(case).filter(pl.col("bot") == bot)["controller"], mine["controller"]]).unique()
    history = records(case).filter(pl.col("bot") == bot, pl.col("controller").is_in(expected.implode()))
    logs = history.drop_nulls("state").partition_by("controller", maintain_order=True)
    counts = [_unexplained_of(case, bot, log) for log in logs]
    unexplained, stops = max(counts)
    note = f"{stops - unexplained} of {stops} hard stops are explained" if stops else None
    return Metric(bot, "unexplained_hard_stops", float(unexplained), mine.height, note)


def _unexplained_of(case: Case, bot: str, log: pl.DataFrame) -> tuple[int, int]:
    """Return how many hard stops of one controller nobody explained, and how many there are."""
    first = log["ts"][0]
    runs = (
        log.with_columns(is_hard=pl.col("state").is_in(HARD))
        .group_by(pl.col("is_hard").rle_id().alias("run"), maintain_order=True)
        .agg(pl.col("is_hard", "ts").first())
        .with_columns(end=pl.col("ts").shift(-1))
    )
    reaches = (pl.col("end") > looked_at_since(case)).fill_null(value=True)
    stops = runs.filter("is_hard", reaches)
    before = (pl.col("ts") == first) & pl.lit(explained_before(case, bot, first, DRILL, ACTION))
    left = stops.filter(~explained(case, bot, DRILL, ACTION), ~before)
    return left.filter(~pl.col("ts").is_in(answered(case, bot, runs.filter("is_hard")))).height, stops.height


def _running(case: Case, bot: str, rows: pl.DataFrame) -> Metric:
    inside = rows.filter(pl.col("ts") >= case.as_of - WINDOW)
    if inside.is_empty():
        return Metric(bot, "running_share", 0.0, 0, f"{rows['controller'][0]} has no record of the last 24 h")
    counted = inside["state"].value_counts(sort=True).sort("count", "state", descending=[True, False])
    note = ", ".join(f"{count} in {state}" for state, count in counted.iter_rows())
    return Metric(
        bot, "running_share", inside.filter(pl.col("state") == RUNNING).height / inside.height, inside.height, note
    )


def _flaps(bot: str, rows: pl.DataFrame) -> Metric:
    runs = rows["state"] == RUNNING
    changes = int((runs != runs.shift(1)).sum() or 0)
    hours = max((rows["ts"][-1] - rows["ts"][0]).total_seconds() / 3600, 1.0)
    return Metric(bot, "flaps_per_h", changes / hours, rows.height, f"{changes} in {hours:.0f} h" if changes else None)
