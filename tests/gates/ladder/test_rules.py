"""expectations/ladder.json is loaded strictly: what is not understood is refused."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deskgate.config.errors import InputError
from deskgate.config.paths import LADDER, SUITES
from deskgate.gates.ladder.days import Kind
from deskgate.gates.ladder.rules import load_ladder
from deskgate.gates.suites import load_suites
from ladder_days import days, stands

Change = Callable[[dict[str, Any]], Any]


def _need(content: dict[str, Any], number: int = 0) -> dict[str, Any]:
    need: dict[str, Any] = content["rungs"]["paper"]["needs"][number]
    return need


def _keep(content: dict[str, Any]) -> dict[str, Any]:
    keep: dict[str, Any] = content["rungs"]["micro"]["keeps"][0]
    return keep


@pytest.mark.parametrize(
    ("change", "milder"),
    [
        (lambda c: None, ()),
        (lambda c: _need(c, 1).update(min_value=0.5), ()),
        (lambda c: _need(c, 1).update(min_value=0.4), ("rungs.paper.needs.maker_share",)),
        (lambda c: _need(c, 2).update(strict_max=False), ("rungs.paper.needs.slippage_p95_bps",)),
        (lambda c: _need(c, 6).update(whole_interval=False), ("rungs.paper.needs.sharpe",)),
        (lambda c: c["rungs"]["micro"]["keeps"].pop(1), ("rungs.micro.keeps.drawdown_share",)),
        (lambda c: c["rungs"]["size"].update(keeps_over_days=3), ("rungs.size.keeps_over_days",)),
        (lambda c: c["days"].update(stop="count"), ("days.stop",)),
        (lambda c: c.update(least_days_share=0.5, least_known=0.5), ("least_known", "least_days_share")),
    ],
)
def test_milder_bounds_of_a_desk_are_named(tmp_path: Path, change: Change, milder: tuple[str, ...]) -> None:
    content = json.loads((SUITES / LADDER).read_text())
    change(content)
    (tmp_path / LADDER).write_text(json.dumps(content))
    rules = load_ladder(tmp_path)
    assert rules.milder == milder
    notes = stands("paper", days(Kind.COUNTS), rules=rules).notes
    assert [note.split("in: ")[1] for note in notes] == ([", ".join(milder)] if milder else [])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda c: c.update(extra=1), "unknown key extra"),
        (lambda c: c.update(sha256="0"), "unknown key sha256"),
        (lambda c: c.update(milder=[]), "unknown key milder"),
        (lambda c: _need(c, 1).update(whole_interval=True), "the whole interval of maker_share, which has none"),
        (lambda c: _need(c, 6).update(min_sample=41), "asks in needs for sharpe of 41 days and looks at 40"),
        (lambda c: _keep(c).update(metric="sharpe"), "for sharpe over 7 days, expected at least 8"),
        (lambda c: _keep(c).update(min_sample=8), "asks in keeps for own_stops of 8 days and looks at 7"),
        (lambda c: c["days"].update(absent="count"), "days.absent"),
        (lambda c: c["days"].update(unjudged="count"), "days.unjudged"),
        (lambda c: c["days"].update(portfolio_gates=["baseline"]), "unknown key days.portfolio_gates"),
        (lambda c: c["days"].update(undeclared="count"), "days.undeclared"),
        (lambda c: c["days"].pop("undeclared"), "days.undeclared"),
        (lambda c: c.update(least_days_share=0), "least_days_share"),
        (lambda c: c.pop("least_days_share"), "least_days_share"),
        (lambda c: c["rungs"].pop("micro"), "rungs.micro is missing"),
        (lambda c: c["rungs"]["paper"].update(next=["size"]), "leads to size, expected testnet or micro"),
        (lambda c: c["rungs"]["paper"].update(next=[]), "has to have all of next, needs and over_days"),
        (lambda c: c["rungs"]["paper"].pop("over_days"), "has to have all of next, needs and over_days"),
        (lambda c: c["rungs"]["size"].pop("keeps_over_days"), "expected all of them or none"),
        (lambda c: c["rungs"]["micro"].update(back_to=["size"]), "expected a lower rung"),
        (lambda c: _need(c, 1).update(metric="maker_shre"), "did you mean 'maker_share'"),
        (lambda c: _need(c, 1).update(metric="days"), "has days 2 times in needs"),
        (lambda c: _need(c).update(min_value=41), "looks at 40 days, expected at least as many"),
        (lambda c: _need(c).update(metric="calendar_days"), "without a least number of days or trading_days"),
        (lambda c: _need(c).pop("min_value"), "has neither min_value nor max_value"),
        (lambda c: _need(c).pop("why"), "missing key"),
        (lambda c: _need(c).update(min_valu=1), "did you mean 'min_value'"),
        (lambda c: c["sharpe"].update(draws=1), "draws"),
        (lambda c: c.update(least_known=0), "least_known"),
    ],
)
def test_what_is_not_understood_is_refused(tmp_path: Path, change: Change, words: str) -> None:
    content = json.loads((SUITES / LADDER).read_text())
    change(content)
    (tmp_path / LADDER).write_text(json.dumps(content))
    with pytest.raises(InputError, match=LADDER) as error:
        load_ladder(tmp_path)
    assert words in str(error.value)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"name": "ladder", "name": "ladder"}', "[" * 100_000])
def test_torn_file_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / LADDER).write_text(text)
    with pytest.raises(InputError, match=LADDER):
        load_ladder(tmp_path)


def test_desk_without_a_ladder_of_its_own_has_that_of_deskgate(tmp_path: Path) -> None:
    assert load_ladder(tmp_path) == load_ladder(SUITES)


def test_ladder_is_no_suite_of_a_gate() -> None:
    assert "ladder" not in load_suites(SUITES)
