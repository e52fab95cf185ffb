from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from deskgate.config.errors import InputError
from deskgate.reports.anchors import break_anchor
from deskgate.reports.pages.wording import figure, shown
from deskgate.reports.tables import table


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (0, "0"),
        (-0.0, "0"),
        (1234567, "1,234,567"),
        (0.1 + 0.2, "0.3"),
        (-12.5, "-12.5"),
        (1e-9, "0.000000001"),
        (1234567.891, "1,234,568"),
        (float("nan"), "nan"),
        (Decimal("12345.678000000000000000"), "12,345.678"),
        (Decimal("0E-18"), "0"),
        (Decimal("12345678901234567890.123456789012345678"), "12,345,678,901,234,567,890.123456789012345678"),
    ],
)
def test_figure(number: float | Decimal, expected: str) -> None:
    assert figure(number) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "—"),
        ("", "—"),
        (True, "yes"),
        (datetime(2026, 5, 4, 1, 2, 3, tzinfo=UTC), "2026-05-04 01:02:03"),
        (datetime(2026, 5, 4, 1, 2, 3, tzinfo=timezone(timedelta(hours=2))), "2026-05-03 23:02:03"),
        (["b1", None], "b1, —"),
    ],
)
def test_value_in_words(value: Any, expected: str) -> None:
    assert shown(value).text == expected


def test_status_has_a_sign_and_a_word() -> None:
    html = table(pl.DataFrame({"status": ["FAIL"], "severity": ["warning"]})).html
    assert '<span class="status fail"><span aria-hidden="true">✗</span> fail</span>' in html
    assert '<span class="status quiet"><span aria-hidden="true">▲</span> warning</span>' in html


def test_cells_and_headings_are_escaped() -> None:
    html = table(pl.DataFrame({"<i>": ["<script>x</script>"]}))._repr_mimebundle_()[0]["text/html"]
    assert "<script" not in html
    assert "<i>" not in html


def test_commands_in_a_cell_are_shown_as_code() -> None:
    shown_as = table(pl.DataFrame({"why": ["and 2 more, see `deskgate ladder --markdown`", "half of `a pair"]}))
    assert "see <code>deskgate ladder --markdown</code>" in shown_as.html
    assert "half of `a pair</td>" in shown_as.html
    assert "`deskgate ladder --markdown`" in shown_as.text


def test_numbers_stand_to_the_right_and_null_is_a_dash() -> None:
    html = table(pl.DataFrame({"x": [1.5, None]})).html
    assert '<td class="number" data-label="x">1.5</td>' in html
    assert '<td class="number" data-label="x">—</td>' in html
    assert "null" not in html


@pytest.mark.parametrize(
    ("rows", "limit", "caption"),
    [(3109, 50, "showing 50 of 3,109 rows"), (50, 50, "50 rows"), (1, 50, "1 row"), (0, 50, "none")],
)
def test_caption_says_how_much_is_shown(rows: int, limit: int, caption: str) -> None:
    made = table(pl.DataFrame({"x": range(rows)}, schema={"x": pl.Int64}), limit=limit)
    assert f"<caption>{caption}</caption>" in made.html
    assert made.html.count("<tr>") == min(rows, limit) + (rows > 0)
    assert repr(made).startswith(caption)


def test_columns_choose_order_and_headings() -> None:
    html = table(pl.DataFrame({"a": [1], "b": ["x"], "c": [2]}), columns={"b": "Second", "a": "First"}).html
    assert html.index("Second") < html.index("First")
    assert ">2<" not in html


def test_unknown_column_is_refused_with_the_nearest() -> None:
    with pytest.raises(InputError, match="no column 'kindd' \\(did you mean 'kind'\\?\\)"):
        table(pl.DataFrame({"kind": ["x"]}), columns={"kindd": "Kind"})


def test_notes_stand_below_and_only_where_there_are_any() -> None:
    frame, notes = pl.DataFrame({"a": [1]}), pl.DataFrame({"summary": ["data/<b>.csv: passed over, a list"]})
    assert "<p>data/&lt;b&gt;.csv: passed over, a list</p></div>" in table(frame, notes=notes).html
    assert repr(table(frame, notes=notes)).splitlines()[-1] == "data/<b>.csv: passed over, a list"
    assert table(frame, notes=notes.clear()) == table(frame)


def test_each_break_has_the_row_that_its_link_leads_to() -> None:
    frame = pl.DataFrame({"break_id": ["c5f8f0055b0c", "<b>"], "status": ["open", "accepted"]})
    made = table(frame)
    assert '<tr id="b-c5f8f0055b0c">' in made.html
    assert f'<tr id="{break_anchor("<b>")}">' in made.html
    assert made.is_wrong
    assert not table(frame.tail(1)).is_wrong


def test_rows_with_something_wrong_are_not_left_out_and_the_file_with_all_is_named() -> None:
    frame = pl.DataFrame({"n": range(60), "status": ["PASS"] * 59 + ["FAIL"]})
    made = table(frame, limit=2, file="verdicts.json")
    assert [line.split(" | ")[0] for line in made.text.splitlines()[2:]] == ["59", "0"]
    assert 'showing 2 of 60 rows; all of them: <a href="verdicts.json">' in made.html
    assert "all of them" not in table(frame, limit=60, file="verdicts.json").html


def test_column_of_reasons_without_any_is_left_out() -> None:
    frame = pl.DataFrame({"bot": ["b1"], "because": [None]}, schema={"bot": pl.String, "because": pl.String})
    assert "why" not in table(frame).text
    assert "why" in table(frame.with_columns(because=pl.lit("no fills"))).text
    assert "why" in table(frame, columns={"bot": "bot", "because": "why"}).text


def test_failing_number_beside_its_bound_shows_by_how_much() -> None:
    frame = pl.DataFrame({"observed": [10.004], "bound": ["<= 10"]})
    assert "10.004 | <= 10" in table(frame).text


def test_folded_are_the_rows_in_which_nothing_is_wrong() -> None:
    frame = pl.DataFrame({"check": ["a", "b", "c"], "status": ["PASS", "FAIL", "PASS"]})
    html = table(frame, folds=True).html
    before, folded = html.split("<details>")
    assert ">b</td>" in before
    assert "1 of 3 rows" in before
    assert ">a</td>" not in before
    assert "<summary>2 more rows in which nothing is wrong</summary>" in folded
    assert folded.index(">a</td>") < folded.index(">c</td>")
    passed = table(frame.filter(pl.col("status") == "PASS"), folds=True).html
    assert "<summary>2 rows in which nothing is wrong</summary>" in passed
    assert "<details>" not in table(frame).html
    assert "<caption>none</caption>" in table(frame.clear(), folds=True).html


def test_heading_of_the_runbook_is_set_off_and_a_pattern_of_files_is_not() -> None:
    html = table(
        pl.DataFrame({"what": ["see *A gap in the stream*.", "*.csv and *.sqlite", "a*B c*d", "`*A b*`"]})
    ).html
    assert "see <em>A gap in the stream</em>." in html
    assert html.count("<em>") == 1


def test_money_beside_its_currency_names_it_once() -> None:
    rows = pl.DataFrame({"quote": ["USDT"], "fees_quote": [0.5]})
    assert table(rows).text.splitlines()[1] == "quote | fees"
    assert table(rows.drop("quote")).text.splitlines()[1] == "fees (quote)"
