"""The breach drill: does each cap of this desk, once breached, tell exactly the bots that it is about, once?

Each suite entry that calls for an action is breached alone, for each of its subjects, in a copy of a day's metrics: beyond its bound, and
unknown. The copy goes through the same verdicts, breaches, plan and sending as a real one, into a trail and an outbox of
the drill's own. Nothing leaves the machine.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from deskgate.assessment.assessment import Assessment
from deskgate.audit.chain import Chain
from deskgate.audit.faults import first_fault, read_links
from deskgate.checks.registry import SPECS
from deskgate.config.bot import Mode
from deskgate.config.desk import Desk
from deskgate.controls.act import act
from deskgate.controls.breaches import Breach, breaches_of
from deskgate.controls.ledger import Sent
from deskgate.controls.looks import Look
from deskgate.controls.sinks.outbox import OutboxSink
from deskgate.controls.sinks.sink import TAKEN
from deskgate.gates.bounds import Bounds
from deskgate.gates.evaluation import evaluate
from deskgate.gates.suites import Entry, Suite

__all__ = ["BreachOutcome", "BreachesDrilled", "drill_breaches"]

BY = "breach drill"


@dataclass(frozen=True)
class BreachOutcome:
    """How one simulated breach fared: what was expected of it, and what came out."""

    entry: str
    subject: str
    how: str
    action: str
    bots: tuple[str, ...]
    ok: bool
    says: str


@dataclass(frozen=True)
class BreachesDrilled:
    """What a breach drill showed; with no cap that calls for an action, or no live bot to act on, it shows nothing."""

    outcomes: tuple[BreachOutcome, ...]
    records: int
    is_verified: bool

    @property
    def passed(self) -> bool:
        """Whether every breach told the right bots, some breach told some, and the records of it verify."""
        told = any(each.bots for each in self.outcomes) and all(each.ok for each in self.outcomes)
        return told and self.records > 0 and self.is_verified


class _NoVenue:
    def look(self, _bot: str, _since: datetime) -> Look | None:
        return None

    def can_wait(self, _bot: str) -> bool:
        return False


def drill_breaches(assessment: Assessment, now: datetime) -> BreachesDrilled:
    """Breach each cap in a copy of an assessed day's metrics, and look at what is sent for it."""
    with TemporaryDirectory(prefix="deskgate-drill-") as folder:
        drill = _Drill(assessment, Path(folder), now)
        outcomes = tuple(drill.run(*each) for each in _cases(assessment))
        return BreachesDrilled(outcomes, *drill.verify())


def _cases(assessment: Assessment) -> Iterator[tuple[Suite, Entry, str, str, float | None]]:
    for suite in assessment.suites.values():
        for entry in suite.expectations:
            if entry.meta.action:
                spec = SPECS[suite.name][entry.kwargs.metric]
                for subject in spec.scope.subjects(assessment.case.desk):
                    yield suite, entry, subject, "beyond its bound", _beyond(entry.kwargs)
                    yield suite, entry, subject, "unknown", None


def _beyond(bounds: Bounds) -> float:
    """Return a value just past a bound."""
    if bounds.max_value is not None:
        return bounds.max_value + max(abs(bounds.max_value), 1.0) / 1000
    low = bounds.min_value or 0.0
    return low - max(abs(low), 1.0) / 1000


class _Drill:
    def __init__(self, assessment: Assessment, place: Path, now: datetime) -> None:
        self._desk: Desk = assessment.case.desk
        self._assessment, self._place, self._now = assessment, place, now
        self._count = 0

    def run(self, suite: Suite, entry: Entry, subject: str, how: str, value: float | None) -> BreachOutcome:
        """Simulate one breach, and compare what is written to the outbox with what the entry says."""
        about = {"entry": entry.meta.entry, "subject": subject, "how": how, "action": entry.meta.action or ""}
        wanted = self._wanted(entry, subject)
        mine = [each for each in self._breaches(suite, entry, subject, value) if each.entry == entry.meta.entry]
        told, failures = self._told([each for each in mine if each.subject == subject])
        expected = sorted((bot, entry.meta.action or "") for bot in wanted)
        if told == expected:
            return BreachOutcome(**about, bots=wanted, ok=True, says=f"told {', '.join(wanted) or 'no live bot'}")
        says = "; ".join([f"told {_listed(told)}, expected {_listed(expected)}", *failures])
        return BreachOutcome(**about, bots=wanted, ok=False, says=says)

    def verify(self) -> tuple[int, bool]:
        """Return how many records the drill's trails hold, and whether each holds the hash of the one before."""
        trails = [read_links(self._chain(number).file) for number in range(self._count)]
        return sum(map(len, trails)), not any(map(first_fault, trails))

    def _wanted(self, entry: Entry, subject: str) -> tuple[str, ...]:
        live = sorted(bot.name for bot in self._desk.bots.values() if bot.mode is Mode.LIVE)
        return tuple(name for name in live if entry.meta.applies_to == "book" or name == subject)

    def _breaches(self, suite: Suite, entry: Entry, subject: str, value: float | None) -> list[Breach]:
        is_it = (
            (pl.col("gate") == suite.name) & (pl.col("subject") == subject) & (pl.col("metric") == entry.kwargs.metric)
        )
        sample = max(entry.kwargs.min_sample, 1)
        columns = [pl.when(is_it).then(pl.lit(value, pl.Float64)).otherwise(name).alias(name) for name in _VALUES]
        metrics = self._assessment.metrics.with_columns(
            *columns, sample=pl.when(is_it).then(pl.lit(sample, pl.Int64)).otherwise("sample")
        )
        # The other caps are as the day has them: what is looked at is this one alone.
        suites = {suite.name: suite.model_copy(update={"expectations": [entry]})}
        verdicts = evaluate(suites, metrics.filter(pl.col("gate") == suite.name), self._desk)
        return breaches_of(suites, verdicts, self._desk, self._assessment.case.day)

    def _told(self, breaches: list[Breach]) -> tuple[list[tuple[str, str]], list[str]]:
        """Send breaches through the code that sends real ones, twice; return who was told what, and what was not taken."""
        outbox = self._place / f"{self._count}.jsonl"
        log = self._chain(self._count)
        self._count += 1
        sent: list[Sent] = []
        for _ in range(2):
            sink = OutboxSink(self._desk, outbox)
            sent += act(self._desk, breaches, log, [sink], _NoVenue(), now=lambda: self._now, by=BY).sent
        lines = outbox.read_text(encoding="utf-8").splitlines() if outbox.exists() else []
        events = [json.loads(line) for line in lines]
        told = sorted((self._bot(event["instance_name"]), event["action"]) for event in events)
        return told, sorted({each.detail for each in sent if each.outcome not in TAKEN})

    def _chain(self, number: int) -> Chain:
        return Chain.open(self._place / str(number), self._desk.name)

    def _bot(self, instance: str) -> str:
        named = {bot.control.instance or bot.name: bot.name for bot in self._desk.bots.values()}
        return named.get(instance, instance)


def _listed(told: Sequence[tuple[str, str]]) -> str:
    return ", ".join(f"{bot} to {action}" for bot, action in told) or "nobody"


_VALUES = ("value", "low", "high")
