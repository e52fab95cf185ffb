"""A client of ccxt's made safe: it only reads, follows no redirect, and is on the network that desk.toml names."""

from typing import Any
from urllib.parse import urlsplit

from deskgate.config.accounts import Account
from deskgate.config.errors import InputError

__all__ = ["enter_sandbox", "moved", "no_sandbox", "only_read"]

# Hyperliquid alone reads by POST, to this one path.
_READ_BY_POST = {"hyperliquid": "/info"}


def enter_sandbox(exchange: Any, account: Account) -> None:  # noqa: ANN401
    """Switch a client to the test network, and refuse where it would still talk to the main one."""
    import ccxt

    before = str(exchange.urls["api"])
    try:
        exchange.set_sandbox_mode(True)
    except ccxt.NotSupported:
        raise no_sandbox(account) from None
    if str(exchange.urls["api"]) != before:
        return
    # Without hosts of its own a test network is chosen by a header of each request.
    if not {"PAPTRADING", "x-simulated-trading"} & set(exchange.headers or {}):
        raise no_sandbox(account)


def no_sandbox(account: Account) -> InputError:
    """Return the refusal of an account whose test network ccxt does not reach."""
    return InputError(
        f"accounts.{account.name} is of '{account.connector}', and ccxt reaches no test network of that venue, expected one that"
        " it does; export the account by another way"
    )


def moved(urls: object, base: str) -> object:
    """Return addresses with another scheme and host."""
    if isinstance(urls, dict):
        return {name: moved(url, base) for name, url in urls.items()}
    return base + urlsplit(str(urls).replace("{hostname}", "host")).path


def only_read(exchange: Any) -> None:  # noqa: ANN401
    """Make a client refuse each request that is not one for reading, and each answer that sends it elsewhere."""
    fetch, path = exchange.fetch, _READ_BY_POST.get(exchange.id)
    # A redirect would carry the key to another host, or become a request that was never looked at.
    exchange.session.max_redirects = 0

    def read(url: str, method: str = "GET", headers: object = None, body: object = None) -> object:
        if method != "GET" and not (method == "POST" and urlsplit(url).path == path):
            raise InputError(f"a request by {method} to {urlsplit(url).path}, expected one that reads; it was not sent")
        return fetch(url, method, headers, body)

    exchange.fetch = read
