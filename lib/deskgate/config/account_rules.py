"""What the tables [accounts.<name>] of desk.toml must be together, and with the bots that trade on them.

Each rule yields its complaints as sentences. An account that stood in two places would be counted twice.
"""

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from deskgate.config.accounts import Account
from deskgate.config.bot import FIRST_SNAPSHOT, Bot
from deskgate.config.errors import did_you_mean

__all__ = ["account_complaints"]


def account_complaints(accounts: Mapping[str, Account], bots: Mapping[str, Bot]) -> Iterator[str]:
    """Yield what is wrong with the accounts of a desk.

    Parameters
    ----------
    accounts
        By name; each has its own name too.
    bots
        By name.
    """
    yield from _of_other_connectors(accounts, bots)
    yield from _first_snapshots_of_several(bots)
    yield from _folders_of_several(accounts)
    yield from _credentials_of_several(accounts)


def _of_other_connectors(accounts: Mapping[str, Account], bots: Mapping[str, Bot]) -> Iterator[str]:
    for name, bot in bots.items():
        for each in bot.account:
            if each not in accounts:
                yield (
                    f"bots.{name}.account is '{each}', expected a table [accounts.{each}]"
                    f"{did_you_mean(each, set(accounts))}"
                )
            elif accounts[each].connector not in bot.connectors:
                yield (
                    f"bots.{name} trades on {', '.join(bot.connectors)} and its account {each} is of"
                    f" '{accounts[each].connector}', expected an account of its connector"
                )


def _first_snapshots_of_several(bots: Mapping[str, Bot]) -> Iterator[str]:
    for name, bot in bots.items():
        if not bot.opens_at_first_snapshot:
            continue
        if len(bot.account) != 1:
            yield (
                f"bots.{name}.opening is '{FIRST_SNAPSHOT}' and it has {len(bot.account) or 'no'} accounts, expected one:"
                ' account = "NAME" of a table [accounts.NAME], whose exports `deskgate snapshot` writes'
            )
        for other, theirs in bots.items():
            if other != name and (shared := set(bot.account) & set(theirs.account)):
                yield (
                    f"bots.{name}.opening is '{FIRST_SNAPSHOT}' and {other} trades on its account {min(shared)} too,"
                    " expected an account of its own, for a balance does not say whose it is; type"
                    f" bots.{name}.opening = {{ at = ..., balance = ..., position = ... }}"
                )


def _folders_of_several(accounts: Mapping[str, Account]) -> Iterator[str]:
    for name, account in accounts.items():
        # Some file systems do not tell small letters from capitals.
        inside = PurePosixPath(account.export_folder.casefold())
        for other, theirs in accounts.items():
            if other != name and inside.is_relative_to(PurePosixPath(theirs.export_folder.casefold())):
                yield (
                    f"accounts.{name} and accounts.{other} both have their exports in {theirs.export_folder}, expected a"
                    " folder each"
                )


def _credentials_of_several(accounts: Mapping[str, Account]) -> Iterator[str]:
    seen: dict[tuple[str, str], str] = {}
    for name, account in accounts.items():
        other = seen.setdefault((account.connector, account.credentials), name)
        if other != name:
            yield (
                f"accounts.{other} and accounts.{name} are both of '{account.connector}' with {account.credentials}, expected"
                " credentials each, for they would be one account counted twice; give one of them another env, keyring or"
                " address"
            )
