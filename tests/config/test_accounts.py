"""Accounts at venues in desk.toml: what they are called, whose they are, and where their exports lie."""

from pathlib import Path

import pytest

from deskgate.config.desk import Desk
from deskgate.config.desk_file import load_desk
from deskgate.config.errors import InputError

ACCOUNT = '[accounts.main]\nconnector = "bitget_perpetual"\n'
BOT = '[bots.bot1]\nmode = "live"\nconnector = "bitget_perpetual"\npairs = ["BTC-USDT"]\n'


def load(folder: Path, accounts: str, bots: str) -> Desk:
    (folder / "desk.toml").write_text(f'[desk]\nname = "d"\n{accounts}{bots}', encoding="utf-8")
    return load_desk(folder)


def test_a_bots_account_is_its_venues_leg(tmp_path: Path) -> None:
    desk = load(tmp_path, ACCOUNT, f'{BOT}account = "main"\n')
    assert desk.bots["bot1"].exchange == ["exports/main"]
    assert desk.accounts["main"].variables == "DESKGATE_MAIN"
    assert [bot.name for bot in desk.bots_of(desk.accounts["main"])] == ["bot1"]


def test_exports_that_desk_toml_names_stay_what_they_are(tmp_path: Path) -> None:
    desk = load(tmp_path, ACCOUNT, f'{BOT}account = "main"\nexchange = ["bot1/exchange"]\n')
    assert desk.bots["bot1"].exchange == ["bot1/exchange"]


@pytest.mark.parametrize(
    ("accounts", "bots", "said"),
    [
        ("", 'account = "main"\n', r"expected a table \[accounts.main\]"),
        (ACCOUNT, 'account = "mian"\n', "did you mean 'main'"),
        ('[accounts.main]\nconnector = "okx_perpetual"\n', 'account = "main"\n', "expected an account of its connector"),
        ('[accounts.main]\nconnector = "binance_paper_trade"\n', "", "a paper bot has no account"),
        (f'{ACCOUNT}env = "A"\nkeyring = "b"\n', "", "expected one place that holds its credentials"),
        (f'{ACCOUNT}env = "my-secret"\n', "", "expected the NAME of a variable"),
        (f'{ACCOUNT}folder = "../other"\n', "", "expected one folder in the desk's own"),
        (f'{ACCOUNT}folder = "x/*"\n', "", "expected one folder in the desk's own"),
        (f'{ACCOUNT}api_key = "k"\n', "", "api_key"),
        (f'{ACCOUNT}name = "n"\n', "", "an account has the key 'name'"),
        (f'{ACCOUNT}folder = "x"\n[accounts.b]\nconnector = "okx"\nfolder = "x/y"\n', "", "expected a folder each"),
        (f'{ACCOUNT}folder = "X"\n[accounts.b]\nconnector = "okx"\nfolder = "x"\n', "", "expected a folder each"),
        ('[accounts.a-b]\nconnector = "okx"\n[accounts.a_b]\nconnector = "okx"\n', "", "with variables DESKGATE_A_B"),
        ('[accounts.a]\nconnector = "okx"\nkeyring = "k"\n[accounts.b]\nconnector = "okx"\nkeyring = "k"\n', "", "with keyring k"),
    ],
)  # fmt: skip
def test_what_is_refused(tmp_path: Path, accounts: str, bots: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        load(tmp_path, accounts, f"{BOT}{bots}")
