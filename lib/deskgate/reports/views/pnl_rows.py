"""What each bot earned on a day by market and by hour: the rows of two views, and why amounts are not known."""

import polars as pl

from deskgate.accounting.own_record import unconfirmed_fills
from deskgate.accounting.pair_pnl import HOURLY, paid_funding, pair_pnl
from deskgate.case.case import Case, per_case
from deskgate.case.tolerances import MONEY
from deskgate.config.bot import Bot
from deskgate.measures.traded import traded
from deskgate.reconciliation.agreed import unagreed, unconfirmed
from deskgate.sources.market_names import money_names, pair_quote

__all__ = ["pnl_rows", "unknown_fills"]

_PLACE = dict.fromkeys(("bot", "mode", "pair", "quote"), pl.String())
_AMOUNTS = {
    "fills": pl.Int64(),
    **dict.fromkeys(("turnover_quote", "realized_quote", "unrealized_quote"), MONEY),
    **dict.fromkeys(("fees_quote", "funding_quote", "pnl_quote"), MONEY),
}
_OF_FILLS = ("notional", "realized", "fee_quote")


@per_case
def pnl_rows(case: Case) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the rows of the views `pnl_by_hour` and `pnl_split`, exact; see `day_trading`."""
    both = [_of_bot(case, bot) for bot in case.desk.judged]
    schemas: list[dict[str, pl.DataType]] = [
        {**_PLACE, "hour": HOURLY["hour"], **_AMOUNTS},
        {**_PLACE, **_AMOUNTS, "not_confirmed": pl.Int64(), "because": pl.String()},
    ]
    hours, whole = (
        pl.concat([pl.DataFrame(schema=schema), *(each[n].select(list(schema)) for each in both)])
        for n, schema in enumerate(schemas)
    )
    return hours.sort("bot", "pair", "hour"), whole.sort("bot", "pair")


def unknown_fills(case: Case, bot: Bot) -> str | None:
    """Return why nothing is known of what a bot traded on the day; None where fills are agreed, or there is none at all."""
    if why := unconfirmed(case, bot.name) or unagreed(case, bot.name):
        return why
    alone = _alone(case, bot).height
    if not alone or case.of_day(traded(case)).filter(pl.col("bot") == bot.name).height:
        return None
    return f"none of the {alone} fills of {bot.name} on {case.day} is agreed: no second leg confirms one. Notebook 03 lists the breaks"


def _alone(case: Case, bot: Bot) -> pl.DataFrame:
    """Return the fills of the day that nothing confirms."""
    return case.of_day(unconfirmed_fills(case)).filter(pl.col("bot") == bot.name)


def _of_bot(case: Case, bot: Bot) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return what a bot earned in each market by hour, and over the day."""
    unknown = unknown_fills(case, bot)
    fills = case.of_day(traded(case)).filter(pl.col("bot") == bot.name)
    rows = fills.with_columns(hour=pl.col("ts").dt.truncate("1h"))
    found = unknown or pair_pnl(case, bot)
    alone = _alone(case, bot).group_by("pair").agg(not_confirmed=pl.len().cast(pl.Int64))
    parts = []
    for key, n in ((["pair", "hour"], 0), (["pair"], 1)):
        amounts = _unvalued(case, bot, key) if isinstance(found, str) else found[n]
        joined = amounts.join(_sums(rows, key), on=key, how="full", coalesce=True, nulls_equal=True)
        if n:
            joined = joined.join(alone, on=key, how="full", coalesce=True, nulls_equal=True).with_columns(
                pl.col("not_confirmed").fill_null(0)
            )
        because = found if isinstance(found, str) else None
        parts.append(_named(case, bot, joined, because, is_known=unknown is None))
    return parts[0], parts[1]


def _sums(fills: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    """Return what fills add up to; an amount that is not known of one of them is not known of all."""
    known = [(name, pl.when(pl.col(name).is_not_null().all()).then(pl.col(name).sum())) for name in _OF_FILLS]
    return fills.group_by(key).agg(fills=pl.len().cast(pl.Int64), **{f"traded_{name}": total for name, total in known})


def _unvalued(case: Case, bot: Bot, key: list[str]) -> pl.DataFrame:
    """Return the funding of a bot that cannot be valued, and nothing of its other amounts; its declared markets all the same."""
    paid = paid_funding(case, bot.name).with_columns(hour=pl.col("ts").dt.truncate("1h"))
    sums = paid.group_by(key).agg(pl.col("funding_quote").sum())
    if "hour" not in key:
        declared = pl.DataFrame({"pair": bot.pairs}, schema={"pair": pl.String})
        sums = declared.join(sums, on="pair", how="full", coalesce=True)
    nothing = [pl.lit(None, MONEY).alias(name) for name in ("realized_quote", "unrealized_quote", "fees_quote")]
    return sums.with_columns(*nothing)


def _named(case: Case, bot: Bot, rows: pl.DataFrame, because: str | None, *, is_known: bool) -> pl.DataFrame:
    none = pl.lit(0, MONEY) if is_known else pl.lit(None, MONEY)
    fills = pl.col("fills").fill_null(0) if is_known else pl.lit(None, pl.Int64)
    traded_of = {name: pl.when(fills > 0).then(f"traded_{name}").otherwise(none) for name in _OF_FILLS}
    # A market that only fills without a second leg name moved nothing that is known; of one that is valued the first is never null.
    is_named_alone = pl.col("realized_quote").is_null()
    parts = {
        name: pl.when(is_named_alone).then(none).otherwise(name)
        for name in ("realized_quote", "unrealized_quote", "fees_quote")
    }
    if because is not None:
        parts = {"realized_quote": traded_of["realized"], "fees_quote": traded_of["fee_quote"]}
    funding = pl.col("funding_quote").fill_null(none)
    full = rows.with_columns(fills=fills, turnover_quote=traded_of["notional"], funding_quote=funding, **parts)
    earned = pl.col("realized_quote") + pl.col("unrealized_quote") - pl.col("fees_quote") + pl.col("funding_quote")
    names, pairs = money_names(case.desk, bot), full["pair"].drop_nulls().unique()
    quotes = {pair: names.get(pair_quote(pair), pair_quote(pair)) for pair in pairs}
    return full.with_columns(
        bot=pl.lit(bot.name),
        mode=pl.lit(str(bot.mode)),
        quote=pl.col("pair").replace_strict(quotes, default=None, return_dtype=pl.String),
        pnl_quote=earned.cast(MONEY),
        because=pl.lit(because, pl.String),
    ).with_columns(pl.col(name).cast(dtype) for name, dtype in _AMOUNTS.items())
