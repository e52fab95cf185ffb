"""Intents: what is planned for which bots because of a breach. Planning again within an intent's validity plans nothing new.

Nothing here sends anything: an intent is data until a sink takes the commands it is made of.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from deskgate.config.bot import Mode
from deskgate.config.desk import Desk
from deskgate.config.errors import RunError
from deskgate.config.instants import stamp
from deskgate.controls.breaches import Breach

__all__ = ["Command", "Intent", "commands", "covers", "plan", "refuse_out_of_scope"]

# It ends all trading of a bot, so that nothing milder is left to ask of it.
_ENDS_ALL = "kill_switch"


@dataclass(frozen=True)
class Intent:
    """One action on scoped bots: `correlation_id` is the verdict's id, `authorised_by` who armed it (empty: nobody)."""

    event_id: str
    correlation_id: str
    entry: str
    subject: str
    action: str
    bots: tuple[str, ...]
    reason: str
    issued_at: datetime
    expires_at: datetime
    authorised_by: str

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> "Intent":
        """Return the intent that `body` made a record of."""
        given = {field.name: body[field.name] for field in fields(cls)}
        times = {name: datetime.fromisoformat(given[name]) for name in ("issued_at", "expires_at")}
        return cls(**{**given, **times, "bots": tuple(given["bots"])})

    def body(self) -> dict[str, Any]:
        """Return the intent as JSON has it."""
        return {
            **asdict(self),
            "bots": list(self.bots),
            "issued_at": stamp(self.issued_at),
            "expires_at": stamp(self.expires_at),
        }


@dataclass(frozen=True)
class Command:
    """What one bot is told: an intent's part for it. `command_id` is one of a kind, so that a receiver knows a repetition."""

    command_id: str
    bot: str
    intent: Intent


def commands(intent: Intent) -> list[Command]:
    """Return an intent's commands, one for each of its bots."""
    return [Command(str(uuid5(NAMESPACE_URL, f"{intent.event_id}/{bot}")), bot, intent) for bot in intent.bots]


def covers(told: str, asked: str) -> bool:
    """Return whether a bot that was told one action need not be told another: the same one, or anything after it ended."""
    return told in (asked, _ENDS_ALL)


def plan(
    breaches: Sequence[Breach],
    now: datetime,
    ledger: Iterable[Intent],
    *,
    validity: timedelta,
    refused: Iterable[Intent] = (),
    authorised_by: str = "",
) -> list[Intent]:
    """Return the intents that breaches call for and that no valid intent covers yet.

    A bot that a valid intent already tells the same, or to stop, is not told again: not by the same entry, and not by
    another. A worse action is planned at once.

    Parameters
    ----------
    breaches
        Worst action first, as `breaches` gives them.
    ledger
        The intents that were sent, or were about to be.
    refused
        Those that every sink refused: such a one is not repeated within its validity, and stands for no other action.
    """
    valid = [intent for intent in ledger if now < intent.expires_at]
    in_vain = [intent for intent in refused if now < intent.expires_at]
    planned: list[Intent] = []
    for breach in breaches:
        told = {bot for one in (*valid, *planned) if covers(one.action, breach.action) for bot in one.bots}
        told |= {bot for one in in_vain if one.action == breach.action for bot in one.bots}
        bots = tuple(bot for bot in breach.bots if bot not in told)
        if not bots:
            continue
        about = "/".join((breach.verdict_id, breach.action, ",".join(bots), stamp(now), authorised_by))
        planned.append(
            Intent(
                event_id=str(uuid5(NAMESPACE_URL, about)),
                correlation_id=breach.verdict_id,
                entry=breach.entry,
                subject=breach.subject,
                action=breach.action,
                bots=bots,
                reason=breach.reason,
                issued_at=now,
                expires_at=now + validity,
                authorised_by=authorised_by,
            )
        )
    return planned


def refuse_out_of_scope(desk: Desk, intents: Iterable[Intent]) -> None:
    """Refuse to act on a bot that is not live.

    Raises
    ------
    RunError
        An intent names one.
    """
    for intent in intents:
        for name in intent.bots:
            bot = desk.bots.get(name)
            if bot is None or bot.mode is not Mode.LIVE:
                what = f"is {bot.mode}" if bot else "is not in desk.toml"
                raise RunError(
                    f"{intent.action} of {intent.entry} names {name}, which {what}, expected live bots alone; nothing was"
                    " sent, report this"
                )
