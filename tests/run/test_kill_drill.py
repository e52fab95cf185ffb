"""The kill drill: passes on a seen effect, and says that it shows nothing where it could not have failed."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from typer.testing import CliRunner

from deskgate.cli.app import app
from deskgate.config.actions import Control
from deskgate.config.bot import Mode
from deskgate.config.desk import Desk
from deskgate.config.desk_file import load_desk
from deskgate.config.errors import InputError, RunError
from deskgate.config.instants import now
from deskgate.controls import desk_looks
from deskgate.controls.intents import Intent
from deskgate.controls.looks import Look
from deskgate.gates.evaluation import Status
from deskgate.run import kill_drill
from deskgate.run.kill_drill import KillDrilled, drill_kill
from deskgate.store.desk_store import store_location
from deskgate.store.tables import Store
from desks import NOON, bot, desk
from store.conftest import root

KEY = Control.model_validate({"venue": {"exchange": "bitget", "api_key_env": "KEY", "secret_env": "SECRET"}})
__all__ = ["root"]

DESK = desk(bot("live"), bot("t", Mode.TESTNET, control=KEY), bot("blind", Mode.TESTNET))
State = Callable[[float], tuple[tuple[str, ...] | None, str]]


@dataclass
class Account:
    """An account as a function of the seconds since the drill began; only sleeping lets time pass."""

    state: State
    at: datetime = NOON

    def now(self) -> datetime:
        """Return the time, a little later each time it is asked."""
        self.at += timedelta(milliseconds=1)
        return self.at

    def sleep(self, seconds: float) -> None:
        """Move on."""
        self.at += timedelta(seconds=seconds)

    def look(self, _bot: str, _since: datetime) -> Look:
        """Look at the account."""
        orders, position = self.state((self.at - NOON).total_seconds())
        return Look(self.now(), "test", orders, {"BTC-USDT": Decimal(position)})

    def can_wait(self, _bot: str) -> bool:
        """Return that it can be asked again."""
        return True


def drill(tmp_path: Path, state: State, of: Desk = DESK) -> KillDrilled:
    account = Account(state)
    return drill_kill(of, tmp_path, "t", account, by="ann", begin=lambda _: None, now=account.now, sleep=account.sleep)


@pytest.mark.parametrize(
    ("state", "status", "says"),
    [
        (lambda s: (("x",) if s < 10 else (), "2"), Status.PASS, "no order open 20 s after the command"),
        (lambda _: (("x",), "2"), Status.FAIL, "1 order is open"),
        (lambda _: ((), "2"), Status.INSUFFICIENT, "no order to cancel, so the drill could not have failed"),
        (lambda s: (("x",) if s < 10 else (), "0"), Status.INSUFFICIENT, "there was no position to see"),
        (lambda _: (None, "2"), Status.INSUFFICIENT, "the account before the command is not known"),
    ],
)
def test_drill_passes_only_where_it_could_have_failed(tmp_path: Path, state: State, status: Status, says: str) -> None:
    made = drill(tmp_path, state)
    assert (made.status, made.passed) == (status, status is Status.PASS)
    assert says in made.says
    # The whole path: the sink of the desk took the command.
    assert len((tmp_path / "outbox.jsonl").read_text().splitlines()) == 1


def test_intent_is_on_record_before_anything_is_sent(tmp_path: Path) -> None:
    account, begun = Account(lambda _: (("x",), "2")), list[Intent]()

    def begin(intent: Intent) -> None:
        begun.append(intent)
        assert not (tmp_path / "outbox.jsonl").exists()
        raise RunError("the disk is full")

    with pytest.raises(RunError, match="the disk is full"):
        drill_kill(DESK, tmp_path, "t", account, by="ann", begin=begin, now=account.now, sleep=account.sleep)
    assert [(intent.bots, intent.authorised_by) for intent in begun] == [(("t",), "ann")]
    assert not (tmp_path / "outbox.jsonl").exists()


def test_command_that_no_sink_took_fails(tmp_path: Path) -> None:
    (tmp_path / "outbox.jsonl").mkdir()
    made = drill(tmp_path, lambda s: (("x",) if s < 10 else (), "2"))
    assert (made.status, made.says) == (Status.FAIL, "no sink took the command")


@pytest.mark.parametrize(
    ("name", "by", "reason"),
    [
        ("live", "ann", "bots.live is live, expected a testnet bot"),
        ("nobody", "ann", "there is no bot 'nobody'"),
        ("blind", "ann", "bots.blind.control has no venue, expected a read-only key"),
        ("t", " ", "--by is empty"),
    ],
)
def test_live_bot_is_never_drilled(tmp_path: Path, name: str, by: str, reason: str) -> None:
    account = Account(lambda _: (("x",), "2"))
    with pytest.raises(InputError, match=reason):
        drill_kill(DESK, tmp_path, name, account, by=by, begin=lambda _: None, now=account.now, sleep=account.sleep)
    assert list(tmp_path.iterdir()) == []


def test_drill_that_is_interrupted_is_on_record_as_one_that_showed_nothing(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    venue = 'venue = { exchange = "bitget", api_key_env = "KEY", secret_env = "SECRET" }'
    text = (root / "desk.toml").read_text().replace('mode = "live"', 'mode = "testnet"')
    (root / "desk.toml").write_text(f"{text}\n[bots.bot1.control]\n{venue}\n")

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(desk_looks, "open_client", lambda _: None)
    monkeypatch.setattr(kill_drill, "send_due", interrupted)
    out = tmp_path / "out"
    made = CliRunner().invoke(
        app, ["drill", "kill", "--bot", "bot1", "--by", "ann", "--desk", str(root), "--out", str(out)]
    )
    assert (made.exit_code, "bot1 may have been told to stop" in made.output) == (3, True), made.output
    store = Store.open(store_location(load_desk(root), out), "desk")
    (row,) = store.read(store.pin(), now())["drills"].iter_rows(named=True)
    evidence = json.loads(row["evidence"])
    assert (row["passed"], evidence["status"], evidence["intent"]["bots"]) == (False, Status.INSUFFICIENT, ["bot1"])
