"""A venue asked through ccxt, read-only: its clock, its markets, pages of exports, and what the key may do.

ccxt is imported when the first client is made.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from deskgate.collector.venue.api import Endpoint, FiltersBy, VenueApi
from deskgate.collector.venue.calls import Calls
from deskgate.collector.venue.credentials import Credentials
from deskgate.collector.venue.errors import NotOfferedError, VenueError
from deskgate.collector.venue.key_rights import ASKED_OF_KEYS, KeyRights, rights_in
from deskgate.collector.venue.transport import enter_sandbox, moved, no_sandbox, only_read
from deskgate.collector.venue.walk import Item
from deskgate.config.accounts import Account
from deskgate.config.errors import InputError
from deskgate.config.instants import Clock, instant_of

__all__ = ["Venue", "VenueTime", "connect"]

_TIMEOUT_MS = 30_000
# Where ccxt puts what is of a page and not of the record.
_OF_THE_PAGE = "nextPageCursor"


@dataclass(frozen=True)
class VenueTime:
    """The venue's clock, and by how many seconds it is ahead of this machine's; None: the venue has none, and `now` is this machine's."""

    now: datetime
    ahead_s: float | None


class Venue:
    """One account at its venue.

    Parameters
    ----------
    exchange
        ccxt's client.
    """

    def __init__(
        self,
        exchange: Any,  # noqa: ANN401
        account: Account,
        api: VenueApi,
        credentials: Credentials,
        sleep: Callable[[float], None],
    ) -> None:
        self._exchange, self._account, self._api = exchange, account, api
        self._credentials, self._calls = credentials, Calls(exchange, account.name, credentials, sleep)

    @property
    def client(self) -> str:
        """The client's name and version, as the exports have it."""
        import ccxt

        return f"ccxt {ccxt.__version__}"

    @property
    def key_digest(self) -> str:
        """What tells the account's key or address from another; the key cannot be had from it."""
        return self._credentials.digest

    def load(self) -> dict[str, Any]:
        """Return the venue's markets by unified symbol."""
        return dict(self._calls.read("load_markets"))

    def time(self, clock: Clock) -> VenueTime:
        """Return the venue's time; where it has no clock, this machine's."""
        if not self._exchange.has.get("fetchTime"):
            return VenueTime(clock(), None)
        before = clock()
        at = self._calls.read("fetch_time")
        after = clock()
        if not isinstance(at, int | float):
            return VenueTime(after, None)
        venue = instant_of(int(at))
        return VenueTime(venue, (venue - (before + (after - before) / 2)).total_seconds())

    def page(self, endpoint: Endpoint, market: str | None, since: int, until: int, **more: object) -> list[Item]:
        """Return one page of an export, its records without any credential in them.

        Parameters
        ----------
        market
            A unified symbol where the endpoint is asked by symbol, else None.
        since, until
            In milliseconds since 1970; not used where the endpoint answers with a state.
        more
            Further fields of `params`, and `timeframe` of candles.
        """
        params = {**endpoint.params}
        given: dict[str, object] = {"timeframe": more.pop("timeframe")} if "timeframe" in more else {}
        params |= more
        if endpoint.filters_by is not FiltersBy.STATE:
            ms = max(endpoint.unit // timedelta(milliseconds=1), 1)
            if endpoint.since_param:
                params[endpoint.since_param] = since // ms
            params[endpoint.until_param] = until if endpoint.until_param == "until" else until // ms
            given["since"] = since
        if endpoint.limit is not None and endpoint.method not in {"fetch_positions", "fetch_balance"}:
            given["limit"] = endpoint.limit
        found = self._calls.read(endpoint.method, *self._subject(endpoint, market), **given, params=params)
        self._calls.is_let_in |= endpoint.method != "fetch_ohlcv"
        shown = self._credentials.hide(found if isinstance(found, list | dict) else [found])
        items = shown if isinstance(shown, list) else [shown]
        for info in (item.get("info") for item in items if isinstance(item, dict)):
            if isinstance(info, dict):
                info.pop(_OF_THE_PAGE, None)
        return items

    def rights(self) -> KeyRights:
        """Return what the key may do, where the venue says it."""
        asked = ASKED_OF_KEYS.get(self._api.ccxt_id)
        if asked is None or self._account.is_testnet or self._api.by_address:
            return KeyRights(None)
        try:
            return rights_in(self._api.ccxt_id, self._calls.ask(getattr(self._exchange, asked)))
        except (InputError, NotOfferedError, VenueError):
            # A key that is refused altogether is refused by the first export too.
            return KeyRights(None)

    def _subject(self, endpoint: Endpoint, market: str | None) -> list[object]:
        if endpoint.method == "fetch_balance":
            return []
        if endpoint.method == "fetch_positions":
            return [[market] if market else None]
        return [market]


def connect(
    account: Account,
    api: VenueApi,
    credentials: Credentials,
    *,
    sleep: Callable[[float], None],
    base_url: str | None = None,
) -> Venue:
    """Return a client of an account; no request is made yet.

    Parameters
    ----------
    sleep
        Waits for so many seconds between attempts.
    base_url
        Stands in for the scheme and host of all of the venue's addresses: a server on this machine.

    Raises
    ------
    InputError
        The account is of a test network that ccxt does not reach.
    """
    import ccxt

    exchange = getattr(ccxt, api.ccxt_id)(
        {
            "apiKey": credentials.api_key,
            "secret": credentials.api_secret,
            "password": credentials.passphrase,
            "walletAddress": credentials.address,
            "enableRateLimit": base_url is None,
            "timeout": _TIMEOUT_MS,
            "options": {**api.options},
        }
    )
    # It needs a right of its own on some venues, and nothing here depends on it.
    exchange.has["fetchCurrencies"] = False
    if account.is_testnet:
        if not api.has_testnet:
            raise no_sandbox(account)
        enter_sandbox(exchange, account)
    if base_url is not None:
        exchange.urls["api"] = moved(exchange.urls["api"], base_url)
    only_read(exchange)
    return Venue(exchange, account, api, credentials, sleep)
