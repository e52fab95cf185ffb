"""What desk.toml declares of a bot against what its records name: its pairs, its connectors, its mode.

A declaration that is wrong makes every other check look at the wrong market, or at the wrong kind of money.
"""

from collections.abc import Sequence

import polars as pl

from deskgate.case.case import Case
from deskgate.case.findings import Findings, Metric
from deskgate.case.markets import judged, judged_funding, live_orders, markets
from deskgate.case.metric_spec import EVERY_BOT, MetricSpec
from deskgate.config.bot import Bot, Mode
from deskgate.config.connectors import connector_name, is_paper, is_testnet
from deskgate.schema import BOT_LEGS
from deskgate.sources.market_names import plain_pair

__all__ = ["METRICS", "check"]

METRICS = (
    MetricSpec("undeclared_pairs", "pairs", EVERY_BOT, "Markets in the day's records that desk.toml does not declare."),
    MetricSpec(
        "foreign_venues", "venues", EVERY_BOT, "Venues that the bot's own records of the day name beside desk.toml's."
    ),
    MetricSpec(
        "mode_contradictions",
        "connectors",
        EVERY_BOT,
        "Connectors, declared or recorded, that the bot's mode excludes.",
    ),
)


def check(case: Case) -> Findings:
    """Compare the declarations of every judged bot with the records of the day in every leg.

    Returns
    -------
    Findings
        Per bot the three counts, each with what to write in desk.toml where it is not 0; no value where no record of the
        day names a pair, or a venue.
    """
    pairs, venues = _pairs(case), _venues(case)
    return Findings(
        [
            metric
            for bot in case.desk.judged
            for metric in (
                _undeclared(case, bot, pairs.filter(pl.col("bot") == bot.name)),
                _foreign(case, bot, venues.filter(pl.col("bot") == bot.name)),
                _contradicting(case, bot, venues.filter(pl.col("bot") == bot.name)["venue"].unique().sort().to_list()),
            )
        ]
    )


def _pairs(case: Case) -> pl.DataFrame:
    """Return the judged markets that each bot's records of the day name: bot, pair, records."""
    held = (pl.col("ts") > case.start) & (pl.col("ts") <= case.closing) & (pl.col("quantity") != 0)
    rows = [
        markets(case).judge(case.of_day(case.fills)),
        live_orders(case).filter(case.in_day("created_ts")).collect(),
        case.of_day(judged_funding(case)),
        judged(case, "positions", held),
        case.lazy("snapshots").filter(case.in_day()).select("bot", "pair").collect(),
    ]
    return (
        pl.concat([each.select("bot", "pair") for each in rows])
        .drop_nulls("pair")
        .group_by("bot", "pair")
        .agg(records=pl.len())
        .sort("bot", "pair")
    )


def _venues(case: Case) -> pl.DataFrame:
    """Return the connectors that each bot's own records of the day name, as they name them: bot, venue, records."""
    own = pl.col("leg").is_in(BOT_LEGS) & case.in_day()
    named = {
        "fills": "market",
        "orders": "market",
        "funding": "market",
        "snapshots": "connector",
        "events": "connector_name",
    }
    # What is finished is of other days.
    tables = {table: case.fills.lazy() if table == "fills" else case.lazy(table) for table in named}
    rows = [tables[table].filter(own).select("bot", venue=column) for table, column in named.items()]
    return pl.concat(rows).drop_nulls().group_by("bot", "venue").agg(records=pl.len()).sort("bot", "venue").collect()


def _undeclared(case: Case, bot: Bot, rows: pl.DataFrame) -> Metric:
    name = "undeclared_pairs"
    if rows.is_empty():
        return Metric(bot.name, name, None, 0, f"no record of {bot.name} on {case.day} names a pair")
    declared = _declared_pairs(case, bot)
    several = len(bot.connectors) > 1
    seen = rows["pair"].to_list()
    strange = [
        pair
        for pair in seen
        if pair not in declared and not (several and " (" not in pair and plain_pair(pair) in declared)
    ]
    if not strange:
        return Metric(bot.name, name, 0.0, int(rows["records"].sum()))
    unseen = [pair for pair in bot.pairs if pair not in seen]
    wanted = ", ".join(
        f'"{pair}"' for pair in [*(pair for pair in bot.pairs if pair in seen), *map(plain_pair, strange)]
    )
    nothing = f", and no record shows its {', '.join(unseen)}" if unseen else ""
    note = (
        f"{bot.name} trades {', '.join(strange)}, which desk.toml does not declare{nothing}; if that is meant, write"
        f" pairs = [{wanted}] under bots.{bot.name}"
    )
    return Metric(bot.name, name, float(len(strange)), int(rows["records"].sum()), note)


def _declared_pairs(case: Case, bot: Bot) -> set[str]:
    """Return the pairs that a bot may trade; an export that several bots list has the pairs of all of them."""
    listed = case.sources.filter(pl.col("leg") == "exchange").select("bot", "path")
    mine = listed.filter(pl.col("bot") == bot.name)
    others = listed.join(mine.select("path").unique(), on="path", how="semi")["bot"].unique()
    return {*bot.pairs, *(pair for other in case.desk.judged if other.name in set(others) for pair in other.pairs)}


def _foreign(case: Case, bot: Bot, rows: pl.DataFrame) -> Metric:
    name = "foreign_venues"
    if rows.is_empty():
        return Metric(bot.name, name, None, 0, f"no record of {bot.name} on {case.day} names its venue")
    own = {_venue(each) for each in bot.connectors}
    strange = [venue for venue in rows["venue"] if _venue(venue) not in own]
    note = (
        f"records of {bot.name} name {', '.join(strange)}, desk.toml {', '.join(bot.connectors)}; if that is meant, write"
        f' connector = "{strange[0]}" under bots.{bot.name}'
        if strange
        else None
    )
    return Metric(bot.name, name, float(len(strange)), int(rows["records"].sum()), note)


def _contradicting(case: Case, bot: Bot, recorded: Sequence[str]) -> Metric:
    """Return how many connectors contradict the mode.

    A testnet's records may have the real venue's name: Hummingbot displays binance_perpetual for its testnet.
    """
    testnets = {_venue(each) for each in bot.connectors if bot.mode is Mode.TESTNET and _mode(each) is Mode.TESTNET}
    allowed = [each for each in recorded if _mode(each) is Mode.LIVE and _venue(each) in testnets]
    named = {*bot.connectors, *recorded} - set(allowed)
    wrong = sorted(each for each in named if _mode(each) is not bot.mode)
    if not wrong and not recorded:
        return Metric(
            bot.name, "mode_contradictions", None, 0, f"no record of {bot.name} on {case.day} names its venue"
        )
    note = (
        f"{bot.name} is called {bot.mode}, and {', '.join(wrong)} is {_mode(wrong[0])}; correct mode or connector under"
        f" bots.{bot.name} in desk.toml"
        if wrong
        else None
    )
    return Metric(bot.name, "mode_contradictions", float(len(wrong)), len(bot.connectors), note)


def _venue(connector: str) -> str:
    """Return the venue's own connector: without the domain of a testnet, or the suffix of paper trading."""
    return connector_name(connector.lower())


def _mode(connector: str) -> Mode:
    """Return which kind of money a connector trades with."""
    if is_paper(connector):
        return Mode.PAPER
    return Mode.TESTNET if is_testnet(connector) else Mode.LIVE
