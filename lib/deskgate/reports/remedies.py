"""What a bot lacks, in words, and the command or the line of desk.toml that brings it."""

from collections.abc import Callable, Mapping, Sequence

from deskgate.case.findings import named
from deskgate.checks.needs import Need
from deskgate.config.bot import FIRST_SNAPSHOT, Bot
from deskgate.sources.market_names import pair_quote

__all__ = ["lacked", "remedy"]

_LACKED: Mapping[Need, str] = {
    Need.LOCAL: "no database or table of its own fills",
    Need.EVENTS: "no event stream",
    Need.ACCOUNT: "no export of its fills from the venue",
    Need.ORDERS: "no export of all its orders from the venue",
    Need.FUNDING: "no export of its funding from the venue",
    Need.POSITIONS: "no export of its positions from the venue",
    Need.BALANCES: "no export of its balances from the venue",
    Need.OPENING: "no known start: neither an opening nor a snapshot of its account before its fills",
    Need.MINUTES: "no minute record of the day (a controller's minute.csv)",
    Need.LIFE: "no record that shows that it ran",
    Need.REFERENCE: "nothing to be compared with",
    Need.TODAY: "no record of its own of the day: all are older",
    Need.EXPORTS_TODAY: "no export of the day from the venue: all are older",
    Need.CONFIG: "no `config` in desk.toml, so its strategy is not frozen",
}


def lacked(need: Need, bots: Sequence[Bot]) -> str:
    """Return what bots lack, as a sentence's end."""
    if need is Need.BASELINE:
        return "the desk has no frozen baseline"
    names = [bot.name for bot in bots]
    return f"{named(names)} {'has' if len(names) == 1 else 'have'} {_LACKED[need]}"


def remedy(need: Need, bots: Sequence[Bot]) -> str:
    """Return what brings it: a command, or a line of desk.toml; of several bots each way once, of the first of them."""
    if need is Need.BASELINE:
        return "`deskgate baseline freeze --by NAME --why TEXT`"
    ways: dict[str, list[Bot]] = {}
    for bot in bots:
        ways.setdefault(_REMEDIES[need](bot).replace(f"bots.{bot.name}", ""), []).append(bot)
    return " ".join(_for_all(need, alike) for alike in ways.values())


def _for_all(need: Need, bots: Sequence[Bot]) -> str:
    first, *others = bots
    too = f" The same for {named([bot.name for bot in others])}." if others else ""
    return f"{_REMEDIES[need](first)}{too}"


def _of_account(bot: Bot) -> str:
    if bot.is_paper:
        return f'A paper bot has no account: name its own ledger, `bots.{bot.name}.exchange = ["..."]`.'
    if bot.account:
        return f"`deskgate snapshot` reads {', '.join(bot.account)} and writes them."
    instead = (
        f" in place of `bots.{bot.name}.exchange`, which would be read instead of the account's exports"
        if bot.exchange
        else ""
    )
    return (
        f'Name its account in desk.toml: `[accounts.NAME]` with `connector = "{bot.connector}"`, and'
        f' `bots.{bot.name}.account = "NAME"`{instead}; then `deskgate snapshot`.'
    )


def _events(bot: Bot) -> str:
    return (
        "Switch on its MQTT bridge (`mqtt_autostart: true` in conf_client.yml), then `deskgate ingest --follow`, or name its files:"
        f' `bots.{bot.name}.events = ["..."]`. Without one, `bots.{bot.name}.legs = ["local", "exchange"]` with `legs_waiver` judges it by'
        " these two until a date."
    )


def _opening(bot: Bot) -> str:
    held = f'balance = {{ {pair_quote(bot.pairs[0])} = "0" }}, position = "0"'
    typed = f'`bots.{bot.name}.opening = {{ at = "YYYY-MM-DDT00:00:00Z", {held} }}`'
    if bot.opens_at_first_snapshot:
        if bot.no_opening:
            return f"Its account's first snapshot is no opening; type it: {typed}."
        return f"`bots.{bot.name}.opening` is the first snapshot of its account: {_of_account(bot)}"
    if bot.is_paper or len(bot.account) != 1:
        return f"{typed}."
    return f'`bots.{bot.name}.opening = "{FIRST_SNAPSHOT}"`, where no other bot trades on its account; or {typed}.'


def _exports_today(bot: Bot) -> str:
    if bot.is_paper:
        return f"See that `bots.{bot.name}.exchange` names the ledger that it writes now."
    if bot.account:
        return f"`deskgate snapshot` each day, at the day's end too: it reads {', '.join(bot.account)}."
    return f"Export its account each day, at the day's end too, to where `bots.{bot.name}.exchange` looks; or let Deskgate do it. {_of_account(bot)}"


_REMEDIES: Mapping[Need, Callable[[Bot], str]] = {
    Need.LOCAL: lambda bot: (
        f'`bots.{bot.name}.local = ["data/NAME.sqlite"]`: the database of this bot alone, NAME is that of its configuration.'
    ),
    Need.EVENTS: _events,
    **dict.fromkeys((Need.ACCOUNT, Need.ORDERS, Need.FUNDING, Need.POSITIONS, Need.BALANCES), _of_account),
    Need.OPENING: _opening,
    Need.TODAY: lambda bot: (
        f"See whether it runs, and that `bots.{bot.name}.local` names the files that it writes now; or give a `--date` of its records."
    ),
    Need.EXPORTS_TODAY: _exports_today,
    Need.MINUTES: lambda bot: f"Let its controllers write minute.csv, and name it under `bots.{bot.name}.local`.",
    Need.LIFE: lambda bot: (
        f"Switch on its MQTT bridge (`mqtt_autostart: true` in conf_client.yml), or name minute.csv or its log (`logs/logs_*.log*`,"
        f" in the zone `log_timezone`) under `bots.{bot.name}.local`."
    ),
    Need.REFERENCE: lambda bot: (
        f'`bots.{bot.name}.shadow = "a paper bot"`, or its own past as `baseline_window`, or constants in `[bots.{bot.name}.expected]`.'
    ),
    Need.CONFIG: lambda bot: f'`bots.{bot.name}.config = ["conf/**/*.yml", "..."]`.',
}
