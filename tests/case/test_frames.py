import polars as pl
import pytest

from deskgate.case.frames import StoredFrames

WHOLE = pl.DataFrame({"row_id": ["merged"]})
ROWS = pl.DataFrame({"row_id": ["copy", "other copy"]})


@pytest.fixture
def frames() -> StoredFrames:
    """Tables whose rows, asked for whole, are merged."""
    return StoredFrames(("fills", "sources"), read=lambda _: WHOLE, scan=lambda _: ROWS.lazy())


def test_query_is_the_same_whatever_was_read_before(frames: StoredFrames) -> None:
    assert frames.lazy("fills").collect().equals(ROWS)
    assert frames["fills"].equals(WHOLE)
    assert frames.lazy("fills").collect().equals(ROWS)


def test_table_without_copies_is_not_read_again(frames: StoredFrames) -> None:
    assert frames["sources"].equals(WHOLE)
    assert frames.lazy("sources").collect().equals(WHOLE)
