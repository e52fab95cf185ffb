"""The rule of waivers: what may be waived, and what a waiver makes of a verdict."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from deskgate.config.bot import Mode
from deskgate.config.errors import InputError
from deskgate.config.paths import SUITES
from deskgate.gates.decision import Decision, decide
from deskgate.gates.evaluation import Status, Verdict
from deskgate.gates.never_waived import NEVER_WAIVED, NEVER_WAIVED_METRICS
from deskgate.gates.promotion import PROMOTION, gates_of_entries
from deskgate.gates.suites import load_suites
from deskgate.gates.waiver_records import KnownWaiver, Waiver, known_waivers, unrevoked_waivers
from deskgate.gates.waivers import apply_waivers, coverage
from desks import bot, desk, frame
from verdicts import verdict

SUITE = load_suites(SUITES)
DESK = desk(bot("b1"), bot("b2"), bot("b3", Mode.DISABLED))
SINCE = datetime(2026, 5, 4, 9, tzinfo=UTC)
UNTIL = SINCE + timedelta(days=2)
NOW = SINCE + timedelta(days=1)
SECOND = timedelta(seconds=1)
PASS, FAIL, UNKNOWN, WAIVED = Status.PASS, Status.FAIL, Status.INSUFFICIENT, Status.WAIVED


def waiver(**changes: Any) -> Waiver:
    given = {"id": "w", "gate": "smoke", "subject": "b1", "since": SINCE, "until": UNTIL}
    texts = {"author": "ann", "approver": "bob", "reason": "the venue is closed"}
    return Waiver.model_validate({**given, **texts, **changes})


def of(entry: str = "soak#orders_seen", status: Status = FAIL, **changes: Any) -> Verdict:
    suite, _, check = entry.partition("#")
    return verdict(status, gate=suite, check=check, **changes)


def applied(judged: Verdict, *waivers: Waiver, as_of: datetime = NOW) -> Verdict:
    (found,) = apply_waivers([judged], SUITE, waivers, as_of)
    return found


@pytest.mark.parametrize(
    ("judged", "granted", "as_of", "expected"),
    [
        (of(), {}, NOW, WAIVED),
        (of(status=UNKNOWN), {}, NOW, WAIVED),
        (of(), {"gate": "soak#orders_seen"}, NOW, WAIVED),
        (of(status=PASS), {}, NOW, PASS),
        (of(), {}, SINCE, WAIVED),
        (of(), {}, SINCE - SECOND, FAIL),
        (of(), {}, UNTIL - SECOND, WAIVED),
        (of(), {}, UNTIL, FAIL),
        (of(), {"subject": "b2"}, NOW, FAIL),
        # An entry of the suite soak that feeds the gate smoke, and one that does not.
        (of(), {"gate": "soak"}, NOW, FAIL),
        (of(), {"gate": "soak#restarts"}, NOW, FAIL),
        (of("soak#restarts"), {"gate": "soak"}, NOW, WAIVED),
        (of(severity="warning"), {}, NOW, FAIL),
        # Whoever made the row: what is never waived is not, neither by its gate nor by its entry.
        (of("soak#kill_events", stop=True), {"gate": "soak"}, NOW, FAIL),
        (of("soak#kill_events", UNKNOWN, stop=True), {"gate": "soak#kill_events"}, NOW, UNKNOWN),
        (of("portfolio_risk#leverage"), {"gate": "portfolio_risk"}, NOW, FAIL),
        (of("portfolio_risk#open_actions"), {"gate": "portfolio_risk#open_actions"}, NOW, FAIL),
        (of("event_store#coverage_h"), {"gate": "event_store"}, NOW, FAIL),
        (of("operations#secrets_in_clear"), {"gate": "operations#secrets_in_clear"}, NOW, FAIL),
        (of("baseline#config_drift", subject="portfolio"), {"gate": "baseline", "subject": "portfolio"}, NOW, FAIL),
        (of("event_store#exchange_unreadable"), {"gate": "event_store#exchange_unreadable"}, NOW, FAIL),
        (of("soak#time_to_stop_s"), {"gate": "soak"}, NOW, FAIL),
    ],
)
def test_truth_table(judged: Verdict, granted: dict[str, Any], as_of: datetime, expected: Status) -> None:
    found = applied(judged, waiver(**granted), as_of=as_of)
    assert (found.status, found.waiver) == (expected, "w" if expected is WAIVED else "")
    assert found.blocks == (expected in (FAIL, UNKNOWN) and judged.severity == "critical")


def test_waived_verdict_says_who_until_when_why_and_what_it_would_be() -> None:
    found = applied(of(status=UNKNOWN, reason="no order"), waiver())
    assert found.reason == (
        "ann waived it until 2026-05-06T09:00:00Z, approved by bob: the venue is closed; without the waiver INSUFFICIENT: no order"
    )
    assert decide([found]) is Decision.GO
    assert decide([applied(of(), waiver(), as_of=UNTIL)]) is Decision.HOLD


def test_ended_waiver_is_told_where_the_verdict_still_blocks() -> None:
    ended = "EXPIRED: the waiver of smoke of b1 ended at 2026-05-06T09:00:00Z; r"
    assert applied(of(), waiver(), as_of=UNTIL).reason == ended
    for untouched, granted in (
        (of(status=PASS), waiver()),
        (of(severity="warning"), waiver()),
        (of("soak#kill_events", stop=True), waiver(gate="soak")),
        (of(), waiver(subject="b2")),
    ):
        assert applied(untouched, granted, as_of=UNTIL) == untouched


def test_one_in_force_outdoes_one_that_ended_and_an_entry_its_gate() -> None:
    ended, gate, entry = waiver(id="e", until=NOW), waiver(id="g"), waiver(id="n", gate="soak#orders_seen")
    assert applied(of(), ended, gate).waiver == "g"
    assert applied(of(), entry, gate).waiver == applied(of(), gate, entry).waiver == "n"
    assert applied(of(), waiver(id="n", gate="soak#orders_seen", until=NOW), gate).waiver == "g"


def step(name: str, hours: int, waiver_id: str = "w", **changes: Any) -> dict[str, Any]:
    at = SINCE + timedelta(hours=hours)
    who = (
        {"author": "ann", "approver": "bob", "reason": "x"}
        if name == "grant"
        else dict.fromkeys(("author", "approver", "reason"), "cid")
    )
    about = {"waiver_id": waiver_id, "step": name, "gate": "smoke", "subject": "b1"}
    return {
        **about,
        **who,
        "until": UNTIL if name == "grant" else None,
        "effective_at": at,
        "recorded_at": at,
        **changes,
    }


@pytest.mark.parametrize(
    ("steps", "last"),
    [
        ([], []),
        ([step("grant", 0)], ["w"]),
        ([step("grant", 0), step("revoke", 1)], []),
        ([step("grant", 0), step("revoke", 1), step("grant", 2, "v")], ["v"]),
        ([step("grant", 0, until=SINCE + timedelta(hours=1)), step("grant", 2, "v"), step("revoke", 3, "v")], []),
        ([step("grant", 0), step("grant", 0, "v", subject="b2"), step("revoke", 1, "v")], ["w"]),
    ],
)
def test_last_waiver_of_a_gate_and_subject_counts_unless_it_was_revoked(
    steps: list[dict[str, Any]], last: list[str]
) -> None:
    rows = frame("waivers", *steps)
    assert [each.id for each in unrevoked_waivers(rows)] == last
    assert unrevoked_waivers(rows[::-1]) == unrevoked_waivers(rows)
    for known in known_waivers(rows):
        assert (known.revoked_by == "cid") == (known.revoked_at is not None)


def test_revoked_waiver_ends_when_it_was_revoked() -> None:
    assert KnownWaiver(waiver()).ends_at == UNTIL
    assert KnownWaiver(waiver(), revoked_at=NOW).ends_at == NOW
    assert KnownWaiver(waiver(), revoked_at=UNTIL + SECOND).ends_at == UNTIL


@pytest.mark.parametrize(
    ("gate", "subject", "message"),
    [
        *(
            (each.name, "portfolio", f"the gate {each.name} cannot be waived")
            for each in PROMOTION
            if each.name in NEVER_WAIVED
        ),
        ("event_store#gap_x", "b1", "event_store#gap_x cannot be waived: every other gate rests on"),
        ("soak#runs_missing", "portfolio", "nobody was told"),
        *(
            (f"baseline#{entry}", subject, "what is not frozen may be anything; freeze anew")
            for entry, subject in (
                ("config_drift", "portfolio"),
                ("config_unmatched", "b1"),
            )
        ),
        *(
            (entry, "b1", "absent, unreadable, invalid or stale show nothing")
            for entry in (
                "event_store#events",
                "event_store#exchange_unreadable",
                "event_store#exchange_age_s",
                "event_store#impossible_quotes",
                "reconciliation#fills_checked_share",
                "reconciliation#equity_not_positive",
                "parity#matched_share",
                "soak#positions_age_h",
                "soak#quotes_seen",
            )
        ),
        ("portfolio_risk#shared_fills", "portfolio", "it says who is judged and by which bounds"),
        ("soak#time_to_stop_s", "b1", "may still trade"),
        ("soak#kill_events", "b1", "it is a stop condition"),
        (
            "accounting",
            "b1",
            "no entry of accounting can be waived, reconciliation#position_drift for one: it is a stop",
        ),
        ("portfolio_risk#leverage", "portfolio", r"calls for an action on bots \(reduce\)"),
        ("soak#error_audits", "b1", "so that it does not block"),
        ("smok", "b1", r"'smok' is unknown, .* \(did you mean 'smoke'\?\)"),
        ("soak#order_seen", "b1", r"did you mean 'soak#orders_seen'\?"),
        ("smoke", "b9", "is no bot of desk.toml, expected one of b1, b2, portfolio"),
        ("smoke", "b3", "is disabled, so that nothing of it is judged"),
        ("smoke", "portfolio", "smoke does not judge portfolio, expected one of b1, b2"),
        ("monitoring", "portfolio", "no entry of monitoring can be waived, .* so that it does not block"),
    ],
)
def test_what_may_not_be_waived_is_refused_with_the_reason(gate: str, subject: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        coverage(gate, subject, SUITE, DESK)


def test_waiver_covers_the_entries_of_its_gate_that_may_be_waived() -> None:
    smoke = coverage("smoke", "b1", SUITE, DESK)
    assert smoke["soak#orders_seen"] is None
    assert "stale" in (smoke["soak#quotes_seen"] or "")
    assert coverage("soak#restarts", "b2", SUITE, DESK) == {"soak#restarts": None}
    soak = coverage("soak", "b1", SUITE, DESK)
    assert soak["soak#restarts"] is None
    assert "stop condition" in (soak["soak#unexplained_hard_stops"] or "")


def test_what_is_never_waived_is_there() -> None:
    assert set(NEVER_WAIVED) <= {gate.name for gate in PROMOTION}
    metrics = {entry.kwargs.metric for suite in SUITE.values() for entry in suite.expectations}
    assert set(NEVER_WAIVED_METRICS) <= metrics


@pytest.mark.parametrize(
    ("entry", "gate"),
    gates_of_entries(SUITE).items(),
    ids=lambda each: "-".join(each) if isinstance(each, tuple) else each,
)
def test_no_stop_and_no_action_is_ever_waived(entry: tuple[str, str], gate: str) -> None:
    (found,) = [each for each in SUITE[entry[0]].expectations if each.meta.entry == entry[1]]
    judged = of("#".join(entry), severity=found.severity, stop=found.meta.stop)
    turned = {applied(judged, waiver(gate=name)).status is WAIVED for name in (gate, "#".join(entry))}
    never = found.meta.stop or found.meta.action or found.severity != "critical" or gate in NEVER_WAIVED
    assert turned == {not (never or found.kwargs.metric in NEVER_WAIVED_METRICS)}
