"""Absence is never a pass: source files of a day are taken away one at a time, and the gates must notice.

Each file is really removed from a copy of the desk and the leg it belonged to is read anew. No verdict may get better,
and at least one that passed must not pass any more. `make test-long` takes away the newest file of each kind of each bot, and
every file; in `make test` the rows of such files are taken away, see tests/test_monotone.py. Not taken away, for no gate has a use for them: files that desk.toml does not name (logs,
notes beside the data), those of a disabled bot, and account exports of earlier days.

Verdicts are evaluated without Great Expectations: tests/gates shows that the two agree on every entry.
"""

import json
import os
import shutil
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from deskgate.assessment.policy import find_policy
from deskgate.case.case import Case
from deskgate.checks.registry import run_checks
from deskgate.config.bot import Bot
from deskgate.config.desk_file import load_desk
from deskgate.config.digests import digest_configuration, find_configuration
from deskgate.config.paths import SUITES
from deskgate.demo import DemoDesk
from deskgate.gates.decision import Decision, decide
from deskgate.gates.evaluation import Status, Verdict, evaluate
from deskgate.gates.suites import load_suites
from deskgate.schema import OPERATED, TABLES
from deskgate.store.ingest import read_desk
from desks import INTERVALS, RISK, frame

# Grouped with others of their desk: large groups are begun first, so that no worker is left with these at the end.
LEGS = ("local", "events", "exchange")
KEYS = (*LEGS, "config")
Verdicts = dict[tuple[str, str, str], Verdict]
Frames = dict[str, pl.DataFrame]


class Subject:
    """A desk whose files can be taken away one at a time, judged for some days."""

    def __init__(self, root: Path, copy: Path, days: list[date]) -> None:
        shutil.copytree(root, copy, copy_function=os.link)
        self.desk = load_desk(copy)
        self.days = days
        self.digests = digest_configuration(self.desk, SUITES)
        self.suites = load_suites(SUITES)
        self.parts = {(bot.name, leg): self._read(bot, leg) for bot in self.desk.bots.values() for leg in LEGS}
        self.whole = self._judge(self.parts)

    def _read(self, bot: Bot, leg: str) -> Frames:
        """Read one leg of one bot; legs and bots are read apart, so that a missing file costs its own leg alone."""
        others: dict[str, list[str]] = {other: [] for other in LEGS if other != leg}
        return read_desk(self.desk.model_copy(update={"bots": {bot.name: bot.model_copy(update=others)}}))

    def _judge(self, parts: dict[tuple[str, str], Frames]) -> Verdicts:
        now = digest_configuration(self.desk, SUITES)
        verdicts: Verdicts = {}
        for day in self.days:
            as_of = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
            frames = {name: pl.concat([part[name] for part in parts.values()]) for name in next(iter(parts.values()))}
            seen = {name: _known(table, as_of) for name, table in frames.items()}
            seen |= {name: frame(name) for name in OPERATED} | {"baselines": frame("baselines", self._freeze())}
            policy = find_policy(
                self.desk,
                self.suites,
                find_configuration(self.desk, SUITES),
                frozen=None,
                since=as_of - timedelta(days=1),
                until=as_of,
            )
            seen["probes"] = frame("probes", *_probes(day))
            metrics, _ = run_checks(Case(self.desk, day, as_of, seen, now, INTERVALS, RISK, policy))
            found = evaluate(self.suites, metrics, self.desk)
            verdicts |= {(f"{day} {item.gate}", item.check, item.subject): item for item in found}
        return verdicts

    def _freeze(self) -> dict[str, object]:
        at = datetime(2026, 1, 1, tzinfo=UTC)
        digests = json.dumps(self.digests)
        return {"effective_at": at, "recorded_at": at, "by": "ann", "why": "test", "digests": digests}

    def without(self, file: Path) -> Verdicts:
        """Return the verdicts with one file gone."""
        owners = [(bot, leg) for bot in self.desk.bots.values() for leg in LEGS if file in self._files(bot, leg)]
        aside = self.desk.root.parent / "aside"
        file.rename(aside)
        try:
            return self._judge({**self.parts, **{(bot.name, leg): self._read(bot, leg) for bot, leg in owners}})
        finally:
            aside.rename(file)

    def files(self) -> list[Path]:
        """Return every file that desk.toml names for a judged bot."""
        return sorted({file for bot in self.desk.judged for key in KEYS for file in self._files(bot, key)})

    def newest_files(self) -> list[Path]:
        """Return of every judged bot the newest file of each kind, and one of its configuration."""
        read = pl.concat([part["sources"] for part in self.parts.values()])
        judged = read.filter(pl.col("bot").is_in([bot.name for bot in self.desk.judged]))
        newest = judged.group_by("bot", "kind").agg(pl.col("path").max())
        configured = [max(self._files(bot, "config")) for bot in self.desk.judged if bot.config]
        return sorted({*(self.desk.root / path for path in newest["path"]), *configured})

    def _files(self, bot: Bot, key: str) -> set[Path]:
        named = {path for glob in getattr(bot, key) for path in self.desk.root.glob(glob)}
        below = {file for folder in named if folder.is_dir() for file in folder.rglob("*") if file.is_file()}
        return {path for path in named if path.is_file()} | below


def _probes(day: date) -> list[dict[str, object]]:
    """Return what a run saw that found nothing wrong with the desk's machine."""
    at = datetime(2026, 1, 1, tzinfo=UTC)
    seen = {
        "secrets": {"files": 1, "found": [], "unread": []},
        "clock": {"behind_s": "0.0"},
        "files": {"day": day.isoformat(), "lost": []},
    }
    about = {"subject": "desk", "ok": True, "effective_at": at, "recorded_at": at}
    return [{"kind": kind, "content": json.dumps(content), **about} for kind, content in seen.items()]


def _known(table: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    if "visible_at" not in table.columns:
        return table
    return table.filter(pl.col("visible_at").is_null() | (pl.col("visible_at") <= as_of))


def compare(before: Verdicts, after: Verdicts) -> tuple[list[str], list[str]]:
    """Return which verdicts got better and which worse."""
    good = {Status.PASS, Status.WAIVED}
    better = [str(key) for key, item in after.items() if item.status in good and before[key].status not in good]
    worse = [str(key) for key, item in after.items() if item.status not in good and before[key].status in good]
    return better, worse


def unnoticed(subject: Subject, files: Iterable[Path]) -> list[str]:
    """Take each of the files away once; return what went wrong."""
    wrong = []
    for file in files:
        name = file.relative_to(subject.desk.root).as_posix()
        better, worse = compare(subject.whole, subject.without(file))
        print(f"{name}: {len(worse)} worse, among them {worse[:1]}")  # noqa: T201 - shown on failure
        wrong += [f"{name} gone: {item} got better" for item in better]
        if not worse:
            wrong.append(f"{name} gone: nobody noticed")
    return wrong


@pytest.fixture(scope="module")
def demos_last_day(demo: DemoDesk, tmp_path_factory: pytest.TempPathFactory) -> Subject:
    return Subject(demo.folder, tmp_path_factory.mktemp("demo") / "desk", [demo.last_day])


def kinds(subject: Subject, files: Iterable[Path]) -> Counter[str]:
    """Return how many files are taken away of each bot."""
    return Counter(file.relative_to(subject.desk.root).parts[0] for file in files)


@pytest.mark.long
@pytest.mark.xdist_group("demo")
def test_newest_file_of_each_kind_of_the_demos_last_day_is_missed(demos_last_day: Subject) -> None:
    assert decide(list(demos_last_day.whole.values())) is Decision.GO
    # The testnet bot has the kinds of the live one; its files are taken away in the long run.
    testnet = demos_last_day.desk.root / "bot4"
    files = [file for file in demos_last_day.newest_files() if testnet not in file.parents]
    # bot3's stream lies in `reports`; it has no account at a venue.
    assert kinds(demos_last_day, files) == {"bot1": 11, "bot3": 4, "reports": 1}
    assert unnoticed(demos_last_day, files) == []


@pytest.mark.long
@pytest.mark.xdist_group("demo")
def test_every_source_of_the_demos_last_day_is_missed(demo: DemoDesk, demos_last_day: Subject) -> None:
    earlier = [demo.first_day + timedelta(days=n) for n in range((demo.last_day - demo.first_day).days)]
    # Irrelevant: account exports of earlier days. The one that closed the day before is stamped on the last day itself.
    exports = [f"/{kind}/{day:%Y%m%d}T" for day in earlier for kind in ("positions", "balance")]
    files = [file for file in demos_last_day.files() if not any(part in file.as_posix() for part in exports)]
    assert unnoticed(demos_last_day, files) == []


@pytest.mark.long
@pytest.mark.xdist_group("clean fleet")
def test_newest_file_of_each_kind_of_the_clean_fleet_is_missed(samples: Path, tmp_path: Path) -> None:
    subject = Subject(samples / "fleet_clean", tmp_path / "desk", [date(2026, 3, 19)])
    files = subject.newest_files()
    assert kinds(subject, files) == {"bot1": 9, "bot3": 3, "bot4": 9}
    assert unnoticed(subject, files) == []


@pytest.mark.long
def test_every_source_of_the_clean_fleet_is_missed(samples: Path, tmp_path: Path) -> None:
    subject = Subject(samples / "fleet_clean", tmp_path / "desk", [date(2026, 3, 18), date(2026, 3, 19)])
    assert unnoticed(subject, subject.files()) == []


def test_bot_without_files_opening_or_shadow_passes_nothing(one_day_demo: DemoDesk) -> None:
    """A bot without a single file still has all its verdicts, and none of them passes."""
    desk = load_desk(one_day_demo.folder)
    ghost = desk.bots["bot1"].model_copy(update={"local": [], "events": [], "exchange": [], "opening": None})
    bare = desk.model_copy(update={"bots": {"bot1": ghost.model_copy(update={"shadow": None})}})
    empty = {name: frame(name) for name in TABLES}
    as_of = datetime(2026, 3, 3, tzinfo=UTC)
    metrics, _ = run_checks(Case(bare, one_day_demo.last_day, as_of, empty, {}, INTERVALS, RISK))
    verdicts = evaluate(load_suites(SUITES), metrics, bare)
    assert len(verdicts) > 30
    assert {item.status for item in verdicts} == {Status.INSUFFICIENT}
