"""What each report claims: every gate, and every part of one, that says pass."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from deskgate.foreign_gates.reports import ForeignDesk, Report, pick

__all__ = ["Pass", "passes"]

_SAID = ("pass", "ok", "go", "ready")


@dataclass(frozen=True)
class Pass:
    """One claim: the report, the gate, what it said and where, the object that says it, and the bot that it is about.

    `parts` are the gates of the same report that it is made of; `evidence` are the files that it names.
    """

    report: Report
    gate: str
    said: str
    place: str
    item: Mapping[str, Any] = field(repr=False)
    bot: Mapping[str, Any] = field(default_factory=dict, repr=False)
    parts: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()


def passes(desk: ForeignDesk) -> list[Pass]:
    """Return every claim of a desk's reports that says pass, parts before what is made of them."""
    return [claim for report in desk.reports if report.kind in _READERS for claim in _READERS[report.kind](report)]


def _whole(report: Report, gate: str, parts: Sequence[Pass] = (), evidence: tuple[str, ...] = ()) -> Iterator[Pass]:
    """Yield what the report as a whole claims, where that is a pass."""
    status = report.content.get("status", report.content.get("go"))
    if status is True or str(status).lower() in _SAID:
        name = "status" if "status" in report.content else "go"
        names = tuple(part.gate for part in parts)
        yield Pass(report, gate, f"{name} = {_text(status)}", name, report.content, parts=names, evidence=evidence)


def _texts(content: object) -> tuple[str, ...]:
    return tuple(each for each in content if isinstance(each, str)) if isinstance(content, list) else ()


def _items(content: object) -> list[Mapping[str, Any]]:
    return [each for each in content if isinstance(each, Mapping)] if isinstance(content, list) else []


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
        if each.get("pass") is True
    ]


def _promotion(report: Report) -> Iterator[Pass]:
    parts = _checks(report, "")
    yield from (*parts, *_whole(report, "promotion_gates", parts))


def _day2(report: Report) -> Iterator[Pass]:
    parts = _checks(report, "day2_event_store.")
    yield from (*parts, *_whole(report, "day2_event_store", parts))


def _strict(report: Report) -> Iterator[Pass]:
    status = report.content["strict_gate_status"]
    if str(status).lower() in _SAID:
        named = (str(report.content.get("gate_latest_path")),)
        yield Pass(
            report,
            "strict_cycle",
            f"strict_gate_status = {status}",
            "strict_gate_status",
            report.content,
            evidence=named,
        )


def _decision(report: Report) -> Iterator[Pass]:
    named = pick(report.content, "evidence")
    files = tuple(str(path) for path in named.values()) if isinstance(named, Mapping) else ()
    yield from _whole(report, "final_decision", evidence=files)


def _parity(report: Report) -> Iterator[Pass]:
    bots: list[Pass] = []
    for bot in _items(report.content.get("bots")):
        name = f"parity.{bot.get('bot')}"
        metrics = [
            Pass(
                report,
                f"{name}.{each.get('metric')}",
                _measured(each),
                f"bots[{bot.get('bot')}].{each.get('metric')}",
                each,
                bot,
            )
            for each in _items(bot.get("metrics"))
            if each.get("pass") is True
        ]
        yield from metrics
        if bot.get("pass") is True:
            parts = tuple(each.gate for each in metrics)
            bots.append(Pass(report, name, "pass", f"bots[{bot.get('bot')}].pass", bot, bot, parts))
    yield from (*bots, *_whole(report, "parity", bots))


def _measured(item: Mapping[str, Any]) -> str:
    note = f", '{item['note']}'" if item.get("note") else ""
    return f"pass at {_text(item.get('value'))}{note}"


def _accounting(report: Report) -> Iterator[Pass]:
    yield from _whole(report, "accounting", evidence=(str(report.content.get("reconciliation_path")),))


def _plain(gate: str) -> Callable[[Report], Iterator[Pass]]:
    return lambda report: _whole(report, gate)


def _text(value: object) -> str:
    return (
        {True: "true", False: "false", None: "null"}.get(value, str(value))
        if isinstance(value, bool | None)
        else str(value)
    )


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
