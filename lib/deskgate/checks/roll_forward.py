"""The roll-forward: what an account should hold, from its opening and the agreed fills, fees, funding and transfers.

Both position and balance start from the desk's opening, or else from the first snapshot, which then proves nothing about
itself. A snapshot that disagrees never becomes the start of anything. Linear contracts only: equity = opening + cash of
all fills - fees + funding + transfers + position at the venue's mark.
"""

from datetime import timedelta

import polars as pl

from deskgate.checks.agreed import agreed_fills, agreed_funding, cash_flow, confirmed, signed
from deskgate.checks.case import Case
from deskgate.checks.tolerances import MONEY

__all__ = ["quote_balances", "rolled_balances", "rolled_positions"]

# How far apart the two exports of one snapshot may be stamped.
MOMENT = timedelta(minutes=1)


def rolled_positions(case: Case) -> pl.DataFrame:
    """Return one row per position snapshot and pair with what the agreed fills say: position, cash, fees and funding.

    Returns
    -------
    polars.DataFrame
        bot, pair, ts, path, quantity and mark_price (the venue's), expected (base), flow (quote, since the opening),
        fills (how many), anchored (whether this row is where the roll-forward starts).
    """
    bots = [bot for bot in case.desk.judged if confirmed(case, bot.name)]
    venue = case.frames["positions"].filter(
        (pl.col("leg") == "exchange") & pl.col("bot").is_in([bot.name for bot in bots])
    )
    opening = _openings(case, venue.select("bot", "pair").unique().sort("bot", "pair").rows())
    moves = pl.concat(
        [
            agreed_fills(case).select(
                "bot",
                "pair",
                "ts",
                signed().alias("base"),
                cash_flow(case.desk.quote).alias("cash"),
                pl.lit(1).alias("n"),
            ),
            agreed_funding(case).select(
                "bot",
                "pair",
                "ts",
                pl.lit(0, MONEY).alias("base"),
                pl.col("amount").alias("cash"),
                pl.lit(0).alias("n"),
            ),
        ]
    ).sort("bot", "pair", "ts")
    sums = moves.join(opening, on=["bot", "pair"], how="left").filter(
        pl.col("opened").is_null() | (pl.col("ts") >= pl.col("opened"))
    )
    running = sums.select(
        "bot", "pair", "ts", *[pl.col(name).cum_sum().over("bot", "pair") for name in ("base", "cash", "n")]
    )
    # A snapshot of exactly 24:00 is before a funding payment of that instant, so equal times do not count.
    joined = (
        venue.sort("ts", "row_id")
        .join_asof(
            running.sort("ts"),
            on="ts",
            by=["bot", "pair"],
            strategy="backward",
            allow_exact_matches=False,
            check_sortedness=False,
        )
        .join(opening, on=["bot", "pair"], how="left")
        .with_columns(pl.col("base").fill_null(0), pl.col("cash").fill_null(0), pl.col("n").fill_null(0))
        .filter(pl.col("opened").is_null() | (pl.col("ts") > pl.col("opened")))
    )
    return (
        joined.sort("bot", "pair", "ts")
        .with_columns(
            anchored=pl.col("opened").is_null() & (pl.int_range(pl.len()).over("bot", "pair") == 0),
            base=pl.col("base")
            + pl.coalesce("opening", (pl.col("quantity") - pl.col("base")).first().over("bot", "pair")),
        )
        .rename({"base": "expected", "cash": "flow", "n": "fills"})
        .select(
            "bot",
            "pair",
            "ts",
            "path",
            "quantity",
            "mark_price",
            "expected",
            "flow",
            "fills",
            "anchored",
            "opened",
            "opening",
        )
    )


def _openings(case: Case, held: list[tuple[str, str]]) -> pl.DataFrame:
    """Return when and with what each bot opened in each of its pairs, those that only its account knows included.

    A pair that the opening does not name was flat then: it must not start from what the account says of it later.
    """
    pairs = sorted({(bot.name, pair) for bot in case.desk.judged for pair in bot.pairs} | set(held))
    bots = case.desk.bots
    return pl.DataFrame(
        [
            (name, pair, opening.at, bots[name].opening_position(pair))
            for name, pair in pairs
            if (opening := bots[name].opening) is not None
        ],
        schema={"bot": pl.String, "pair": pl.String, "opened": pl.Datetime("us", "UTC"), "opening": MONEY},
        orient="row",
    )


def rolled_balances(case: Case, expected: pl.DataFrame) -> pl.DataFrame:
    """Return one row per balance snapshot in the desk's quote with what it should be.

    Opening + realised and unrealised change - fees + funding + transfers = closing: the cash of all fills and the
    position at the venue's mark are the two changes together.

    Parameters
    ----------
    expected
        What `rolled_positions` gave.

    Returns
    -------
    polars.DataFrame
        bot, ts, path, token, total (the venue's), expected, residual, fills (how many), moved (transfers, in quote),
        anchored (whether this row is where the roll-forward starts); sorted by bot and ts.
    """
    quote = case.desk.quote
    opening = pl.DataFrame(
        [
            (bot.name, bot.opening.at, bot.opening.balance.get(quote))
            for bot in case.desk.judged
            if bot.opening and not any(bot.opening_position(pair) for pair in bot.pairs)
        ],
        schema={"bot": pl.String, "since": pl.Datetime("us", "UTC"), "start": MONEY},
        orient="row",
    )
    account = (
        expected.with_columns(value=pl.col("expected") * pl.col("mark_price").fill_null(0) + pl.col("flow"))
        .group_by("bot", "ts")
        .agg(
            pl.col("value").sum(),
            pl.col("fills").sum(),
            unmarked=(pl.col("mark_price").is_null() & (pl.col("expected") != 0)).any(),
        )
    )
    # A snapshot's positions and balance are two exports of one instant, written a moment apart.
    return (
        quote_balances(case)
        .sort("ts", "row_id")
        .join_asof(
            account.sort("ts", "bot"),
            on="ts",
            by="bot",
            strategy="nearest",
            tolerance=MOMENT,
            check_sortedness=False,
        )
        .filter(pl.col("value").is_not_null())
        .join(opening, on="bot", how="left")
        .filter(~pl.col("unmarked"))
        .sort("ts", "bot")
        .join_asof(_moved(case, opening), on="ts", by="bot", strategy="backward", check_sortedness=False)
        .with_columns(pl.col("moved").fill_null(0))
        .with_columns(value=pl.col("value") + pl.col("moved"))
        .sort("bot", "ts")
        .with_columns(
            anchored=pl.col("start").is_null() & (pl.int_range(pl.len()).over("bot") == 0),
            start=pl.coalesce("start", (pl.col("total") - pl.col("value")).first().over("bot")),
        )
        .with_columns(expected=pl.col("start") + pl.col("value"))
        .with_columns(residual=pl.col("total") - pl.col("expected"))
    )


def _moved(case: Case, opening: pl.DataFrame) -> pl.DataFrame:
    """Return the money moved in and out of each bot's account since its opening, running: bot, ts, moved (quote)."""
    return (
        case.frames["transfers"]
        .filter((pl.col("leg") == "exchange") & (pl.col("token") == case.desk.quote))
        .join(opening, on="bot", how="left")
        .filter(pl.col("since").is_null() | (pl.col("ts") >= pl.col("since")))
        .sort("ts", "row_id")
        .select("bot", "ts", moved=pl.col("amount").cum_sum().over("bot"))
    )


def quote_balances(case: Case) -> pl.DataFrame:
    """Return the venue's balance snapshots in the desk's quote."""
    return case.frames["balances"].filter((pl.col("leg") == "exchange") & (pl.col("token") == case.desk.quote))
