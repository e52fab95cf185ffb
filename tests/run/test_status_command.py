"""The command `deskgate status --alert`: what it prints, sends and refuses."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from deskgate.cli import status as command
from deskgate.cli.app import app
from webhook import Webhook

from .alerting import a_desk, stored
from .watched import NOON

# Apprise looks for a module that a later Python no longer has.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")


def run(desk: Path, out: Path, *more: str) -> tuple[int, str]:
    ran = CliRunner().invoke(app, ["status", "--desk", str(desk), "--out", str(out), *more])
    return ran.exit_code, ran.output


def test_command_alerts_with_the_option_alone(
    tmp_path: Path, channel: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "now", lambda: NOON)
    desk, out = a_desk(tmp_path / "desk", channel.url, run_by="06:30"), tmp_path / "out"
    out.mkdir()
    assert run(desk, out)[0] == 1
    assert (channel.heard, [file.name for file in out.iterdir()]) == ([], ["logs"])
    code, said = run(desk, out, "--alert")
    assert (code, channel.titles, "- 2026-03-04 has no decision" in said) == (1, ["d: no run of 2026-03-04"], True)
    code, said = run(desk, out, "--alert", "--json")
    assert (code, len(channel.heard)) == (1, 1)
    assert json.loads(said)["alert"] == {
        "causes": [
            "2026-03-04 has no decision, expected one by 2026-03-05 06:30 UTC; run `deskgate daily --date 2026-03-04`"
        ],
        "reached": [],
        "failed": [],
    }
    assert stored(out, "probes").filter(kind="delivery")["ok"].to_list() == [True]


def test_command_refuses_a_desk_without_a_channel(tmp_path: Path) -> None:
    code, said = run(a_desk(tmp_path / "desk"), tmp_path / "out", "--alert")
    assert (code, "no alert channel is named" in said, (tmp_path / "out").exists()) == (2, True, False)
