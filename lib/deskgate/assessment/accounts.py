"""A day split by account: what an engine's workers measure of some bots, and how it becomes what one process would have found.

Bots that share anything are one account: a source file, an account of desk.toml, or live and its shadow. A worker reads the same
commits as the run, but of its bots alone; the others are disabled there, so that nothing judges them while their names stay known.
What is finished it carries from day to day as one process does, for these bots.
It runs the checks that look at one account (`Check.per`). What it hands back besides is what costs most again: the
differences of parity.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain
from pathlib import Path

import polars as pl

from deskgate.assessment.artifacts import DayInputs
from deskgate.assessment.day_case import measure_case
from deskgate.case.case import Case, remember
from deskgate.case.findings import Findings
from deskgate.checks.registry import ACCOUNT, CHECKS, run_check
from deskgate.config.bot import Mode
from deskgate.config.desk import Desk
from deskgate.config.desk_file import load_desk
from deskgate.config.errors import InputError, RunError
from deskgate.engines import Engine, Poisoned, Task, run_tasks
from deskgate.parity.deltas import Delta, deltas, gated_deltas
from deskgate.parity.references import compared
from deskgate.store.narrow import StoreWithout
from deskgate.store.tables import Store

__all__ = ["AccountParts", "account_groups", "measure_accounts"]


@dataclass(frozen=True)
class AccountParts:
    """What the workers found of all accounts: the findings of each account check by its name, and the differences of parity.

    `shown` are the differences that only pages show; None where nobody asked for them.
    """

    findings: Mapping[str, Findings]
    gated: Sequence[Delta]
    shown: Sequence[Delta] | None

    def give(self, case: Case) -> None:
        """Let a case know the differences, so that it does not compute them again."""
        remember(case, gated_deltas, _in_order(case, self.gated))
        if self.shown is not None:
            remember(case, deltas, _in_order(case, self.shown))


def _in_order(case: Case, found: Sequence[Delta]) -> list[Delta]:
    """Return differences bot by bot as the desk has them; those of one bot stay in their order."""
    place = {bot.name: number for number, bot in enumerate(compared(case))}
    return sorted(found, key=lambda delta: place[delta.bot])


def account_groups(desk: Desk, sources: pl.DataFrame) -> list[list[str]]:
    """Return the judged bots by account, as names: those that share a source file, an account, or are live and shadow.

    Parameters
    ----------
    sources
        `Sources`, of all legs.
    """
    group = {bot.name: {bot.name} for bot in desk.judged}
    files = sources.filter(pl.col("bot").is_in(list(group))).group_by("path").agg(pl.col("bot").unique())["bot"]
    shadows = [[bot.name, bot.shadow] for bot in desk.judged if bot.shadow in group]
    named = [[bot.name for bot in desk.judged if account in bot.account] for account in desk.accounts]
    for together in chain(files.to_list(), shadows, named):
        merged = set().union(*(group[name] for name in together))
        group |= dict.fromkeys(merged, merged)
    return [list(each) for each in sorted({tuple(sorted(members)) for members in group.values()})]


def measure_accounts(
    engine: Engine, desk: Desk, store: Store, inputs: DayInputs, gates: Collection[str], *, for_pages: bool
) -> AccountParts:
    """Run the account checks of some gates by an engine, and return what they found of all accounts.

    Several accounts are one task. Where one fails, each of its accounts is tried by itself, so that the right one is named.

    Parameters
    ----------
    store
        Of the run; the workers open it at its location, at the commits that `inputs` pins.
    for_pages
        Whether the differences are asked for that no gate judges.

    Raises
    ------
    InputError, RunError
        The task of an account failed: the sentence names its bots and the day.
    """
    sources = store.read(inputs.store.versions, inputs.as_of, ("sources",))["sources"]
    groups = account_groups(desk, sources)
    given = (str(desk.file.resolve()), inputs.model_dump_json(), sorted(gates), for_pages)

    def tasks(parts: Sequence[Sequence[str]]) -> list[Task]:
        return [
            Task(f"the account of {', '.join(part)} on {inputs.date}", measure_account, (*given, list(part)))
            for part in parts
        ]

    parts = _dealt(groups, engine.workers)
    done = [(part, found) for part, found in zip(parts, run_tasks(engine, tasks(parts)), strict=True)]
    failed = {name for part, found in done if isinstance(found, Poisoned) for name in part}
    alone = [group for group in groups if failed & {*group}]
    results = [found for _, found in done if not isinstance(found, Poisoned)]
    results += run_tasks(engine, tasks(alone)) if len(alone) > 1 else [f for _, f in done if isinstance(f, Poisoned)]
    if poisoned := [each for each in results if isinstance(each, Poisoned)]:
        kind = InputError if all(each.exit_code == InputError.exit_code for each in poisoned) else RunError
        raise kind("; ".join(map(str, poisoned)))
    return _joined(results)


def _dealt(groups: Sequence[Sequence[str]], number: int) -> list[list[str]]:
    """Deal the accounts into so many parts, the largest first, each into the part that has least."""
    parts: list[list[str]] = [[] for _ in range(min(number, len(groups)))]
    for group in sorted(groups, key=lambda each: (-len(each), each)):
        min(parts, key=len).extend(group)
    return [sorted(part) for part in parts]


def _joined(parts: Sequence[AccountParts]) -> AccountParts:
    names = dict.fromkeys(name for part in parts for name in part.findings)
    findings = {name: [part.findings[name] for part in parts] for name in names}
    return AccountParts(
        {
            name: Findings(
                [metric for each in found for metric in each.metrics],
                pl.concat([each.breaks for each in found]),
                pl.concat([each.explains for each in found]),
            )
            for name, found in findings.items()
        },
        [delta for part in parts for delta in part.gated],
        [delta for part in parts for delta in part.shown or ()]
        if all(part.shown is not None for part in parts)
        else None,
    )


def measure_account(desk: str, inputs: str, gates: Sequence[str], for_pages: bool, bots: Sequence[str]) -> AccountParts:
    """Measure some accounts in a worker: return what it found of them.

    Parameters
    ----------
    inputs
        The `DayInputs` of the run, as JSON.
    bots
        All judged bots of these accounts.

    Raises
    ------
    InputError
        desk.toml is another one than that of the run.
    """
    pinned, where = DayInputs.model_validate_json(inputs), load_desk(Path(desk))
    if pinned.config.get(where.file.name) != sha256(where.file.read_bytes()).hexdigest():
        raise InputError(f"{where.file}: changed while the day was being judged; run it again")
    opened = Store.open(pinned.store.location, where.name)
    others = tuple(name for name in where.bots if name not in bots)
    alone = {
        name: bot if name in bots else bot.model_copy(update={"mode": Mode.DISABLED})
        for name, bot in where.bots.items()
    }
    checks = [check for check in CHECKS if check.per == ACCOUNT and check.gate in gates]
    parity = "parity" in gates

    def measure(case: Case) -> AccountParts:
        return AccountParts(
            {check.name: run_check(check, case) for check in checks},
            gated_deltas(case) if parity else [],
            deltas(case) if parity and for_pages else None,
        )

    _, found = measure_case(
        where.model_copy(update={"bots": alone}),
        StoreWithout(opened.location, opened.desk, others),
        pinned,
        gates,
        measure,
    )
    return found
