"""The two ids of a decision.

`bundle_id` is of what it rests on: the same inputs give the same one, whoever runs them, where and how often. `run_id` is of
the whole file, with what differs from run to run, and is what the audit trail records.
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

import rfc8785

__all__ = ["OF_A_RUN", "identified", "identity", "ids_fit", "with_pages"]

# What another run of the same inputs has otherwise. A step that failed makes another decision; how it failed is of the run.
OF_A_RUN = ("failures", "incidents", "ladder", "previous", "checkpoint", "store", "pages", "run_id")


def identified(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return a decision with its ids, and without pages.

    `bundle_id` is the sha256 of the canonical JSON (RFC 8785) of everything but itself and what `OF_A_RUN` names, `run_id` of
    everything but itself.
    """
    rest = {name: value for name, value in content.items() if name != "bundle_id"}
    return with_pages({**rest, "bundle_id": _digest(rest, *OF_A_RUN)}, [])


def with_pages(decision: Mapping[str, Any], pages: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """Return a decision with the digests of the files that show it, which differ from run to run, and its new `run_id`."""
    content = {**decision, "pages": [dict(page) for page in pages]}
    return {**content, "run_id": _digest(content, "run_id")}


def identity(decision: Mapping[str, Any]) -> object:
    """Return what a decision is known by: its `run_id`, of one that an earlier version made its `bundle_id`."""
    return decision.get("run_id", decision.get("bundle_id"))


def ids_fit(decision: Mapping[str, Any]) -> bool:
    """Return whether a decision says what it said when its ids were computed."""
    if "run_id" not in decision:
        return _digest(decision, "bundle_id") == decision.get("bundle_id")
    fits = _digest(decision, "bundle_id", *OF_A_RUN) == decision.get("bundle_id")
    return fits and _digest(decision, "run_id") == decision["run_id"]


def _digest(content: Mapping[str, Any], *left_out: str) -> str:
    return sha256(rfc8785.dumps({name: value for name, value in content.items() if name not in left_out})).hexdigest()
