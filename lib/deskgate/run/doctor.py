"""What of a desk is connected, what is stale, and what a GO still lacks, each with the command or the line that mends it.

A look: the day before is judged as `deskgate gates` does, and every source is asked how old its newest record is now. A source
is stale by the same bounds as in the suites.
"""

import os
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from deskgate.assessment.assessment import case_now
from deskgate.case.baselines import in_force
from deskgate.checks.freshness import newest_records
from deskgate.checks.needs import Need
from deskgate.collector.follower import last_sign as follower_sign
from deskgate.collector.signs import is_at_work
from deskgate.config.bot import Bot
from deskgate.config.desk import Desk
from deskgate.config.errors import DeskgateError
from deskgate.config.paths import suites_folder
from deskgate.config.plural import count_of
from deskgate.config.servers import MQTT_PORTS
from deskgate.controls.alerts import openable_channels
from deskgate.controls.health import ask_routes
from deskgate.gates.suites import Entry, load_suites
from deskgate.reports.blocking_causes import BlockingCause, blocking_causes
from deskgate.reports.remedies import remedy
from deskgate.run.day_folder import locked
from deskgate.run.gates import run_gates
from deskgate.run.schedule.runner import last_sign as schedule_sign
from deskgate.run.status import desk_status
from deskgate.run.variables import variables_of
from deskgate.store.desk_store import ingest_desk, open_to_read, store_location

__all__ = ["Examined", "Look", "State", "examine"]

_LEGS: Mapping[str, Need] = {"local": Need.LOCAL, "events": Need.EVENTS, "exchange": Need.ACCOUNT}
_CONNECT_S = 3.0


class State(StrEnum):
    """How one thing stands."""

    OK = "ok"
    STALE = "stale"
    MISSING = "missing"
    FAILED = "failed"


@dataclass(frozen=True)
class Look:
    """One thing that was looked at: what it is, how it stands, what was seen, and what mends it (empty where it is well)."""

    what: str
    state: State
    says: str
    todo: str = ""


@dataclass(frozen=True)
class Examined:
    """All that was looked at, and the causes that keep a day from GO; `unjudged` is why no day could be judged, empty where one was."""

    day: date
    looks: tuple[Look, ...]
    causes: tuple[BlockingCause, ...]
    unjudged: str = ""

    @property
    def is_well(self) -> bool:
        """Whether everything is connected and fresh and nothing blocks."""
        return not self.causes and not self.unjudged and all(look.state is State.OK for look in self.looks)


def examine(desk: Desk, out: Path, now: Callable[[], datetime], *, suites: Path | None = None) -> Examined:
    """Look at a desk. What is new of its files is ingested; nothing is decided or sent.

    Raises
    ------
    InputError
        The desk's suites cannot be read.
    """
    bounds = load_suites(suites_folder(desk, suites))["event_store"].expectations
    at = now().astimezone(UTC)
    day, end = at.date() - timedelta(days=1), datetime(at.year, at.month, at.day, tzinfo=UTC)
    causes, unjudged = list[BlockingCause](), ""
    try:
        gated = run_gates(desk, day=day, as_of=end, out=out, suites=suites, provisional=False, now=now)
        causes = blocking_causes(gated.assessment)
    except DeskgateError as error:
        unjudged = str(error)
        # Whatever kept the day from being judged, the sources are looked at; what keeps them from being read is that sentence.
        with suppress(DeskgateError), locked(out):
            ingest_desk(desk, out, now)
    looks = [
        *_environment(desk),
        *_sources(desk, out, at, bounds),
        *_brokers(desk),
        *_signs(desk, out, at),
        *_alerts(desk),
        *_routes(desk),
        *_decided(desk, out, at, suites),
    ]
    return Examined(day, tuple(looks), tuple(causes), unjudged)


def _environment(desk: Desk) -> Iterator[Look]:
    names = variables_of(desk)
    absent = [name for name in names if not os.environ.get(name, "").strip()]
    if absent:
        says = f"the environment has no {', '.join(absent)}"
        yield Look("variables", State.MISSING, says, "Set them for the user who runs Deskgate, outside of the desk.")
    elif names:
        yield Look("variables", State.OK, f"{len(names)} are set")


def _sources(desk: Desk, out: Path, at: datetime, bounds: Sequence[Entry]) -> Iterator[Look]:
    """Look at the newest record of each leg that a bot is judged by."""
    case = case_now(desk, open_to_read(desk, out), at)
    ages = {(bot, leg): age for bot, leg, age in newest_records(case).select("bot", "leg", "age_s").iter_rows()}
    most = {entry.kwargs.metric: entry for entry in bounds}
    for bot in desk.judged:
        for leg in bot.legs:
            yield _source(bot, leg, ages.get((bot.name, leg)), most.get(f"{leg}_age_s"))


def _source(bot: Bot, leg: str, age_s: float | None, entry: Entry | None) -> Look:
    what = f"{bot.name} {leg}"
    if age_s is None:
        return Look(what, State.MISSING, "no record", remedy(_LEGS[leg], [bot]))
    said = f"its newest record is {_length(age_s)} old"
    bound = entry.kwargs.max_value if entry else None
    if entry is not None and bound is not None and age_s > bound:
        return Look(what, State.STALE, f"{said}, expected at most {_length(bound)}", entry.meta.what_to_do)
    return Look(what, State.OK, said)


def _brokers(desk: Desk) -> Iterator[Look]:
    """Try to reach the servers of the streams; nothing is sent to them."""
    servers = (("mqtt", desk.streams.mqtt, MQTT_PORTS), ("redis", desk.streams.redis, {"redis": 6379, "rediss": 6379}))
    for name, server, ports in servers:
        if server is None:
            continue
        parts = urlsplit(server.url)
        host, port = parts.hostname or "", parts.port or ports[parts.scheme]
        try:
            socket.create_connection((host, port), timeout=_CONNECT_S).close()
        except OSError as error:
            says = f"{host}:{port} does not answer, {error.strerror or type(error).__name__}"
            yield Look(name, State.FAILED, says, f"Start the broker, or correct [stream] {name} in desk.toml.")
        else:
            yield Look(name, State.OK, f"{host}:{port} answers")


def _signs(desk: Desk, out: Path, at: datetime) -> Iterator[Look]:
    """Look at what has to run all the time."""
    if desk.streams.mqtt or desk.streams.redis:
        where = f"--desk {desk.file} --out {out}"
        yield _sign("follower", follower_sign(store_location(desk, out)), at, f"`deskgate ingest --follow {where}`")
    if sign := schedule_sign(out):
        yield _sign("schedule", sign, at, "`deskgate schedule --run`, or `--print` for another program")


def _sign(what: str, sign: datetime | None, at: datetime, todo: str) -> Look:
    if sign is None:
        return Look(what, State.MISSING, "never gave a sign of life", todo)
    said = f"its last sign of life is {_length((at - sign).total_seconds())} old"
    return Look(what, State.OK, said) if is_at_work(sign, at) else Look(what, State.STALE, said, todo)


def _alerts(desk: Desk) -> Iterator[Look]:
    found, problems = openable_channels(desk)
    if problems:
        yield Look("alerts", State.FAILED, str(problems[0]), "Correct [alerts] in desk.toml.")
    elif not found:
        yield Look(
            "alerts", State.MISSING, "no channel is named", '`[alerts] urls_env = "NAME"` in desk.toml; docs/alerts.md'
        )
    else:
        yield Look(
            "alerts",
            State.OK,
            f"{count_of(len(found), 'channel is named', 'channels are named')}; `deskgate drill alert` shows whether they take one",
        )


def _routes(desk: Desk) -> Iterator[Look]:
    if desk.monitoring is None:
        return
    for answer in ask_routes(desk.monitoring.routes, desk.monitoring.timeout_s):
        state = State.OK if answer.is_healthy else State.FAILED
        yield Look(answer.name, state, answer.says, "" if answer.is_healthy else f"Start it: {answer.url}")


def _decided(desk: Desk, out: Path, at: datetime, suites: Path | None) -> Iterator[Look]:
    store = open_to_read(desk, out)
    frozen = in_force(store.read(store.pin(), at, ("baselines",))["baselines"])
    if frozen is None:
        yield Look("baseline", State.MISSING, "none is frozen", "`deskgate baseline freeze --by NAME --why TEXT`")
    else:
        yield Look("baseline", State.OK, f"frozen as of {frozen.effective_at:%Y-%m-%d %H:%M} UTC by {frozen.by}")
    status = desk_status(desk, out, at, suites=suites)
    if status.decision is None:
        yield Look("decision", State.MISSING, "no day is decided", "`deskgate daily`")
        return
    said = f"{status.word} of {status.decision['date']}"
    if status.lapsed:
        yield Look(
            "decision", State.STALE, f"{said}, lapsed: {status.lapsed[0]}", "`deskgate daily`, then `deskgate status`"
        )
    elif status.is_go:
        yield Look("decision", State.OK, said)
    else:
        decision = status.decision
        why = (
            [count_of(len(decision["blockers"]), "verdict blocks", "verdicts block")]
            if decision.get("blockers")
            else []
        )
        why += [f"the step {each['notebook']} failed" for each in decision.get("failures") or ()]
        why += [f"it awaits the sign-off of {role}" for role in status.unsigned]
        yield Look(
            "decision", State.FAILED, "; ".join([said, *why]), f"`deskgate report {decision['date']}`; docs/runbook.md"
        )


def _length(seconds: float) -> str:
    """Return a span of time as a person says it."""
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if abs(seconds) >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
