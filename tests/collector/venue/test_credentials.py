"""Credentials: where they come from, and that they are shown nowhere."""

import pytest

from deskgate.collector.venue.api import VenueApi
from deskgate.collector.venue.credentials import Credentials, read_credentials
from deskgate.config.accounts import Account
from deskgate.config.errors import InputError

API = VenueApi(connector="bitget_perpetual", ccxt_id="bitget", endpoints={}, passphrase=True)
ACCOUNT = Account(name="main", connector="bitget_perpetual", env="BG")
GIVEN = {"BG_API_KEY": "key-of-account", "BG_API_SECRET": "secret-of-account", "BG_PASSPHRASE": "pass"}


def test_credentials_come_from_the_environment() -> None:
    found = read_credentials(ACCOUNT, API, GIVEN)
    assert (found.api_key, found.api_secret, found.passphrase) == tuple(GIVEN.values())


@pytest.mark.parametrize("name", GIVEN)
def test_a_missing_part_is_named(name: str) -> None:
    with pytest.raises(InputError, match=f"has no {name}, expected") as raised:
        read_credentials(ACCOUNT, API, {**GIVEN, name: " "})
    assert not any(value in str(raised.value) for value in GIVEN.values() if value != "pass")


def test_credentials_are_not_shown() -> None:
    assert not any(value in repr(read_credentials(ACCOUNT, API, GIVEN)) for value in GIVEN.values())


def test_a_wallet_is_read_by_its_address() -> None:
    api = VenueApi(connector="hyperliquid", ccxt_id="hyperliquid", endpoints={}, by_address=True)
    with pytest.raises(InputError, match="has no address"):
        read_credentials(Account(name="main", connector="hyperliquid"), api, {})
    address = "0x" + "a" * 40
    assert read_credentials(Account(name="main", connector="hyperliquid", address=address), api, {}).address == address


def test_answers_are_freed_of_credentials() -> None:
    hidden = Credentials("key-of-account", "secret-of-account", "pass").hide(
        {"info": ["pass", {"sign": "?key=key-of-account&x"}], "size": 1.5, "kept": "compass"}
    )
    assert hidden == {"info": ["***", {"sign": "?key=***&x"}], "size": 1.5, "kept": "compass"}
