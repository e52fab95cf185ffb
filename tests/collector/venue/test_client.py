"""A client that only reads, follows no redirect and says what was refused without the key."""

import traceback
from typing import Any

import ccxt
import pytest

from deskgate.collector.venue.api import Export
from deskgate.collector.venue.client import Venue, connect
from deskgate.collector.venue.credentials import Credentials
from deskgate.collector.venue.errors import VenueError
from deskgate.collector.venue.venues import venue_api
from deskgate.config.accounts import Account
from deskgate.config.errors import InputError
from loopback.bitget import Bitget
from loopback.book import Book
from loopback.many import NOW
from loopback.server import Refused, play

API = venue_api("bitget_perpetual", "")
KEY = Credentials("key-of-account", "secret-of-account", "phrase-of-account")
BALANCE = API.endpoints[Export.BALANCE]
HOST = "http://127.0.0.1:9"


@pytest.fixture
def venue() -> Venue:
    return connect(Account(name="main", connector="bitget_perpetual"), API, KEY, sleep=lambda _: None, base_url=HOST)


def raising(venue: Venue, method: str, error: Exception) -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise error

    setattr(venue._exchange, method, fails)


def test_an_export_that_the_key_may_not_have_is_no_refusal_of_the_key(venue: Venue) -> None:
    raising(venue, "fetch_balance", ccxt.PermissionDenied("no"))
    with pytest.raises(VenueError, match="does not let this key have it"):
        venue.page(BALANCE, None, 0, 0)


def test_a_key_is_refused_by_the_first_request_alone(venue: Venue) -> None:
    raising(venue, "fetch_balance", ccxt.AuthenticationError("no"))
    with pytest.raises(InputError, match="the venue refuses the key"):
        venue.page(BALANCE, None, 0, 0)
    venue._exchange.fetch_positions = lambda *_, **__: []
    venue.page(API.endpoints[Export.POSITIONS], None, 0, 0)
    with pytest.raises(VenueError, match="the venue refuses the key"):
        venue.page(BALANCE, None, 0, 0)


@pytest.mark.parametrize("error", [ccxt.PermissionDenied("no"), ccxt.AuthenticationError("no")])
def test_rights_that_cannot_be_asked_are_not_known(venue: Venue, error: Exception) -> None:
    raising(venue, "privateSpotGetV2SpotAccountInfo", error)
    assert venue.rights().text == "not known"


def test_no_trace_of_an_error_has_the_key(venue: Venue) -> None:
    raising(venue, "fetch_balance", ccxt.BadRequest("GET https://venue/x?sign=abc key-of-account"))
    with pytest.raises(VenueError) as caught:
        venue.page(BALANCE, None, 0, 0)
    assert "key-of-account" not in "".join(traceback.format_exception(caught.value))


class Elsewhere(Bitget):
    """Sends each private request to another host."""

    other = ""

    def answer(self, request: Any) -> object:
        if "access-key" in request.headers:
            raise Refused(307, {}, {"Location": f"{self.other}{request.path}"})
        return super().answer(request)


def test_a_redirect_is_not_followed() -> None:
    book = Book(markets=())
    with play(Bitget(book, lambda: NOW)) as other, play(Elsewhere(book, lambda: NOW)) as played:
        Elsewhere.other = other.url
        account = Account(name="main", connector="bitget_perpetual")
        venue = connect(account, API, KEY, sleep=lambda _: None, base_url=played.url)
        with pytest.raises(VenueError, match="mix/account/accounts"):
            venue.page(BALANCE, None, 0, 0)
    assert not other.asked


@pytest.mark.parametrize(("connector", "path"), [("bitget_perpetual", "/info"), ("hyperliquid", "/exchange/info")])
def test_post_is_for_the_one_path_of_hyperliquid(connector: str, path: str) -> None:
    account = Account(name="main", connector=connector, address="0x" + "1" * 40)
    venue = connect(account, venue_api(connector, ""), KEY, sleep=lambda _: None, base_url=HOST)
    with pytest.raises(InputError, match="it was not sent"):
        venue._exchange.fetch(f"{HOST}{path}", "POST")
