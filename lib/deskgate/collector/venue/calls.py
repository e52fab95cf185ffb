"""One call of ccxt's at a time: a list of methods that may be called, attempts again, and errors without a credential in them."""

import re
from collections.abc import Callable
from typing import Any

from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, wait_exponential_jitter

from deskgate.collector.venue.api import Export
from deskgate.collector.venue.credentials import Credentials
from deskgate.collector.venue.errors import NotOfferedError, VenueError
from deskgate.config.errors import InputError

__all__ = ["Calls"]

# What may be called at all.
READS = frozenset({*(f"fetch_{export}" for export in Export), "fetch_time", "load_markets"})
_ATTEMPTS = 6
_LONGEST_WAIT_S = 60
_LONGEST_TEXT = 300
# A query has the signature in it.
_QUERY = re.compile(r"\?[^\s\"']*")


class Calls:
    """The calls of one account's client.

    Parameters
    ----------
    exchange
        ccxt's client.
    account
        Its name in desk.toml.
    sleep
        Waits for so many seconds between attempts.
    """

    def __init__(self, exchange: Any, account: str, credentials: Credentials, sleep: Callable[[float], None]) -> None:  # noqa: ANN401
        self._exchange, self._account = exchange, account
        self._credentials, self._sleep, self._mended_clock = credentials, sleep, False
        # Whether the venue has taken the key for one request.
        self.is_let_in = False

    def read(self, method: str, *given: object, **named: object) -> Any:  # noqa: ANN401 - whatever ccxt gives
        """Call a method of `READS` by its name, and return its answer.

        Raises
        ------
        InputError
            The method is none that reads, or the venue refuses the key.
        NotOfferedError
            The venue has no such method.
        VenueError
            The venue refuses it, or does not answer in a form that ccxt can read.
        """
        if method not in READS:
            raise InputError(
                f"{method} is not one of the methods that read, expected one of {', '.join(sorted(READS))}"
            )
        return self.ask(getattr(self._exchange, method), *given, **named)

    def ask(self, call: Callable[..., Any], *given: object, **named: object) -> Any:  # noqa: ANN401
        """Call what asks the venue, again where an error may pass, and return its answer; raises what `read` does."""
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
            if self.is_let_in:
                raise VenueError(f"the venue refuses the key, {self._said(error)}") from None
            raise InputError(
                f"accounts.{self._account}: the venue refuses the key, {self._said(error)}; check the key, its rights to read"
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
