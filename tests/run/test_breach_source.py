"""Which gates are judged where the caps of this instant are asked for."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from deskgate.checks.registry import GATES
from deskgate.config.desk import Desk
from deskgate.config.paths import SUITES
from deskgate.run import breach_source as module
from deskgate.run.breach_source import breaches_now
from deskgate.store.tables import Store
from desks import NOON
from store.conftest import desk, root

__all__ = ["desk", "root"]


def judged(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **actions: str | None) -> list[str]:
    """Return the gates that are judged where the first entry of some suites calls for an action, and no other does."""
    for file in (SUITES / f"{gate}.json" for gate in GATES):
        content = json.loads(file.read_text())
        for entry in content["expectations"]:
            entry["meta"] |= {"action": None}
        if action := actions.get(content["name"]):
            content["expectations"][0]["meta"] |= {"action": action, "applies_to": "book", "stop": True}
        (tmp_path / file.name).write_text(json.dumps(content))
    asked: list[str] = []

    def assess(*_: object, gates: tuple[str, ...], **__: Any) -> SimpleNamespace:
        asked.extend(gates)
        return SimpleNamespace()

    monkeypatch.setattr(module, "assess", assess)
    monkeypatch.setattr(module, "breaches", lambda _: [])
    assert breaches_now(desk, Store.open(tmp_path / "store", "desk"), NOON, suites=tmp_path) == []
    return sorted(asked)


def test_each_gate_with_an_action_is_judged_and_no_other(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = {"portfolio_risk": "kill_switch", "event_store": "soft_pause"}
    assert judged(desk, tmp_path, monkeypatch, **chosen) == sorted(chosen)
    assert judged(desk, tmp_path, monkeypatch) == []
