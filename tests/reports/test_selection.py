"""What notebooks of `investigate` can be asked for."""

import pytest

from deskgate.config.errors import InputError
from deskgate.reports.selection import Selection, select
from parity_views import deltas


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        ("", Selection("b1", "fill_ratio")),
        ("b1", Selection("b1", "fill_ratio")),
        (" slippage_bps , soak", Selection("b1", "slippage_bps", "soak")),
        ("soak, b1, side=BUY, hour = 14", Selection("b1", "fill_ratio", "soak", part={"side": "BUY", "hour": "14"})),
        ("14, maker_share", Selection("b1", "maker_share", days=14)),
    ],
)
def test_words_are_taken_in_any_order_and_may_be_left_out(what: str, expected: Selection) -> None:
    assert select(what, deltas()) == expected


@pytest.mark.parametrize(
    ("what", "meant"),
    [("b", "b1"), ("slipage_bps", "slippage_bps"), ("soaks", "soak"), ("sid=BUY", "side"), ("0", "b1")],
)
def test_unknown_word_is_refused_with_what_can_be_asked(what: str, meant: str) -> None:
    with pytest.raises(InputError, match=meant):
        select(what, deltas())
