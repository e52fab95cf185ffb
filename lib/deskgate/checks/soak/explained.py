"""Which stops of a bot somebody meant: the actions of this desk that stop a bot for good, and the drills that stopped one."""

import json
from datetime import datetime, timedelta

import polars as pl

from deskgate.case.case import RECENT, Case, per_case
from deskgate.checks.drills import KILL
from deskgate.measures.state_words import HARD

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
    """Return the drills and actions that stop a bot: bot, what, at. A pause or a reduction stops none."""
    intents = case.frames["actions"].filter(pl.col("kind") == "intent").select("content", "effective_at")
    told = [(json.loads(content), at) for content, at in intents.iter_rows()]
    rows = [(bot, ACTION, at) for intent, at in told if intent["action"] in HARD for bot in intent["bots"]]
    return pl.DataFrame([*rows, *_drills_that_stopped(case)], schema=_SCHEMA, orient="row")


def _drills_that_stopped(case: Case) -> list[tuple[str, str, datetime]]:
    """Return the kill drills that passed, or whose receipt shows that the bot stopped; and when each of them began."""
    drills = case.frames["drills"].filter(pl.col("drill") == KILL).sort("effective_at", "recorded_at", descending=True)
    found: list[tuple[str, str, datetime]] = []
    has_stopped: dict[str, bool] = {}
    for text, passed, at in drills.select("evidence", "passed", "effective_at").iter_rows():
        evidence = json.loads(text)
        bot = evidence.get("bot")
        # The record of a drill's beginning has the intent alone; the next one of the bot says how it ended.
        is_begin = "intent" in evidence
        if not is_begin:
            has_stopped[bot] = passed or bool((evidence.get("receipt") or {}).get("is_complete"))
        if has_stopped.get(bot):
            found.append((bot, DRILL, at))
        if is_begin:
            has_stopped.pop(bot, None)
    return found
