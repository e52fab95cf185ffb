"""Which period reports the index links, and in which order."""

import json
from pathlib import Path

import pytest

from deskgate.reports.pages.link import Link
from deskgate.reports.pages.period_links import period_links
from report_inputs import index_of


def _report(out: Path, name: str, bots: object = None) -> Path:
    folder = out / "periods" / name
    folder.mkdir(parents=True)
    (folder / "index.html").write_text("")
    if bots is not None:
        (folder / "period.json").write_text(json.dumps({"bots": bots}))
    return folder


def test_reports_stand_newest_first_with_their_bots(tmp_path: Path) -> None:
    _report(tmp_path, "2026-04-01_2026-04-30")
    _report(tmp_path, "2026-05-02_2026-05-02_3f2a", ["b<1>", "b2"])
    _report(tmp_path, "2026-03-01_2026-05-02")
    assert period_links(tmp_path) == [
        Link("2026-05-02: b<1>, b2", "periods/2026-05-02_2026-05-02_3f2a/index.html"),
        Link("2026-03-01 to 2026-05-02", "periods/2026-03-01_2026-05-02/index.html"),
        Link("2026-04-01 to 2026-04-30", "periods/2026-04-01_2026-04-30/index.html"),
    ]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"bots": 3}', '{"bots": []}', "[" * 100_000])
def test_report_whose_json_is_torn_is_named_by_its_folder(tmp_path: Path, content: str) -> None:
    (_report(tmp_path, "2026-05-01_2026-05-02_b1-b2") / "period.json").write_text(content)
    assert period_links(tmp_path)[0].title == "2026-05-01 to 2026-05-02: b1-b2"


def test_what_is_no_report_is_not_linked(tmp_path: Path) -> None:
    assert period_links(tmp_path) == []
    for name in ("may", "2026-13-01_2026-05-02", "2026-05-01_2026-05-02_b 1", ".2026-05-01_2026-05-02"):
        _report(tmp_path, name)
    (_report(tmp_path, "2026-05-01_2026-05-03") / "index.html").unlink()
    (tmp_path / "periods/2026-05-01_2026-05-04").symlink_to(tmp_path / "periods/may")
    assert period_links(tmp_path) == []


def test_index_folds_all_but_five(tmp_path: Path) -> None:
    (tmp_path / "2026-05-04").mkdir()
    assert "Period reports" not in index_of(tmp_path)
    for n in range(1, 8):
        _report(tmp_path, f"2026-05-0{n}_2026-05-0{n}")
    page = index_of(tmp_path)
    assert "<summary>2 more</summary>" in page
    places = [page.index(f'"periods/2026-05-0{n}_2026-05-0{n}/index.html"') for n in range(7, 0, -1)]
    assert places == sorted(places)
    assert places[4] < page.index("<summary>2 more</summary>") < places[5]
