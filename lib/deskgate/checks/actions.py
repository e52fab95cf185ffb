"""Actions on bots: of which of them has nobody seen the effect?

An action is armed by a person because of a breach. Until a receipt shows its effect at the venue, the bots may trade on, whatever they
answered.
"""

import json

import polars as pl

from deskgate.case.case import Case
from deskgate.case.findings import Findings, Metric, listed
from deskgate.case.metric_spec import PORTFOLIO, THE_PORTFOLIO, MetricSpec

__all__ = ["METRICS", "check"]

METRICS = (MetricSpec("open_actions", "actions", THE_PORTFOLIO, "Actions on bots without a receipt of their effect."),)


def check(case: Case) -> Findings:
    """Count the actions whose effect was not seen for each of their bots up to `as_of`.

    Returns
    -------
    Findings
        Of the portfolio: `open_actions`; 0 where none was ever armed, no value in an empty store. One that an operator overrode is not counted, and noted.
    """
    rows = case.frames["actions"]
    if rows.is_empty() and case.frames["sources"].is_empty():
        lacks = "the store holds no source, so it may not be the one in which actions are recorded"
        return Findings([Metric(PORTFOLIO, METRICS[0].name, None, 0, lacks)])
    intents = [json.loads(text) for text in rows.filter(pl.col("kind") == "intent")["content"]]
    receipts = [json.loads(text) for text in rows.filter(pl.col("kind") == "receipt")["content"]]
    seen = {(receipt["event_id"], receipt["bot"]) for receipt in receipts if receipt["is_complete"]}
    overridden = set(rows.filter(pl.col("kind") == "override")["event_id"])
    left = [
        f"{intent['action']} of {bot} for {intent['entry']}, {intent['issued_at']}"
        for intent in intents
        for bot in intent["bots"]
        if intent["event_id"] not in overridden and (intent["event_id"], bot) not in seen
    ]
    note = f"no receipt of {listed(left)}" if left else None
    if note is None and overridden:
        note = f"{len(overridden)} closed by an operator's word alone"
    return Findings([Metric(PORTFOLIO, METRICS[0].name, float(len(left)), len(intents), note)])
