"""The bounds as an expectation of Great Expectations, evaluated by one validation definition a suite.

Importing this module imports Great Expectations, which takes seconds: the judge's process does it, once a run.
"""

import logging
import os
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, ClassVar

import polars as pl

from deskgate.config.errors import RunError
from deskgate.gates.bounds import Bounds, Outcome, judge_all
from deskgate.gates.deferred import load_when_used
from deskgate.gates.suites import Suite

# It would send usage statistics over the network on import; a desk's gate talks to nobody.
os.environ["GX_ANALYTICS_ENABLED"] = "False"
# Expectations that are not used here need it; it takes as long to import as all the rest.
load_when_used("scipy.stats")

import great_expectations as gx  # noqa: E402 - after what is set above
import pandas as pd  # noqa: E402
from great_expectations.expectations.expectation import BatchExpectation  # noqa: E402

__all__ = ["ExpectMetricWithinBounds", "gx_datasource", "validate"]

_ROWS = "table.head"


class ExpectMetricWithinBounds(BatchExpectation):  # type: ignore[misc]  # Great Expectations ships no types
    """Expect one metric of every subject to be there, to rest on a large enough sample, and to be within its bounds.

    The batch has one row per subject and metric: subject, metric, value, low, high, sample. Unlike the expectations that Great
    Expectations brings, it fails on an empty batch, on a subject without a row, on a null, on NaN and on infinity.
    """

    metric: str
    subjects: list[str]
    min_value: float | None = None
    max_value: float | None = None
    strict_min: bool = False
    strict_max: bool = False
    min_sample: int = 0
    whole_interval: bool = False
    # The metric `table.head` gives five rows unless this is asked for.
    fetch_all: bool = True

    metric_dependencies: ClassVar[tuple[str, ...]] = (_ROWS,)
    success_keys: ClassVar[tuple[str, ...]] = (*Bounds.model_fields, "subjects", "fetch_all")

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,
        execution_engine: object = None,
    ) -> dict[str, Any]:
        bounds = Bounds(**{name: getattr(self, name) for name in Bounds.model_fields})
        rows = metrics[_ROWS]
        mine = rows[rows["metric"] == self.metric].to_dict("records")
        outcomes = judge_all(bounds, mine, self.subjects)
        return {
            "success": all(outcome is Outcome.WITHIN for outcome in outcomes.values()),
            "result": {"observed_value": {subject: str(outcome) for subject, outcome in outcomes.items()}},
        }


@cache
def gx_datasource() -> Any:  # noqa: ANN401 - Great Expectations ships no types
    """Return a data source of an ephemeral context. Made once a process: each context leaves a temporary folder."""
    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    return context.data_sources.add_pandas("metrics")


def validate(
    suite: Suite, metrics: pl.DataFrame, subjects: Mapping[str, Sequence[str]]
) -> dict[tuple[str, str], Outcome]:
    """Evaluate one suite by Great Expectations; parameters and result as those of `deskgate.gates.evaluation.compare`.

    Raises
    ------
    RunError
        Great Expectations did not evaluate an entry.
    """
    context = gx_datasource().data_context
    expectations = [
        ExpectMetricWithinBounds(
            **entry.kwargs.model_dump(),
            subjects=list(subjects[entry.meta.entry]),
            severity=entry.severity,
            meta={"entry": entry.meta.entry, "title": entry.meta.title},
        )
        for entry in suite.expectations
    ]
    made = context.suites.add(gx.ExpectationSuite(name=suite.name, expectations=expectations))
    asset = gx_datasource().add_dataframe_asset(suite.name)
    try:
        batches = asset.add_batch_definition_whole_dataframe("all")
        definition = context.validation_definitions.add(
            gx.ValidationDefinition(name=suite.name, data=batches, suite=made)
        )
        rows = pd.DataFrame(
            metrics.select("subject", "metric", "value", "low", "high", "sample").to_dict(as_series=False)
        )
        outcome = definition.run(batch_parameters={"dataframe": rows})
        context.validation_definitions.delete(suite.name)
    finally:
        gx_datasource().delete_asset(suite.name)
        context.suites.delete(suite.name)
    for item in outcome.results:
        if item.exception_info.get("raised_exception"):
            raise RunError(
                f"{suite.name}: the entry {item.expectation_config.meta['entry']} could not be evaluated,"
                f" {item.exception_info.get('exception_message')}"
            )
    return {
        (item.expectation_config.meta["entry"], subject): Outcome(found)
        for item in outcome.results
        for subject, found in item.result["observed_value"].items()
    }
