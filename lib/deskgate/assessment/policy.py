"""What a run finds beside the records: desk.toml, the suites and the desk's folder held against one another."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from glob import escape
from pathlib import Path

import polars as pl

from deskgate.case.baselines import Baseline
from deskgate.config.bot import Bot, Mode
from deskgate.config.desk import Desk
from deskgate.config.digests import Configuration
from deskgate.config.errors import InputError
from deskgate.config.paths import SUITES
from deskgate.config.patterns import covers
from deskgate.config.policy import Policy, Unnamed
from deskgate.config.settings import settings_changes
from deskgate.gates.floor import below_floor, widened_bounds
from deskgate.gates.suites import Suite, load_suites
from deskgate.schema import TABLES
from deskgate.sources.discovery.proposal import FoundBot
from deskgate.sources.discovery.unnamed import unnamed_bots
from deskgate.store.ingest import desk_parts, read_desk

__all__ = ["find_policy", "policy_under"]

_DATED = ("fills", "orders", "snapshots", "events")
# By what a bot's own records are the same in a copy; an order's last state may be older there.
_OWN_IDS = {"fills": ("order_id", "trade_id", "ts"), "orders": ("order_id",)}


def find_policy(
    desk: Desk,
    suites: Mapping[str, Suite],
    configuration: Configuration,
    *,
    frozen: Baseline | None,
    since: datetime,
    until: datetime,
    store: str | None = None,
) -> Policy:
    """Look at the desk's folder and hold its suites against those that Deskgate ships.

    Parameters
    ----------
    configuration
        What the baseline speaks for, as it is now.
    frozen
        The baseline in force.
    since, until
        The records of these instants show that a bot nobody named was at work.
    store
        Where the store lies; it is not looked into.

    Raises
    ------
    InputError
        A pattern of desk.toml is malformed, or a folder may not be looked into.
    """
    started = configuration.started
    named = _NamedRecords(desk)
    skipped = [] if store is None else [Path(store), Path(f"{store}.carried")]
    found = Policy(
        config=configuration.config,
        unfrozen=configuration.unfrozen(),
        unnamed={
            bot.name: Unnamed(files=files, records=_records(bot, files, named, since, until))
            for bot, files in unnamed_bots(desk, skipped=skipped)
        },
        images=started.images,
        start_problems=started.problems,
        changes=settings_changes(frozen.settings, configuration.settings()) if frozen else [],
    )
    return policy_under(suites, found)


def policy_under(suites: Mapping[str, Suite], found: Policy) -> Policy:
    """Return what was found of a desk as it would be with these suites: what they ask less, allow more, and call for."""
    floor = load_suites(SUITES)
    called = {entry.meta.action for suite in suites.values() for entry in suite.expectations if entry.meta.action}
    said = {
        "below_floor": below_floor(suites, floor),
        "widened": widened_bounds(suites, floor),
        "actions": sorted(called),
    }
    return found.model_copy(update=said)


@dataclass(frozen=True)
class _NamedRecords:
    """The own records of the bots that desk.toml names, by their ids: read when first asked for, and once."""

    desk: Desk

    @cached_property
    def ids(self) -> dict[str, pl.DataFrame] | None:
        """By table, one row a record with the columns of `_OWN_IDS`; None where they cannot be read."""
        own = [bot.model_copy(update={"events": [], "exchange": []}) for bot in self.desk.bots.values()]
        found: dict[str, list[pl.DataFrame]] = {
            table: [TABLES[table].create_empty().select(ids)] for table, ids in _OWN_IDS.items()
        }
        try:
            for part in desk_parts(_of_bots(self.desk, own)):
                for table in found.keys() & part.parsed.frames.keys():
                    found[table].append(part.parsed.frames[table].select(_OWN_IDS[table]).unique())
        except (InputError, ValueError):
            return None
        return {table: pl.concat(parts).unique() for table, parts in found.items()}


def _records(
    found: FoundBot, files: Iterable[str], named: _NamedRecords, since: datetime, until: datetime
) -> int | None:
    """Return how many records of the span an unnamed bot's files hold; None where they, or the named bots', cannot be read.

    A copy of a named bot's database holds nothing that is not judged. When a file was last written is not asked: on some mounted
    folders that does not move while its bot has it open.
    """
    try:
        bot = Bot(
            name=found.name,
            mode=Mode.DISABLED,
            connector=found.connector,
            pairs=found.pairs or ["BASE-QUOTE"],
            symbols=found.symbols,
            instances=found.instances,
            # A proposed pattern may match the databases of other bots, which lie in the same folder.
            local=[escape(file) for file in files if any(covers(pattern, file) for pattern in found.local)],
            events=found.events,
            exchange=found.exchange,
        )
        frames = read_desk(_of_bots(named.desk, [bot]), within=(since, until))
    except (InputError, ValueError):
        return None
    dated = {table: frames[table].filter(pl.col("ts").is_between(since, until)) for table in _DATED}
    if any(dated[table].height for table in _OWN_IDS):
        if named.ids is None:
            return None
        for table, ids in _OWN_IDS.items():
            dated[table] = dated[table].join(named.ids[table], on=ids, how="anti")
    return sum(rows.height for rows in dated.values())


def _of_bots(desk: Desk, bots: Iterable[Bot]) -> Desk:
    return desk.model_copy(update={"bots": {bot.name: bot for bot in bots}})
