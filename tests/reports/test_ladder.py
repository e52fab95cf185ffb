"""The ladder's days are read from their folders: verified, held to the audit trail, and named where they are left out."""

import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from deskgate.assessment.artifacts import DayArtifacts
from deskgate.audit.chain import Chain
from deskgate.audit.decision_file import load_decision
from deskgate.audit.keys import make_key
from deskgate.audit.open_runs import begin_run
from deskgate.audit.sign_offs import sign_off
from deskgate.config.bot import Mode
from deskgate.gates.ladder.rule import Says
from deskgate.reports.ladder import standings
from deskgate.reports.ladder_table import NO_RUNG, ladder_frame, ladder_markdown
from deskgate.reports.pages.day_page import write_day_page
from deskgate.run.incidents import open_incident
from deskgate.run.ladder import ladder_after
from deskgate.store.tables import Store
from ladder_days import FIRST, RULES
from published_ladder import BLOCKER, DAYS, OTHERS, TODAY, TWO_BOTS, Published, a_desk, on
from report_inputs import VERDICTS, decision


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Published]:
    root = tmp_path_factory.mktemp("rungs")
    return {rung: Published(root / rung, **on(rung)) for rung in ("paper", "testnet", "size")}


@pytest.fixture
def published(tmp_path: Path, whole: dict[str, Published]) -> Published:
    return Published(tmp_path / "out", like=whole["paper"])


@pytest.fixture
def on_testnet(tmp_path: Path, whole: dict[str, Published]) -> Published:
    return Published(tmp_path / "testnet", like=whole["testnet"])


@pytest.fixture
def on_size(tmp_path: Path, whole: dict[str, Published]) -> Published:
    return Published(tmp_path / "size", like=whole["size"])


NOW = datetime(2026, 5, 23, tzinfo=UTC)
SPOILED = FIRST + timedelta(days=3)


def _remove(published: Published) -> None:
    published.folder(SPOILED).rename(published.out / ".gone")


def _tear(published: Published) -> None:
    (published.folder(SPOILED) / "views/ladder.parquet").write_bytes(b"PAR1")


def _unrecord(published: Published) -> None:
    published.publish(SPOILED, 3, recorded=False)


def _again(**changes: Any) -> Callable[[Published], object]:
    return lambda published: published.publish(SPOILED, 3, **changes)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (_remove, "on record, and its files are gone or changed"),
        (_tear, "on record, and its files are gone or changed, `deskgate verify` says what"),
        (_unrecord, "on record, and its files are gone or changed"),
        (
            _again(failures=[{"notebook": "04_parity", "error": "e"}], decision="HOLD"),
            "the step 04_parity of its run failed",
        ),
        (_again(provisional=True, decision="HOLD"), "looked at before the day was over"),
        (_again(decision="STOP", blockers=[BLOCKER]), "blocked, b1: Fills missing"),
        (_again(decision="HOLD", blockers=[BLOCKER | {"subject": "portfolio"}]), "blocked, portfolio: Fills missing"),
        (
            _again(
                decision="HOLD",
                blockers=[OTHERS, BLOCKER | {"subject": "portfolio", "gate": "operations"}],
                bots=TWO_BOTS,
            ),
            "blocked, portfolio: Fills missing",
        ),
        (
            _again(decision="HOLD", blockers=[], awaits={"roles": ["risk"], "keys": []}),
            "blocked, it waits for the sign-off of risk",
        ),
        (_again(decision="HOLD", blockers=[]), "blocked, the desk was on HOLD, and no verdict says why"),
        (_again(decision="STOP", blockers=[OTHERS], bots=TWO_BOTS), "the desk was on STOP"),
        (
            _again(waivers=[{"gate": "parity", "subject": "b1"}]),
            "blocked, it rests on the waiver of parity of b1",
        ),
        (_again(ladder=[]), "without a declared rung"),
    ],
)
def test_day_that_is_no_good_day_of_the_bot_does_not_count(
    published: Published, spoil: Callable[[Published], object], words: str
) -> None:
    assert published.stands().days.counting == DAYS
    spoil(published)
    standing = published.stands()
    assert standing.days.counting == DAYS - 1
    assert [words in gap and str(SPOILED) in gap for gap in standing.gaps] == [True]


@pytest.mark.parametrize(
    "changes", [{"bots": {"b1": "live"}}, {"bots": {}}, {"ladder": [{"bot": "b1", "rung": "micro"}]}]
)
def test_day_of_another_mode_or_rung_starts_the_count_anew(published: Published, changes: dict[str, Any]) -> None:
    published.publish(SPOILED, 3, **changes)
    standing = published.stands()
    assert (standing.says, standing.days.counting, standing.days.first) == (Says.STAYS, 18, SPOILED + timedelta(days=1))


@pytest.mark.parametrize(
    ("then", "is_other"),
    [
        ({"conf/pmm.yml": "a", "desk.toml": "x"}, False),
        ({"conf/pmm.yml": "a", "desk.toml": "y"}, False),
        # A day of which nobody says what was configured is not taken for one of another strategy.
        ({}, False),
        ({"conf/pmm.yml": "b"}, True),
        ({"conf/pmm.yml": "a", "conf/second.yml": "c"}, True),
    ],
)
def test_another_strategy_starts_the_count_anew(published: Published, then: dict[str, str], is_other: bool) -> None:
    published.publish(SPOILED, 3, inputs={"config": then})
    for number in range(4, DAYS):
        now = {"config": {"conf/pmm.yml": "a", "desk.toml": "x"}}
        published.publish(FIRST + timedelta(days=number), number, inputs=now)
    desk = a_desk(published.out)
    bot = desk.bots["b1"].model_copy(update={"config": ["conf/*.yml"]})
    standing = published.stands(desk.model_copy(update={"bots": {"b1": bot}}))
    assert standing.days.counting == (DAYS - 4 if is_other else DAYS)
    assert standing.days.first == (SPOILED + timedelta(days=1) if is_other else FIRST)


def test_hold_of_other_bots_counts_and_is_named_but_not_on_the_day_itself(published: Published) -> None:
    hold: dict[str, Any] = {"decision": "HOLD", "blockers": [OTHERS], "bots": TWO_BOTS}
    published.publish(SPOILED, 3, **hold)
    standing = published.stands()
    assert (standing.says, standing.days.counting) == (Says.MOVES, DAYS)
    assert standing.notes == (f"1 of the days that count were on HOLD for other bots: {SPOILED}",)
    published.publish(TODAY, DAYS - 1, **hold)
    standing = published.stands()
    assert (standing.says, [each.metric for each in standing.missing]) == (Says.STAYS, ["today"])


def test_signed_decision_counts_as_a_go(published: Published) -> None:
    key, _ = make_key(published.out.parent / "key.pem", [published.out])
    awaits = {"roles": ["risk"], "keys": [key.public_key]}
    published.publish(TODAY, DAYS - 1, decision="HOLD", blockers=[], awaits=awaits)
    assert published.stands().says is Says.STAYS
    made = load_decision(published.folder(TODAY) / "decision.json")
    sign_off(published.trail.chain, key, made, role="risk", by="ann", at=datetime(2026, 5, 23, tzinfo=UTC))
    assert published.stands().says is Says.MOVES


def test_day_being_run_that_awaits_sign_offs_is_not_one_that_counts(published: Published) -> None:
    today = DayArtifacts.open(published.folder(TODAY))
    decided = decision(decision="HOLD", blockers=[], bots={"b1": "paper"}, awaits={"roles": ["ops"], "keys": []})
    (standing,) = standings(a_desk(published.out), RULES, published.out, today, decided)
    assert (standing.says, standing.missing[0].metric) == (Says.STAYS, "today")
    assert "it waits for the sign-off of ops" in standing.missing[0].sentence


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


LATE = TODAY - timedelta(days=2)
REMOVALS = [_drop_decision, _drop_view, _drop_manifest, _drop_folder, _drop_trail]


@pytest.mark.parametrize("remove", REMOVALS)
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


def test_view_with_other_columns_is_left_out_by_name(published: Published) -> None:
    published.publish(SPOILED, 3, row={"more": 1})
    standing = published.stands()
    assert standing.days.counting == DAYS - 1
    assert "with other columns" in standing.gaps[0]


def test_rung_before_is_the_last_other_one_on_record(on_size: Published) -> None:
    size = a_desk(on_size.out, rung="size", mode=Mode.LIVE)
    assert "no day of micro is on record" in on_size.stands(size).notes[0]
    on_size.publish(FIRST - timedelta(days=2), 0)
    standing = on_size.stands(size)
    assert (standing.says, standing.missing[0].metric) == (Says.DOWN, "rung")
    on_size.publish(FIRST - timedelta(days=1), 0, **on("micro", "may move on", "size"))
    standing = on_size.stands(size)
    assert (standing.says, standing.notes[0]) == (
        Says.STAYS,
        f"the last day on micro, {FIRST - timedelta(days=1)}, said that it may move on to size",
    )


@pytest.mark.parametrize("since", [FIRST - timedelta(days=100), FIRST, TODAY, TODAY + timedelta(days=1)])
@pytest.mark.parametrize("silent", [0, 1, 5])
def test_no_date_and_no_day_without_a_rung_clears_a_skipped_rung(on_size: Published, since: date, silent: int) -> None:
    on_size.publish(FIRST, 0)
    for number in range(1, 1 + silent):
        on_size.publish(FIRST + timedelta(days=number), number, bots={"b1": "live"}, ladder=[])
    size = a_desk(on_size.out, rung="size", mode=Mode.LIVE, since=since)
    standing = on_size.stands(size)
    assert (standing.says, standing.missing[0].metric) == (Says.DOWN, "rung")


def test_day_says_what_came_before_it_for_the_days_after(on_size: Published) -> None:
    paper = {"rung": "paper", "day": "2025-01-01", "moves": False}
    (said,) = on("size")["ladder"]
    on_size.publish(TODAY - timedelta(days=1), 0, bots={"b1": "live"}, ladder=[{**said, "before": paper}])
    standing = on_size.stands(a_desk(on_size.out, rung="size", mode=Mode.LIVE))
    assert (standing.says, standing.as_json()["before"]) == (Says.DOWN, paper)


@pytest.mark.parametrize(("bots", "says"), [({"b1": "live"}, Says.DOWN), ({"b1": "live", "b2": "live"}, Says.STAYS)])
def test_stop_of_the_book_is_the_only_live_bots_or_is_named(
    on_size: Published, bots: dict[str, str], says: Says
) -> None:
    stop = BLOCKER | {"subject": "portfolio", "gate": "portfolio_risk"}
    on_size.publish(LATE, 0, **{**on("size"), "bots": bots}, decision="STOP", blockers=[stop])
    standing = on_size.stands(a_desk(on_size.out, rung="size", mode=Mode.LIVE))
    named = f"the portfolio's risk stopped the desk, which is no stop of this bot alone: {LATE}"
    assert (standing.says, named in standing.notes) == (says, says is Says.STAYS)


def test_no_date_clears_a_stop(on_testnet: Published) -> None:
    on_testnet.publish(LATE, 0, decision="STOP", blockers=[BLOCKER], bots={"b1": "testnet"}, ladder=[])
    testnet = a_desk(on_testnet.out, rung="testnet", mode=Mode.TESTNET, since=TODAY)
    assert on_testnet.stands(testnet).missing[0].metric == "own_stops"


def test_rung_that_is_dated_back_over_days_of_another_one_skips_nothing(published: Published) -> None:
    published.publish(TODAY, DAYS - 1, **on("size"))
    standing = published.stands(a_desk(published.out, rung="size", mode=Mode.LIVE))
    assert (standing.says, standing.missing[0].metric, standing.days.counting) == (Says.DOWN, "rung", 1)


def test_ladder_after_a_day_is_what_the_command_shows(published: Published) -> None:
    on, found = ladder_after(a_desk(published.out), published.out, None, now=NOW)
    assert (on, [each["says"] for each in found]) == (TODAY, ["may move on"])
    assert ladder_frame(found).row(0)[:5] == ("b1", "paper", "2026-05-01", "ann", "may move on to testnet or micro")
    assert "- **b1** paper since 2026-05-01 (ann): **may move on to testnet or micro**" in ladder_markdown("t", found)
    assert ladder_after(a_desk(published.out, rung=None), published.out, str(SPOILED), now=NOW) == (SPOILED, [])
    assert NO_RUNG in ladder_markdown("t", [])


def _fail_day_after(published: Published) -> None:
    published.publish(TODAY + timedelta(days=1), 0, decision="HOLD", blockers=[BLOCKER])
    (published.folder(TODAY + timedelta(days=1)) / "artifacts.json").unlink()


def _open_incident(published: Published) -> None:
    store = Store.open(published.out / "store", "fleet")
    open_incident(store, published.trail, title="key leaked", by="ann", effective_at=NOW, recorded_at=NOW)


@pytest.mark.parametrize(
    ("later", "words"),
    [
        (lambda _: None, "it expired at 2026-05-24T00:00:00Z"),
        (_fail_day_after, "the later day 2026-05-23 has 1 blockers"),
        (lambda it: begin_run(it.out, TODAY + timedelta(days=1), NOW), "a run of 2026-05-23 began"),
        (_open_incident, "key leaked"),
    ],
)
def test_nobody_moves_on_by_a_decision_that_does_not_hold_any_more(
    published: Published, later: Callable[[Published], object], words: str
) -> None:
    later(published)
    now = NOW + timedelta(days=1) if "expired" in words else NOW
    desk = a_desk(published.out)
    _, (found,) = ladder_after(desk, published.out, None, now=now)
    assert (found["says"], found["missing"][0]["status"]) == ("stays", "INSUFFICIENT")
    assert words in found["missing"][0]["sentence"]
    assert "run `deskgate daily`" in found["missing"][0]["sentence"]
    _, (of_the_day,) = ladder_after(desk, published.out, str(TODAY), now=now)
    assert of_the_day["says"] == "may move on"


def test_page_of_the_day_has_a_line_a_bot(published: Published) -> None:
    _, found = ladder_after(a_desk(published.out), published.out, None, now=NOW)
    contents: dict[str, dict[str, Any]] = {"declared": {"ladder": found}, "none": {"ladder": []}, "before": {}}
    pages = {
        name: write_day_page(published.out, decision(**content), VERDICTS, []).read_text()
        for name, content in contents.items()
    }
    assert "may move on to testnet or micro" in pages["declared"]
    assert "No bot declares a rung" in pages["none"]
    assert 'id="ladder"' not in pages["before"]
