import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import nbformat
import polars as pl
import pytest

from deskgate.audit.checkpoint import Checkpoint, find_checkpoints
from deskgate.audit.marks import without_marks
from deskgate.config.errors import InputError
from deskgate.reports import charts
from deskgate.reports.finding import Finding
from deskgate.reports.gate_view import FindingView
from deskgate.reports.pages import svg
from deskgate.reports.pages.banner import banner
from deskgate.reports.pages.link import day_links
from deskgate.reports.pages.neighbours import PLACE, neighbours_line
from deskgate.reports.pages.notebook_content import read_content
from deskgate.reports.pages.notebook_page import to_html
from deskgate.reports.pages.svg import inline
from deskgate.reports.tables import table
from report_inputs import decision, display, write_notebook


class _Tags(HTMLParser):
    """Every tag of a page with its attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


def _chart() -> Any:
    frame = pl.DataFrame({"kind": ["fee_mismatch"], "severity": ["critical"]})
    return display(**{"application_vnd.vegalite.v5+json": charts.breaks_by_kind(frame).to_dict()})


def _page(tmp_path: Path, *cells: str, outputs: tuple[Any, ...] = (), **changes: Any) -> str:
    notebook = write_notebook(tmp_path / "03_reconciliation.ipynb", *cells, parameters="day: str = ''", outputs=outputs)
    made, nav = decision(**changes), day_links([notebook.stem])
    target = to_html(read_content(notebook), tmp_path / "03_reconciliation.html", made, nav=nav, view=banner(made))
    return target.read_text(encoding="utf-8")


def test_page_makes_no_request_and_runs_no_script(tmp_path: Path) -> None:
    hostile = (
        "<script>1</script><img src='https://a.example/x'><p onclick='x()' style='background:url(//b.example)'>kept</p>"
    )
    page = _page(tmp_path, "# Title", outputs=(display(text_html=hostile), _chart()))
    tags = _Tags(page).seen
    assert not {"script", "iframe", "object", "base", "form"} & {tag for tag, _ in tags}
    assert not [value for _, attrs in tags for name, value in attrs.items() if name.startswith("on")]
    for _, attrs in tags:
        assert not re.match(r"\s*(https?:)?//", " ".join(str(attrs.get(name, "")) for name in ("src", "href")))
    assert not re.search(r"url\(['\"]?(https?:)?//|@import", page)
    assert "<p>kept</p>" in page
    policy = next(attrs["content"] for tag, attrs in tags if attrs.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:")


def test_footer_has_the_checkpoint_of_the_audit_trail(tmp_path: Path) -> None:
    held = Checkpoint("fleet", 12, "ab" * 32)
    assert find_checkpoints(_page(tmp_path, "# Title", checkpoint=held.as_json())) == [held]
    assert find_checkpoints(_page(tmp_path, "# Title")) == []


def test_ids_are_unique_and_every_reference_finds_one(tmp_path: Path) -> None:
    page = _page(tmp_path, "# Title", "## Same", "## Same", "## Other", outputs=(_chart(), _chart(), _chart()))
    ids = [attrs["id"] for _, attrs in _Tags(page).seen if attrs.get("id")]
    assert [name for name, times in Counter(ids).items() if times > 1] == []
    assert len([name for name in ids if str(name).startswith("chart3-")]) > 0
    assert set(re.findall(r"(?:url\(#|href=\"#)([^)\"]+)", page)) <= set(ids)


def test_chart_is_labelled_for_who_cannot_see_it(tmp_path: Path) -> None:
    tags = _Tags(_page(tmp_path, outputs=(_chart(),))).seen
    (svg,) = [attrs for tag, attrs in tags if tag == "svg"]
    assert svg["role"] == "img"
    assert svg["aria-label"] == "Bars of 1 break of 1 kind, most often fee_mismatch."


def test_svg_takes_the_pages_colours_and_its_own_prefix() -> None:
    svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="4" viewBox="0 0 9 4"><defs><clipPath id="c"/></defs><g clip-path="url(#c)" fill="#C0262D" stroke="#123456"/></svg>'
    made = inline(svg, label='a "b" <c>', prefix="chart7")
    assert 'id="chart7-c"' in made
    assert "url(#chart7-c)" in made
    assert 'fill="var(--fail)" stroke="#123456"' in made
    assert 'aria-label="a &quot;b&quot; &lt;c&gt;"' in made


def test_chart_that_two_pages_show_is_drawn_once(tmp_path: Path) -> None:
    svg._drawn.cache_clear()
    made = _page(tmp_path, "# Title", outputs=(_chart(),))
    assert _page(tmp_path, "# Title", outputs=(_chart(),)) == made
    assert svg._drawn.cache_info().misses == 1


def test_chart_that_cannot_be_drawn_is_an_alert(tmp_path: Path) -> None:
    wrong = {"mark": "bar", "data": {"url": "https://a.example/data.csv"}}
    page = _page(tmp_path, outputs=(display(**{"application_vnd.vegalite.v5+json": wrong}),))
    assert "This chart could not be drawn" in page


def test_banner_shows_the_first_blocker_escaped(tmp_path: Path) -> None:
    page = _page(tmp_path, "# Title", provisional=True)
    assert "b1 filled &lt;script&gt;alert(1)&lt;/script&gt; less than its shadow." in page
    assert ">provisional<" in page
    assert "2026-05-06 06:00 UTC" in page


def test_title_contents_and_code(tmp_path: Path) -> None:
    page = _page(tmp_path, "# Do the *legs* agree?", "## One", "## Two & three", "## Four", "1 < 2")
    assert "<h1>Do the legs agree?</h1>" in page
    assert page.count("<h1") == 1
    assert '<a href="#s-two-three">Two &amp; three</a>' in page
    assert '<details class="code"><summary>code</summary><pre><code>1 &lt; 2</code></pre></details>' in page
    assert "<summary>default parameters</summary>" in page
    assert "¶" not in page
    assert 'aria-current="page">03 Reconciliation</a>' in page


def test_raw_html_in_markdown_is_text(tmp_path: Path) -> None:
    page = _page(tmp_path, "# A <b>title</b>\n\n<img src=x> and [link](javascript:alert(1))")
    assert "&lt;img src=x&gt;" in page
    assert "javascript:" not in page


def test_failed_cell_is_an_alert(tmp_path: Path) -> None:
    wrong = nbformat.v4.new_output("error", ename="KeyError", evalue="<fills>", traceback=["\x1b[31mline\x1b[0m"])
    page = _page(tmp_path, outputs=(wrong,))
    assert '<div class="alert" role="alert">' in page
    assert "KeyError: &lt;fills&gt;" in page
    assert "<pre>line</pre>" in page


def test_table_survives_cleaning_and_styles_do_not(tmp_path: Path) -> None:
    made = table(pl.DataFrame({"status": ["FAIL"], "x": [1.5]}))
    page = _page(tmp_path, outputs=(display(text_html=made._repr_mimebundle_()[0]["text/html"]),))
    body = page.split('<div class="output">')[1]
    assert '<td class="number" data-label="x">1.5</td>' in body
    assert '<th scope="col">status</th>' in body
    assert "tabular-nums" not in body


def test_html_without_any_text_falls_back_to_plain_text(tmp_path: Path) -> None:
    page = _page(tmp_path, outputs=(display(text_html="<script>chart()</script>", text_plain="alt.Chart(...)"),))
    assert "<pre>alt.Chart(...)</pre>" in page


def test_string_is_shown_without_its_quotes(tmp_path: Path) -> None:
    page = _page(tmp_path, outputs=(display(text_plain="'STOP <now>'"), display(text_plain="[1, 'a']")))
    assert "<pre>STOP &lt;now&gt;</pre>" in page
    assert "<pre>[1, &#x27;a&#x27;]</pre>" in page


def test_broken_notebook_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "a.ipynb").write_text("{")
    with pytest.raises(InputError, match="not readable as a notebook"):
        to_html(read_content(tmp_path / "a.ipynb"), tmp_path / "a.html", decision(), view=banner(decision()))
    assert [path.name for path in tmp_path.iterdir()] == ["a.ipynb"]


def _said(wrong: bool, text: str = "shown", **notes: Any) -> Any:
    return nbformat.v4.new_output(
        "display_data", data={"text/plain": text}, metadata={"deskgate": {"wrong": wrong, **notes}}
    )


def _sectioned(tmp_path: Path, *sections: tuple[str, tuple[Any, ...], tuple[str, ...]]) -> str:
    """Return the page of a notebook with these sections: heading, outputs, the tags of the heading's cell."""
    v4 = nbformat.v4
    cells = [v4.new_markdown_cell("# Title")]
    for heading, outputs, tags in sections:
        cells.append(v4.new_markdown_cell(f"## {heading}", metadata={"tags": list(tags)}))
        cells.append(v4.new_code_cell("x", outputs=list(outputs)))
    nbformat.write(v4.new_notebook(cells=cells), tmp_path / "a.ipynb")
    return to_html(
        read_content(tmp_path / "a.ipynb"), tmp_path / "a.html", decision(), view=banner(decision())
    ).read_text(encoding="utf-8")


FOUND = {"gate": "soak", "status": "FAIL", "sentence": "1 of 2 checks fails: <b>x</b>."}


def test_finding_comes_first_then_what_is_wrong_and_the_rest_is_folded(tmp_path: Path) -> None:
    gate, wrong = _said(True, finding=FOUND), _said(True)
    page = _sectioned(
        tmp_path, ("Gate", (gate,), ()), ("Fine", (_said(False),), ()), ("Bad", (wrong,), ()), ("Kept", (), ("open",))
    )
    assert page.index("1 of 2 checks fails: &lt;b&gt;x&lt;/b&gt;.") < page.index('class="banner')
    places = [page.index(f'id="s-{name}"') for name in ("gate", "bad", "kept", "fine")]
    assert places == sorted(places)
    assert '<div class="folded" id="s-fine">' in page
    assert '<h2 id="s-kept">Kept</h2>' in page
    assert '<h2 id="s-bad">Bad <span class="status fail">' in page
    assert '<a href="#s-bad">Bad</a> <span class="fail mark"' in page


def test_notebook_without_a_finding_folds_nothing(tmp_path: Path) -> None:
    page = _sectioned(tmp_path, ("One", (_said(False),), ()), ("Two", (_said(True),), ()))
    assert 'class="folded"' not in page
    assert page.index('id="s-one"') < page.index('id="s-two"')


def test_section_of_a_failed_cell_is_open(tmp_path: Path) -> None:
    failed = nbformat.v4.new_output("error", ename="KeyError", evalue="fills", traceback=[])
    page = _sectioned(tmp_path, ("Gate", (_said(False, finding=FOUND),), ()), ("Torn", (failed,), ()))
    assert '<h2 id="s-torn">Torn <span class="status fail">' in page


def test_finding_of_all_gates_stands_alone(tmp_path: Path) -> None:
    overall = FOUND | {"gate": "", "sentence": "All of it."}
    page = _sectioned(tmp_path, ("A", (_said(True, finding=FOUND),), ()), ("B", (_said(True, finding=overall),), ()))
    assert page.count('class="finding top') == 1
    assert "All of it." in page


def test_ids_of_outputs_are_those_of_rows_and_stand_once(tmp_path: Path) -> None:
    rows = "<table><tr id='b-1'><td>x</td></tr><tr id='b-1'><td>y</td></tr><tr id='content'><td>z</td></tr></table>"
    page = _page(tmp_path, outputs=(display(text_html=rows),))
    assert page.count('id="b-1"') == 1
    assert page.count('id="content"') == 1


def test_page_has_a_place_for_the_links_to_other_days(tmp_path: Path) -> None:
    page = _page(tmp_path, "# Title").encode()
    linked = PLACE.put(page, neighbours_line("2026-05-04", ["2026-05-03", "2026-05-04"]))
    assert b'href="../2026-05-03/index.html"' in linked
    assert without_marks(linked) == page


def test_finding_of_what_nobody_judged_stands_below_the_title_without_a_sign(tmp_path: Path) -> None:
    view = FindingView(Finding("", "", "b1 earned <3> USDT."))
    data, notes = view._repr_mimebundle_()
    shown = display(text_html=data["text/html"])
    shown.metadata = nbformat.from_dict(notes)
    page = _page(tmp_path, "# Title", "## Earned?", outputs=(shown,))
    assert '<p class="finding top quiet">b1 earned &lt;3&gt; USDT.</p>' in page
