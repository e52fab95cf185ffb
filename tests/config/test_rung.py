"""The rung of a bot in desk.toml."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from deskgate.config.desk_file import load_desk
from deskgate.config.errors import InputError
from deskgate.config.rung import BotRung

BOT = '[desk]\nname = "d"\n[bots.b1]\nmode = "{}"\nconnector = "okx"\npairs = ["BTC-USDT"]\nrung = {{ {} }}\n'


def _rung(folder: Path, mode: str, text: str) -> BotRung | None:
    (folder / "desk.toml").write_text(BOT.format(mode, text))
    return load_desk(folder).bots["b1"].rung


@pytest.mark.parametrize(
    ("since", "instant", "first"),
    [
        ("2026-03-01", datetime(2026, 3, 1, tzinfo=UTC), date(2026, 3, 1)),
        ('"2026-03-01"', datetime(2026, 3, 1, tzinfo=UTC), date(2026, 3, 1)),
        ('"2026-03-01T00:00:00Z"', datetime(2026, 3, 1, tzinfo=UTC), date(2026, 3, 1)),
        ("2026-03-01T07:00:00Z", datetime(2026, 3, 1, 7, tzinfo=UTC), date(2026, 3, 2)),
        ("2026-03-01T23:30:00-02:00", datetime(2026, 3, 2, 1, 30, tzinfo=UTC), date(2026, 3, 3)),
    ],
)
def test_since_is_a_day_or_an_instant(tmp_path: Path, since: str, instant: datetime, first: date) -> None:
    rung = _rung(tmp_path, "live", f'name = "micro", since = {since}, by = "ann"')
    assert rung is not None
    assert (rung.since, rung.first_day, rung.by) == (instant, first, "ann")


@pytest.mark.parametrize(
    "since", ["2026-03-01T07:00:00", '"2026-03-01T07:00:00"', '"soon"', "07:00:00", "3", "1969-01-01", "true"]
)
def test_since_without_a_zone_or_a_day_is_refused(tmp_path: Path, since: str) -> None:
    with pytest.raises(InputError, match=r"bots\.b1\.rung\.since: expected a date such as 2026-03-01, or an instant"):
        _rung(tmp_path, "live", f'name = "micro", since = {since}, by = "ann"')


@pytest.mark.parametrize(
    ("mode", "fits"),
    [
        ("paper", {"paper"}),
        ("testnet", {"testnet"}),
        ("live", {"micro", "size"}),
        ("disabled", {"paper", "testnet", "micro", "size"}),
    ],
)
@pytest.mark.parametrize("name", ["paper", "testnet", "micro", "size"])
def test_mode_and_rung_agree(tmp_path: Path, mode: str, name: str, fits: set[str]) -> None:
    text = f'name = "{name}", since = 2026-03-01, by = "ann"'
    if name in fits:
        assert _rung(tmp_path, mode, text)
    else:
        with pytest.raises(InputError, match=rf"bots\.b1\.rung\.name is '{name}' and its mode is '{mode}'"):
            _rung(tmp_path, mode, text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('name = "micro", since = 2026-03-01', "missing key bots.b1.rung.by"),
        ('name = "micro", since = 2026-03-01, by = " "', "expected who put the bot on this rung"),
        ('name = "big", since = 2026-03-01, by = "ann"', "bots.b1.rung.name"),
        ('name = "micro", sinc = 2026-03-01, by = "ann"', "did you mean 'since'"),
    ],
)
def test_rung_that_is_not_understood_is_refused(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(InputError) as error:
        _rung(tmp_path, "live", text)
    assert words in str(error.value)
