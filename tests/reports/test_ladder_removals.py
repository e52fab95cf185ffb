"""No file or record that is removed improves what the ladder says of a bot."""

import shutil
from collections.abc import Callable
from typing import Any

import pytest

from deskgate.audit.chain import Chain
from deskgate.config.bot import Mode
from deskgate.gates.ladder.rule import Says
from published_ladder import BLOCKER, DAYS, LATE, NOW, OTHERS, TODAY, Published, a_desk, on
from tiers import quick


def _drop_decision(published: Published) -> None:
    (published.folder(LATE) / "decision.json").unlink()


def _drop_view(published: Published) -> None:
    (published.folder(LATE) / "views/ladder.parquet").unlink()


def _drop_manifest(published: Published) -> None:
    (published.folder(LATE) / "artifacts.json").unlink()


def _drop_folder(published: Published) -> None:
    shutil.rmtree(published.folder(LATE))


def _drop_trail(published: Published) -> None:
    shutil.rmtree(Chain.open(published.out, "fleet").file.parent)


REMOVALS = [_drop_decision, _drop_view, _drop_manifest, _drop_folder, _drop_trail]


@pytest.mark.parametrize("remove", quick(REMOVALS, 12))
@pytest.mark.parametrize(
    ("changes", "row", "says"),
    [
        ({"decision": "STOP", "blockers": [BLOCKER]}, {}, Says.DOWN),
        (
            {"decision": "STOP", "blockers": [BLOCKER], "failures": [{"notebook": "04_parity", "error": "e"}]},
            {},
            Says.DOWN,
        ),
        ({"decision": "STOP", "blockers": [BLOCKER], "provisional": True}, {}, Says.DOWN),
        ({"decision": "HOLD", "blockers": [OTHERS]}, {}, Says.STAYS),
        ({}, {"drawdown_share": 0.03}, Says.STAYS),
    ],
)
def test_removing_anything_never_improves_what_the_ladder_says(
    on_testnet: Published,
    remove: Callable[[Published], object],
    changes: dict[str, Any],
    row: dict[str, Any],
    says: Says,
) -> None:
    testnet = a_desk(on_testnet.out, rung="testnet", mode=Mode.TESTNET)
    on_testnet.publish(LATE, DAYS - 3, row=row, **{**on("testnet"), **changes})
    assert on_testnet.stands(testnet).says is says
    remove(on_testnet)
    assert on_testnet.stands(testnet).says is says


@pytest.mark.parametrize("remove", REMOVALS)
def test_bot_moves_on_by_no_day_whose_files_are_gone(published: Published, remove: Callable[[Published], None]) -> None:
    assert published.stands().says is Says.MOVES
    remove(published)
    standing = published.stands()
    assert standing.says is Says.STAYS
    assert {str(each.status) for each in standing.missing} == {"INSUFFICIENT"}


def test_drawdown_that_took_a_bot_down_does_not_vanish_with_its_files(on_testnet: Published) -> None:
    on_testnet.publish(LATE, DAYS - 3, row={"drawdown_share": 0.06}, **on("testnet", "goes down", "paper"))
    on_testnet.publish(TODAY, DAYS - 1, **on("testnet", "goes down", "paper"))
    testnet = a_desk(on_testnet.out, rung="testnet", mode=Mode.TESTNET)
    assert on_testnet.stands(testnet).missing[0].metric == "drawdown_share"
    _drop_folder(on_testnet)
    standing = on_testnet.stands(testnet)
    assert (standing.says, standing.missing[0].metric) == (Says.DOWN, "record")


def test_old_record_of_a_stop_whose_files_are_gone_names_nobody_and_so_everybody(on_testnet: Published) -> None:
    on_testnet.trail.chain.append("decision", {"date": str(LATE), "decision": "STOP", "run_id": "r"}, NOW)
    on_testnet.publish(TODAY, DAYS - 1, **on("testnet"))
    assert on_testnet.stands(a_desk(on_testnet.out, rung="testnet", mode=Mode.TESTNET)).says is Says.STAYS
    _drop_folder(on_testnet)
    assert on_testnet.stands(a_desk(on_testnet.out, rung="testnet", mode=Mode.TESTNET)).says is Says.DOWN
