"""Alerts: one message to each of a desk's channels, through Apprise, and what became of it.

Which channels there are stands in desk.toml's [alerts]; addresses with a secret stand in the environment, and are never
printed whole.
"""

import logging
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from hashlib import blake2b
from threading import Thread
from typing import TYPE_CHECKING, Protocol
from urllib.parse import unquote, urlsplit

import polars as pl

from deskgate.audit.checkpoint import Checkpoint, checkpoint_line
from deskgate.config.desk import Desk
from deskgate.config.errors import InputError
from deskgate.config.plain_text import one_line, plain_text
from deskgate.config.plural import plural
from deskgate.controls.alert_text import alert_body, fit_alert

if TYPE_CHECKING:
    from apprise import Apprise

__all__ = [
    "Channel",
    "Delivery",
    "address_secrets",
    "channels",
    "drift_message",
    "open_channels",
    "openable_channels",
    "send",
]

# How long one message to one channel may take, whatever the `cto` and `rto` of its address say of each of its waits.
TIMEOUT_S = 30.0

_BETWEEN_PARTS = re.compile("[/:@?&=]")
# A shorter one is a word of other texts.
_SECRET_LENGTH = 8


@dataclass(frozen=True)
class Delivery:
    """How one alert was delivered: the channels it reached and those it did not, without their secrets.

    `took` says of each channel that it was sent to, by `Channel.key`, whether it took it.
    """

    reached: tuple[str, ...]
    failed: tuple[str, ...]
    took: Mapping[str, bool] = field(default_factory=dict, compare=False)

    @classmethod
    def of(cls, took: Iterable[tuple["Channel", bool]]) -> "Delivery":
        """Return the delivery to some channels, each with whether it took the alert."""
        sent = list(took)
        return cls(
            tuple(channel.shown for channel, ok in sent if ok),
            tuple(channel.shown for channel, ok in sent if not ok),
            {channel.key: ok for channel, ok in sent},
        )

    @property
    def ok(self) -> bool:
        """Whether there is a channel, and every one was reached."""
        return bool(self.reached) and not self.failed

    @property
    def sentence(self) -> str:
        """Whom the alert reached, and whom not."""
        failed = f"; it did not reach {', '.join(self.failed)}" if self.failed else ""
        return f"The alert reached {', '.join(self.reached) or 'nobody'}{failed}"


class Channel(Protocol):
    """Where alerts go."""

    @property
    def shown(self) -> str:
        """What of its address may be shown."""

    @property
    def key(self) -> str:
        """A stable id of its address."""

    def notify(self, title: str, body: str, checkpoint: Checkpoint | None) -> bool:
        """Send one alert with the audit trail's checkpoint, and return whether the channel took it in time.

        What a channel keeps shows later that the trail's end was cut off; None says that the trail could not be read.
        """


@dataclass(frozen=True)
class AppriseChannel:
    """One opened channel: the part of its URL that may be shown, and a stable id of the URL."""

    shown: str
    key: str
    apprise: "Apprise"

    def notify(self, title: str, body: str, checkpoint: Checkpoint | None) -> bool:
        """Send one alert, see `Channel`, as long as its service takes; one that is not taken within `TIMEOUT_S` is given up."""
        title_max = min(service.title_maxlen for service in self.apprise)
        body_max = min(service.body_maxlen for service in self.apprise)
        title, text = fit_alert(
            one_line(title), plain_text(body), _witnessed(checkpoint), title_max=title_max, body_max=body_max
        )
        took = list[bool]()
        # Apprise has a time-out too, but its threads are waited for when the process ends.
        # As text: a service whose messages are HTML then escapes what a bot or a venue wrote.
        send = partial(self.apprise.notify, body=text, title=title, body_format="text")
        sending = Thread(target=lambda: took.append(bool(send())), daemon=True)
        sending.start()
        sending.join(TIMEOUT_S)
        return took == [True]


def channels(desk: Desk) -> list[str]:
    """Return the addresses of a desk's channels, those in the environment included.

    Raises
    ------
    InputError
        The environment has no such variable, or it holds no address.
    """
    found = list(desk.alerts.urls)
    if name := desk.alerts.urls_env:
        if name not in os.environ:
            raise InputError(
                f"the environment has no {name}, expected the addresses that desk.toml's alerts.urls_env names; set it"
            )
        found += os.environ[name].split()
    if desk.alerts.is_declared and not found:
        # Nobody would be told, and what an earlier run saw of the channels would be judged.
        raise InputError(
            f"{desk.alerts.urls_env} of the environment is empty, expected the addresses that desk.toml's alerts.urls_env"
            " names; set it, or take it out of [alerts]"
        )
    return found


def address_secrets(desk: Desk) -> list[str]:
    """Return what of the desk's alert addresses is secret: whole ones, and each secret part of them.

    An address in the environment is one as a whole; one in desk.toml where it has a secret part. Parts are those of at least eight
    characters that Apprise hides (1.9, `privacy`); of a service that it does not know there are none.

    Raises
    ------
    InputError
        As `channels`.
    """
    found: dict[str, None] = {}
    for address in channels(desk):
        parts = _hidden_parts(address)
        if parts or address not in desk.alerts.urls:
            found |= dict.fromkeys([address, *(part for part in parts if len(part) >= _SECRET_LENGTH)])
    return list(found)


def open_channels(desk: Desk) -> list[Channel]:
    """Return the desk's channels, ready to be used, each address once.

    Raises
    ------
    InputError
        An address is not a supported Apprise URL, or the environment has no such variable.
    """
    found, problems = openable_channels(desk)
    if problems:
        raise problems[0]
    return found


def openable_channels(desk: Desk) -> tuple[list[Channel], list[InputError]]:
    """Return those of the desk's channels that can be opened, each address once, and what is wrong with the others."""
    problems: list[InputError] = []
    try:
        addresses = channels(desk)
    except InputError as error:
        problems.append(error)
        addresses = desk.alerts.urls
    if not addresses:
        return [], problems
    found: dict[str, Channel] = {}
    for address in dict.fromkeys(addresses):
        channel = _apprise()
        if not channel.add(address):
            problems.append(
                InputError(
                    f"{desk.file}: the alert channel {_shown(address)} is not a supported Apprise URL, expected one like"
                    " json://host/path or tgram://token/chat; correct [alerts]"
                )
            )
            continue
        same = [shown for shown in found if shown.startswith(_shown(address))]
        name = f"{_shown(address)} ({len(same) + 1})" if same else _shown(address)
        found[name] = AppriseChannel(name, blake2b(address.encode(), digest_size=8).hexdigest(), channel)
    return list(found.values()), problems


def send(desk: Desk, title: str, body: str, checkpoint: Checkpoint | None) -> Delivery:
    """Send one alert to every channel of the desk, with the audit trail's checkpoint.

    Raises
    ------
    InputError
        As `open_channels`.
    """
    return Delivery.of((channel, channel.notify(title, body, checkpoint)) for channel in open_channels(desk))


def drift_message(desk: Desk, day: str, breaks: pl.DataFrame) -> tuple[str, str]:
    """Return title and body of the alert about critical breaks.

    Parameters
    ----------
    breaks
        The breaks to report: break_id, kind, bot, pair, ts, leg, observed, expected, value_quote, detail.
    """
    rows = breaks.sort("value_quote", "ts", descending=[True, False], nulls_last=True)
    lines = [
        f"{row['kind']} {row['bot']} {row['pair'] or ''} {row['ts']:%Y-%m-%d %H:%M:%S} UTC: {row['observed'] or 'nothing'}"
        f" where {row['expected'] or 'nothing'} is expected ({row['break_id']})"
        for row in rows.iter_rows(named=True)
    ]
    title = f"{desk.name} {day}: {rows.height} critical {plural(rows.height, 'break')}"
    return title, alert_body(lines, ["deskgate breaks lists them"])


def _hidden_parts(address: str) -> list[str]:
    """Return what Apprise hides of an address, as it is before it is percent-encoded."""
    channel = _apprise()
    channel.add(address)
    urls = zip(channel.urls(privacy=True), channel.urls(privacy=False), strict=True)
    parts = [zip(_BETWEEN_PARTS.split(hidden), _BETWEEN_PARTS.split(whole), strict=False) for hidden, whole in urls]
    shown_apart = [unquote(part) for pairs in parts for hidden, part in pairs if hidden != part]
    # Apprise hides some of its own defaults too.
    return [part for part in shown_apart if part in unquote(address)]


def _apprise() -> "Apprise":
    import apprise

    # Apprise logs addresses; ours may hold a secret.
    logging.getLogger("apprise").setLevel(logging.CRITICAL)
    return apprise.Apprise()


def _witnessed(checkpoint: Checkpoint | None) -> list[str]:
    if checkpoint is None:
        return ["the audit trail could not be read; deskgate verify --audit says why"]
    line = f"{checkpoint_line(checkpoint.as_json())} ({checkpoint.statement})"
    return [line, "Keep this message: it shows later whether the audit trail was cut off."]


def _shown(address: str) -> str:
    """Return as much of an address as says what it is: never what follows the host, never a password."""
    try:
        where = urlsplit(address)
    except ValueError:  # half an IPv6 address
        return "…"
    # Many services have their secret where a host would be.
    local = where.scheme in ("json", "jsons", "xml", "xmls", "form", "forms", "mailto", "mailtos")
    return f"{where.scheme}://{where.hostname}" if local and where.hostname else f"{where.scheme}://…"
