"""Whether an export shows signs of the venue's own making: one that a script wrote from the bot's files proves nothing.

A bot's database has a fill's and an order's ids, price, amount and fee; of the venue it never has the answer itself, the
venue's milliseconds, or what an account's position is margined with. An export that has none of these may be the bot's
own account under another name. Which of its entries has one is asked entry by entry; most must.

An export may also have a head that names its maker: `exported_at` with `client` (or `exporter`, `library`) and `venue`
(or `exchange`).
"""

from collections.abc import Callable, Mapping, Sequence

from deskgate.sources.ccxt.exports import Item
from deskgate.sources.exact_json import field, first

__all__ = ["of_balance", "of_funding", "of_orders", "of_positions", "of_trades"]

# Columns of Hummingbot's database and of controllers' files which no venue's answer has.
_OWN_COLUMNS = frozenset(
    {
        *("config_file_path", "strategy", "trade_type", "order_type", "trade_fee", "trade_fee_in_quote"),
        *("exchange_trade_id", "exchange_order_id", "last_status", "last_update_timestamp", "creation_timestamp"),
        *(
            "base_asset",
            "quote_asset",
            "trading_pair",
            "connector_name",
            "controller_id",
            "bot_variant",
            "config_file_path",
        ),
        *("equity_quote", "base_pct", "target_base_pct", "fills_count_today", "volume_traded_quote", "breakeven_price"),
    }
)
# What the bot's files and any venue may both call so: by these alone `info` is nobody's in particular.
_ANYBODYS = frozenset(
    {"id", "symbol", "market", "side", "price", "amount", "quantity", "timestamp", "ts", "rate", "leverage", "position"}
    | {"source", "origin", "from", "by", "database", "raw"}
)
# What only the venue says of a position.
_OF_POSITION = ("marginMode", "liquidationPrice", "initialMargin", "maintenanceMargin", "collateral", "contractSize")
_MAKER, _VENUE = ("client", "exporter", "library"), ("venue", "exchange")


def of_trades(document: object, _bot: str) -> str | None:
    """Return why a list of trades is no evidence; None where it may be the venue's."""
    return _why(document, lambda item: _of_venue(item) or _own_milliseconds(item), "milliseconds of the venue's clock")


def of_orders(document: object, _bot: str) -> str | None:
    """Return why a list of orders is no evidence; None where it may be the venue's."""
    return _why(
        document,
        lambda item: (
            # Of an order's times the bot has the last one to the millisecond (Order.last_update_timestamp).
            _of_venue(item) or _own_milliseconds(item) or first(item, "timeInForce") is not None
        ),
        "milliseconds of the venue's clock",
    )


def of_funding(document: object, _bot: str) -> str | None:
    """Return why a funding history is no evidence: the database keeps the venue's own time, but no id."""
    return _why(document, lambda item: _of_venue(item) or _own_id(item), "payments' ids")


def of_positions(document: object, _bot: str) -> str | None:
    """Return why a list of positions is no evidence; None where it may be the venue's."""
    return _why(
        document,
        lambda item: (
            _of_venue(item) or _own_milliseconds(item) or any(first(item, key) is not None for key in _OF_POSITION)
        ),
        "margin",
    )


def of_balance(document: object, _bot: str) -> str | None:
    """Return why a balance is no evidence: of its money a bot writes down the total alone."""
    balance = document.get("balance", document) if isinstance(document, Mapping) else {}
    if not isinstance(balance, Mapping) or _has_head(document):
        return None
    parts = [entry for name, entry in balance.items() if isinstance(entry, Mapping) and name != "info"]
    venue = "info" in balance and not _OWN_COLUMNS & set(field(balance, "info"))
    if venue or {"free", "used"} <= set(balance) or any({"free", "used"} <= set(part) for part in parts):
        return None
    return _reason("free and used amounts")


def _why(document: object, shows: Callable[[Item], bool], missing: str) -> str | None:
    entries = _entries(document)
    if any(_copied(field(entry, "info")) for entry in entries):
        return "its info has columns of the bot's own database: export the account from the venue"
    if not entries or _has_head(document):
        return None
    return None if 2 * sum(map(shows, entries)) >= len(entries) else _reason(missing)


def _reason(missing: str) -> str:
    return (
        f"it has neither the venue's own fields in info, nor {missing}, nor a head that names client and venue, so it may"
        " have been written from the bot's files: export the account again and keep info"
    )


def _entries(document: object) -> Sequence[Item]:
    if isinstance(document, Mapping):
        lists = [value for value in document.values() if isinstance(value, list)]
        document = lists[0] if len(lists) == 1 else [document]
    return [entry for entry in document if isinstance(entry, Mapping)] if isinstance(document, list) else []


def _has_head(document: object) -> bool:
    if not isinstance(document, Mapping):
        return False
    return all(first(document, *names) is not None for names in (("exported_at",), _MAKER, _VENUE))


def _copied(info: Item) -> bool:
    """Return whether a column of the bot's own is in `info`, by its name or within a text."""
    texts = [value for value in info.values() if isinstance(value, str) and "{" in value]
    return bool(_OWN_COLUMNS & set(info)) or any(f'"{name}"' in text for text in texts for name in _OWN_COLUMNS)


def _of_venue(item: Item) -> bool:
    """Return whether `info` has a field of a venue, and not only what a script says of where it has it from."""
    return bool(set(field(item, "info")) - _ANYBODYS)


def _own_id(item: Item) -> bool:
    """Return whether an entry has an id that is not its time over again."""
    return (first(item, "id") or first(item, "timestamp")) != first(item, "timestamp")


def _own_milliseconds(item: Item) -> bool:
    """Return whether the time is finer than the bot's tick of one second."""
    at = first(item, "timestamp") or ""
    return at.isdigit() and int(at) % 1000 != 0
