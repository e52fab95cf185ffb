"""Positions and balances: does the venue's account say what the agreed fills add up to?

Both roll forward from the desk's opening, or else from the first snapshot, which then proves nothing about itself.
Linear contracts only: equity = opening + cash of all fills - fees + funding + position at the venue's mark.
"""

from datetime import timedelta

import polars as pl

from deskgate.checks import tolerances
from deskgate.checks.agreed import agreed_fills, agreed_funding, cash_flow, confirmed, signed
from deskgate.checks.case import Case
from deskgate.checks.findings import Findings, Metric, breaks_frame, first_of
from deskgate.checks.legs import absent_leg, export_kinds
from deskgate.checks.tolerances import MONEY
from deskgate.checks.views import notional, plain

__all__ = ["check"]

# A closing snapshot of exactly 24:00 belongs to the day it closes.
CLOSING = timedelta(microseconds=1)
# How far apart the two exports of one snapshot may be stamped.
MOMENT = timedelta(minutes=1)


def check(case: Case) -> Findings:
    """Compare each account snapshot up to `as_of` with the roll-forward.

    Returns
    -------
    Findings
        `position_drift` and `balance_drift` breaks, and per venue bot how many are open. A difference that stays as it
        is from one snapshot to the next is one break, at the first of them.
    """
    expected = _roll_forward(case)
    drifts = pl.concat([_position_drifts(expected), _balance_drifts(case, expected)])
    metrics = [
        _measure(case, expected, drifts, bot.name, kind)
        for bot in case.desk.judged
        for kind in ("position_drift", "balance_drift")
    ]
    return Findings(metrics, drifts)


def _roll_forward(case: Case) -> pl.DataFrame:
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


def _changed(residual: pl.Expr, bound: pl.Expr, over: list[str]) -> pl.Expr:
    """Return whether a residual is beyond `bound` and not simply the one of the snapshot before."""
    before = residual.shift(1).over(over).fill_null(0)
    return (residual.abs() >= bound) & ((residual - before).abs() >= bound)


def _position_drifts(expected: pl.DataFrame) -> pl.DataFrame:
    # The fills are what the legs agree on, so it is the account that says otherwise.
    residual = pl.col("quantity") - pl.col("expected")
    return breaks_frame(
        expected.filter(_changed(residual, pl.lit(tolerances.account(), MONEY), ["bot", "pair"])).with_columns(
            kind=pl.lit("position_drift"),
            leg=pl.lit("exchange"),
            observed=plain(pl.col("quantity")),
            expected=plain(pl.col("expected")),
            delta=plain(residual),
            value_quote=notional(residual.abs(), pl.col("mark_price")),
            detail=pl.format("venue snapshot {} against {} agreed fills", "path", "fills"),
        ),
        day_offset="1us",
    )


def _balances(case: Case, expected: pl.DataFrame) -> pl.DataFrame:
    """Return one row per balance snapshot in the desk's quote with the residual against the roll-forward."""
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
        _quote_balances(case)
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
        .sort("bot", "ts")
        .with_columns(
            anchored=pl.col("start").is_null() & (pl.int_range(pl.len()).over("bot") == 0),
            start=pl.coalesce("start", (pl.col("total") - pl.col("value")).first().over("bot")),
        )
        .with_columns(expected=pl.col("start") + pl.col("value"))
        .with_columns(residual=pl.col("total") - pl.col("expected"))
    )


def _quote_balances(case: Case) -> pl.DataFrame:
    return case.frames["balances"].filter((pl.col("leg") == "exchange") & (pl.col("token") == case.desk.quote))


def _balance_drifts(case: Case, expected: pl.DataFrame) -> pl.DataFrame:
    balances = _balances(case, expected)
    bound = pl.col("fills").cast(MONEY) * tolerances.equity(1) - (pl.col("fills").cast(MONEY) - 1) * tolerances.equity(
        0
    )
    return breaks_frame(
        balances.filter(_changed(pl.col("residual"), bound, ["bot"])).with_columns(
            kind=pl.lit("balance_drift"),
            leg=pl.lit("exchange"),
            pair=pl.lit(None, pl.String),
            observed=plain(pl.col("total")),
            expected=plain(pl.col("expected")),
            delta=plain(pl.col("residual")),
            value_quote=pl.col("residual").abs(),
            detail=pl.format("{} in {} against opening, fills, fees and funding", "token", "path"),
        ),
        day_offset="1us",
    )


def _measure(case: Case, expected: pl.DataFrame, drifts: pl.DataFrame, bot: str, kind: str) -> Metric:
    what = {"position_drift": "positions", "balance_drift": "balance"}[kind]
    lacks = _lacks(case, bot, what)
    rows = expected if kind == "position_drift" else _balances(case, expected)
    today = _closed(case, rows.filter((pl.col("bot") == bot) & ~pl.col("anchored")))
    if lacks is None and today.is_empty():
        lacks = f"{bot} has no {what} snapshot of {case.day} that can be rolled forward to"
    unsure = _closed(case, _quote_balances(case).filter(pl.col("bot") == bot)).height - today.height
    if lacks is None and kind == "balance_drift" and unsure > 0 and case.desk.bots[bot].opening:
        lacks = f"{unsure} balances of {bot} on {case.day} have no positions with a mark price of the same moment"
    if lacks:
        return Metric(bot, kind, None, 0, lacks)
    found = drifts.filter((pl.col("bot") == bot) & (pl.col("kind") == kind))
    return Metric(bot, kind, float(found.height), today.height, first_of(found))


def _closed(case: Case, rows: pl.DataFrame) -> pl.DataFrame:
    """Return the snapshots of the day, the one of exactly 24:00 included and the one of 00:00 not."""
    return rows.filter((pl.col("ts") > case.start) & (pl.col("ts") <= case.start + timedelta(days=1)))


def _lacks(case: Case, bot: str, what: str) -> str | None:
    """Return what is missing for rolling this bot's account forward, or None."""
    if not confirmed(case, bot):
        return f"{bot} has no agreed fills to roll forward: {absent_leg(case.sources, bot, 'exchange')}"
    # A balance is only rolled forward with the positions of its moment.
    missing = [kind for kind in dict.fromkeys((what, "positions")) if kind not in export_kinds(case.sources, bot)]
    if missing:
        return f"{bot} has no readable {' and no '.join(missing)} export of the venue"
    opening = case.desk.bots[bot].opening
    if opening and opening.at >= case.end:
        return (
            f"bots.{bot}.opening is of {opening.at:%Y-%m-%d %H:%M} UTC, after the day, so nothing can be rolled forward"
        )
    if bot in case.shared_accounts:
        return f"{bot} shares its venue account with another bot, and an account is not divided among bots yet"
    foreign = case.desk.bots[bot].foreign_pairs(case.desk.quote)
    if what == "balance" and foreign:
        return f"{bot} trades {', '.join(foreign)}, whose money is not the desk's {case.desk.quote}"
    return None
