from itertools import product

import polars as pl

from deskgate.gates.evaluation import Status, verdicts_frame
from deskgate.gates.suites import SEVERITIES
from deskgate.gates.verdict_rows import blocks, unsettled
from verdicts import verdict


def test_rows_say_what_the_verdicts_say() -> None:
    verdicts = [verdict(status, severity=severity) for status, severity in product(Status, SEVERITIES)]
    found = verdicts_frame(verdicts).select(blocks=blocks(), open=unsettled())
    assert found["blocks"].to_list() == [each.blocks for each in verdicts]
    assert found["open"].to_list() == [not each.status.is_settled for each in verdicts]


def test_status_that_nobody_knows_blocks() -> None:
    rows = pl.DataFrame({"status": ["LATER", "PASS"], "severity": ["critical", "critical"]})
    assert rows.select(blocks())["status"].to_list() == [True, False]
