"""Alert channels: what desk.toml names and what the environment holds."""

import smtplib
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_string
from threading import Thread
from typing import TYPE_CHECKING, cast

import pytest

from deskgate.config.desk import Alerts
from deskgate.config.errors import InputError
from deskgate.controls import alerts as module
from deskgate.controls.alert_text import alert_body
from deskgate.controls.alerts import AppriseChannel, Channel, open_channels, openable_channels
from desks import desk
from hostile import MARKUP
from webhook import Webhook

if TYPE_CHECKING:
    from apprise import Apprise

# Apprise looks for a module that a later Python no longer has.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")


def opened(channel: Webhook) -> Channel:
    (found,) = open_channels(desk().model_copy(update={"alerts": Alerts(urls=[channel.url])}))
    return found


@pytest.mark.parametrize("held", ["", "  \n"])
def test_variable_without_an_address_is_refused(monkeypatch: pytest.MonkeyPatch, held: str) -> None:
    monkeypatch.setenv("CHANNELS", held)
    with pytest.raises(InputError, match="CHANNELS of the environment is empty"):
        open_channels(desk().model_copy(update={"alerts": Alerts(urls_env="CHANNELS")}))


def test_desk_without_channels_has_none() -> None:
    assert open_channels(desk()) == []


@pytest.mark.slow
def test_channel_that_cannot_be_opened_leaves_the_others(monkeypatch: pytest.MonkeyPatch, channel: Webhook) -> None:
    monkeypatch.delenv("CHANNELS", raising=False)
    configured = Alerts(urls=["nothing://x", channel.url], urls_env="CHANNELS")
    found, problems = openable_channels(desk().model_copy(update={"alerts": configured}))
    assert [each.shown for each in found] == ["json://127.0.0.1"]
    assert ["CHANNELS" in str(problems[0]), "nothing://…" in str(problems[1])] == [True, True]


def test_channel_that_never_answers_is_given_up_and_takes_when_it_is_back(
    monkeypatch: pytest.MonkeyPatch, channel: Webhook
) -> None:
    channel.answers.clear()
    with monkeypatch.context() as patched:
        patched.setattr(module, "TIMEOUT_S", 0.2)
        assert not opened(channel).notify("t", "b", None)
    channel.answers.set()
    assert opened(channel).notify("t", "b", None)


def test_slow_channel_is_waited_for(channel: Webhook) -> None:
    channel.answers.clear()
    took: list[bool] = []
    sending = Thread(target=lambda: took.append(opened(channel).notify("t", "b", None)))
    sending.start()
    assert channel.asked.wait(60)
    assert took == []
    channel.answers.set()
    sending.join(60)
    assert took == [True]


def test_channel_that_is_down_is_not_reached_until_it_is_back(channel: Webhook) -> None:
    channel.close()
    assert not opened(channel).notify("t", "b", None)
    back = Webhook(channel.port)
    try:
        assert opened(back).notify("t", "b", None)
        assert back.titles == ["t"]
    finally:
        back.close()


@dataclass
class Short:
    """A service that refuses what is too long, as the real ones do, and puts the title into the text."""

    heard: list[str] = field(default_factory=list)
    body_maxlen: int = 1024
    title_maxlen: int = 0

    def __iter__(self) -> Iterator["Short"]:
        """Yield the only one."""
        yield self

    def notify(self, *, title: str, body: str, body_format: str) -> bool:
        """Take a text, or refuse it."""
        assert body_format == "text"
        self.heard.append(f"{title}\n{body}")
        return len(self.heard[-1]) <= self.body_maxlen


def test_long_alert_is_cut_to_what_the_service_takes() -> None:
    service = Short()
    body = alert_body([f"bot{n}: fills/missing: {'x' * 90}" for n in range(60)], ["Stand down."])
    assert AppriseChannel("short", "1", cast("Apprise", service)).notify("d: STOP", body, None)
    (text,) = service.heard
    assert [part in text for part in ("d: STOP", "bot0: ", " more\nStand down.\nthe audit trail")] == [True] * 3


def test_lengths_are_those_of_the_service() -> None:
    (telegram,) = open_channels(
        desk().model_copy(update={"alerts": Alerts(urls=["tgram://123456789:abcdefg_hijklmnop/1"])})
    )
    assert isinstance(telegram, AppriseChannel)
    assert [(service.body_maxlen, service.title_maxlen) for service in telegram.apprise] == [(4096, 0)]


def test_what_a_bot_wrote_is_text_in_a_mail_of_html(monkeypatch: pytest.MonkeyPatch) -> None:
    from apprise import Apprise

    sent: list[str] = []

    class Server:
        def __init__(self, *_: object, **__: object) -> None: ...

        def __getattr__(self, _name: str) -> object:
            return lambda *given, **_: sent.extend(map(str, given))

    monkeypatch.setattr(smtplib, "SMTP", Server)
    to = Apprise()
    to.add("mailto://user:word@localhost:2525?to=ann@example.org&from=desk@example.org&format=html")
    channel = AppriseChannel("mail", "k", to)
    assert channel.notify("a title\r\nBcc: other@example.org", f"{MARKUP} \x1b[31mred", None)
    mail = message_from_string(max(sent, key=len))
    parts = {part.get_content_type(): part.get_payload(decode=True) for part in mail.walk() if not part.is_multipart()}
    page = cast("bytes", parts["text/html"]).decode()
    assert "<img" not in page
    assert "&lt;img" in page
    assert "\x1b" not in page
    assert mail["Bcc"] is None
    assert "Bcc: other" in mail["Subject"]
