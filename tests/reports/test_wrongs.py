import polars as pl
import pytest

from deskgate.reports.wrongs import wrong_rows


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"status": ["PASS", "FAIL", "INSUFFICIENT", None]}, [False, True, True, False]),
        ({"break_id": ["a", "b"], "status": ["open", "accepted"]}, [True, False]),
        ({"ok": [True, False]}, [False, True]),
        ({"what": ["bot9"], "detail": ["on disk"]}, [True]),
        ({"of": ["fills"] * 3, "share": [1.0, 0.5, None], "because": [None] * 3}, [False, True, True]),
        ({"other": [1]}, [False]),
    ],
)
def test_row_is_wrong_by_its_columns(columns: dict[str, list[object]], expected: list[bool]) -> None:
    frame = pl.DataFrame(columns)
    assert wrong_rows(frame).to_list() == expected
    assert wrong_rows(frame.clear()).to_list() == []
