"""`deskgate audit-desk` at the command line: every form, our gate beside theirs, and what is refused."""

import json
from datetime import date
from pathlib import Path

from deskgate.config.desk_file import load_desk
from foreign_gates.foreign_desks import changed, write_desk
from recorded_days import record_day
from sources.desks import OPENING, a_desk

from .commands import refused, run

NO_VENUE = ("reconciliation/latest.json: exchange_source_enabled", False)


def test_audit_names_vacuous_passes_in_every_form(tmp_path: Path) -> None:
    root = write_desk(tmp_path / "desk", changed(NO_VENUE, ("alerts/sent.json", '{"torn')))
    table = run("audit-desk", root)
    assert table.exit_code == 0, table.output
    vacuous, _, rest = table.stdout.partition("Passes that stand:")
    assert "\treconciliation_status\tpass, 'checked'\titself as reference\t" in vacuous
    assert "reports/reconciliation/latest.json: exchange_source_enabled = false\t-" in vacuous
    assert "\tparity\tstatus = pass\t-" in rest
    assert "- reports/alerts/sent.json: not readable as JSON" in rest
    assert "- without --out nothing says what our gates say" in rest
    content = json.loads(run("audit-desk", root, "--json").stdout)
    assert content["counts"] == {"itself as reference": 6}
    assert content["passes"][0].keys() >= {"file", "gate", "said", "outcome", "rule", "reason", "missing", "ours"}
    assert run("audit-desk", root, "--markdown").stdout.startswith("## Audit of desk\n")


def test_name_that_leads_outside_and_unknown_status_are_remarks(tmp_path: Path) -> None:
    names = ("portfolio_risk/latest.json: risk_scope_bots", ["a**", "../../.."])
    shown = run("audit-desk", write_desk(tmp_path / "desk", changed(names, ("parity/latest.json: status", "fabulous"))))
    assert shown.exit_code == 0, shown.output
    assert (
        "- reports/portfolio_risk/latest.json: risk_scope_bots names '../../..', which is no name of a bot"
        in shown.stdout
    )
    assert "- reports/parity/latest.json: status = 'fabulous', status not understood" in shown.stdout
    assert "\tportfolio_risk\tstatus = ok\tthe minutes of a**: not here, and 1 more\t-" in shown.stdout


def test_our_gate_of_the_day_before_stands_beside_theirs(tmp_path: Path) -> None:
    root = a_desk(write_desk(tmp_path / "desk", changed()), {"bot1": OPENING})
    desk = load_desk(root).model_copy(
        update={"bots": {"b1": load_desk(root).bots["bot1"].model_copy(update={"name": "b1"})}}
    )
    record_day(desk, tmp_path / "out", date(2026, 5, 3), {("event_store", "gap_x"): (20.0, 99)})
    content = json.loads(run("audit-desk", root, "--out", tmp_path / "out", "--json").stdout)
    ours = {each["gate"]: each["ours"] for each in content["passes"]}
    assert ours["day2_event_store"] == "FAIL (2026-05-03)"
    assert ours["parity"] == "PASS (2026-05-03)"
    assert ours["final_decision"] == "HOLD (2026-05-03)"
    assert ours["coordination"] is None
    assert content["notes"] == ["our day 2026-05-04 is not used: not run"]


def test_desk_without_a_desk_toml_has_no_gate_of_ours(tmp_path: Path) -> None:
    root = write_desk(tmp_path / "desk", changed())
    shown = run("audit-desk", root, "--out", tmp_path)
    assert shown.exit_code == 0
    assert "has no desk.toml, so that no day in" in shown.stdout


def test_folder_without_a_report_is_refused(tmp_path: Path) -> None:
    empty, nothing = tmp_path / "empty", tmp_path / "nothing"
    empty.mkdir()
    refused(run("audit-desk", empty), nothing, "no gate report there among 0 JSON files")
    (empty / "a.json").write_text("{")
    refused(run("audit-desk", empty), nothing, "among 1 JSON files; 1 cannot be read, the first is a.json")
    refused(run("audit-desk", nothing), nothing, "no folder there")
    refused(run("audit-desk", empty, "--json", "--markdown"), nothing, "expected one of them")
    refused(run("audit-desk", empty, "--out", nothing), nothing, "expected the one that `deskgate daily` writes to")
