"""Looks at a bot's account by a read-only key of the desk's own, through ccxt.

ccxt is not installed with Deskgate, for its pins would hold back other packages: `pip install ccxt`. Nothing here can send an
order: only methods that fetch are called. An order that was made and has ended is in no list of open ones, so the ended ones are
asked for too; where a client cannot list them, the look lacks them. Orders that a venue keeps apart (triggers, plans) are not in fetch_open_orders of
every venue.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Protocol

from deskgate.config.bot import Bot
from deskgate.config.connectors import is_of_contracts
from deskgate.config.errors import InputError, did_you_mean
from deskgate.config.servers import secret
from deskgate.controls.looks import Look
from deskgate.controls.sinks.sink import as_stated

__all__ = ["KeyLooks", "open_client"]

_TIMEOUT_MS = 5_000
_LISTED = 100
# Which methods list every order that has ended, by ccxt's names: the first ones that a client has all of.
_ENDED = (
    {"fetchOrders": "fetch_orders"},
    {"fetchCanceledAndClosedOrders": "fetch_canceled_and_closed_orders"},
    {"fetchClosedOrders": "fetch_closed_orders", "fetchCanceledOrders": "fetch_canceled_orders"},
)
# Their closed orders are all that have ended, cancelled ones too. Source: ccxt 4.5.90, fetch_closed_orders of each.
_CLOSED_IS_ENDED = frozenset({"gate", "gateio", "kraken", "kucoin", "kucoinfutures"})
Rows = Sequence[Mapping[str, Any]]


class Client(Protocol):
    """What is used of ccxt's unified interface, ccxt 4.5."""

    id: str
    has: Mapping[str, Any]

    def load_markets(self) -> Mapping[str, Mapping[str, Any]]:
        """Return the markets by symbol."""

    def fetch_open_orders(self, symbol: str) -> Rows:
        """Return the open orders of a market."""

    def fetch_my_trades(self, symbol: str, since: int, limit: int) -> Rows:
        """Return the fills of a market."""

    def fetch_positions(self, symbols: list[str]) -> Rows:
        """Return the positions."""

    def fetch_balance(self) -> Mapping[str, Any]:
        """Return the balances."""


class KeyLooks:
    """Looks with one client a bot, opened when it is first needed."""

    def __init__(self, bots: Mapping[str, Bot], now: Callable[[], datetime], opening: Callable[[Bot], Client]) -> None:
        self._bots, self._now, self._open = bots, now, opening
        self._clients: dict[str, Client] = {}

    def look(self, bot: str, since: datetime) -> Look:
        """Return how the account stands now; what could not be fetched is not known, with the reason."""
        try:
            client = self.client(bot)
            return _fetch(client, self._bots[bot], since, f"ccxt {client.id}", self._now)
        except Exception as error:  # noqa: BLE001 - ccxt raises its own errors, and those of what it is built on
            return Look(self._now(), "ccxt", lacks=as_stated(error))

    def client(self, bot: str) -> Client:
        """Return the bot's client; raises as `open_client`."""
        if bot not in self._clients:
            self._clients[bot] = self._open(self._bots[bot])
        return self._clients[bot]

    def can_wait(self, _bot: str) -> bool:
        """Return that it may: a venue is asked each time."""
        return True


def open_client(bot: Bot) -> Client:
    """Return a ccxt client with the bot's read-only key.

    Raises
    ------
    InputError
        ccxt is not installed, does not know the venue, or the environment lacks a part of the key.
    """
    key = bot.control.venue
    if key is None:
        raise InputError(f"bots.{bot.name}.control has no venue, expected a read-only key; name one in desk.toml")
    try:
        import ccxt
    except ImportError as error:
        raise InputError(
            f"bots.{bot.name}.control.venue needs ccxt, which is not installed; install it with `pip install ccxt`"
        ) from error
    if key.exchange not in ccxt.exchanges:
        raise InputError(
            f"bots.{bot.name}.control.venue.exchange is '{key.exchange}', expected a venue of ccxt"
            f"{did_you_mean(key.exchange, ccxt.exchanges)}; correct it"
        )
    settings = {"apiKey": secret(key.api_key_env), "secret": secret(key.secret_env), "timeout": _TIMEOUT_MS}
    if key.password_env:
        settings["password"] = secret(key.password_env)
    kind = key.default_type or ("swap" if is_of_contracts(bot.connector) else "spot")
    client: Client = getattr(ccxt, key.exchange)({**settings, "options": {"defaultType": kind}})
    return client


def symbol_of(bot: Bot, pair: str) -> str:
    """Return the unified symbol of a bot's pair: as `symbols` says, else spot or linear contract by its connector."""
    base, _, quote = pair.partition("-")
    linear = f":{quote}" if is_of_contracts(bot.connector) else ""
    return bot.symbols.get(pair, f"{base}/{quote}{linear}")


def _fetch(client: Client, bot: Bot, since: datetime, source: str, now: Callable[[], datetime]) -> Look:
    markets, began = client.load_markets(), now()
    symbols = {symbol_of(bot, pair): pair for pair in bot.pairs}
    opened, since_ms = [], int(since.timestamp() * 1000)
    fills: list[datetime] = []
    orders: list[datetime] = []
    methods = _methods(client)
    for symbol in symbols:
        opened += list(client.fetch_open_orders(symbol))
        fills += _newest(client.fetch_my_trades(symbol, since_ms, _LISTED), now)
        for method in methods or ():
            orders += _newest(getattr(client, method)(symbol, since_ms, _LISTED), now)
    held, lacks = _held(client, bot, symbols, markets)
    if methods is None:
        lacks = f"ccxt cannot list the orders that ended at {client.id}"
    return Look(
        # What happens while the calls are made counts as after them.
        at=began,
        source=source,
        open_orders=tuple(sorted(str(order["id"]) for order in opened)),
        positions=held,
        last_order_at=max((at for at in (*_times(opened), *orders) if at > since), default=None),
        last_fill_at=max((at for at in fills if at > since), default=None),
        lacks=lacks,
    )


def _methods(client: Client) -> list[str] | None:
    """Return the methods that together list every order that has ended; None where the client has not got them."""
    if client.id in _CLOSED_IS_ENDED:
        return ["fetch_closed_orders"]
    return next((list(names.values()) for names in _ENDED if all(client.has.get(name) for name in names)), None)


def _held(
    client: Client, bot: Bot, symbols: Mapping[str, str], markets: Mapping[str, Mapping[str, Any]]
) -> tuple[dict[str, Decimal] | None, str]:
    """Return the position of each pair in base, and what is not known of them."""
    if is_of_contracts(bot.connector):
        held = dict.fromkeys(bot.pairs, Decimal(0))
        for row in client.fetch_positions(list(symbols)):
            pair = symbols.get(row["symbol"])
            if pair is not None:
                if row.get("contracts") is None:
                    return None, f"{client.id} does not say how large the position in {pair} is"
                size = Decimal(str(markets[row["symbol"]].get("contractSize") or 1))
                held[pair] += Decimal(str(row["contracts"])) * size * (-1 if row.get("side") == "short" else 1)
    else:
        total = client.fetch_balance()["total"]
        held = {pair: Decimal(str(total.get(pair.partition("-")[0]) or 0)) for pair in bot.pairs}
    return held, ""


def _newest(rows: Rows, now: Callable[[], datetime]) -> list[datetime]:
    """Return the times of a page; a full one may lack the newest row, which may be of this moment."""
    return [*_times(rows), *([now()] if len(rows) >= _LISTED else [])]


def _times(rows: Rows) -> list[datetime]:
    return [datetime.fromtimestamp(row["timestamp"] / 1000, UTC) for row in rows if row.get("timestamp")]
