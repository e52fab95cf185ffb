"""The kill drill: does a kill reach a bot through the sinks of this desk, and is its effect seen at the venue?

It kills a testnet bot for real, by the path of a real breach, in a trail of the drill's own. The desk's own trail has the intent before that,
so that a drill which never ends is on record as one that showed nothing. Where there was no order to cancel or no
position to see, it could not have failed, and so has shown nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

from deskgate.audit.chain import Chain
from deskgate.config.bot import Bot, Mode
from deskgate.config.desk import Desk
from deskgate.config.errors import InputError, did_you_mean
from deskgate.controls.act import send_due
from deskgate.controls.effects import await_receipts
from deskgate.controls.intents import Intent
from deskgate.controls.ledger import Sent
from deskgate.controls.looks import Look, Looks
from deskgate.controls.receipts import Receipt
from deskgate.controls.sinks import open_sinks
from deskgate.gates.evaluation import Status

__all__ = ["KillDrilled", "drill_kill", "testnet_bot"]

_ENTRY = "kill_drill"


@dataclass(frozen=True)
class KillDrilled:
    """What a kill drill showed of one bot; `says` is why it did not pass."""

    bot: str
    status: Status
    says: str
    sent: tuple[Sent, ...]
    receipt: Receipt | None

    @property
    def passed(self) -> bool:
        """Whether the kill was seen to work."""
        return self.status is Status.PASS


def testnet_bot(desk: Desk, name: str) -> Bot:
    """Return the bot to kill.

    Raises
    ------
    InputError
        There is no such bot, it is not a testnet bot, or it has no key by which the effect could be seen.
    """
    bot = desk.bots.get(name)
    if bot is None:
        raise InputError(
            f"{desk.file}: there is no bot '{name}'{did_you_mean(name, desk.bots)}; name one of its testnet bots"
        )
    if bot.mode is not Mode.TESTNET:
        raise InputError(
            f"bots.{name} is {bot.mode}, expected a testnet bot: a drill really stops it; name one, or add one to the desk"
        )
    if bot.control.venue is None:
        raise InputError(
            f"bots.{name}.control has no venue, expected a read-only key: without one nobody would see whether the bot"
            " stopped; name one in desk.toml"
        )
    return bot


def drill_kill(
    desk: Desk,
    out: Path,
    name: str,
    looks: Looks,
    *,
    by: str,
    begin: Callable[[Intent], object],
    now: Callable[[], datetime],
    sleep: Callable[[float], None],
) -> KillDrilled:
    """Kill a testnet bot through the desk's sinks, and wait for the effect.

    Parameters
    ----------
    by
        Who authorises it.
    begin
        Puts the intent on record, before anything is sent.

    Raises
    ------
    InputError
        Nobody is named, the bot is no testnet bot or has no key, or a secret of a sink is not set; nothing was sent.
    """
    bot = testnet_bot(desk, name)
    if not by.strip():
        raise InputError("--by is empty, expected who authorises the drill; give a name")
    at, settings = now(), desk.actions
    intent = Intent(
        event_id=str(uuid4()),
        correlation_id=f"{_ENTRY}:{bot.name}",
        entry=_ENTRY,
        subject=bot.name,
        action="kill_switch",
        bots=(bot.name,),
        reason="a drill",
        issued_at=at,
        expires_at=at + timedelta(minutes=settings.validity_min),
        authorised_by=by.strip(),
    )
    with TemporaryDirectory(prefix="deskgate-drill-") as folder, open_sinks(desk, out) as sinks:
        begin(intent)
        log = Chain.open(Path(folder), desk.name)
        log.append("intent", intent.body(), at)
        sent = send_due(log, sinks, looks, now=now)
        (receipt,) = await_receipts(
            log,
            looks,
            now=now,
            sleep=sleep,
            apart=timedelta(seconds=settings.reads_apart_s),
            recent=timedelta(seconds=settings.receipt_within_s),
            within=timedelta(seconds=settings.receipt_within_s),
        )
    status, says = _judge(receipt)
    return KillDrilled(bot.name, status, says, tuple(sent), receipt)


def _judge(receipt: Receipt) -> tuple[Status, str]:
    if why := _lacks(receipt.before):
        return Status.INSUFFICIENT, f"{why}, so the drill could not have failed"
    if not receipt.delivered:
        return Status.FAIL, "no sink took the command"
    if not receipt.is_complete:
        return Status.FAIL, receipt.why
    return Status.PASS, f"no order open {(receipt.to_no_orders_ms or 0) / 1000:.0f} s after the command"


def _lacks(before: Look | None) -> str:
    if before is None or not before.is_known:
        return f"the account before the command is not known ({before.lacks if before else 'no key and no export'})"
    if not before.open_orders:
        return "there was no order to cancel"
    return "there was no position to see" if before.is_flat else ""
