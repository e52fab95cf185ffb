"""Monotone: whatever is taken from the demo's GO day, no gate lets it stay GO.

Each input of each gate is absent, empty, stale, unreadable, or derived from what it should verify. Each row says which suite has to
block; the other verdicts stay those of the GO day, so that no other gate helps.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from deskgate.case.case import Case
from deskgate.checks.own_figures.minutes import FIGURES
from deskgate.checks.registry import run_checks
from deskgate.config.desk import Alerts
from deskgate.config.monitoring import Monitoring
from deskgate.gates.decision import Decision, blockers, decide
from deskgate.gates.evaluation import evaluate
from deskgate.gates.suites import Suite
from deskgate.schema import TABLES
from desks import frame
from whole_desks import IngestedDesk

pytestmark = pytest.mark.xdist_group("demo")
DAY, END = date(2026, 3, 5), datetime(2026, 3, 6, tzinfo=UTC)
Frames = dict[str, pl.DataFrame]
# What a gate stands on: the bot, the kinds of its files, and the suite that has to notice.
INPUTS: dict[str, tuple[str, tuple[str, ...], str]] = {
    "database": ("bot1", ("hummingbot_db",), "reconciliation"),
    "minutes": ("bot1", ("controller_minutes",), "soak"),
    "events": ("bot1", ("mqtt_events",), "event_store"),
    "trades": ("bot1", ("my_trades",), "reconciliation"),
    "orders": ("bot1", ("closed_orders", "canceled_orders", "open_orders"), "reconciliation"),
    "funding": ("bot1", ("funding_history",), "reconciliation"),
    "positions": ("bot1", ("positions",), "soak"),
    "balances": ("bot1", ("balance",), "soak"),
    "shadow's ledger": ("bot3", ("my_trades",), "event_store"),
    "testnet's positions": ("bot4", ("positions",), "soak"),
}
# The suites whose checks match all fills anew, which takes longest.
DEAR = ("reconciliation",)
# A payment of little value may be missing at the venue for three days, everything else for less than one.
STALE = {"funding": END - timedelta(hours=80)}
STALE_BY_DEFAULT = END - timedelta(hours=30)


def absent(frames: Frames, paths: pl.Series) -> Frames:
    return {name: table.filter(~_of(table, paths)) for name, table in frames.items()}


def empty(frames: Frames, paths: pl.Series) -> Frames:
    gone = absent(frames, paths)
    return gone | {"sources": frames["sources"].with_columns(rows=pl.when(_in(paths)).then(0).otherwise("rows"))}


def stale(frames: Frames, paths: pl.Series) -> Frames:
    def kept(name: str, table: pl.DataFrame) -> pl.DataFrame:
        when = next((column for column in ("ts", "exported_at") if column in table.columns), None)
        if when is None:
            return table
        until = STALE.get(name, STALE_BY_DEFAULT)
        return table.filter(~_of(table, paths) | (pl.col(when) < until).fill_null(value=True))

    return {name: kept(name, table) for name, table in frames.items()}


def unreadable(frames: Frames, paths: pl.Series) -> Frames:
    wrong = [
        {"bot": row["bot"], "leg": row["leg"], "path": row["path"], "line": 1, "reason": "no JSON", "raw": "{"}
        for row in frames["sources"].filter(_in(paths)).to_dicts()
    ]
    count = pl.when(_in(paths)).then(pl.max_horizontal("rows", 1)).otherwise("quarantined")
    sources = empty(frames, paths)["sources"].with_columns(quarantined=count)
    return absent(frames, paths) | {"sources": sources, "quarantine": frame("quarantine", *wrong)}


def derived(frames: Frames, paths: pl.Series) -> Frames:
    return frames | {"sources": frames["sources"].with_columns(derived=pl.col("derived") | _in(paths))}


def _in(paths: pl.Series) -> pl.Expr:
    return pl.col("path").is_in(paths.implode())


def _of(table: pl.DataFrame, paths: pl.Series) -> pl.Expr:
    return _in(paths) if "path" in table.columns else pl.lit(value=False)


def noticing(name: str, harm: Callable[[Frames, pl.Series], Frames]) -> str:
    """Return the suite that has to notice; what cannot be read is the event store's, whatever it is of.

    An export without a position is what a flat account has: that the account is not flat shows when it is rolled forward.
    """
    if harm is unreadable:
        return "event_store"
    return "reconciliation" if harm is empty and "positions" in name else INPUTS[name][2]


def tier(name: str, harm: Callable[[Frames, pl.Series], Frames]) -> list[pytest.MarkDecorator]:
    """Return the marks of a case: what is gone is looked at by `make test`, and by it alone the database of what takes longest."""
    is_dear = noticing(name, harm) in DEAR
    if harm is absent and (not is_dear or name == "database"):
        return []
    return [pytest.mark.long if is_dear and harm not in (absent, derived) else pytest.mark.slow]


HARMS: tuple[Callable[[Frames, pl.Series], Frames], ...] = (absent, empty, stale, unreadable, derived)


@pytest.fixture(scope="module")
def whole(ingested_demo: IngestedDesk) -> Case:
    """The GO day with all of its frames, none of them read from a store any more."""
    case = ingested_demo.assess(DAY).case
    return replace(case, frames={name: case.frames[name] for name in TABLES})


@pytest.fixture
def blocked(ingested_demo: IngestedDesk) -> Callable[[Case, str], list[str]]:
    """Return the sentences of what blocks a changed case by one suite, and assert that the day is no GO by it."""
    day = ingested_demo.assess(DAY)
    assert decide(day.verdicts) is Decision.GO

    def of(case: Case, suite: str) -> list[str]:
        others = [verdict for verdict in day.verdicts if verdict.gate != suite]
        mine: Mapping[str, Suite] = {suite: day.suites[suite]}
        metrics, _ = run_checks(case, [suite])
        found = evaluate(mine, metrics, case.desk)
        assert decide([*others, *found]) is not Decision.GO
        return [f"{each.subject}: {each.title}: {each.reason}" for each in blockers(found)]

    return of


@pytest.mark.parametrize(
    ("name", "harm"),
    [
        pytest.param(
            name,
            harm,
            id=f"{name} {harm.__name__}",
            marks=tier(name, harm),
        )
        for name in INPUTS
        for harm in HARMS
        # A bot's minutes verify nothing that they could be derived from.
        if (name, harm) != ("minutes", derived)
    ],
)
def test_no_file_of_the_day_can_be_taken_away(
    whole: Case,
    blocked: Callable[[Case, str], list[str]],
    name: str,
    harm: Callable[[Frames, pl.Series], Frames],
) -> None:
    bot, kinds, _ = INPUTS[name]
    frames = dict(whole.frames)
    paths = frames["sources"].filter(pl.col("bot") == bot, pl.col("kind").is_in(kinds)).get_column("path")
    assert paths.len() > 0
    sentences = blocked(replace(whole, frames=harm(frames, paths)), noticing(name, harm))
    assert sentences
    print(f"{name} {harm.__name__}: {sentences[0]}")  # noqa: T201 - the table, with -s


@pytest.mark.long
@pytest.mark.parametrize("column", FIGURES.values())
def test_no_figure_of_a_controller_can_be_taken_away(
    whole: Case, blocked: Callable[[Case, str], list[str]], column: str
) -> None:
    snapshots, since = whole.frames["snapshots"], END - timedelta(days=1)
    # It was last recorded eleven days ago; no baseline was frozen since.
    today, mine = pl.col("ts") >= since, pl.col("bot") == "bot1"
    harmed = snapshots.with_columns(
        pl.when(~(mine & today)).then(column),
        ts=pl.when(mine & ~today).then(pl.col("ts") - timedelta(days=10)).otherwise("ts"),
    )
    frames = {**whole.frames, "snapshots": harmed, "baselines": frame("baselines")}
    sentences = blocked(replace(whole, frames=frames), "reconciliation")
    assert any(f"has no {column}" in sentence for sentence in sentences)


def row(kind: str, subject: str, ok: bool | None, at: datetime = END, **content: Any) -> dict[str, Any]:
    about = {"effective_at": at, "recorded_at": at}
    return {"kind": kind, "subject": subject, "ok": ok, "content": json.dumps(content), **about}


ROUTE = {"loki": "http://127.0.0.1:3100/ready"}
CHANNEL = row("channel", "a", None, channel="json://127.0.0.1")
OLD = END - timedelta(days=8)
SECRETS = row("secrets", "d", True, files=2, found=[], unread=[])
LOST = {"path": "a.sqlite", "leg": "local", "bytes_read": 1, "records": 1, "now": "it is no longer there"}


def files(day: date, *lost: dict[str, Any]) -> dict[str, Any]:
    return row("files", "d", not lost, day=day.isoformat(), lost=lost)


HARMED_PROBES: dict[str, tuple[str, list[dict[str, Any]]]] = {
    "secrets absent": ("", [row("clock", "d", None, behind_s="0")]),
    "secrets empty": (
        "",
        [row("clock", "d", None, behind_s="0"), row("secrets", "d", True, files=0, found=[], unread=[])],
    ),
    "secrets found": (
        "",
        [
            row("clock", "d", None, behind_s="0"),
            row(
                "secrets",
                "d",
                False,
                files=2,
                found=[{"kind": "Private Key", "file": "desk.toml", "line": 1}],
                unread=[],
            ),
        ],
    ),
    "secrets unreadable": (
        "",
        [
            row("clock", "d", None, behind_s="0"),
            row("secrets", "d", False, files=2, found=[], unread=["logs/a.log"]),
        ],
    ),
    "clock absent": ("", [row("secrets", "d", True, files=2, found=[], unread=[])]),
    "clock behind": (
        "",
        [row("secrets", "d", True, files=2, found=[], unread=[]), row("clock", "d", None, behind_s="61")],
    ),
    "files absent": ("", [row("clock", "d", None, behind_s="0"), SECRETS]),
    "files of another day": ("", [row("clock", "d", None, behind_s="0"), SECRETS, files(DAY - timedelta(days=1))]),
    "files lost": ("", [row("clock", "d", None, behind_s="0"), SECRETS, files(DAY, LOST)]),
    "monitoring absent": ("monitoring", []),
    "monitoring of another server": (
        "monitoring",
        [row("health", "loki", True, url="http://other", says="status 200")],
    ),
    "monitoring of an earlier run": (
        "monitoring",
        [
            row("health", "loki", True, OLD, url=ROUTE["loki"], says="status 200"),
            row("health", "grafana", True, url="http://other", says="status 200"),
        ],
    ),
    "monitoring down": ("monitoring", [row("health", "loki", False, url=ROUTE["loki"], says="status 503")]),
    "alerting absent": ("alerting", []),
    "alerting never shown": ("alerting", [CHANNEL]),
    "alerting stale": ("alerting", [CHANNEL, row("delivery", "a", True, OLD, what="an alert")]),
    "alerting of another channel": ("alerting", [CHANNEL, row("delivery", "b", True, what="an alert")]),
    "alerting failed": ("alerting", [CHANNEL, row("delivery", "a", False, what="an alert")]),
}


@pytest.mark.parametrize("harm", HARMED_PROBES)
def test_nothing_that_a_run_looks_at_can_be_taken_away(
    whole: Case, blocked: Callable[[Case, str], list[str]], harm: str
) -> None:
    declared, probes = HARMED_PROBES[harm]
    good = whole.frames["probes"].to_dicts()
    if not declared:
        # What is taken away, or seen otherwise, is of the kinds that the harm names and of those that it does not have.
        good = [each for each in good if each["kind"] == "files" and not harm.startswith("files")]
    more: dict[str, dict[str, Any]] = {
        "alerting": {"alerts": Alerts(urls=["json://127.0.0.1"])},
        "monitoring": {"monitoring": Monitoring(routes=ROUTE)},
    }
    desk = whole.desk.model_copy(update=more.get(declared, {}))
    case = replace(whole, desk=desk, frames={**whole.frames, "probes": frame("probes", *good, *probes)})
    (sentence, *_) = blocked(case, "operations")
    print(f"{harm}: {sentence}")  # noqa: T201 - the table, with -s


def _incident() -> dict[str, Any]:
    content = json.dumps({"owner": "bob", "todo": "", "day": None, "conditions": []})
    about = {"incident_id": "i1", "step": "open", "by": "ann", "text": "the feed hung", "content": content}
    return {**about, "effective_at": END, "recorded_at": END}


def _intent() -> dict[str, Any]:
    content = {"action": "kill_switch", "entry": "leverage", "bots": ["bot1"], "issued_at": "2026-03-05T12:00:00Z"}
    return {
        "kind": "intent",
        "event_id": "e1",
        "content": json.dumps({**content, "event_id": "e1"}),
        "effective_at": END,
        "recorded_at": END,
    }


@pytest.mark.parametrize(
    ("harm", "table", "rows", "suite"),
    [
        ("baseline absent", "baselines", [], "baseline"),
        ("baseline empty", "baselines", [{"digests": "{}"}], "baseline"),
        ("baseline of another configuration", "baselines", [{"digests": '{"desk.toml": "00"}'}], "baseline"),
        ("incident open", "incidents", [_incident()], "operations"),
        ("action without a receipt", "actions", [_intent()], "portfolio_risk"),
    ],
)
def test_nothing_that_operators_record_can_be_taken_away(
    whole: Case,
    blocked: Callable[[Case, str], list[str]],
    harm: str,
    table: str,
    rows: list[dict[str, Any]],
    suite: str,
) -> None:
    frozen = whole.frames["baselines"].drop("row_id").to_dicts()[0]
    made = [{**frozen, **each} for each in rows] if table == "baselines" else rows
    (sentence, *_) = blocked(replace(whole, frames={**whole.frames, table: frame(table, *made)}), suite)
    print(f"{harm}: {sentence}")  # noqa: T201 - the table, with -s
