"""Which stops of a bot somebody meant: what is on record of drills and of actions that this desk took."""

import json
from datetime import datetime, timedelta

import polars as pl

from deskgate.case.case import RECENT, Case, per_case
from deskgate.checks.drills import KILL

__all__ = ["ACTION", "DRILL", "explained", "explained_before"]

ACTION, DRILL = "action", "drill"
# A command reaches its bot at once or within its validity; a drill is on record when it begins and when it ends.
_BEFORE, _AFTER = timedelta(minutes=5), timedelta(minutes=15)
_SCHEMA = pl.Schema({"bot": pl.String(), "what": pl.String(), "at": pl.Datetime("us", "UTC")})


def explained(case: Case, bot: str, *what: str) -> pl.Expr:
    """Return whether a `ts` lies where a record of these kinds explains that the bot was stopped."""
    records = _on_record(case).filter(pl.col("bot") == bot, pl.col("what").is_in(what))["at"]
    spans = [pl.col("ts").is_between(at - _BEFORE, at + _AFTER) for at in records]
    return pl.any_horizontal(spans) if spans else pl.lit(value=False)


def explained_before(case: Case, bot: str, at: datetime, *what: str) -> bool:
    """Return whether a record of these kinds in the days before an instant explains a stop whose beginning is not known."""
    records = _on_record(case).filter(pl.col("bot") == bot, pl.col("what").is_in(what))
    return records.filter(pl.col("at").is_between(at - RECENT, at)).height > 0


@per_case
def _on_record(case: Case) -> pl.DataFrame:
    """Return the drills and actions that stop a bot: bot, what, at."""
    intents = case.frames["actions"].filter(pl.col("kind") == "intent")
    drills = case.frames["drills"].filter(pl.col("drill") == KILL)
    rows = [
        (bot, ACTION, at)
        for content, at in intents.select("content", "effective_at").iter_rows()
        for bot in json.loads(content)["bots"]
    ]
    rows += [
        (json.loads(evidence).get("bot"), DRILL, at)
        for evidence, at in drills.select("evidence", "effective_at").iter_rows()
    ]
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row")
