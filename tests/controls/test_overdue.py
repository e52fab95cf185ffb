"""Of which actions the channels are alerted, each of them once."""

from datetime import timedelta

from deskgate.controls.alerts import Delivery
from deskgate.controls.sinks.sink import Outcome

from .logs import MemoryLog, MemorySink, breach
from .runs import Channel, alert, run


def test_each_channel_is_alerted_until_it_took_it_and_then_no_more() -> None:
    log, sink, mail, chat = MemoryLog(), MemorySink(answers=[Outcome.REFUSED]), Channel(), Channel("chat", takes=False)
    run(log, sink, breach())
    assert alert(log, mail, chat) == Delivery(("mail",), ("chat",))
    assert alert(log, mail, chat) == Delivery((), ("chat",))
    chat.takes = True
    assert alert(log, mail, chat) == Delivery(("chat",), ())
    assert alert(log, mail, chat) is None
    assert (len(mail.heard), len(chat.heard)) == (1, 3)
    # Without a channel it is on record, once.
    run(log, sink, breach(entry="drawdown", verdict_id="another"), at=timedelta(minutes=6))
    assert alert(log) == Delivery((), ())
    assert alert(log) is None
    assert alert(log, mail) is None


def test_what_is_new_reaches_a_channel_without_what_it_has_heard() -> None:
    log, sink, mail, chat = MemoryLog(), MemorySink(answers=[Outcome.REFUSED]), Channel(), Channel("chat", takes=False)
    run(log, sink, breach())
    alert(log, mail, chat)
    alert(log, mail, chat, at=timedelta(seconds=121))
    assert [body.count("\n") for _, body in mail.heard] == [2, 2]
    assert ("it was refused" in mail.heard[1][1], "no receipt since" in mail.heard[1][1]) == (False, True)
    assert ("it was refused" in chat.heard[1][1], "no receipt since" in chat.heard[1][1]) == (True, True)


def test_failed_command_that_arrives_later_needs_no_alert_any_more() -> None:
    log, sink, channel = MemoryLog(), MemorySink(answers=[Outcome.FAILED, Outcome.ACKNOWLEDGED]), Channel()
    run(log, sink, breach())
    run(log, sink, breach(), at=timedelta(seconds=30))
    alert(log, channel, at=timedelta(seconds=30))
    assert [title for title, _ in channel.heard] == ["desk: bots were told to act"]
