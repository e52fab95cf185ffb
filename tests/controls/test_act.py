"""Acting: once, on record before and after, and nothing silent. The clock and the venue are the test's."""

from datetime import datetime, timedelta

import pytest

from deskgate.config.errors import RunError
from deskgate.controls.act import Acted, act, planned
from deskgate.controls.effects import await_receipts
from deskgate.controls.intents import Command
from deskgate.controls.ledger import read_ledger
from deskgate.controls.looks import Look
from deskgate.controls.sinks.sink import Answer, Outcome

from .logs import AT, KilledError, MemoryLog, MemorySink, acting_desk, breach
from .logs import command as some_command
from .runs import APART, WITHIN, Channel, Clock, Venue, alert, run


def test_breach_is_sent_once_within_its_validity_and_again_after_it() -> None:
    log, sink = MemoryLog(), MemorySink()
    assert [sent.outcome for sent in run(log, sink, breach("kill_switch", "b1", "b2")).sent] == [
        Outcome.ACKNOWLEDGED
    ] * 2
    assert run(log, sink, breach("kill_switch", "b1", "b2"), at=timedelta(minutes=4)) == Acted((), ())
    assert [command.bot for command in sink.taken] == ["b1", "b2"]
    assert log.kinds() == ["breach", "intent", *["sent", "sent", "acknowledged"] * 2]
    run(log, sink, breach("kill_switch", "b1", "b2"), at=timedelta(minutes=5))
    assert [command.bot for command in sink.taken] == ["b1", "b2"] * 2
    assert len({command.command_id for command in sink.taken}) == 4


def test_dry_run_says_what_would_be_sent_and_records_nothing() -> None:
    log = MemoryLog()
    assert [each.bots for each in planned(acting_desk(), [breach("reduce", "b2")], log, AT)] == [("b2",)]
    assert log.kept == []


@pytest.mark.parametrize("name", ["paper", "testnet", "disabled"])
def test_bot_that_is_not_live_is_never_told(name: str) -> None:
    log, sink = MemoryLog(), MemorySink()
    with pytest.raises(RunError, match=f"names {name}"):
        run(log, sink, breach("kill_switch", "b1", name))
    assert (sink.taken, log.kept) == ([], [])


@pytest.mark.parametrize("idempotent", [False, True])
@pytest.mark.parametrize("dies_at", range(6))
def test_run_that_is_killed_sends_once_or_it_is_known_that_it_may_have(dies_at: int, idempotent: bool) -> None:
    log, sink, channel = MemoryLog(dies_at=dies_at), MemorySink(idempotent=idempotent), Channel()
    # breach, intent, sending | sent, acknowledged: what the sink takes comes after the third record.
    if dies_at < 5:
        with pytest.raises(KilledError):
            run(log, sink, breach())
    else:
        run(log, sink, breach())
    log.dies_at = None
    run(log, sink, breach(), at=timedelta(seconds=1))
    ids = {command.command_id for command in sink.taken}
    was_sent_unrecorded = dies_at == 3
    assert len(ids) == 1
    assert len(sink.taken) == (2 if was_sent_unrecorded and idempotent else 1)
    assert alert(log, channel) is not None
    says = "a run was killed while it sent this" in channel.heard[0][1]
    assert says is (was_sent_unrecorded and not idempotent)


@pytest.mark.parametrize(
    ("outcome", "times", "says"),
    [
        (Outcome.FAILED, 2, "it has not arrived"),
        (Outcome.REFUSED, 1, "it was refused"),
        (Outcome.UNKNOWN, 1, "it may have arrived"),
        (Outcome.DELIVERED, 1, None),
    ],
)
def test_what_did_not_arrive_is_sent_again_and_the_rest_is_alerted(
    outcome: Outcome, times: int, says: str | None
) -> None:
    log, sink, channel = MemoryLog(), MemorySink(answers=[outcome]), Channel()
    run(log, sink, breach())
    run(log, sink, breach(), at=timedelta(seconds=30))
    assert [command.command_id for command in sink.taken] == [sink.taken[0].command_id] * times
    alert(log, channel)
    assert (says or "soft_pause of b1 for daily_loss was sent, authorised by ann") in channel.heard[0][1]
    assert ("something is wrong" in channel.heard[0][0]) is (says is not None)


def test_sink_that_breaks_does_not_keep_others_from_being_told() -> None:
    class Broken(MemorySink):
        def send(self, command: object) -> Answer:
            raise ValueError("a defect")

    log, sink, clock = MemoryLog(), MemorySink(), Clock()
    desk, broken = acting_desk(), Broken("broken")
    made = act(desk, [breach()], log, [broken, sink], Venue(clock), now=clock.now, by="ann")
    assert [(each.sink, each.outcome) for each in made.sent] == [
        ("broken", Outcome.UNKNOWN),
        ("memory", Outcome.ACKNOWLEDGED),
    ]


def test_look_that_breaks_keeps_no_bot_from_being_told() -> None:
    class Broken(Venue):
        def look(self, bot: str, since: datetime) -> Look:
            if bot == "b1":
                raise ValueError("the environment has no KEY")
            return super().look(bot, since)

    log, sink, clock = MemoryLog(), MemorySink(), Clock()
    act(acting_desk(), [breach("kill_switch", "b1", "b2")], log, [sink], Broken(clock), now=clock.now, by="ann")
    assert [command.bot for command in sink.taken] == ["b1", "b2"]
    (action,) = read_ledger(log).actions.values()
    assert action.before["b1"]["lacks"] == "the environment has no KEY"
    receipts = await_receipts(
        log, Broken(clock), now=clock.now, sleep=clock.sleep, apart=APART, recent=WITHIN, within=WITHIN
    )
    assert [(made.bot, made.is_complete, made.why) for made in receipts] == [
        ("b1", False, "the environment has no KEY"),
        ("b2", True, ""),
    ]


def test_first_bot_is_told_before_the_account_of_the_next_is_looked_at() -> None:
    order: list[tuple[str, str]] = []

    class Heard(MemorySink):
        def send(self, command: Command) -> Answer:
            order.append(("told", command.bot))
            return super().send(command)

    class Seen(Venue):
        def look(self, bot: str, since: datetime) -> Look:
            order.append(("seen", bot))
            return super().look(bot, since)

    log, clock = MemoryLog(), Clock()
    sinks = [Heard("one"), Heard("two")]
    act(acting_desk(), [breach("kill_switch", "b1", "b2")], log, sinks, Seen(clock), now=clock.now, by="ann")
    assert order == [(what, bot) for bot in ("b1", "b2") for what in ("seen", "told", "told")]


def test_operator_who_answers_for_an_action_closes_it() -> None:
    log, sink = MemoryLog(), MemorySink(answers=[Outcome.FAILED])
    run(log, sink, breach())
    (action,) = read_ledger(log).open_actions
    log.append("override", {"event_id": action.intent.event_id, "by": "ann", "why": "stopped by hand"}, AT)
    assert read_ledger(log).open_actions == []
    assert run(log, sink, at=timedelta(seconds=9)).sent == ()
    assert alert(log, Channel(), at=timedelta(hours=1)) is None
    # What is closed by word alone stands for nothing: a breach that lasts tells the bot again.
    assert [sent.bot for sent in run(log, sink, breach(), at=timedelta(seconds=10)).sent] == ["b1"]


def test_kill_that_every_sink_refused_keeps_no_pause_back() -> None:
    log, sink, other = MemoryLog(), MemorySink(answers=[Outcome.REFUSED, Outcome.ACKNOWLEDGED]), MemorySink("other")
    other.answers = [Outcome.REFUSED, Outcome.ACKNOWLEDGED]
    clock = Clock()
    both = [breach("kill_switch"), breach("soft_pause", entry="drawdown")]
    for _ in range(2):
        act(acting_desk(), both, log, [sink, other], Venue(clock), now=clock.now, by="ann")
        clock.sleep(60)
    assert [command.intent.action for command in sink.taken] == ["kill_switch", "soft_pause"]
    # One sink that took it is enough.
    act(acting_desk(), [breach("reduce")], log, [sink], Venue(clock), now=clock.now, by="ann")
    act(acting_desk(), [breach("kill_switch", "b2")], log, [sink], Venue(clock), now=clock.now, by="ann")
    act(acting_desk(), [breach("soft_pause", "b2")], log, [sink], Venue(clock), now=clock.now, by="ann")
    assert [command.intent.action for command in sink.taken][2:] == ["reduce", "kill_switch"]


def test_breach_whose_bots_are_told_already_is_on_record_once_in_a_validity() -> None:
    log, sink = MemoryLog(), MemorySink()
    both = (breach("kill_switch"), breach("soft_pause", entry="drawdown"))
    for minutes in (0, 2, 4):
        run(log, sink, *both, at=timedelta(minutes=minutes))
    assert log.kinds()[:3] == ["breach", "breach", "intent"]
    assert log.kinds().count("breach") == 2
    run(log, sink, *both, at=timedelta(minutes=5))
    assert log.kinds().count("breach") == 4


def test_account_before_the_command_is_on_record() -> None:
    log, sink, clock = MemoryLog(), MemorySink(), Clock()
    act(acting_desk(), [breach()], log, [sink], Venue(clock, lambda _: ("x",)), now=clock.now, by="ann")
    (action,) = read_ledger(log).actions.values()
    assert Look.from_body(action.before["b1"]).open_orders == ("x",)
    assert sink.taken[0].intent.authorised_by == "ann"
    assert sink.taken[0].command_id != some_command().command_id
