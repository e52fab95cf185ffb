"""docs/first-day.md, run: a folder as stock Hummingbot leaves it and played venues give the decision that the exports give."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cli.commands import run
from deskgate.config.desk_file import load_desk
from deskgate.config.paths import ROOT
from deskgate.demo import DemoDesk
from first_day import KEPT_BY_BOT, PLANTED, Clock, api_layout, played_venues, stock_layout

pytestmark = [pytest.mark.xdist_group("demo"), pytest.mark.usefixtures("judge_in_process"), pytest.mark.slow]
PAGE = ROOT / "docs" / "first-day.md"
FIRST = datetime(2026, 3, 2, 8, tzinfo=UTC)
# After the first snapshot, so that no fill since the baseline is before the opening.
FROZEN = "2026-03-02T08:05:00Z"
DAY = "2026-03-05"
# One for all bots: what is compared is how the accounts are read, not their money.
OPENING = 'opening = { at = "2026-03-02T07:00:00Z", balance = { USDT = "500" }, position = "0" }'
LATER = [datetime(2026, 3, 4, tzinfo=UTC) + timedelta(hours=8 * number) for number in range(7)]


def commands() -> Iterator[tuple[str, list[str]]]:
    """Yield each command of the page with the lines that the page shows of what it prints."""
    for block in re.findall(r"```\n\$ (.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL):
        command, *lines = block.strip("\n").split("\n")
        yield command, lines


def shows(printed: str, lines: list[str]) -> bool:
    """Return whether what was printed has the page's lines in their order; `...` stands for anything, lines too."""
    parts = [re.escape(part) for part in "\n".join(lines).split("...")]
    return re.search("(?s)" + ".*?".join(part.replace(r"\ ", " ") for part in parts), printed) is not None


def words(command: str, desk: Path, out: Path) -> list[str]:
    """Return the arguments of a command of the page."""
    named = {"DIR": str(desk), "OUT": str(out), "DAY": DAY}
    found = [word.strip('"') for word in re.findall(r'"[^"]*"|\S+', command)][1:]
    return [named.get(word, word) for word in found]


def gates(desk: Path, out: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run("gates", "--desk", desk, "--out", out, "--date", DAY, "--json").stdout)
    return found


def test_the_page_is_what_happens(demo: DemoDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk, out, clock = stock_layout(demo.folder, tmp_path / "DESK"), tmp_path / "OUT", Clock()
    clock.set(FIRST)
    codes: dict[str, int] = {}
    names = {"bot1": "DESKGATE_BITGET_PERPETUAL", "bot4": "DESKGATE_BINANCE_PERPETUAL_TESTNET"}
    with played_venues(demo.folder, clock, monkeypatch, names):
        for command, lines in commands():
            given = words(command, desk, out)
            if given[0] == "freeze" or "freeze" in given:
                given += ["--as-of", FROZEN]
            if given[0] == "gates":
                for at in LATER:
                    clock.set(at)
                    assert run("snapshot", "--desk", desk).exit_code == 0
            result = run(*given)
            expected = [line.replace("DIR", str(desk)).replace("DAY", DAY) for line in lines]
            codes[given[0]] = result.exit_code
            assert result.exit_code in (0, 1), result.output
            assert shows(result.output, expected), f"{command}\n{result.output}\nexpected\n{expected}"
    # A GO alone ends with 0.
    assert codes["gates"] == 0
    written = [file for root in (desk, out) for file in root.rglob("*") if file.is_file()]
    holding = {
        secret: sorted(file.name for file in written if secret.encode() in file.read_bytes())
        for secret in (*PLANTED, KEPT_BY_BOT)
    }
    assert holding == {
        **{secret: [] for secret in PLANTED},
        KEPT_BY_BOT: ["binance_perpetual_testnet.yml", "bitget_perpetual.yml"],
    }


@pytest.mark.long
def test_instances_of_hummingbot_api_give_the_same_verdicts(
    demo: DemoDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, out, clock = api_layout(demo.folder, tmp_path / "desk"), tmp_path / "out", Clock()
    assert run("init", desk).exit_code == 0
    described = load_desk(desk)
    names = {bot: described.accounts[described.bots[bot].account[0]].variables for bot in ("bot1", "bot4")}
    # Its exports as they lie in the demo, beside the snapshots that are to say the same.
    exports = tmp_path / "exports"
    as_exports = api_layout(demo.folder, exports)
    text = (desk / "desk.toml").read_text()
    for bot in ("bot1", "bot4"):
        (as_exports / "bots" / "instances" / bot / "exchange").symlink_to(demo.folder / bot / "exchange")
        account = json.dumps(described.bots[bot].account)
        text = text.replace(f"account = {account}", f'exchange = ["bots/instances/{bot}/exchange"]')
    text = re.sub(r"\[accounts\.[^\[]*", "", text)
    (as_exports / "desk.toml").write_text(text.replace('opening = "first_snapshot"', OPENING))
    (desk / "desk.toml").write_text((desk / "desk.toml").read_text().replace('opening = "first_snapshot"', OPENING))
    for folder, where in ((desk, out), (as_exports, tmp_path / "out2")):
        frozen = run(
            "baseline", "freeze", "--desk", folder, "--out", where, "--by", "a", "--why", "b", "--as-of", FROZEN
        )
        assert frozen.exit_code == 0, frozen.output
    with played_venues(demo.folder, clock, monkeypatch, names):
        for at in [FIRST, *LATER]:
            clock.set(at)
            run("snapshot", "--desk", desk)
    snapshots, exported = gates(desk, out), gates(as_exports, tmp_path / "out2")
    verdicts = {(each["gate"], each["check"], each["subject"]): each for each in snapshots["verdicts"]}
    same = {(each["gate"], each["check"], each["subject"]): each for each in exported["verdicts"]}
    differing = {
        key: (verdicts[key]["status"], each["status"], verdicts[key]["reason"], each["reason"])
        for key, each in same.items()
        if each["status"] != verdicts[key]["status"]
    }
    assert differing == {}
    assert {key[1].startswith("snapshot_") for key in verdicts.keys() - same.keys()} == {True}
    assert snapshots["result"] == exported["result"]
