"""The operations frames: what operators and runs record; no source file holds it."""

import dataframely as dy

from deskgate.schema.columns import decimal, instant, string

__all__ = ["BREAK_ACTIONS", "Actions", "Alerts", "Anchors", "Baselines", "BreakActions", "BreakSightings", "Drills"]

# What an operator may do about a break.
BREAK_ACTIONS = ("note", "own", "accept", "resolve")


class Anchors(dy.Schema):
    """One row per reset of the clock of the 24 h proof: who, why, and from when coverage counts anew."""

    row_id = string(nullable=False)
    effective_at = instant()
    recorded_at = instant()
    by = string(nullable=False)
    why = string(nullable=False)


class Baselines(dy.Schema):
    """One row per freeze an operator recorded: who, why, from when it speaks, and the digests of the configuration.

    `effective_at` is the instant the freeze speaks for, `recorded_at` the clock's when it was entered; `digests` is a
    JSON object of file -> sha256, `settings` one of file -> key -> value as text, without secrets, and with the images of
    the services that compose files start.
    """

    row_id = string(nullable=False)
    effective_at = instant()
    recorded_at = instant()
    by = string(nullable=False)
    why = string(nullable=False)
    digests = string(nullable=False)
    settings = string()


class BreakActions(dy.Schema):
    """One row per thing an operator did about a break: a note, an owner, an acceptance, a claim that it is resolved.

    `fingerprint` is the break's amounts then; an acceptance is of these and lapses when they change.
    `effective_at` is the instant the action speaks for, `recorded_at` the clock's when it was entered.
    """

    row_id = string(nullable=False)
    break_id = string(nullable=False)
    action = dy.String(nullable=False, check=lambda action: action.is_in(BREAK_ACTIONS))
    text = string(nullable=False)
    by = string(nullable=False)
    fingerprint = string()
    effective_at = instant()
    recorded_at = instant()


class BreakSightings(dy.Schema):
    """One row per break and run: there with the amounts in `fingerprint`, or, where `is_there` is false, no longer there.

    `effective_at` is the instant the run spoke for; it decides which run is the later one, and for one instant
    `recorded_at` does.
    """

    row_id = string(nullable=False)
    break_id = string(nullable=False)
    is_there = dy.Bool(nullable=False)
    kind = string(nullable=False)
    bot = string(nullable=False)
    pair = string()
    leg = string(nullable=False)
    ts = instant()
    first_seen = string(nullable=False)
    severity = string(nullable=False)
    value_quote = decimal()
    fingerprint = string(nullable=False)
    detail = string(nullable=False)
    effective_at = instant()
    recorded_at = instant()


class Alerts(dy.Schema):
    """One row per break and channel (a digest of its address) that took the alert of it: the break's amounts then.

    `effective_at` is the instant the run spoke for.
    """

    row_id = string(nullable=False)
    break_id = string(nullable=False)
    severity = string(nullable=False)
    fingerprint = string(nullable=False)
    channel = string(nullable=False)
    effective_at = instant()
    recorded_at = instant()


class Drills(dy.Schema):
    """One row per drill: which, whether it passed, and its evidence as JSON; `effective_at` is when it was run."""

    row_id = string(nullable=False)
    drill = string(nullable=False)
    passed = dy.Bool(nullable=False)
    evidence = string(nullable=False)
    effective_at = instant()
    recorded_at = instant()


class Actions(dy.Schema):
    """One row per record about an action on bots: a breach, an intent, a command, its answer, a receipt, an alert.

    `event_id` is the intent's; `bot` and `sink` are null where a record is about several. `content` is a JSON object of what the
    record says. `effective_at` is when it happened, of a receipt when its last look was made.
    """

    row_id = string(nullable=False)
    event_id = string()
    kind = string(nullable=False)
    bot = string()
    sink = string()
    content = string(nullable=False)
    effective_at = instant()
    recorded_at = instant()
