"""A venue asked through ccxt, read-only: a list of methods that may be called, and no request that could change anything.

ccxt is imported when the first client is made. What it raises becomes a sentence without a credential.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, wait_exponential_jitter

from deskgate.collector.venue.api import Endpoint, FiltersBy, VenueApi
from deskgate.collector.venue.credentials import Credentials
from deskgate.collector.venue.errors import NotOfferedError, VenueError
from deskgate.collector.venue.key_rights import ASKED_OF_KEYS, KeyRights, rights_in
from deskgate.collector.venue.transport import enter_sandbox, moved, no_sandbox, only_read
from deskgate.collector.venue.walk import Item
from deskgate.config.accounts import Account
from deskgate.config.errors import InputError
from deskgate.config.instants import Clock, instant_of

__all__ = ["READS", "Venue", "VenueTime", "connect"]

# What may be called at all.
READS = frozenset(
    {
        *("fetch_my_trades", "fetch_orders", "fetch_open_orders", "fetch_closed_orders", "fetch_canceled_orders"),
        *("fetch_canceled_and_closed_orders", "fetch_funding_history", "fetch_transfers", "fetch_deposits"),
        *("fetch_withdrawals", "fetch_ledger", "fetch_positions", "fetch_balance", "fetch_ohlcv", "fetch_time"),
        "load_markets",
    }
)
_ATTEMPTS = 6
_LONGEST_WAIT_S = 60
_TIMEOUT_MS = 30_000
_LONGEST_TEXT = 300
# A query has the signature in it.
_QUERY = re.compile(r"\?[^\s\"']*")
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
        self._credentials, self._sleep, self._mended_clock = credentials, sleep, False
        # Whether the venue has taken the key for one request.
        self._is_let_in = False

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
        return dict(self._call("load_markets"))

    def time(self, clock: Clock) -> VenueTime:
        """Return the venue's time; where it has no clock, this machine's."""
        if not self._exchange.has.get("fetchTime"):
            return VenueTime(clock(), None)
        before = clock()
        at = self._call("fetch_time")
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
        found = self._call(endpoint.method, *self._subject(endpoint, market), **given, params=params)
        self._is_let_in |= endpoint.method != "fetch_ohlcv"
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
            return rights_in(self._api.ccxt_id, self._retried(getattr(self._exchange, asked)))
        except (InputError, NotOfferedError, VenueError):
            # A key that is refused altogether is refused by the first export too.
            return KeyRights(None)

    def _subject(self, endpoint: Endpoint, market: str | None) -> list[object]:
        if endpoint.method == "fetch_balance":
            return []
        if endpoint.method == "fetch_positions":
            return [[market] if market else None]
        return [market]

    def _call(self, method: str, *given: object, **named: object) -> Any:  # noqa: ANN401 - whatever ccxt gives
        if method not in READS:
            raise InputError(
                f"{method} is not one of the methods that read, expected one of {', '.join(sorted(READS))}"
            )
        return self._retried(getattr(self._exchange, method), *given, **named)

    def _retried(self, call: Callable[..., Any], *given: object, **named: object) -> Any:  # noqa: ANN401
        import ccxt

        retries = Retrying(
            stop=stop_after_attempt(_ATTEMPTS),
            wait=self._wait,
            retry=retry_if_exception(self._may_pass),
            sleep=self._sleep,
            reraise=True,
        )
        # `from None`: what ccxt raised may have the key in it.
        try:
            return retries(call, *given, **named)
        except ccxt.PermissionDenied as error:
            raise VenueError(f"the venue does not let this key have it, {self._said(error)}") from None
        except ccxt.AuthenticationError as error:
            if self._is_let_in:
                raise VenueError(f"the venue refuses the key, {self._said(error)}") from None
            raise InputError(
                f"accounts.{self._account.name}: the venue refuses the key, {self._said(error)}; check the key, its rights to read"
                " and the addresses that it may be used from"
            ) from None
        except ccxt.NotSupported as error:
            raise NotOfferedError(self._said(error)) from None
        except ccxt.BaseError as error:
            raise VenueError(f"{type(error).__name__}: {self._said(error)}") from None
        except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
            # ccxt met an answer that is of no form it knows.
            raise VenueError(f"the answer could not be read, {type(error).__name__}: {self._said(error)}") from None

    def _may_pass(self, error: BaseException) -> bool:
        import ccxt

        if isinstance(error, ccxt.InvalidNonce):
            if self._mended_clock:
                return False
            self._mended_clock = True
            if hasattr(self._exchange, "load_time_difference"):
                self._exchange.load_time_difference()
            return True
        return isinstance(error, ccxt.NetworkError)

    def _wait(self, state: RetryCallState) -> float:
        headers = self._exchange.last_response_headers or {}
        asked = next((value for key, value in headers.items() if key.lower() == "retry-after"), None)
        if asked is not None and str(asked).isdigit():
            return min(float(asked), _LONGEST_WAIT_S)
        return wait_exponential_jitter(initial=1, max=_LONGEST_WAIT_S)(state)

    def _said(self, error: BaseException) -> str:
        text = " ".join(str(self._credentials.hide(_QUERY.sub("", str(error)))).split())
        return text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}..."


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
