"""What a run says on stdout: when quiet and as JSON too what its decision rests on, awaits, and which bots go down."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from deskgate.cli.daily_result import DailyResult
from deskgate.cli.terminal import print_outcome
from deskgate.config.errors import InputError
from deskgate.reports.blocking_cause import BlockingCause, Kind
from deskgate.run.daily import Outcome
from deskgate.store.ingest import Account

DECISION: dict[str, Any] = {
    "decision": "GO",
    "provisional": False,
    "desk": "demo",
    "date": "2026-03-05",
    "as_of": "2026-03-06T00:00:00Z",
    "counts": {"PASS": 3},
}
WAIVER = {
    "gate": "soak",
    "subject": "b1",
    "until": "2026-03-06T00:00:00Z",
    "author": "ann",
    "approver": "bo",
    "reason": "moved",
}
DOWN = {"bot": "b1", "rung": "micro", "says": "goes down", "to": ["testnet", "paper"]}
STAYS = {"bot": "b3", "rung": "paper", "says": "stays", "to": ["testnet"]}
CAUSE = BlockingCause(
    *(Kind.STOP, "b1 lost fills", "Stop b1.", 1, 1, ("soak",), ("b1",), (), "r"),
    value_quote=45.5,
    since="2026-03-05T10:00:00Z",
    breaks=("k0",),
)


def outcome(**changes: Any) -> Outcome:
    return Outcome(DECISION | changes, Path("out/2026-03-05"), Account(), {}, [], causes=(CAUSE,))


def test_quiet_run_says_what_its_decision_rests_on_and_who_goes_down(capsys: pytest.CaptureFixture[str]) -> None:
    print_outcome(outcome(waivers=[WAIVER], ladder=[DOWN, STAYS]), quiet=True)
    head, rests_on, ladder = capsys.readouterr().out.splitlines()
    assert head.startswith("GO  demo  2026-03-05")
    assert "moved" in rests_on
    assert ladder == "By the ladder these go down: b1 from micro to testnet or paper (why: `deskgate ladder`)"


def test_quiet_run_says_whose_sign_off_it_awaits(capsys: pytest.CaptureFixture[str]) -> None:
    print_outcome(outcome(decision="HOLD", awaits={"roles": ["risk"]}), quiet=True)
    assert capsys.readouterr().out.splitlines()[1:] == [
        "A GO once it is signed for risk: `deskgate sign --role risk --by NAME --date 2026-03-05`"
    ]


def test_quiet_run_that_rests_on_evidence_alone_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    print_outcome(outcome(waivers=[], accepted=[], ladder=[STAYS]), quiet=True)
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_json_has_what_a_decision_rests_on_as_decision_json_has_it(tmp_path: Path) -> None:
    of = outcome(waivers=[WAIVER], accepted=[], incidents=[{"id": "i"}], ladder=[DOWN])
    made = DailyResult.of_outcome(of, tmp_path, 0).as_json(None)
    names = ("waivers", "accepted", "incidents", "ladder")
    assert {name: made[name] for name in names} == {name: of.decision[name] for name in names}
    assert "moved" in made["rests_on"]
    (cause,) = made["causes"]
    assert (cause["kind"], cause["stop"], cause["value_quote"]) == ("stop condition", True, 45.5)
    assert (cause["since"], cause["breaks"]) == ("2026-03-05T10:00:00Z", ["k0"])


def test_json_of_a_run_without_a_decision_says_nothing_of_what_one_rests_on(tmp_path: Path) -> None:
    made = DailyResult.of_error(InputError("torn"), "demo", date(2026, 3, 5), tmp_path, {}).as_json(None)
    assert [made[name] for name in ("waivers", "accepted", "ladder", "rests_on")] == [None] * 4


def test_json_of_a_refused_run_names_no_report_of_an_earlier_run(tmp_path: Path) -> None:
    report = tmp_path / "2026-03-05" / "daily_report.md"
    report.parent.mkdir()
    report.write_text("# GO")
    made = DailyResult.of_error(InputError("torn"), "demo", date(2026, 3, 5), tmp_path, {}).as_json(None)
    assert (made["exit_code"], made["paths"]["report"]) == (2, None)
