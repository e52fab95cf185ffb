"""Taking a leg away never lets a break out of the decision: what cannot be compared any more blocks like a failure."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

import pytest

from deskgate.case.findings import metrics_frame
from deskgate.checks.registry import CHECKS, run_check
from deskgate.config.bot import Mode
from deskgate.config.paths import SUITES
from deskgate.gates.decision import Decision, decide
from deskgate.gates.evaluation import evaluate
from deskgate.gates.suites import load_suites
from desks import NOON, bot, case, desk, fill, fills, sources

GATE = "reconciliation"
SUITE = {GATE: load_suites(SUITES)[GATE]}
ALL = ("local", "events", "exchange")
BADNESS = {Decision.GO: 0, Decision.HOLD: 1, Decision.STOP: 2}
FAULTS: dict[str, Callable[[], list[dict[str, Any]]]] = {
    "missing local": lambda: fills("events", "exchange"),
    "missing events": lambda: fills("local", "exchange"),
    "missing exchange": lambda: fills("local", "events"),
    "price": lambda: [fill("local", price=Decimal(150)), *fills("events", "exchange")],
    "quantity": lambda: [fill("local", quantity=Decimal(2)), *fills("events", "exchange")],
    "side": lambda: [fill("events", side="SELL"), *fills("local", "exchange")],
    "fee": lambda: [fill("exchange", fee_amount=Decimal(9)), *fills("local", "events")],
    "twice": lambda: [*fills(*ALL), fill("local", order_id="again")],
    "none": lambda: fills(*ALL),
}


def decision(rows: list[dict[str, Any]], legs: Iterable[str]) -> Decision:
    """Decide by the reconciliation gate alone, of a bot whose other records are all in order."""
    legs = list(legs)
    good = [each for n in range(3) for each in fills(*ALL, trade_id=f"g{n}", ts=NOON)]
    told = [row for row in [*good, *rows] if row["leg"] in legs]
    it = case(desk(bot(mode=Mode.PAPER)), fills=told, sources=sources(*legs))
    metrics = metrics_frame(GATE, [m for check in CHECKS if check.gate == GATE for m in run_check(check, it).metrics])
    skipped = {
        "base_pct_outside",
        "equity_not_positive",
        "connector_changes",
        "connector_foreign",
    }  # of minute records, no leg of fills
    return decide([item for item in evaluate(SUITE, metrics, it.desk) if item.check not in skipped])


# A fill that a leg lacks is looked at by `make test`; one that differs and one too many by `make test-slow`.
QUICK, SLOW = "missing exchange", ("price", "twice")


@pytest.mark.parametrize(
    "fault",
    [
        QUICK,
        *(
            pytest.param(fault, marks=pytest.mark.slow if fault in SLOW else pytest.mark.long)
            for fault in FAULTS
            if fault != QUICK
        ),
    ],
)
def test_what_blocks_still_blocks_without_a_leg(fault: str) -> None:
    whole = decision(FAULTS[fault](), ALL)
    for gone in ALL:
        assert BADNESS[decision(FAULTS[fault](), [leg for leg in ALL if leg != gone])] >= min(BADNESS[whole], 1)
