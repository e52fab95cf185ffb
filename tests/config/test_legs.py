"""A bot that is judged without its event stream, in desk.toml."""

from pathlib import Path

import pytest

from deskgate.config.bot import Bot
from deskgate.config.desk_file import load_desk
from deskgate.config.errors import InputError
from deskgate.config.legs import ALL_LEGS

BOT = '[desk]\nname = "d"\n[bots.b1]\nmode = "live"\nconnector = "okx"\npairs = ["BTC-USDT"]\n'
TWO = 'legs = ["local", "exchange"]\n'
SPAN = "since = 2026-03-01, until = 2026-04-01"
WAIVER = f'legs_waiver = {{ by = "ann", approver = "bob", why = "no broker", {SPAN} }}\n'


def load(folder: Path, text: str) -> Bot:
    (folder / "desk.toml").write_text(BOT + text, encoding="utf-8")
    return load_desk(folder).bots["b1"]


def test_two_legs_by_name(tmp_path: Path) -> None:
    assert load(tmp_path, TWO + WAIVER).legs == ("local", "exchange")
    assert load(tmp_path, "").legs == ALL_LEGS


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (TWO, "no legs_waiver, expected who asks for it"),
        (WAIVER, "has legs_waiver and all legs"),
        (f'{TWO}{WAIVER}events = ["e.jsonl"]\n', "names event files"),
        (f'legs = ["local", "events"]\n{WAIVER}', "expected local and exchange"),
        (f'legs = ["local"]\n{WAIVER}', "expected local and exchange"),
        (f'legs = ["local", "exchange", "exchange"]\n{WAIVER}', "expected local and exchange"),
        (f'legs = ["local", "venue"]\n{WAIVER}', "legs"),
        (TWO + WAIVER.replace("bob", " ANN "), "expected two people"),
        (TWO + WAIVER.replace("no broker", " "), "expected a text"),
        (TWO + WAIVER.replace("until = 2026-04-01", "until = 2026-03-01"), "an end after its beginning"),
        (TWO + WAIVER.replace("until = 2026-04-01", "until = 2026-06-02"), "at most 92 days later"),
        (TWO + WAIVER.replace("approver", "aprover"), "did you mean 'approver'"),
    ],
)
def test_what_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        load(tmp_path, text)
