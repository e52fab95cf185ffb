"""A desk that a monitor looks at every minute, with what it hears."""

import json
import shutil
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from deskgate.config.desk_file import load_desk
from deskgate.config.errors import InputError
from deskgate.controls.alerts import Channel as AnyChannel
from deskgate.run import status_alerts as module
from deskgate.run.status import DeskStatus
from deskgate.run.status_alerts import AlertedStatus, alert_status

from .alerting import Channel, a_desk

DAY, NOON = date(2026, 3, 4), datetime(2026, 3, 5, 12, tzinfo=UTC)
GO = {"decision": "GO", "date": "2026-03-04", "bundle_id": "b1", "blockers": [], "provisional": False}


@dataclass
class Watched:
    """A desk that is looked at, every minute, by a monitor."""

    folder: Path
    monkeypatch: pytest.MonkeyPatch
    channel: Channel = field(default_factory=Channel)
    notes: list[str] = field(default_factory=list)
    at: datetime = NOON

    def __post_init__(self) -> None:
        a_desk(self.folder / "desk", "json://127.0.0.1:9/")
        opened: tuple[list[AnyChannel], list[InputError]] = [self.channel], []
        self.monkeypatch.setattr(module, "openable_channels", lambda _: opened)

    @property
    def out(self) -> Path:
        """Where it writes."""
        return self.folder / "out"

    def must_run_by(self, text: str) -> None:
        """Let a day be decided by so late."""
        shutil.rmtree(self.folder / "desk")
        a_desk(self.folder / "desk", "json://127.0.0.1:9/", run_by=text)

    def look(self, at: datetime | None = None) -> AlertedStatus:
        """Look once."""
        self.at = at or self.at + timedelta(minutes=1)
        return alert_status(load_desk(self.folder / "desk"), self.out, lambda: self.at, self.notes.append)

    def stands(self, decision: dict[str, object] | None, *lapsed: str) -> None:
        """Let the last decision be this one, lapsed for these reasons."""
        word = str(decision["decision"]) if decision else None
        self.monkeypatch.setattr(module, "desk_status", lambda *_, **__: DeskStatus(decision, word, lapsed))

    def decided(self, day: date, **changes: object) -> None:
        """Publish a decision of a day."""
        file = self.out / str(day) / "decision.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(GO | {"date": str(day)} | changes))

    def titles(self) -> list[str]:
        """Return the titles of the alerts since the last call."""
        found = [title for title, _ in self.channel.heard]
        self.channel.heard.clear()
        return found
