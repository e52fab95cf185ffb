"""What the control plane's own events say of a bot: that it was killed, that an audit is critical, that risk was acted on.

Whoever sends such an event knows something that no record of the bot shows. A drill on record explains its own kill.
"""

from datetime import timedelta

import polars as pl

from deskgate.case.case import Case, per_case
from deskgate.case.findings import Metric
from deskgate.case.legs import absent_leg
from deskgate.case.metric_spec import EVERY_BOT, MetricSpec
from deskgate.case.stream_minutes import stream_minutes
from deskgate.checks.soak.controllers import derived_files, looked_at_since
from deskgate.checks.soak.explained import DRILL, explained
from deskgate.measures.state_words import HARD, spelled

__all__ = ["METRICS", "risk_events"]

METRICS = tuple(
    MetricSpec(name, unit, EVERY_BOT, doc, leg="events")
    for name, unit, doc in (
        ("kill_events", "events", "Risk decisions and intents in the stream that stop the bot for good."),
        ("critical_audits", "events", "Audits in the stream of a severity above error, or of none known."),
        ("error_audits", "events", "Audits in the stream of severity error."),
        ("risk_actions_per_h", "1/h", "Risk decisions and intents other than to go on, an hour."),
    )
)
_TYPES = ("risk_decision", "execution_intent", "audit")
# What stops a bot for good, and what lets it go on; any other action is one, such as soft_pause or reduce.
_STOPS = (*HARD, "stop", "stop_all", "halt", "emergency_stop", "kill_all", "shutdown")
_GOES_ON = ("allow", "allowed", "approve", "approved", "resume", "continue", "ok", "none", "no_action")
_MILD = ("debug", "info", "notice", "warn", "warning")
_ERROR = "error"


def risk_events(case: Case, bot: str) -> list[Metric]:
    """Return how many events from the day's start, or of the last 24 h, stop the bot, alarm, or act on its risk.

    No value where the bot's stream carried nothing in that time: it would have carried no such event either.
    """
    if "events" not in case.legs.get(bot, ()):
        why = f"{bot}: {absent_leg(case.sources, bot, 'events')}"
        return [Metric(bot, spec.name, None, 0, why) for spec in METRICS]
    if bot not in _heard(case):
        why = f"the stream of {bot} has no event or heartbeat since {looked_at_since(case):%Y-%m-%d %H:%M} UTC"
        return [Metric(bot, spec.name, None, 0, why) for spec in METRICS]
    mine = _events(case).filter(pl.col("bot") == bot)
    acts, audits = mine.filter(pl.col("event_type") != "audit"), mine.filter(pl.col("event_type") == "audit")
    meant = explained(case, bot, DRILL)
    word = pl.col("word")
    kills = acts.filter(word.is_in(_STOPS), ~meant)
    severe = audits.filter(~word.is_in([*_MILD, _ERROR]).fill_null(value=False), ~meant)
    errors = audits.filter(word == _ERROR, ~meant)
    acted = acts.filter(~word.is_in(_GOES_ON).fill_null(value=False), ~meant)
    # An act that does not say what it is may be a kill.
    wordless = acts.filter(word.is_null(), ~meant)
    unknown = kills.is_empty() and wordless.height > 0
    hours = (case.as_of - looked_at_since(case)) / timedelta(hours=1)
    return [
        Metric(
            bot,
            "kill_events",
            None if unknown else float(kills.height),
            acts.height,
            f"{wordless.height} do not say what they are; {_note(wordless)}" if unknown else _note(kills),
        ),
        Metric(bot, "critical_audits", float(severe.height), audits.height, _note(severe)),
        Metric(bot, "error_audits", float(errors.height), audits.height, _note(errors)),
        Metric(bot, "risk_actions_per_h", acted.height / hours, acts.height, _note(acted)),
    ]


@per_case
def _heard(case: Case) -> set[str]:
    """Return the bots whose stream carried anything since `looked_at_since`, notices not counted."""
    recent = stream_minutes(case).lazy().filter(pl.col("last") >= looked_at_since(case))
    own = recent.join(derived_files(case), on=["bot", "path"], how="anti")
    return set(own.select(pl.col("bot").unique()).collect()["bot"])


@per_case
def _events(case: Case) -> pl.DataFrame:
    """Return the control plane's events: bot, ts, event_type, word (action or severity), why; sorted by (ts, row_id)."""
    rows = case.lazy("events").filter(pl.col("ts") >= looked_at_since(case), pl.col("event_type").is_in(_TYPES))
    field = {
        name: pl.col("payload").str.json_path_match(f"$.{name}")
        for name in ("action", "decision", "severity", "reason", "category", "message")
    }
    of_audit = pl.col("event_type") == "audit"
    word = pl.when(of_audit).then(field["severity"]).otherwise(pl.coalesce(field["action"], field["decision"]))
    why = pl.concat_str(field["category"], field["message"], field["reason"], separator=", ", ignore_nulls=True)
    return rows.sort("ts", "row_id").select("bot", "ts", "event_type", word=spelled(word), why=why).collect()


def _note(rows: pl.DataFrame) -> str | None:
    if rows.is_empty():
        return None
    ts, kind, word, why = rows.select("ts", "event_type", "word", "why").row(-1)
    return f"the last at {ts:%Y-%m-%d %H:%M} UTC: {kind} {word or 'without a word for it'}{f' ({why})' if why else ''}"
