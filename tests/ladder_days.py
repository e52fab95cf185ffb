"""Days of a bot on the ladder, as the pure rule takes them: what a test does not name is good enough for every need."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from deskgate.config.bot import Bot, Mode
from deskgate.config.paths import SUITES
from deskgate.config.rung import BotRung, Rung
from deskgate.gates.ladder.before import Before
from deskgate.gates.ladder.days import BotDay, Kind
from deskgate.gates.ladder.rule import Standing, stand
from deskgate.gates.ladder.rules import Ladder, load_ladder

FIRST = date(2026, 5, 1)
RULES = load_ladder(SUITES)
MODES = {Rung.PAPER: Mode.PAPER, Rung.TESTNET: Mode.TESTNET, Rung.MICRO: Mode.LIVE, Rung.SIZE: Mode.LIVE}
# Daily returns in bps of the equity: above 0 beyond chance, and never much below.
EARNED = (12.0, 4.0, 9.0, -2.0, 8.0, 11.0, 3.0)


MEASURED = (Kind.COUNTS, Kind.UNDECLARED, Kind.BLOCKED, Kind.HOLD, Kind.STOP)


def row(number: int = 0, **changes: Any) -> dict[str, Any]:
    """Return a day's row of the view `ladder`: 50 fills, most of them as maker, a small gain."""
    start = 1000.0 + sum(0.1 * EARNED[each % len(EARNED)] for each in range(number))
    end = start + 0.1 * EARNED[number % len(EARNED)]
    sums = {
        "maker_share": (600.0, 1000.0),
        "fees_bps": (0.5, 1000.0),
        "slippage_delta_bps": (500.0, 1000.0),
        "reject_rate": (0.0, 100.0),
        "paused_share": (0.0, 86_400.0),
        "slippage_p95_bps": (1.0, 50.0),
    }
    parts = {f"{name}_{part}": value for name, (num, den) in sums.items() for part, value in _parts(num, den).items()}
    worth: dict[str, Any] = {
        "worth_start": start,
        "worth_end": end,
        "worth_low": min(start, end),
        "worth_high": max(start, end),
    }
    worth |= {"equity_start": start, "equity_low": min(start, end), "drawdown_share": 0.0, "worth_why": None}
    opened = {"opened_at": datetime(2026, 4, 1, tzinfo=UTC), "opened_quote": 1000.0}
    return {
        "fills": 50,
        "orders": 100,
        "minutes": 1440,
        "slippage_bps": [1.0] * 50,
        **parts,
        **worth,
        **opened,
    } | changes


def _parts(num: float, den: float) -> dict[str, Any]:
    return {"num": num, "den": den, "of": den, "why": None}


def days(*kinds: Kind | BotDay, **changes: Any) -> list[BotDay]:
    """Return one day of each kind from `FIRST` on; `changes` are of the rows of all of them.

    Of a whole day its `figures` are the changes of its row.
    """
    made = []
    for number, kind in enumerate(kinds):
        day = FIRST + timedelta(days=number)
        if isinstance(kind, BotDay):
            made.append(replace(kind, day=day, figures=None if kind.figures is None else row(number, **kind.figures)))
        else:
            made.append(BotDay(day, kind, "", figures=row(number, **changes) if kind in MEASURED else None))
    return made


def stands(
    rung: str,
    of: Sequence[BotDay],
    *,
    before: str | None = "paper",
    rules: Ladder = RULES,
    since: datetime = datetime(2026, 5, 1, tzinfo=UTC),
    mode: Mode | None = None,
) -> Standing:
    """Return how a bot stands after the last of some days."""
    name = Rung(rung)
    bot = Bot(name="b1", mode=mode or MODES[name], connector="okx", pairs=["BTC-USDT"])
    today = of[-1].day if of else FIRST
    as_of = datetime(today.year, today.month, today.day, tzinfo=UTC) + timedelta(days=1)
    declared = BotRung(name=name, since=since, by="ann")
    last = Before(Rung(before), FIRST - timedelta(days=1), moves=True) if before else None
    return stand(bot, declared, of, rules, today=today, as_of=as_of, before=last)
