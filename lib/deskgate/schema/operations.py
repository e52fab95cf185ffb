"""The operations frames: what operators and runs record; no source file holds it."""

import dataframely as dy

from deskgate.schema.columns import decimal, instant, string

__all__ = [
    "BREAK_ACTIONS",
    "INCIDENT_STEPS",
    "PROBES",
    "WAIVER_STEPS",
    "Actions",
    "Alerts",
    "Anchors",
    "Baselines",
    "BreakActions",
    "BreakSightings",
    "ChecklistMarks",
    "Drills",
    "Incidents",
    "Openings",
    "Probes",
    "Waivers",
]

# What a run looks at beside the desk's records: a health route, an alert channel that desk.toml names, an alert sent to one,
# what an alert is of (not ok until it is over), files that may hold a secret, the machine's clock, files that are no longer what was
# read of them.
PROBES = ("health", "channel", "delivery", "cause", "secrets", "clock", "files")
# The steps of an incident's way.
INCIDENT_STEPS = ("open", "own", "note", "close")
# The steps of a waiver's way.
WAIVER_STEPS = ("grant", "revoke")
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


class Openings(dy.Schema):
    """One row per bot and account that opens at its first snapshot: which one that was, as the first run that had it recorded it.

    `opening` is a JSON object: at, balance, position and entry_price, as desk.toml could have typed them. `effective_at` is the
    snapshot's instant.
    """

    row_id = string(nullable=False)
    bot = string(nullable=False)
    account = string(nullable=False)
    opening = string(nullable=False)
    effective_at = instant()
    recorded_at = instant()


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


class Probes(dy.Schema):
    """One row per thing that a run looked at beside the desk's records: which, whether it was as it should be, and what was seen.

    `subject` is a route's name, a channel (a digest of its address), or the desk. `ok` is null where it only names
    something. `content` is a JSON object. `effective_at` is the instant that the run spoke for.
    """

    row_id = string(nullable=False)
    kind = dy.String(nullable=False, check=lambda kind: kind.is_in(PROBES))
    subject = string(nullable=False)
    ok = dy.Bool(nullable=True)
    content = string(nullable=False)
    effective_at = instant()
    recorded_at = instant()


class Incidents(dy.Schema):
    """One row per step of an incident: it was opened, assigned to an owner, somebody noted something, it was closed.

    `text` is what it is about, why it is theirs, the note, or why it was closed. `content` is a JSON object: of an opening the
    owner, what is to be done, the day and the stop conditions of the decision that opened it; of an assignment the owner and what is
    to be done; of a closing the evidence.
    """

    row_id = string(nullable=False)
    incident_id = string(nullable=False)
    step = dy.String(nullable=False, check=lambda step: step.is_in(INCIDENT_STEPS))
    by = string(nullable=False)
    text = string(nullable=False)
    content = string(nullable=False)
    effective_at = instant()
    recorded_at = instant()


class Waivers(dy.Schema):
    """One row per step of a waiver: it was granted until an instant, or revoked before it.

    `gate` is a promotion gate or a suite entry (`suite#entry`), `subject` a bot or the portfolio. `until` is null where the step
    revokes. `author` asks for it and `approver` grants it; of a step that revokes both are who revokes.
    """

    row_id = string(nullable=False)
    waiver_id = string(nullable=False)
    step = dy.String(nullable=False, check=lambda step: step.is_in(WAIVER_STEPS))
    gate = string(nullable=False)
    subject = string(nullable=False)
    until = instant(nullable=True)
    reason = string(nullable=False)
    author = string(nullable=False)
    approver = string(nullable=False)
    effective_at = instant()
    recorded_at = instant()


class ChecklistMarks(dy.Schema):
    """One row per mark of a manual item of the operator's checklist: that it is done, or no longer, by whom and on what ground.

    `day` (YYYY-MM-DD) and `bundle_id` are those of the decision that was looked at.
    """

    row_id = string(nullable=False)
    item = string(nullable=False)
    day = string(nullable=False)
    bundle_id = string(nullable=False)
    done = dy.Bool(nullable=False)
    by = string(nullable=False)
    note = string(nullable=False)
    effective_at = instant()
    recorded_at = instant()
