"""The gauges of a desk, each declared once: name, labels, what it means.

Labels have few values: bots of desk.toml, gates, kinds of breaks, stages. No id of a break, an order or a fill is one.
"""

from dataclasses import dataclass

__all__ = ["DECISION", "DESK", "ENDED", "GAUGES", "HOLDS", "LOOKED", "NO_DECISION", "WORDS", "Gauge", "Sample"]

# Every sample has it, as its first label.
DESK = "desk"
# What stands for a decision where the last run left none, or withdrew a GO.
NO_DECISION = "none"
WORDS = ("GO", "HOLD", "STOP", NO_DECISION)


@dataclass(frozen=True)
class Gauge:
    """A gauge: its name, the labels of its samples beside the desk, and what it means."""

    name: str
    doc: str
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sample:
    """One value of a gauge, with the values of its labels in their order, the desk's name first."""

    name: str
    labels: tuple[str, ...]
    value: float


DECISION = Gauge(
    "deskgate_decision",
    "1 for the word that the last decision stands as, 0 for the others; `none` where the last run left no decision, or failed after a GO.",
    ("decision",),
)
HOLDS = Gauge(
    "deskgate_decision_holds", "1 where the last decision is a GO that has not lapsed, as `deskgate status` sees it."
)
LOOKED = Gauge("deskgate_status_timestamp_seconds", "When it was last looked whether the decision holds, Unix time.")
BEGUN = Gauge("deskgate_run_begun_timestamp_seconds", "When the last daily run began, Unix time.")
ENDED = Gauge("deskgate_run_ended_timestamp_seconds", "When the last daily run ended, however it ended, Unix time.")
EXIT_CODE = Gauge(
    "deskgate_run_exit_code", "Exit code of the last daily run: 0 GO, 1 HOLD or STOP, 2 refused, 3 failed."
)
STAGE = Gauge("deskgate_run_stage_seconds", "Seconds that a stage of the last daily run took.", ("stage",))
AS_OF = Gauge("deskgate_as_of_timestamp_seconds", "The instant that the last decision speaks for, Unix time.")
EXPIRES = Gauge("deskgate_expires_timestamp_seconds", "When the last decision expires, Unix time.")
FAILED = Gauge("deskgate_failed_steps", "Steps of the last decision's run that failed.")
INCIDENTS = Gauge("deskgate_incidents_open", "Incidents that were open when it was decided.")
VERDICTS = Gauge("deskgate_verdicts", "Verdicts of the last decision, by status.", ("status",))
BLOCKERS = Gauge(
    "deskgate_blockers",
    "Verdicts that block, by gate and kind: `stop` is a stop condition that held, `fail` beyond its bounds, `insufficient` not known.",
    ("gate", "kind"),
)
BREAKS = Gauge(
    "deskgate_breaks_open", "Breaks that are not accepted, of the day or older and still there.", ("kind", "severity")
)
BREAKS_VALUE = Gauge(
    "deskgate_breaks_open_value_quote",
    "Sum of their values, in the desk's quote currency; +Inf where one of them is unknown.",
    ("kind", "severity"),
)
BREAK_AGE = Gauge(
    "deskgate_oldest_break_age_seconds", "Age at `as_of` of the oldest of them; 0 where there is none.", ("severity",)
)
SOURCE_AGE = Gauge(
    "deskgate_source_age_seconds",
    "Age at `as_of` of the newest record of a bot's leg; +Inf where it has no record.",
    ("bot", "leg"),
)
SOURCE_LIMIT = Gauge("deskgate_source_age_limit_seconds", "What the suite allows for it.", ("bot", "leg"))
SOAK = Gauge(
    "deskgate_soak_clean_hours", "Hours that a bot ran without a breach; 0 where that cannot be measured.", ("bot",)
)

GAUGES = (
    *(DECISION, HOLDS, LOOKED, AS_OF, EXPIRES, BEGUN, ENDED, EXIT_CODE, STAGE, FAILED, INCIDENTS, VERDICTS, BLOCKERS),
    *(BREAKS, BREAKS_VALUE, BREAK_AGE, SOURCE_AGE, SOURCE_LIMIT, SOAK),
)
