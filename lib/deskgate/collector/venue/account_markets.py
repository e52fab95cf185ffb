"""The markets of an account: those of all pairs of the bots that trade on it, by the venue's unified names."""

from collections.abc import Mapping
from typing import Any

from deskgate.config.accounts import Account
from deskgate.config.connectors import is_of_contracts
from deskgate.config.desk import Desk
from deskgate.sources.ccxt.exports import pair_of
from deskgate.sources.market_names import judged_pair

__all__ = ["markets_of", "specification"]


def markets_of(desk: Desk, account: Account, markets: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """Return the unified symbols of an account's markets, and the pairs of its bots that the venue does not have."""
    contracts = is_of_contracts(account.connector)
    mine = {symbol: pair_of(symbol) for symbol, market in markets.items() if bool(market.get("contract")) is contracts}
    found: set[str] = set()
    absent: set[str] = set()
    for bot in desk.bots_of(account):
        by_pair: dict[str, list[str]] = {}
        for symbol, pair in mine.items():
            by_pair.setdefault(judged_pair(bot, None, symbol, pair), []).append(symbol)
        for pair in bot.pairs:
            found |= set(by_pair.get(pair, []))
            absent |= set() if pair in by_pair else {pair}
    return sorted(found), sorted(absent)


def specification(market: Mapping[str, Any]) -> dict[str, object]:
    """Return what a market's amounts and prices mean: contract size, tick, lot, settlement."""
    precision = market.get("precision") or {}
    return {
        "contract_size": market.get("contractSize"),
        "tick": precision.get("price"),
        "lot": precision.get("amount"),
        "settle": market.get("settle"),
        "inverse": market.get("inverse"),
    }
