"""The market frames: what was traded, ordered, paid and held, by leg."""

import dataframely as dy

from deskgate.schema.columns import Record, decimal, instant, string

__all__ = [
    "ORDER_STATUSES",
    "SIDES",
    "Balances",
    "Candles",
    "Fills",
    "Funding",
    "LiquidityOperations",
    "Mids",
    "Orders",
    "Positions",
    "Snapshots",
    "Transfers",
]

SIDES = ("BUY", "SELL")
ORDER_STATUSES = ("open", "filled", "completed", "cancelled", "failed", "expired")


class Fills(Record):
    """One row per fill and leg. `fee_amount` is in `fee_token`, positive when paid; `fee_quote` is the leg's own conversion.

    `pair` is BASE-QUOTE as the leg writes it; `market` the connector and `symbol` the venue's unified name of the market,
    where the record has them. `quantity` is as the leg counts it: a venue's in contracts where it counts contracts, of
    `contract_size` each where the record says it; `cost` is the venue's value of the fill. `position` is what the leg
    says of it: OPEN or CLOSE, or LONG or SHORT.
    """

    pair = string(nullable=False)
    market = string()
    symbol = string()
    trade_id = string()
    order_id = string()
    exchange_order_id = string()
    side = dy.String(nullable=False, check=lambda side: side.is_in(SIDES))
    price = decimal(nullable=False)
    quantity = decimal(nullable=False)
    fee_amount = decimal()
    fee_token = string()
    fee_quote = decimal()
    liquidity = string()
    cost = decimal()
    contract_size = decimal()
    position = string()


class Orders(Record):
    """One row per state an order was seen in: `ts` is when it took that state, `created_ts` when it was made.

    Market and quantities are as in `Fills`.
    """

    pair = string()
    market = string()
    symbol = string()
    order_id = string()
    exchange_order_id = string()
    status = dy.String(nullable=False, check=lambda status: status.is_in(ORDER_STATUSES))
    created_ts = instant(nullable=True)
    side = string()
    price = decimal()
    quantity = decimal()
    filled_quantity = decimal()


class Funding(Record):
    """One row per funding payment and leg; `amount` in the settlement asset, negative when paid.

    Its market is as in `Fills`.
    `sign_unknown` is true where nothing says what the export's sign means: `amount` is then as the export has it, and
    only its size is evidence. `recorded_amount` is the size that Hummingbot's connector records of this payment where
    that is not the payment's (Bybit: payment x position, KuCoin: rate x contracts); null elsewhere.
    """

    pair = string()
    market = string()
    symbol = string()
    funding_id = string()
    amount = decimal(nullable=False)
    rate = decimal()
    sign_unknown = dy.Bool(nullable=True)
    recorded_amount = decimal()


class Transfers(Record):
    """One row per movement into or out of the bot's account; `amount` in `token`, positive into it.

    `account_unknown` is true for a deposit or withdrawal on chain where it is not known whether the venue books it on
    the account that the bot trades on.
    """

    transfer_id = string()
    token = string(nullable=False)
    amount = decimal(nullable=False)
    account_unknown = dy.Bool(nullable=True)


class LiquidityOperations(Record):
    """One row per record of a liquidity operation of a pool: known, and judged by no check.

    `action` is add, remove, collect, failed or update; `record_type` is what the source calls it, and `moved` whether
    it says that tokens moved. The amounts are of both tokens where the source has them.
    """

    pair = string()
    market = string()
    action = string(nullable=False)
    record_type = string(nullable=False)
    moved = dy.Bool(nullable=False)
    order_id = string()
    transaction = string()
    base_amount = decimal()
    quote_amount = decimal()


class Mids(Record):
    """One row per observed mid price; `market` is the connector it was seen at."""

    pair = string(nullable=False)
    market = string()
    mid = decimal(nullable=False)
    best_bid = decimal()
    best_ask = decimal()


class Candles(Record):
    """One row per candle of a market that is over: `ts` is its end, `close` the price of its last trade (quote).

    `timeframe` is its length as ccxt writes it (1m), `volume` what was traded in it, 0 where nothing was.
    """

    pair = string(nullable=False)
    symbol = string()
    timeframe = string(nullable=False)
    close = decimal(nullable=False)
    volume = decimal()


class Snapshots(Record):
    """One row per minute record of a bot's controller: what the bot says of itself.

    `position_drift_share` is how far the controller finds its own position off its balance, `margin_ratio` its own figure,
    `ws_reconnect_count` how often it has connected anew since it was started, `order_book_stale` whether its book stood
    still; null where it does not say, or nothing that can be read.
    """

    pair = string()
    connector = string()
    state = string()
    mid = decimal()
    equity_quote = decimal()
    base_pct = decimal()
    target_base_pct = decimal()
    daily_loss_pct = decimal()
    drawdown_pct = decimal()
    turnover_x = decimal()
    fills_count_today = dy.Int64(nullable=True)
    fees_paid_today_quote = decimal()
    realized_pnl_today_quote = decimal()
    position_base = decimal()
    position_drift_share = decimal()
    margin_ratio = decimal()
    ws_reconnect_count = dy.Int64(nullable=True)
    order_book_stale = dy.Bool(nullable=True)
    risk_reasons = string()


class Positions(Record):
    """One row per account snapshot and market; `quantity` is the signed net, and 0 where the snapshot says flat.

    It is counted as in `Fills`. `long_quantity` and `short_quantity` are its two sides, without sign, and `hedged` says
    whether the account may hold both at once; null where the snapshot does not say. The liquidation price of each side (quote), the margins (settlement asset) and
    `margin_ratio` (maintenance margin over what backs the position, at 1 it is liquidated) are null where the venue does not say
    them, which is not the same as safe; `margin_mode` is cross or isolated.
    """

    pair = string(nullable=False)
    symbol = string()
    quantity = decimal(nullable=False)
    long_quantity = decimal()
    short_quantity = decimal()
    hedged = dy.Bool(nullable=True)
    contract_size = decimal()
    entry_price = decimal()
    mark_price = decimal()
    unrealized_pnl_quote = decimal()
    long_liquidation_price = decimal()
    short_liquidation_price = decimal()
    maintenance_margin = decimal()
    initial_margin = decimal()
    margin_ratio = decimal()
    margin_mode = string()


class Balances(Record):
    """One row per account snapshot and token; `total` includes unrealised PnL, which stands apart as well."""

    token = string(nullable=False)
    total = decimal(nullable=False)
    free = decimal()
    used = decimal()
    unrealized_pnl = decimal()
