"""What operators record of their own: a frozen baseline with the digests of the configuration, and anchor resets."""

import json
from datetime import datetime
from pathlib import Path

from deskgate.audit.trail import Trail
from deskgate.case.baselines import Baseline, in_force
from deskgate.checks.baseline import drift
from deskgate.config.desk import Desk
from deskgate.config.digests import find_configuration
from deskgate.config.paths import suites_folder
from deskgate.config.people import require_reason
from deskgate.gates.ladder.rules import load_ladder
from deskgate.gates.suites import load_suites
from deskgate.run.day_folder import locked
from deskgate.run.reach_back import refuse_to_reach_back
from deskgate.store.desk_store import open_store, open_to_read
from deskgate.store.tables import Store

__all__ = ["anchor", "freeze", "frozen"]


def freeze(
    desk: Desk,
    out: Path,
    *,
    by: str,
    why: str,
    effective_at: datetime,
    recorded_at: datetime,
    suites: Path | None = None,
) -> Baseline | None:
    """Record a baseline, and return it; None where the one in force at that instant already says the same.

    Parameters
    ----------
    effective_at
        The instant the freeze speaks for.
    recorded_at
        The clock's: kept beside it, so that a freeze entered long afterwards is seen to be one.
    suites
        The folder of the suites; None: the desk's own.

    Raises
    ------
    InputError
        Nobody or no reason is named, a suite cannot be loaded, the desk's key must not be used, or a decision on record
        speaks for a later instant than this baseline.
    """
    require_reason(by, why)
    folder = suites_folder(desk, suites)
    load_suites(folder)
    load_ladder(folder)
    configuration = find_configuration(desk, folder)
    digests, settings = configuration.digests(), configuration.settings()
    trail = Trail.open(desk, out)
    with locked(out):
        store = open_store(desk, out)
        before = in_force(store.read(store.pin(), effective_at)["baselines"])
        if before is not None and not drift(before.digests, digests).files:
            return None
        refuse_to_reach_back(trail, effective_at, "a baseline", "freeze it from now on")
        made = Baseline(effective_at, recorded_at, by.strip(), why.strip(), digests, settings)
        content = {"digests": digests, "settings": settings}
        row = {
            **_record(made.by, made.why, effective_at, recorded_at),
            **{name: json.dumps(each, sort_keys=True, ensure_ascii=False) for name, each in content.items()},
        }
        trail.write(store, "baselines", [row], recorded_at)
    return made


def anchor(store: Store, trail: Trail, *, by: str, why: str, effective_at: datetime, recorded_at: datetime) -> None:
    """Record that the clock of the 24 h proof starts anew at `effective_at`.

    Raises
    ------
    InputError
        Nobody or no reason is named.
    """
    require_reason(by, why)
    trail.write(store, "anchors", [_record(by, why, effective_at, recorded_at)], recorded_at)


def _record(by: str, why: str, effective_at: datetime, recorded_at: datetime) -> dict[str, object]:
    return {"effective_at": effective_at, "recorded_at": recorded_at, "by": by.strip(), "why": why.strip()}


def frozen(desk: Desk, out: Path, as_of: datetime) -> Baseline | None:
    """Return the baseline in force at `as_of`, or None."""
    store = open_to_read(desk, out)
    return in_force(store.read(store.pin(), as_of)["baselines"])
