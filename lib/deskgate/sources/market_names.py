"""What a leg calls a market -> the bot's judged market, by one name: matching, netting and roll-forward never mix two.

The bot's own market of a pair keeps its plain name, BTC-USDT. Any other market of the same base and quote has its kind,
settlement or venue behind it: `BTC-USDT spot`, `BTC-USDT:USDT-260327`, `BTC-USDT (kucoin)`. Stored records keep what
was read, so that a change of `symbols` in desk.toml takes effect on all of them.
"""

import re

import polars as pl

from deskgate.config.bot import Bot
from deskgate.config.connectors import connector_name, is_of_contracts, is_paper, unit_of
from deskgate.config.desk import Desk
from deskgate.sources.markets import Symbol, parse_symbol, same_asset, venue_of

__all__ = [
    "is_contract_market",
    "is_inverse",
    "is_priced_as",
    "is_spot_market",
    "is_twin",
    "judged_pair",
    "money_names",
    "pair_quote",
    "plain_pair",
    "trades_spot_alone",
    "unconvertible",
]

_PLAIN = re.compile(r"^.*?-[^ :]+")
SPOT = " spot"


def plain_pair(pair: str) -> str:
    """Return BASE-QUOTE of a judged market."""
    found = _PLAIN.match(pair)
    return found[0] if found else pair


def is_priced_as(pair: str) -> pl.Expr:
    """Return whether a mid of `pair` is near one of a judged market: of itself, and of spot and swap of one base and quote."""
    other, (name, *rest) = pl.col("pair"), (plain_pair(pair), pair.partition(":")[2])
    undated = ~other.str.contains(r"-[^ :]+:[^ :]*-") & (other.str.extract(f"({_PLAIN.pattern})") == name)
    return (other == pair) | (undated & pl.lit("-" not in rest[0]))


def pair_quote(pair: str) -> str:
    """Return the quote of a judged market."""
    return plain_pair(pair).rpartition("-")[2]


def judged_pair(bot: Bot, market: str | None, symbol: str | None, pair: str) -> str:
    """Return the judged market of a record.

    Parameters
    ----------
    market
        The connector that the record names; None: the bot's first one.
    symbol
        The venue's unified symbol; None: the record is in the bot's own words.
    pair
        BASE-QUOTE as the record has it.
    """
    for own, configured in bot.symbols.items():
        if symbol == configured:
            return own
    if symbol is None:
        return _of_connector(bot, market, _declared(bot, pair))
    parts = parse_symbol(symbol)
    connector = _connector_of(bot, contracts=parts.is_contract)
    money = venue_of(connector).money if connector else {}
    name = _declared(bot, f"{parts.base}-{money.get(parts.quote, parts.quote)}")
    if bot.is_paper or is_of_contracts(bot.connector) == parts.is_contract:
        plain = not parts.is_contract or (parts.expiry is None and _is_usual_settlement(parts, money))
        return name if plain or bot.is_paper else f"{name}:{symbol.partition(':')[2]}"
    return f"{name}:{symbol.partition(':')[2]}" if parts.is_contract else name + SPOT


def _of_connector(bot: Bot, market: str | None, pair: str) -> str:
    """Return the name of a market that a bot's own record names by its connector."""
    if market is None or bot.is_paper or is_paper(market):
        return pair
    name, own = connector_name(market), [connector_name(each) for each in bot.connectors]
    if name == own[0]:
        return pair
    # Hummingbot's two connectors of one venue are named alike: binance and binance_perpetual.
    of_venue = {each.removesuffix("_perpetual") for each in own}
    if name not in own and name.removesuffix("_perpetual") not in of_venue:
        return f"{pair} ({name})"
    if is_of_contracts(name) == is_of_contracts(own[0]):
        return pair
    return f"{pair}:{pair_quote(pair)}" if is_of_contracts(name) else pair + SPOT


def _connector_of(bot: Bot, *, contracts: bool) -> str | None:
    """Return the bot's connector of contracts, or of spot."""
    return next((each for each in bot.connectors if is_of_contracts(each) == contracts), None)


def _is_usual_settlement(parts: Symbol, money: dict[str, str]) -> bool:
    """Return whether a swap is the one that Hummingbot means by BASE-QUOTE.

    That is the linear one settled in its quote. Quoted in USD it is the coin-margined one (bybit_perpetual,
    bitget_perpetual), but where the connector calls its stablecoin USD.
    """
    if parts.quote == "USD":
        return parts.is_inverse and "USD" not in money.values()
    return parts.settle == parts.quote


def _declared(bot: Bot, pair: str) -> str:
    """Return a pair as desk.toml spells it: XBT is BTC, and ccxt writes kPEPE in capitals."""
    wanted = _canonical(pair)
    return next((each for each in bot.pairs if _canonical(each) == wanted), _with_common_assets(pair))


def _canonical(pair: str) -> str:
    # A builder's market is XYZ:AAPL at Hummingbot and XYZ-AAPL at ccxt.
    base, _, quote = pair.rpartition("-")
    return f"{same_asset(base.replace(':', '-'))}-{same_asset(quote)}"


def _with_common_assets(pair: str) -> str:
    base, _, quote = pair.rpartition("-")
    return f"{same_asset(base)}-{quote}" if same_asset(base) != base.upper() else pair


def is_contract_market(bot: Bot, pair: str) -> bool:
    """Return whether a judged market is one whose positions the bot's account of contracts lists.

    Of a bot that trades spot alone every market counts: what its exports list as positions is of them.
    """
    if not is_of_contracts(bot.connector):
        return True
    return not pair.endswith(SPOT) and " (" not in pair


def is_spot_market(bot: Bot, pair: str) -> bool:
    """Return whether a judged market is spot: what is bought there is owned, and a fee may be taken out of it."""
    if ":" in pair or pair.endswith(")"):
        return ":" not in pair and not is_of_contracts(pair)
    return pair.endswith(SPOT) or not is_of_contracts(bot.connector)


def trades_spot_alone(bot: Bot) -> bool:
    """Return whether a bot has an account of spot and no other: what it holds is what its balances say."""
    return not bot.is_paper and not any(map(is_of_contracts, bot.connectors))


def is_inverse(bot: Bot, symbol: str | None, pair: str) -> bool:
    """Return whether a record's market is a contract that is settled in its base: its value is not price times quantity."""
    if symbol is not None:
        return parse_symbol(symbol).is_inverse
    if bot.is_paper or pair.endswith(SPOT) or not any(map(is_of_contracts, bot.connectors)):
        return False
    connector = _connector_of(bot, contracts=True) or bot.connector
    declared = bot.symbols.get(plain_pair(pair))
    if declared is not None:
        return parse_symbol(declared).is_inverse
    return pair_quote(pair) == "USD" and "USD" not in venue_of(connector).money.values()


def unconvertible(bot: Bot, symbol: str) -> str | None:
    """Return why amounts and money of a contract cannot be converted, as the end of a sentence; None where they can.

    A linear contract is settled in its quote and an inverse one in its base. Of a quanto contract the settlement asset is a
    third one, at a rate of its own.
    """
    parts = parse_symbol(symbol)
    if parts.is_option:
        return "is an option: what it is worth is not price times quantity of a coin, and options are not judged"
    if parts.settle is None or parts.is_inverse:
        return None
    money = venue_of(_connector_of(bot, contracts=True) or bot.connector).money
    if money.get(parts.settle, parts.settle) == money.get(parts.quote, parts.quote):
        return None
    return (
        f"is quoted in {parts.quote} and settled in {parts.settle} (a quanto contract): its profit is not price times quantity"
        f" in either of them, and is not computed"
    )


def is_twin(pair: str, symbol: str) -> bool:
    """Return whether a pair and a venue's symbol are of one base and one unit: likely one market of two names."""
    base = pair.rpartition("-")[0].replace(":", "-")
    return same_asset(base) == same_asset(parse_symbol(symbol).base) and unit_of(pair) == unit_of(symbol)


def money_names(desk: Desk, bot: Bot) -> dict[str, str]:
    """Return what a bot's assets are called on this desk where a leg calls them otherwise: USDC -> USD on Hyperliquid.

    Of an asset's two names the desk's quote counts, else Hummingbot's.
    """
    twins = {theirs: own for each in bot.connectors for theirs, own in venue_of(each).money.items()}
    for pair, symbol in bot.symbols.items():
        parts, (base, _, quote) = parse_symbol(symbol), pair.rpartition("-")
        twins |= {theirs: own for theirs, own in ((parts.quote, quote), (parts.base, base)) if theirs != own}
    names = {theirs: theirs if desk.quote == theirs else own for theirs, own in twins.items()}
    return {"XBT": "BTC"} | names | {own: names[theirs] for theirs, own in twins.items()}
