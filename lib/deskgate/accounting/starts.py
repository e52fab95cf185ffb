"""What each bot held where its profit starts to count, and what that cost.

From the opening in desk.toml, else from the account's first snapshot, as positions are rolled forward. What an opening does
not say the cost of is valued at the mid then, so that profit counts from the opening.
"""

from decimal import Decimal

import polars as pl

from deskgate.case.baselines import measured_since
from deskgate.case.case import Case, per_case
from deskgate.case.expressions import notional
from deskgate.case.tolerances import MONEY
from deskgate.case.values import without_snapshot
from deskgate.config.bot import Bot
from deskgate.prices.marks import mids_at
from deskgate.reconciliation.accounts.hedged import by_side, entry_of, opening_of, plain, sided
from deskgate.reconciliation.accounts.positions import rolled_positions
from deskgate.reconciliation.agreed_moves import agreed_moves

__all__ = ["starts", "unknown_start"]

_NAMED = {"bot": pl.String(), "pair": pl.String()}
_HELD = _NAMED | {"opened": pl.Datetime("us", "UTC"), "position": MONEY, "price": MONEY}


@per_case
def starts(case: Case) -> pl.DataFrame:
    """Return what each bot with a known start held in each of its pairs.

    Returns
    -------
    polars.DataFrame
        bot, pair (or side of it, see `by_side`), opened, position (base, signed), cost (quote, signed; null where neither
        desk.toml nor a mid of the 5 minutes before says it). A bot whose start is not known has no row.
    """
    snapshots = _of_snapshots(case)
    simulated = _simulated(case, snapshots)
    rows = pl.concat([_configured(case), snapshots.join(simulated, on="bot", how="anti"), simulated])
    named = rows.with_columns(market=plain(pl.col("pair")))
    unpriced = named.filter(pl.col("price").is_null() & (pl.col("position") != 0))
    marks = [
        mids_at(case, bot, market, pl.Series([opened])).select(
            pl.lit(bot).alias("bot"), market=pl.lit(market), mark="mid"
        )
        for bot, market, opened in unpriced.select("bot", "market", "opened").unique(maintain_order=True).iter_rows()
    ]
    none = pl.DataFrame(schema={"bot": pl.String(), "market": pl.String(), "mark": MONEY})
    known = named.join(pl.concat([none, *marks]), on=["bot", "market"], how="left")
    price = pl.when(pl.col("position") == 0).then(pl.lit(0, MONEY)).otherwise(pl.coalesce("price", "mark"))
    return known.select("bot", "pair", "opened", "position", cost=notional(price, pl.col("position"))).sort(
        "bot", "pair"
    )


def unknown_start(case: Case, bot: str) -> str | None:
    """Return why it is not known what this bot held before its first agreed fill, or at what cost; None where it is."""
    opening, mine = case.desk.bots[bot].opening, starts(case).filter(pl.col("bot") == bot)
    if opening is not None and opening.at >= case.end:
        return f"bots.{bot}.opening is of {opening.at:%Y-%m-%d %H:%M} UTC, after the day: its equity then is unknown"
    if mine.is_empty():
        return without_snapshot(case.desk.bots[bot]) or (
            f"bots.{bot} has no opening in desk.toml and its account no snapshot, so what it held before its first agreed"
            " fill is unknown"
        )
    if (unpriced := mine.filter(pl.col("cost").is_null())).height:
        pairs, at = ", ".join(unpriced["pair"]), f"{unpriced['opened'][0]:%Y-%m-%d %H:%M} UTC"
        return (
            f"bots.{bot} opened with a position in {pairs} at {at} whose cost is unknown: its opening has no entry_price, and"
            " no mid of the 5 minutes before values it"
        )
    return None if opening is not None else _not_in_snapshot(case, bot, mine)


def _not_in_snapshot(case: Case, bot: str, start: pl.DataFrame) -> str | None:
    """Return why the first snapshot of an account does not say what a bot held before its fills, or None where it does."""
    fills = by_side(case, agreed_moves(case).filter(pl.col("bot") == bot, pl.col("ts") < case.end))
    opened = start["opened"][0]
    earlier = fills.filter(pl.col("ts") < opened, pl.col("first_ts") >= measured_since(case))["n"].sum()
    if earlier:
        return (
            f"bots.{bot} has no opening in desk.toml, and the first snapshot of its account is of {opened:%Y-%m-%d %H:%M} UTC,"
            f" after {earlier} of its fills: what it held before them is unknown"
        )
    strange = fills.filter(pl.col("ts") >= opened).join(start, on=["bot", "pair"], how="anti")
    if strange.height:
        pairs = ", ".join(strange["pair"].unique().sort())
        return f"bots.{bot} has no opening in desk.toml, and the first snapshot of its account does not say what it held of {pairs}"
    return None


def _configured(case: Case) -> pl.DataFrame:
    """Return the openings of desk.toml: a pair that one does not name was flat then."""
    bots = {bot.name: bot for bot in case.desk.judged if bot.opening}
    names = [(name, pair) for name, bot in bots.items() for pair in [*bot.pairs, *_named_in_table(bot)]]
    declared = pl.DataFrame(names, schema=_NAMED, orient="row").unique()
    traded = by_side(case, agreed_moves(case).filter(pl.col("bot").is_in(list(bots)))).select("bot", "pair")
    pairs = pl.concat([sided(case, declared), traded]).unique().sort("bot", "pair")
    rows = [
        (name, pair, opening.at, opening_of(bots[name], pair), entry_of(bots[name], pair))
        for name, pair in pairs.iter_rows()
        if (opening := bots[name].opening)
    ]
    return pl.DataFrame(rows, schema=_HELD, orient="row")


def _of_snapshots(case: Case) -> pl.DataFrame:
    """Return the first snapshot of each account of a bot without an opening."""
    # What an account of several bots held is not one bot's.
    first = rolled_positions(case).filter("is_start", ~pl.col("bot").is_in(list(case.shared_accounts)))
    return first.select("bot", "pair", "opened", position="opening", price=pl.lit(None, MONEY))


def _simulated(case: Case, snapshots: pl.DataFrame) -> pl.DataFrame:
    """Return where paper bots without an opening start: flat, for a simulated account holds nothing but what it traded.

    One whose first snapshot is before its fills starts there.
    """
    paper = [bot for bot in case.desk.judged if bot.is_paper and not bot.opening]
    fills = agreed_moves(case).filter(pl.col("bot").is_in([bot.name for bot in paper]))
    traded = fills.join(snapshots.select("bot", "opened").unique(), on="bot").filter(
        pl.col("first_ts") < pl.col("opened")
    )
    started = set(snapshots["bot"]) - set(traded["bot"])
    bots = [bot for bot in paper if bot.name not in started]
    fills = fills.filter(~pl.col("bot").is_in(list(started)))
    declared = pl.DataFrame([(bot.name, pair) for bot in bots for pair in bot.pairs], schema=_NAMED, orient="row")
    pairs = pl.concat([sided(case, declared), by_side(case, fills).select("bot", "pair")]).unique()
    first = fills.group_by("bot").agg(opened=pl.col("first_ts").min())
    return pairs.join(first, on="bot", how="left").select(
        *("bot", "pair", pl.col("opened").fill_null(case.start)),
        position=pl.lit(Decimal(0), MONEY),
        price=pl.lit(None, MONEY),
    )


def _named_in_table(bot: Bot) -> list[str]:
    """Return the pairs that a bot's table of opening positions names."""
    held = bot.opening.position if bot.opening else None
    return list(held) if isinstance(held, dict) else []
