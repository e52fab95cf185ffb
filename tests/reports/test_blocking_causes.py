"""Every blocker is in one group, by its cause: stop conditions first, then failures, then what lacks."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from deskgate.assessment.assessment import Assessment
from deskgate.case.case import Case
from deskgate.checks.incidents import NO_OWNER
from deskgate.checks.needs import Need
from deskgate.checks.registry import run_checks
from deskgate.config.bot import Mode
from deskgate.config.paths import SUITES
from deskgate.gates.decision import blockers
from deskgate.gates.evaluation import NOTHING_TO_JUDGE, UNDECIDED, Status, Verdict
from deskgate.gates.suites import load_suites
from deskgate.reports.blocking_causes import BlockingCause, Kind, blocking_causes, causes_frame, parse_causes
from deskgate.reports.remedies import lacked, remedy
from desks import END, bot, case, desk, sources
from reports.views.test_portfolio_risk import assessed
from verdicts import verdict

NO_VALUE = {"observed": None, "what_to_do": NOTHING_TO_JUDGE}


def _causes(*verdicts: Verdict, of: Case | None = None) -> list[BlockingCause]:
    day = assessed(of or case(desk(bot(opening=None)), sources=sources("local")))
    day.__dict__["verdicts"] = list(verdicts)
    return blocking_causes(day)


def _of(gate: str, check: str, status: Status = Status.INSUFFICIENT, **changes: object) -> Verdict:
    return verdict(status, **NO_VALUE | {"gate": gate, "check": check} | changes)


@pytest.fixture(scope="module")
def alone() -> Assessment:
    """The day of a bot of which there is a database and nothing else."""
    of = case(desk(bot(opening=None)), sources=sources("local"))
    metrics, breaks = run_checks(of)
    return Assessment(of, metrics, breaks, load_suites(SUITES), assessed(of).inputs)


def test_each_blocker_is_in_exactly_one_group(alone: Assessment) -> None:
    causes = blocking_causes(alone)
    grouped = [check for each in causes for check in each.checks]
    assert sorted(grouped) == sorted((v.gate, v.check, v.subject) for v in blockers(alone.verdicts))
    assert [each.verdicts for each in causes] == [len(each.checks) for each in causes]
    assert len(causes) < len(grouped) / 5


def test_reason_of_a_missing_leg_is_in_the_group_of_that_leg(alone: Assessment) -> None:
    names = {Need.ACCOUNT: "under bots.b1.exchange", Need.EVENTS: "under bots.b1.events"}
    groups = {check: each.cause for each in blocking_causes(alone) for check in each.checks}
    for need, words in names.items():
        found = {
            groups[v.gate, v.check, v.subject]
            for v in blockers(alone.verdicts)
            if v.reason.startswith("b1: nothing") and words in v.reason
        }
        assert found == {lacked(need, [bot()])}


def test_worst_first() -> None:
    stop = _of("portfolio_risk", "daily_loss_share", Status.FAIL, observed=1.0, stop=True, subject="portfolio")
    failed = [_of("reconciliation", "wrong_side", Status.FAIL, observed=1.0, what_to_do="Look.")]
    failed += [_of("reconciliation", "price_mismatch_value_quote", Status.FAIL, observed=1.0, what_to_do="Look.")]
    waits = _of("event_store", "gap_x")
    small = _of("parity", "fill_ratio_delta", observed=0.1, what_to_do=UNDECIDED)
    causes = _causes(small, waits, *failed, stop)
    kinds = [Kind.STOP, Kind.FAILED, Kind.LACKING, Kind.TIME]
    assert [each.kind for each in causes] == kinds
    assert [each.stops for each in causes] == [True, False, False, False]
    assert [each.verdicts for each in causes] == [1, 2, 1, 1]


def test_value_that_lacks_nothing_is_told_by_its_reason() -> None:
    (cause,) = _causes(_of("event_store", "impossible_quotes", reason="the disk is full"), of=case())
    assert (cause.kind, cause.cause) == (Kind.UNMEASURED, "b1: t: the disk is full")


def test_what_stands_behind_another_need_is_named_without_a_verdict() -> None:
    first, behind = _causes(_of("reconciliation", "balance_drift"))
    assert (first.verdicts, behind.verdicts, behind.waiting) == (1, 0, 1)
    assert "no known start" in behind.cause
    assert behind.remedy.startswith("`bots.b1.opening = { at =")
    assert behind.counted == "1 check waits for it too"


def test_passed_and_waived_verdicts_need_nothing() -> None:
    assert _causes(verdict(), verdict(Status.WAIVED), verdict(Status.FAIL, severity="warning")) == []


def test_day_that_is_not_over_is_a_cause_of_its_own() -> None:
    (cause,) = _causes(of=case(as_of=END - timedelta(hours=1)))
    assert (cause.kind, cause.verdicts) == (Kind.DAY, 0)
    assert "is not over at 2026-05-04 23:00 UTC" in cause.cause


def test_of_several_bots_the_remedy_stands_once() -> None:
    bots = [bot(), bot("b2"), bot("b3", account="main")]
    assert remedy(Need.CONFIG, bots[:2]) == '`bots.b1.config = ["conf/**/*.yml", "..."]`. The same for b2.'
    assert lacked(Need.EVENTS, bots[:2]) == "b1, b2 have no event stream"
    assert remedy(Need.BALANCES, bots[2:]) == "`deskgate snapshot` reads main and writes them."
    assert 'connector = "bitget_perpetual"' in remedy(Need.BALANCES, bots)


@pytest.mark.parametrize("need", [need for need in Need if need is not Need.AGREED])
def test_every_need_has_words_and_a_remedy(need: Need) -> None:
    assert lacked(need, [bot()])
    assert "`" in remedy(need, [bot()])


def test_frame_of_causes_is_read_back(alone: Assessment) -> None:
    causes = blocking_causes(alone)
    assert parse_causes(causes_frame(causes)) == causes
    assert parse_causes(causes_frame([])) == []


@pytest.mark.parametrize(
    ("values", "words", "not_words"),
    [
        ({"account": ["main"]}, '"first_snapshot"`', "type it"),
        # load_desk refuses the word of these.
        ({}, "balance = { USDT =", "first_snapshot"),
        ({"account": ["main", "other"]}, "balance = { USDT =", "first_snapshot"),
        ({"mode": Mode.PAPER, "pairs": ["ETH-BTC"]}, "balance = { BTC =", "first_snapshot"),
        ({"account": ["main"], "opening": "first_snapshot"}, "`deskgate snapshot` reads main", "type it"),
    ],
)
def test_remedy_of_an_opening_is_one_that_load_desk_takes(values: dict[str, Any], words: str, not_words: str) -> None:
    said = remedy(Need.OPENING, [bot(**{"opening": None, **values})])
    assert words in said
    assert not_words not in said


def test_first_snapshot_that_is_not_whole_is_typed() -> None:
    one = bot(account=["main"], opening="first_snapshot").model_copy(update={"no_opening": "it is not whole"})
    assert "type it: `bots.b1.opening = {" in remedy(Need.OPENING, [one])


def test_account_takes_the_place_of_exports_that_are_named() -> None:
    assert "in place of `bots.b1.exchange`" in remedy(Need.BALANCES, [bot(exchange=["b1/exchange"])])
    assert "in place of" not in remedy(Need.BALANCES, [bot()])


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"mode": Mode.PAPER, "exchange": ["b1/ledger"]}, "names the ledger that it writes now"),
        ({"account": ["main"]}, "it reads main"),
        ({"exchange": ["b1/exchange"]}, "to where `bots.b1.exchange` looks"),
    ],
)
def test_exports_that_are_too_old_are_brought_by_what_wrote_them(values: dict[str, Any], says: str) -> None:
    found = remedy(Need.EXPORTS_TODAY, [bot(**values)])
    assert says in found
    assert "has no account" not in found


def test_old_exports_of_two_bots_are_one_remedy() -> None:
    assert remedy(Need.EXPORTS_TODAY, [bot(), bot("b2")]).endswith("The same for b2.")


def test_no_remedy_takes_the_databases_of_all_bots() -> None:
    assert "*" not in remedy(Need.LOCAL, [bot()])


def test_open_incidents_are_named_as_such_the_oldest_first() -> None:
    rows = [
        {
            "incident_id": name,
            "step": "open",
            "by": "deskgate",
            "text": f"STOP on {day}: b1: Fills missing",
            "content": json.dumps({"owner": NO_OWNER, "todo": "", "day": day, "conditions": []}),
            **dict.fromkeys(("effective_at", "recorded_at"), datetime.fromisoformat(f"{day}T23:00Z")),
        }
        for name, day in (("i2", "2026-05-03"), ("i1", "2026-05-02"))
    ]
    of = case(desk(bot(opening=None)), sources=sources("local"), incidents=rows)
    blocks = verdict(Status.FAIL, gate="operations", check="open_incidents", subject="portfolio", observed=2.0)
    (cause,) = (each for each in _causes(blocks, of=of) if each.checks)
    assert cause.cause == "; ".join(
        f"Open incident {name} of {day}, no owner yet: what the STOP of {day} found (b1: Fills missing) is not closed"
        for name, day in (("i1", "2026-05-02"), ("i2", "2026-05-03"))
    )
    assert cause.since == "2026-05-02T23:00:00Z"
