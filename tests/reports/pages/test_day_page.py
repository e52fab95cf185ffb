import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from deskgate.assessment.breaks_file import BREAK_COLUMNS
from deskgate.config.errors import InputError
from deskgate.reports.execution.runner import Executed
from deskgate.reports.pages.banner import banner, instant
from deskgate.reports.pages.day_page import write_day_page
from deskgate.reports.pages.link import day_links
from report_inputs import VERDICTS, decision

ROWS: list[dict[str, str]] = [
    {"bot": "b1", "first_seen": "2026-05-03", "value_quote": "0.10"},
    {"bot": "b2", "first_seen": "2026-05-04", "value_quote": "0.20", "status": "accepted"},
]
SAME = {"kind": "fee_mismatch", "severity": "critical", "ts": "2026-05-04T12:00:00.000Z"}
HEADER = ",".join(BREAK_COLUMNS)
BREAKS = "\n".join([HEADER, *(",".join((SAME | row).get(name, "") for name in BREAK_COLUMNS) for row in ROWS)]) + "\n"


def _day(folder: Path, *, verdicts: pl.DataFrame = VERDICTS, runs: tuple[Executed, ...] = (), **changes: Any) -> str:
    return write_day_page(folder, decision(**changes), verdicts, runs).read_text(encoding="utf-8")


def _runs(folder: Path) -> tuple[Executed, ...]:
    names = ("01_baseline", "02_event_store", "03_lost")
    for name in names[:2]:
        (folder / f"{name}.html").touch()
    return tuple(
        Executed(Path(f"{name}.ipynb"), folder / f"{name}.ipynb", 1.0, "stopped" if name == "02_event_store" else None)
        for name in names
    )


def test_blocker_says_why_and_what_to_do(tmp_path: Path) -> None:
    page = _day(tmp_path)
    assert "b1 filled &lt;script&gt;alert(1)&lt;/script&gt; less than its shadow." in page
    assert "<script" not in page
    assert '<p class="do">Compare b1&#39;s order log with b3&#39;s.</p>' in page
    assert "bound &lt;= 0.03 ratio · parity#1" in page
    assert "<small>observed 0.05 · sample 1,200</small>" in page


def test_gates_by_subject(tmp_path: Path) -> None:
    page = _day(tmp_path)
    row = page[page.index('<th scope="row">parity</th>') :].split("</tr>")[0]
    assert row.count("<td data-label=") == 2
    assert '<span class="status fail solid"><span aria-hidden="true">✗</span> fail</span>' in row
    assert "2 of 3" in row
    assert page.index('<th scope="row">soak</th>') < page.index('<th scope="row">parity</th>')
    assert "because of &lt;b&gt;this&lt;/b&gt;" in page


def test_many_subjects_are_the_rows_of_the_gates(tmp_path: Path) -> None:
    many = pl.concat([VERDICTS.with_columns(subject=pl.lit(f"b{number}")) for number in range(9)])
    page = _day(tmp_path, verdicts=many)
    row = page[page.index('<th scope="row">b8</th>') :].split("</tr>")[0]
    assert re.findall('data-label="([a-z]+)"', row) == ["soak", "parity"]
    assert '<th scope="row">parity</th>' not in page


def test_breaks_by_kind_are_counted(tmp_path: Path) -> None:
    (tmp_path / "breaks.csv").write_text(BREAKS)
    page = re.sub(' data-label="[^"]*"', "", _day(tmp_path))
    assert '<td class="number">2</td><td class="number">1</td><td class="short">b1, b2</td>' in page
    assert re.search('<td class="number">0.30?</td>', page)


@pytest.mark.parametrize(("word", "colour"), [("GO", "fail"), ("HOLD", "waived")])
def test_what_a_decision_rests_on_stands_in_its_banner(tmp_path: Path, word: str, colour: str) -> None:
    waiver = {"gate": "smoke", "subject": "b2", "until": "2026-05-06T00:00:00Z", "author": "ann", "approver": "bob"}
    page = _day(tmp_path, decision=word, waivers=[waiver | {"reason": "<b>closed</b>"}], accepted=[{"id": "x"}])
    assert page.count(f'<p class="rests {colour}">') == 1
    assert "by ann, approved by bob: &lt;b&gt;closed" in page
    assert "and 1 accepted break (" in page
    assert '<p class="rests' not in _day(tmp_path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "breaks.csv is not in this folder"),
        ("kind\nx\n", "not readable as breaks"),
        ("", "not readable as breaks"),
        (HEADER + "\n", "<caption>none</caption>"),
    ],
)
def test_missing_or_unreadable_breaks_are_reported(tmp_path: Path, content: str | None, words: str) -> None:
    if content is not None:
        (tmp_path / "breaks.csv").write_text(content)
    assert words in _day(tmp_path)


def test_notebooks_are_linked_and_failures_marked(tmp_path: Path) -> None:
    page = _day(tmp_path, runs=_runs(tmp_path))
    assert '<li><a href="01_baseline.html">01 Baseline</a></li>' in page
    assert '<a href="02_event_store.html">02 Event store</a> <span class="status fail">' in page
    assert "02_event_store did not run through" in page
    assert 'href="03_lost.html"' not in page
    assert "no page</span>" in page


def test_no_verdicts_are_an_alert(tmp_path: Path) -> None:
    assert "nothing is known of this day" in _day(tmp_path, verdicts=VERDICTS.clear())


def test_same_blocker_of_several_bots_is_one_entry(tmp_path: Path) -> None:
    blocker = decision()["blockers"][0]
    page = _day(tmp_path, blockers=[blocker, {**blocker, "subject": "b2", "observed": 0.07, "sample": 7}])
    assert page.count('<li class="fail" id="check-') == 1
    assert page.count("b1, b2: ") == 2
    assert "observed 0.05, 0.07 · sample 1,200, 7</small>" in page


@pytest.mark.parametrize(
    ("observed", "reason", "shown"),
    [
        (1, "1 fill is missing", False),
        (1, "10 fills are missing", True),
        (3, "since 2026-03-03", True),
        (12, "since 12:30", True),
        (0.5, "0.5, above 0.3", False),
        (5, "0.5, above 0.3", True),
    ],
)
def test_observed_number_that_the_reason_says_is_not_said_again(
    tmp_path: Path, observed: float, reason: str, *, shown: bool
) -> None:
    page = _day(tmp_path, blockers=[{**decision()["blockers"][0], "observed": observed, "reason": reason}])
    assert (f"observed {observed} ·" in page) is shown


def test_check_says_once_what_is_the_same_of_all_its_verdicts(tmp_path: Path) -> None:
    blocker = decision()["blockers"][0]
    other = {**blocker, "subject": "b2", "status": "INSUFFICIENT", "observed": None, "sample": 0, "reason": "no fill"}
    page = _day(tmp_path, blockers=[other, blocker])
    assert page.count('<li class="fail" id="check-') == 1
    entry = page.partition('id="check-')[2].partition("</li>")[0]
    assert "2 verdicts that block" in page
    assert (entry.count(str(blocker["title"])), entry.count("bound &lt;= 0.03")) == (1, 1)
    assert (entry.count("</span> fail</span>"), entry.count("</span> insufficient</span>")) == (1, 1)
    assert "b2: no fill</p>" in entry


def test_commands_are_code_and_still_escaped(tmp_path: Path) -> None:
    page = _day(tmp_path, blockers=[{**decision()["blockers"][0], "what_to_do": "Run `deskgate <i>`."}])
    assert "Run <code>deskgate &lt;i&gt;</code>." in page


def test_further_blockers_are_folded_not_dropped(tmp_path: Path) -> None:
    many = [{**decision()["blockers"][0], "reason": f"reason {n}."} for n in range(14)]
    page = _day(tmp_path, blockers=many)
    assert "<summary>11 more</summary>" in page
    assert "<summary>8 more</summary>" in page
    assert page.count("reason 13.") == 2


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"decision": "GO", "blockers": []}, "Every critical check passed or is waived."),
        (
            {"blockers": [], "failures": [{"notebook": "a", "error": "x"}]},
            "1 of the day's notebooks did not run through.",
        ),
        ({"blockers": []}, "No blocker is recorded; read the verdicts before anything moves."),
        ({"blockers": [{}, {}]}, "The desk fails “a check”: no reason was given. 1 more blocks."),
        (
            {"blockers": [{"subject": "b1", "title": "T", "status": "INSUFFICIENT", "reason": "A."}, {}, {}]},
            "b1 cannot show “T”: A. 2 more block.",
        ),
    ],
)
def test_banner_sentence(changes: dict[str, Any], sentence: str) -> None:
    assert banner(decision(**changes)).sentence == sentence


_FAILS, _LACKS = {"status": "FAIL"}, {"status": "INSUFFICIENT"}


@pytest.mark.parametrize(
    ("counts", "blockers", "says"),
    [
        (
            {"FAIL": 1, "INSUFFICIENT": 12, "PASS": 364},
            [],
            "1 fail and 12 insufficient, none of which blocks; 364 pass",
        ),
        ({"FAIL": 6, "PASS": 9}, [_FAILS, _FAILS], "6 fail, 2 of which block; 9 pass"),
        ({"FAIL": 1, "INSUFFICIENT": 1}, [_LACKS], "1 fail and 1 insufficient, 1 of which blocks"),
        (
            {"INSUFFICIENT": 2, "WAIVED": 3, "PASS": 1},
            [_LACKS, _LACKS],
            "2 insufficient, all of which block; 3 waived; 1 pass",
        ),
        ({"FAIL": 1}, [_FAILS], "1 fail, which blocks"),
        ({"INSUFFICIENT": 1, "FAIL": 0}, [], "1 insufficient, which does not block"),
        ({"FAIL": 2, "PASS": 1}, None, "2 fail; 1 pass"),
        ({"WAIVED": 1, "PASS": 3}, [], "1 waived; 3 pass"),
        ({}, [], "none"),
        (None, [], "—"),
    ],
)
def test_banner_says_how_many_of_the_verdicts_block(counts: object, blockers: object, says: str) -> None:
    assert dict(banner(decision(counts=counts, blockers=blockers)).facts)["verdicts"] == says


def test_banner_of_no_decision_is_refused() -> None:
    with pytest.raises(InputError, match="got 'MAYBE', expected one of GO, HOLD, STOP"):
        banner(decision(decision="MAYBE"))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-05-04T02:00:00+02:00", "2026-05-04 00:00 UTC"),
        ("2026-05-04T00:00:01Z", "2026-05-04 00:00:01 UTC"),
        ("soon", "soon"),
        (None, "—"),
    ],
)
def test_instant(value: object, expected: str) -> None:
    assert instant(value) == expected


def test_day_links_name_the_pages() -> None:
    assert [(link.title, link.href) for link in day_links(["03_reconciliation"])] == [
        ("All days", "../index.html"),
        ("This day", "index.html"),
        ("What changed", "changes.html"),
        ("03 Reconciliation", "03_reconciliation.html"),
    ]


def _row(**changes: Any) -> dict[str, Any]:
    base = {
        "gate": "portfolio_risk",
        "check": "loss",
        "title": "Daily loss",
        "subject": "portfolio",
        "severity": "critical",
        "stop": False,
    }
    return {
        **base,
        "status": "PASS",
        "observed": 0.0125,
        "unit": "of equity",
        "bound": "<= 0.03",
        "reason": "r",
        **changes,
    }


def test_what_does_not_block_is_a_remark_and_no_failure(tmp_path: Path) -> None:
    page = _day(tmp_path, verdicts=pl.DataFrame([_row(severity="info", status="FAIL")]))
    gates = page[page.index('id="gates"') : page.index("<details")]
    assert "remark" in gates
    assert "> fail<" not in gates


@pytest.mark.parametrize(("status", "stops"), [("FAIL", True), ("INSUFFICIENT", False)])
def test_only_a_failure_stops_the_desk(tmp_path: Path, status: str, *, stops: bool) -> None:
    page = _day(tmp_path, blockers=[_row(status=status, stop=True)])
    assert ("■ stops the desk</b>" in page) is stops
    assert ("1 stop condition holds" in page) is stops


def test_every_bot_is_named_with_its_mode_and_a_disabled_one_as_not_judged(tmp_path: Path) -> None:
    page = _day(tmp_path, bots={"b1": "live", "b2": "disabled"})
    assert '<h3>b1 <span class="muted">live</span></h3>' in page
    disabled = page[page.index('<h3>b2 <span class="muted">disabled</span></h3>') :].split("</li>")[0]
    assert "not judged" in disabled
    assert "equity" not in disabled


def test_first_screen_of_a_go_warns_of_a_bot_that_goes_down(tmp_path: Path) -> None:
    why = [{"sentence": "Days <b>stopped</b>: 1"}]
    rung: dict[str, Any] = {
        "bot": "b1",
        "rung": "micro",
        "says": "goes down",
        "to": ["paper"],
        "since": "2026-05-01",
        "missing": why,
    }
    rung |= {"by": "ann", "days": {"counting": 0, "trading": 0, "calendar": 3, "more": None}}
    page = _day(tmp_path, decision="GO", blockers=[], ladder=[rung], verdicts=VERDICTS.filter(status="PASS"))
    first = page[page.index('<section class="banner') : page.index('id="blockers"')]
    assert (
        '<span class="status insufficient solid"><span aria-hidden="true">!</span> warning</span> b1: the ladder'
        in first
    )
    assert "goes down to paper: Days &lt;b&gt;stopped&lt;/b&gt;: 1" in first
    assert "May move on: none" in first
    card = page[page.index('<li class="card insufficient">\n<h3>b1') :].split("</li>")[0]
    assert "because: Days" in card
    assert "needs:" not in card


@pytest.mark.parametrize(
    ("changes", "words"), [({"ladder": []}, "no rung declared"), ({}, "not known, the decision has no ladder")]
)
def test_first_screen_says_who_may_move_on(tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    assert f"May move on: {words}" in _day(tmp_path, **changes)


@pytest.mark.parametrize("word", ["GO", "HOLD", "STOP"])
def test_a_decision_expires_and_does_not_last_until_then(tmp_path: Path, word: str) -> None:
    page = _day(tmp_path, decision=word)
    assert re.search("<dt>expires</dt><dd>(<time[^>]*>)?2026-05-06 06:00 UTC<", page)
    assert "<dt>until</dt>" not in page
    assert "<dt>since</dt><dd>2026-05-04 or before</dd>" in page


def test_reason_below_a_number_is_not_cut(tmp_path: Path) -> None:
    page = _day(tmp_path)
    assert 'class="note"' in page
    assert "line-clamp" not in page
