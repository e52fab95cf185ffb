"""What monitors read: the rules, their own test and the dashboard name metrics that exist, and absence alerts as no GO."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from ruamel.yaml import YAML

from deskgate.config.paths import ROOT
from deskgate.reports.monitoring.gauges import DESK, GAUGES

FOLDER = ROOT / "docs" / "monitoring"
RULES, RULES_TEST, DASHBOARD = (
    FOLDER / name for name in ("deskgate.rules.yml", "deskgate.rules.test.yml", "grafana.json")
)
LABELS = {gauge.name: {DESK, *gauge.labels} for gauge in GAUGES}
RECORDED = "deskgate:go"


def _unknown(expression: str) -> set[str]:
    """Return the metrics of an expression that no gauge is, and the labels in braces that its metric does not have."""
    names = set(re.findall(r"deskgate[a-z_:]*", expression)) - {RECORDED}
    wrong = names - {*LABELS}
    for name, selector in re.findall(r"(deskgate_[a-z_]+)\{([^}]*)\}", expression):
        wrong |= {
            f"{name}{{{label}}}" for label in re.findall(r"(\w+)\s*=", selector) if label not in LABELS.get(name, ())
        }
    return wrong


def _rules() -> list[dict[str, Any]]:
    return [rule for group in YAML(typ="safe").load(RULES)["groups"] for rule in group["rules"]]


def _expressions(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        yield from (str(node[key]) for key in ("expr", "query") if isinstance(node.get(key), str))
        for value in node.values():
            yield from _expressions(value)
    elif isinstance(node, list):
        for each in node:
            yield from _expressions(each)


@pytest.mark.parametrize(
    ("expression", "unknown"),
    [
        ('deskgate_decision{decision="GO"} == 1 and deskgate:go', set()),
        ("deskgate_decisions", {"deskgate_decisions"}),
        ('deskgate_decision{word="GO"}', {"deskgate_decision{word}"}),
    ],
)
def test_unknown_names_are_found(expression: str, unknown: set[str]) -> None:
    assert _unknown(expression) == unknown


def test_rules_name_known_metrics_and_say_what_to_do() -> None:
    rules = _rules()
    assert {each["record"] for each in rules if "record" in each} == {RECORDED}
    alerts = [each for each in rules if "alert" in each]
    assert not {name for rule in rules for name in _unknown(rule["expr"])}
    assert all({"summary", "description"} <= {*each["annotations"]} for each in alerts)
    assert {each["labels"]["severity"] for each in alerts} == {"critical", "warning"}
    names = [each["alert"] for each in alerts]
    assert len(set(names)) == len(names)


def test_no_go_is_alerted_by_what_is_missing_of_a_proof() -> None:
    """Without promtool, whose test asks the same by evaluating: the alert is the absence of the proof, which has every part."""
    by_name = {each.get("alert") or each["record"]: " ".join(each["expr"].split()) for each in _rules()}
    assert by_name["DeskgateNoGo"].endswith(f"unless on (desk) {RECORDED}")
    assert by_name["DeskgateUnseen"] == "absent(deskgate_decision)"
    parts = ("decision", "decision_holds", "status_timestamp_seconds", "expires_timestamp_seconds")
    run = ("run_ended_timestamp_seconds", "run_begun_timestamp_seconds")
    assert all(f"deskgate_{part}" in by_name[RECORDED] for part in (*parts, *run))


@pytest.mark.parametrize("arguments", [("check", "rules", RULES), ("test", "rules", RULES_TEST)])
def test_promtool_takes_the_rules_where_it_is_present(arguments: tuple[Any, ...]) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        assert YAML(typ="safe").load(arguments[-1])
        return
    done = subprocess.run([promtool, *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_dashboard_has_panels_that_ask_for_known_metrics() -> None:
    dashboard = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    panels = dashboard["panels"]
    assert len({each["id"] for each in panels}) == len({each["title"] for each in panels}) == len(panels)
    assert all(each["description"] and [target["expr"] for target in each["targets"]] for each in panels)
    expressions = [*_expressions(dashboard)]
    assert not {name for expression in expressions for name in _unknown(expression)}
    go = panels[0]
    assert "no GO" in go["fieldConfig"]["defaults"]["noValue"]
    # Where the exporter is gone a desk that was seen has a 0, which is shown as no GO.
    assert "or (0 * " in go["targets"][0]["expr"]
    shown = {name for expression in expressions for name in re.findall(r"deskgate_[a-z_]+", expression)}
    assert (
        not {*LABELS}
        - shown
        - {
            *("deskgate_decision_holds", "deskgate_status_timestamp_seconds", "deskgate_run_begun_timestamp_seconds"),
            *("deskgate_as_of_timestamp_seconds", "deskgate_failed_steps", "deskgate_incidents_open"),
        }
    )
