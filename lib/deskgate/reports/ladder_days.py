"""A published day as the ladder reads it: held to its decision and to the audit trail, and never better than what is on record of it.

A day whose files are gone or changed is no day that was not run: what the trail and the files that are left say of it stands.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from deskgate.assessment.artifacts import MANIFEST, DayArtifacts
from deskgate.assessment.evidence import verify_day
from deskgate.audit.decision_file import DECISION, load_decision
from deskgate.audit.decision_ids import identity, ids_fit
from deskgate.audit.record import Record
from deskgate.audit.recorded import Recorded
from deskgate.audit.sign_offs import stands_as, unsigned_roles
from deskgate.case.findings import listed
from deskgate.config.bot import Bot
from deskgate.config.desk import Desk
from deskgate.config.errors import InputError
from deskgate.config.patterns import covers
from deskgate.config.rung import BotRung
from deskgate.gates.decision import is_book_stop, stopped_bots
from deskgate.gates.ladder.days import BotDay, Kind
from deskgate.gates.ladder.rule import Says
from deskgate.reports.pages.banner import objects
from deskgate.reports.published_days import NOT_RUN, LeftOutError, evidence_frame, open_published, view_of
from deskgate.reports.views.ladder import SCHEMA

__all__ = ["Day", "bot_day", "config_of", "day_being_run", "read_day", "said_of"]

VIEW = "ladder"
_PUBLISHED_BY_NOBODY = "its decision has no record in the audit trail"
_OTHER_COLUMNS = "run by another version of Deskgate, with other columns"


@dataclass(frozen=True)
class Day:
    """A day on record: its decision and its rows of the view by bot, as far as both are as its run left them.

    `kind` and `why` say why it is not read whole; None of one that is. `stands_as` is what its decision stands as by now, `unsigned`
    are the roles whose sign-off it awaits. `stopped` are the bots with a stop condition of their own, by whatever of the day is left.
    """

    kind: Kind | None
    why: str
    decision: Mapping[str, Any]
    rows: Mapping[str, Mapping[str, Any]]
    stands_as: str
    unsigned: Sequence[str]
    stopped: frozenset[str]


def day_being_run(desk: Desk, artifacts: DayArtifacts, decision: Mapping[str, Any], recorded: Recorded) -> Day:
    """Return the day whose decision is being made, on which each bot is on the rung that desk.toml declares."""
    declared = [{"bot": bot.name, "rung": str(bot.rung.name)} for bot in desk.bots.values() if bot.rung]
    try:
        rows, kind, why = _rows(view_of(artifacts, VIEW)), None, ""
    except LeftOutError as error:
        rows, kind, why = {}, Kind.UNJUDGED, str(error)
    return _day(kind, why, {**decision, "ladder": declared}, rows, recorded, _stopped_by(decision))


def read_day(desk: Desk, out: Path, day: date, recorded: Recorded) -> Day:
    """Return a published day; one that nobody ran is of the kind `ABSENT`."""
    folder, records = out / day.isoformat(), recorded.decisions.get(day.isoformat(), [])
    left = _left(folder)
    is_on_record = left.get("date") == day.isoformat() and identity(left) in [identity(each.body) for each in records]
    decision = left if is_on_record and ids_fit(left) else {}
    # A stop is believed of any decision; only one that is on record and as it was written can do without one.
    stopped = _stopped_by(left) | _stopped_by_record(desk, records, is_read=bool(decision))
    try:
        artifacts = open_published(out, day, desk.name, recorded)
        rows = _rows(view_of(artifacts, VIEW))
    except LeftOutError as error:
        kind, why = _left_out(folder, str(error), decision, records, recorded)
        return _day(kind, why, decision, _rows_on_record(folder, decision), recorded, stopped)
    if not decision:
        return _day(Kind.UNJUDGED, _PUBLISHED_BY_NOBODY, {}, {}, recorded, stopped)
    return _day(None, "", decision, rows, recorded, stopped)


def said_of(bot: Bot, decision: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what a decision's ladder says of a bot; nothing where it declared no rung."""
    return next((each for each in objects(decision.get("ladder")) if each.get("bot") == bot.name), {})


def bot_day(bot: Bot, rung: BotRung, day: date, found: Day, config: Mapping[str, str]) -> BotDay:
    """Return what a day is to a bot on its rung; `config` are the digests of the configuration on the last day, by file."""
    said = said_of(bot, found.decision)
    if found.decision and (other := _other_rung(bot, rung, found.decision, said)):
        return BotDay(day, Kind.OTHER_RUNG, other)
    kind, why = _kind(bot, found, said)
    if kind is not Kind.CHANGED and (moved := _moved_files(bot, found.decision, config)):
        kind, why = Kind.OTHER_CONFIG, listed(moved) or ""
    is_stopped = bot.name in found.stopped
    return BotDay(
        day,
        kind,
        why,
        own_stop=is_stopped,
        figures=found.rows.get(bot.name),
        went_down=said.get("says") == str(Says.DOWN),
        book_stop=not is_stopped and any(map(is_book_stop, objects(found.decision.get("blockers")))),
    )


def config_of(decision: Mapping[str, Any]) -> dict[str, str]:
    """Return the digests of the configuration that a decision names, by file."""
    inputs = decision.get("inputs")
    config = inputs.get("config") if isinstance(inputs, Mapping) else None
    return dict(config) if isinstance(config, Mapping) else {}


def _moved_files(bot: Bot, decision: Mapping[str, Any], config: Mapping[str, str]) -> list[str]:
    """Return the files of a bot's `config` that were others on a day, where its decision says what was configured."""
    then = config_of(decision)
    if not then:
        return []
    moved = (name for name in then.keys() | config.keys() if then.get(name) != config.get(name))
    return sorted(name for name in moved if any(covers(pattern, name) for pattern in bot.config))


def _kind(bot: Bot, found: Day, said: Mapping[str, Any]) -> tuple[Kind, str]:
    if found.kind:
        return found.kind, found.why
    if found.decision.get("provisional"):
        return Kind.UNJUDGED, "looked at before the day was over"
    if failed := _failed(found.decision):
        return Kind.UNJUDGED, failed
    if bot.name not in found.rows:
        return Kind.UNJUDGED, f"it has no figures of {bot.name}"
    if not said:
        return Kind.UNDECLARED, ""
    return _judged(bot, found)


def _judged(bot: Bot, found: Day) -> tuple[Kind, str]:
    """Return what a day comes to by its verdicts: those of other bots alone are no matter of the bot's."""
    blocking = objects(found.decision.get("blockers"))
    others = {*found.decision.get("bots", {})} - {bot.name}
    mine = sorted(
        (each for each in blocking if each["subject"] not in others), key=lambda it: it["subject"] != bot.name
    )
    if mine:
        more = f" (and {len(mine) - 1} more)" if len(mine) > 1 else ""
        return Kind.BLOCKED, f"{mine[0]['subject']}: {mine[0]['title']}{more}"
    waived = [each for each in objects(found.decision.get("waivers")) if each.get("subject") not in others]
    if waived:
        # What two people let pass was not shown.
        return Kind.BLOCKED, f"it rests on the waiver of {waived[0].get('gate')} of {waived[0].get('subject')}"
    if found.stands_as == "GO":
        return Kind.COUNTS, ""
    if found.unsigned:
        return Kind.BLOCKED, f"it waits for the sign-off of {' and '.join(found.unsigned)}"
    if not blocking:
        return Kind.BLOCKED, f"the desk was on {found.stands_as}, and no verdict says why"
    return Kind.STOP if found.stands_as == "STOP" else Kind.HOLD, ""


def _other_rung(bot: Bot, rung: BotRung, decision: Mapping[str, Any], said: Mapping[str, Any]) -> str:
    """Return what else a bot was on a day, by the decision; empty where it was on its rung, as far as that says."""
    mode, was = decision.get("bots", {}).get(bot.name), said.get("rung")
    if mode != bot.mode:
        return f"{bot.name} was {mode or 'not in desk.toml'}"
    return f"{bot.name} was on {was}" if was and was != rung.name else ""


def _day(
    kind: Kind | None,
    why: str,
    decision: Mapping[str, Any],
    rows: Mapping[str, Mapping[str, Any]],
    recorded: Recorded,
    stopped: frozenset[str],
) -> Day:
    records = recorded.records
    return Day(kind, why, decision, rows, stands_as(records, decision), unsigned_roles(records, decision), stopped)


def _left(folder: Path) -> dict[str, Any]:
    """Return the decision that a day's folder holds, whatever it is; nothing where it holds none."""
    with suppress(InputError):
        return load_decision(folder / DECISION)
    return {}


def _left_out(
    folder: Path, why: str, decision: Mapping[str, Any], records: Sequence[Record], recorded: Recorded
) -> tuple[Kind, str]:
    """Return what a day that cannot be read whole is: nobody's, not judged, or another one than its run left."""
    if why == NOT_RUN:
        return (Kind.CHANGED, "") if records else (Kind.ABSENT, "")
    is_stripped = bool(decision.get("evidence")) and not (folder / MANIFEST).is_file()
    if records and (is_stripped or verify_day(folder, recorded)):
        return Kind.CHANGED, "`deskgate verify` says what"
    return Kind.UNJUDGED, _failed(decision) or why


def _failed(decision: Mapping[str, Any]) -> str:
    failed = [str(each["notebook"]) for each in objects(decision.get("failures"))]
    return f"the step {failed[0]} of its run failed" if failed else ""


def _stopped_by(decision: Mapping[str, Any]) -> frozenset[str]:
    modes = decision.get("bots")
    return frozenset(stopped_bots(objects(decision.get("blockers")), modes if isinstance(modes, dict) else {}))


def _stopped_by_record(desk: Desk, records: Sequence[Record], *, is_read: bool) -> frozenset[str]:
    """Return the bots that the last record of a day names as stopped; of a STOP whose record names none, all of them."""
    last = records[-1].body if records else {}
    if "stopped" in last:
        return frozenset(map(str, last["stopped"]))
    return frozenset(desk.bots) if last.get("decision") == "STOP" and not is_read else frozenset()


def _rows(frame: pl.DataFrame) -> dict[str, dict[str, Any]]:
    if frame.schema != SCHEMA:
        raise LeftOutError(_OTHER_COLUMNS)
    return {row["bot"]: row for row in frame.iter_rows(named=True)}


def _rows_on_record(folder: Path, decision: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    """Return the rows of a day that cannot be read whole, where the view is what its decision names; of a day that was not over none."""
    if decision.get("provisional"):
        return {}
    with suppress(LeftOutError):
        return _rows(evidence_frame(folder, decision, f"views/{VIEW}.parquet"))
    return {}
