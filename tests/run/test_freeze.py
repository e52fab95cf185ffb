"""A baseline speaks for what comes after it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from deskgate.audit.trail import Trail
from deskgate.cli.app import app
from deskgate.config.desk import Desk
from deskgate.config.desk_file import load_desk
from deskgate.config.errors import InputError
from deskgate.run.freeze import freeze, frozen
from deskgate.store.tables import Store
from desks import frame

AT = datetime(2026, 5, 4, tzinfo=UTC)
DESK = """
[desk]
name = "d"
[bots.b1]
mode = "live"
connector = "bitget_perpetual"
pairs = ["BTC-USDT"]
"""


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    (tmp_path / "desk.toml").write_text(DESK)
    return load_desk(tmp_path)


def changed(desk: Desk) -> Desk:
    desk.file.write_text(desk.file.read_text() + "\n# changed\n")
    return desk


def freeze_at(desk: Desk, at: datetime) -> Any:
    recorded_at = AT + timedelta(days=30)
    return freeze(desk, desk.root / "out", by="ann", why="test", effective_at=at, recorded_at=recorded_at)


def decide(desk: Desk, as_of: datetime) -> None:
    body = {"decision": "STOP", "as_of": as_of.isoformat().replace("+00:00", "Z")}
    Trail.open(desk, desk.root / "out").chain.append("decision", body, AT + timedelta(days=20))


def test_baseline_for_the_past_is_taken_while_nothing_was_decided_after_it(desk: Desk) -> None:
    assert freeze_at(desk, AT)
    decide(desk, AT + timedelta(days=1))
    assert freeze_at(changed(desk), AT + timedelta(days=1))


@pytest.mark.slow
def test_baseline_does_not_reach_back_over_a_decision(desk: Desk) -> None:
    freeze_at(desk, AT)
    decide(desk, AT + timedelta(days=1))
    decide(desk, AT + timedelta(days=2))
    assert freeze_at(desk, AT) is None  # the same again records nothing
    with pytest.raises(
        InputError, match=r"1 decisions and breaches on record .* the last is STOP as of 2026-05-06T00:00:00Z"
    ):
        freeze_at(changed(desk), AT + timedelta(days=1, seconds=1))
    in_force = frozen(desk, desk.root / "out", AT + timedelta(days=9))
    assert in_force is not None
    assert in_force.effective_at == AT


def record_action(desk: Desk, kind: str, at: datetime) -> None:
    out = desk.root / "out"
    row = {"kind": kind, "content": "{}", "effective_at": at, "recorded_at": at}
    Trail.open(desk, out).write(Store.open(out / "store", "d"), "actions", frame("actions", row), at, kind=kind)


@pytest.mark.slow
def test_baseline_does_not_reach_back_over_a_breach_that_a_watch_saw(desk: Desk) -> None:
    freeze_at(desk, AT)
    record_action(desk, "alert", AT + timedelta(hours=10))
    assert freeze_at(changed(desk), AT + timedelta(hours=9))
    record_action(desk, "breach", AT + timedelta(hours=10))
    with pytest.raises(InputError, match=r"the last is a breach as of 2026-05-04T10:00:00Z"):
        freeze_at(changed(desk), AT + timedelta(hours=9, minutes=30))


def test_baseline_keeps_the_values_and_verify_tells_which_key_moved(desk: Desk) -> None:
    (desk.root / "compose.yml").write_text("services: {hb: {image: hb:2.6}}\n")
    desk.file.write_text(DESK + '[deployment]\ncompose = ["compose.yml"]\n[risk.prices]\nBGB = 4\n')
    out = desk.root / "out"
    made = freeze_at(load_desk(desk.root), AT)
    assert made.settings["images"] == {"hb": "hb:2.6"}
    assert made.settings["desk.toml"]["risk.prices.BGB"] == "4"
    again = frozen(desk, out, AT)
    assert again is not None
    assert again.settings == made.settings
    desk.file.write_text(desk.file.read_text().replace("BGB = 4", "BGB = 5"))
    (desk.root / "compose.yml").write_text("services: {hb: {image: hb:2.7}}\n")
    told = CliRunner().invoke(app, ["baseline", "verify", "--desk", str(desk.root), "--out", str(out)])
    assert told.exit_code == 1
    lines = [line.strip() for line in told.output.splitlines()[1:]]
    assert lines == [
        "compose.yml changed",
        "desk.toml changed",
        "compose.yml: services.hb.image hb:2.6 -> hb:2.7",
        "desk.toml: risk.prices.BGB 4 -> 5",
        "images: hb hb:2.6 -> hb:2.7",
    ]


def test_anchor_of_the_baseline_needs_a_reason_and_restarts_the_clock(desk: Desk) -> None:
    at = ["--desk", str(desk.root), "--out", str(desk.root / "out"), "--by", "ann"]
    assert CliRunner().invoke(app, ["baseline", "anchor", *at]).exit_code == 2
    done = CliRunner().invoke(app, ["baseline", "anchor", *at, "--reason", "new host"])
    assert (done.exit_code, "says ann: new host" in done.output) == (0, True)
