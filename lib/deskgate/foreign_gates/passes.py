"""What each report claims: every gate, and every part of one, that says pass."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from deskgate.foreign_gates.reports import ForeignDesk, Report, pick
from deskgate.foreign_gates.status_words import meaning, part_status, status_of

__all__ = ["Pass", "passes", "whole_status"]

# Which file a check of the event store counts from, by its name.
_COUNTED_FROM = {
    "elapsed_window": "baseline_file",
    "missing_correlation": "integrity_file",
    "delta_since_baseline_tolerance": "source_compare_file",
}


@dataclass(frozen=True)
class Pass:
    """One claim: the report, the gate, what it said and where, the object that says it, and the bot that it is about.

    `parts` are the gates of the same report that it is made of and that pass, `failed` and `unclear` the names of those that do not
    or do not say. `evidence` are the files that it names as such, `computed_from` the others that its report names.
    """

    report: Report
    gate: str
    said: str
    place: str
    item: Mapping[str, Any] = field(repr=False)
    bot: Mapping[str, Any] = field(default_factory=dict, repr=False)
    parts: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    unclear: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    computed_from: tuple[str, ...] = ()


def passes(desk: ForeignDesk) -> list[Pass]:
    """Return every claim of a desk's reports that says pass, parts before what is made of them."""
    return [claim for report in desk.reports if report.kind in _READERS for claim in _READERS[report.kind](report)]


def whole_status(report: Report) -> tuple[str, object]:
    """Return the key and the value by which a report says as a whole whether it passes."""
    return status_of(report.content, *(("strict_gate_status",) if report.kind == "strict_cycle" else ("status", "go")))


def _whole(report: Report, gate: str, parts: Sequence[Pass] = (), evidence: Iterable[object] = ()) -> Iterator[Pass]:
    """Yield what the report as a whole claims, where that is a pass."""
    name, status = whole_status(report)
    if meaning(status):
        failed, unclear = _others(report.content.get("bots" if report.kind == "parity" else "checks"))
        yield Pass(
            report,
            gate,
            f"{name} = {_text(status)}",
            name,
            report.content,
            parts=tuple(part.gate for part in parts),
            failed=failed,
            unclear=unclear,
            evidence=_texts(evidence),
            computed_from=_named_files(report),
        )


def _texts(content: object) -> tuple[str, ...]:
    return tuple(each for each in content if isinstance(each, str)) if isinstance(content, Iterable) else ()


def _named_files(report: Report) -> tuple[str, ...]:
    """Return the files that a report names: under `evidence_paths`, and under each key that ends with `_path` or `_file`."""
    named = report.content.get("evidence_paths")
    alone = (value for key, value in report.content.items() if key.endswith(("_path", "_file")))
    return _texts([*alone, *(named.values() if isinstance(named, Mapping) else _texts(named))])


def _items(content: object) -> list[Mapping[str, Any]]:
    """Return the objects of a list, or of an object by their names."""
    if isinstance(content, Mapping):
        content = [{"name": name, **each} for name, each in content.items() if isinstance(each, Mapping)]
    return [each for each in content if isinstance(each, Mapping)] if isinstance(content, list) else []


def _others(content: object) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names of the parts that do not pass, and of those that do not say; a failed warning lets its whole pass."""
    named = list(content.items()) if isinstance(content, Mapping) else [(_name(each), each) for each in _items(content)]
    said = [(str(name), meaning(part_status(each)), each) for name, each in named]
    failed = tuple(name for name, says, each in said if says is False and _severity(each) not in ("warning", "info"))
    return failed, tuple(name for name, says, _ in said if says is None)


def _name(part: Mapping[str, Any]) -> object:
    return next((part[key] for key in ("name", "bot", "metric") if key in part), "?")


def _severity(part: object) -> str:
    return str(pick(part, "severity")).lower()


def _checks(report: Report, prefix: str) -> list[Pass]:
    """Return the checks of a list that pass."""
    return [
        Pass(
            report,
            f"{prefix}{each.get('name')}",
            f"pass, '{each['reason']}'" if each.get("reason") else "pass",
            f"checks[{each.get('name')}]",
            each,
            evidence=_texts(each.get("evidence_paths")),
        )
        for each in _items(report.content.get("checks"))
        if meaning(part_status(each))
    ]


def _promotion(report: Report) -> Iterator[Pass]:
    parts = _checks(report, "")
    yield from (*parts, *_whole(report, "promotion_gates", parts))


def _day2(report: Report) -> Iterator[Pass]:
    files = _named_files(report)
    parts = []
    for part in _checks(report, "day2_event_store."):
        key = _COUNTED_FROM.get(str(part.item.get("name")))
        parts.append(replace(part, computed_from=_texts([report.content.get(key)]) if key else files))
    yield from (*parts, *_whole(report, "day2_event_store", parts))


def _strict(report: Report) -> Iterator[Pass]:
    yield from _whole(report, "strict_cycle", evidence=[report.content.get("gate_latest_path")])


def _decision(report: Report) -> Iterator[Pass]:
    named = report.content.get("evidence")
    yield from _whole(report, "final_decision", evidence=named.values() if isinstance(named, Mapping) else ())


def _parity(report: Report) -> Iterator[Pass]:
    bots: list[Pass] = []
    for bot in _items(report.content.get("bots")):
        name = f"parity.{_name(bot)}"
        metrics = [
            Pass(report, f"{name}.{_name(each)}", _measured(each), f"bots[{_name(bot)}].{_name(each)}", each, bot)
            for each in _items(bot.get("metrics"))
            if meaning(part_status(each))
        ]
        yield from metrics
        if meaning(part_status(bot)):
            failed, unclear = _others(bot.get("metrics"))
            parts = tuple(each.gate for each in metrics)
            place = f"bots[{_name(bot)}].pass"
            bots.append(Pass(report, name, "pass", place, bot, bot, parts=parts, failed=failed, unclear=unclear))
    yield from (*bots, *_whole(report, "parity", bots))


def _measured(item: Mapping[str, Any]) -> str:
    note = f", '{item['note']}'" if item.get("note") else ""
    return f"pass at {_text(item.get('value'))}{note}"


def _accounting(report: Report) -> Iterator[Pass]:
    yield from _whole(report, "accounting", evidence=[report.content.get("reconciliation_path")])


def _plain(gate: str) -> Callable[[Report], Iterator[Pass]]:
    return lambda report: _whole(report, gate)


def _text(value: object) -> str:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else "null" if value is None else str(value)


_READERS: Mapping[str, Callable[[Report], Iterator[Pass]]] = {
    "promotion_gates": _promotion,
    "strict_cycle": _strict,
    "final_decision": _decision,
    "day2": _day2,
    "parity": _parity,
    "accounting": _accounting,
    "replay_regression": _plain("replay_regression"),
    "soak": _plain("soak"),
    "reconciliation": _plain("reconciliation"),
    "portfolio_risk": _plain("portfolio_risk"),
    "probes": _plain("alerting"),
    "coordination": _plain("coordination"),
}
