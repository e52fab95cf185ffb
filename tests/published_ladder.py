"""A desk with three weeks of published days, each good for the ladder, with its decision and its record."""

import json
import shutil
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Any

import polars as pl

from deskgate.assessment.artifacts import DayArtifacts, DayInputs, StoreState
from deskgate.audit.chain import Chain
from deskgate.audit.decision_ids import identified
from deskgate.audit.trail import Trail
from deskgate.config.bot import Bot, Mode
from deskgate.config.desk import Desk
from deskgate.config.instants import stamp
from deskgate.config.rung import BotRung, Rung
from deskgate.gates.ladder.rule import Standing
from deskgate.reports.ladder import standings
from deskgate.reports.views.ladder import SCHEMA
from deskgate.run.publish import record_decision
from desks import INTERVALS, RISK
from ladder_days import FIRST, RULES
from ladder_days import row as good_row
from report_inputs import decision

DAYS = 22
TODAY = FIRST + timedelta(days=DAYS - 1)
# Days that a test publishes anew or takes away: early on, and near the end.
SPOILED = FIRST + timedelta(days=3)
LATE = TODAY - timedelta(days=2)
# When the last day is over.
NOW = datetime(2026, 5, 23, tzinfo=UTC)
BLOCKER = {"gate": "reconciliation", "subject": "b1", "title": "Fills missing", "status": "FAIL", "stop": True}
OTHERS = BLOCKER | {"subject": "b2"}
TWO_BOTS = {"b1": "paper", "b2": "paper"}


def a_desk(root: Path, *, rung: str | None = "paper", mode: Mode = Mode.PAPER, since: date = FIRST) -> Desk:
    """Return a desk of one bot that has been on its rung for as long as there are days; None: it declares none."""
    declared = BotRung(name=Rung(rung), since=datetime.combine(since, time(), UTC), by="ann") if rung else None
    bot = Bot(name="b1", mode=mode, connector="okx", pairs=["BTC-USDT"], rung=declared)
    return Desk(name="fleet", file=root / "desk.toml", bots={"b1": bot})


def on(rung: str, says: str = "stays", *to: str) -> dict[str, Any]:
    """Return what a decision says of the bot on a rung, with its mode."""
    mode = {"paper": "paper", "testnet": "testnet"}.get(rung, "live")
    return {"bots": {"b1": mode}, "ladder": [{"bot": "b1", "rung": rung, "says": says, "to": list(to)}]}


class Published:
    """A desk's out with a day for each of `DAYS`, each with its decision and its record."""

    def __init__(self, out: Path, *, like: "Published | None" = None, **changes: Any) -> None:
        """Publish the days, `changes` made to each decision; `like`: copy those of another one, which costs less."""
        self.out = out
        if like:
            shutil.copytree(like.out, out)
        self.trail = Trail(Chain.open(out, "fleet"))
        for number in range(0 if like else DAYS):
            self.publish(FIRST + timedelta(days=number), number, **changes)

    def publish(
        self,
        day: date,
        number: int,
        *,
        recorded: bool = True,
        row: Mapping[str, Any] = MappingProxyType({}),
        **changes: Any,
    ) -> None:
        """Publish a day on GO, `row` changed in its figures and `changes` made to its decision."""
        folder, end = self.folder(day), datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
        (folder / "views").mkdir(parents=True, exist_ok=True)
        settings = {"intervals": INTERVALS.model_dump(), "risk": RISK.model_dump(), "code": "c"}
        stored = {"store": StoreState(location="store", versions={}), "suites": {}, "config": {}}
        inputs = DayInputs.model_validate({"desk": "fleet", "date": day, "as_of": end, **stored, **settings})
        view = folder / "views/ladder.parquet"
        figures = pl.DataFrame([{"bot": "b1", **good_row(number)}], schema=SCHEMA)
        figures.with_columns(**{name: pl.lit(value) for name, value in row.items()}).write_parquet(view)
        digests = {"views/ladder.parquet": sha256(view.read_bytes()).hexdigest()}
        made = DayArtifacts(
            folder=folder,
            inputs=inputs,
            metrics_files={},
            view_files={"ladder": "views/ladder.parquet"},
            digests=digests,
        )
        (folder / "artifacts.json").write_text(json.dumps(made.model_dump(mode="json")))
        named = {"path": "views/ladder.parquet", "sha256": digests["views/ladder.parquet"]}
        content = identified(
            decision(
                decision="GO",
                blockers=[],
                date=str(day),
                expires_at=stamp(end + timedelta(days=1)),
                evidence=[named],
                bots={"b1": "paper"},
            )
            | {"ladder": [{"bot": "b1", "rung": "paper", "says": "stays", "to": []}]}
            | {"checkpoint": self.trail.checkpoint().as_json()}
            | changes
        )
        if recorded:
            record_decision(self.trail, content, end)
        (folder / "decision.json").write_text(json.dumps(content))

    def folder(self, day: date) -> Path:
        """Return a day's folder."""
        return self.out / str(day)

    def stands(self, desk: Desk | None = None) -> Standing:
        """Return how the bot stands after the last day."""
        made = desk or a_desk(self.out)
        (found,) = standings(made, RULES, self.out, DayArtifacts.open(self.folder(TODAY)), None)
        return found
