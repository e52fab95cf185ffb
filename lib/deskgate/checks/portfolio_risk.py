"""The portfolio's risk over all bots whose money it is: daily loss, net exposure, concentration.

From the agreed fills and observed mids, never from the bots' own counters. The book is the live bots; on a desk that
has none yet, the paper and testnet bots, as a rehearsal. One bot of the book that cannot be valued leaves the whole
book without a value: the sum of the others would be a smaller risk than there is.
"""

from deskgate.accounting.day_pnl import DayPnl, day_pnl
from deskgate.case.case import Case
from deskgate.case.findings import Findings, Metric
from deskgate.case.metric_spec import PORTFOLIO, THE_PORTFOLIO, MetricSpec
from deskgate.portfolio.book import THE_BOOK, book

__all__ = ["METRICS", "check"]

_OF_A_BOT = {"equity_quote": "start_equity_quote", "pnl_quote": "pnl_quote", "exposure_quote": "exposure_quote"}
NAMES = ("daily_loss_share", "net_exposure_share", "concentration_share")


METRICS = (
    MetricSpec(
        NAMES[0], "of equity", THE_PORTFOLIO, "The day's loss over the book's equity at its start; 0 on a gain."
    ),
    MetricSpec(
        NAMES[1], "of equity", THE_PORTFOLIO, "The sum of all signed exposures, without sign, over the book's equity."
    ),
    MetricSpec(NAMES[2], "of equity", THE_PORTFOLIO, "The largest exposure of one bot over the book's equity."),
    MetricSpec("equity_quote", "quote", THE_BOOK, "Equity at the day's start."),
    MetricSpec("pnl_quote", "quote", THE_BOOK, "PnL of the day at the mid, fees and funding included."),
    MetricSpec("exposure_quote", "quote", THE_BOOK, "Signed exposure at the day's end, at the mid."),
)


def check(case: Case) -> Findings:
    """Measure the three caps for the book.

    Returns
    -------
    Findings
        For the portfolio: `daily_loss_share` (loss of the day / equity at its start, 0 on a gain), `net_exposure_share`
        (|sum of signed exposures| / equity), `concentration_share` (largest bot's |exposure| / equity); and per bot
        `exposure_quote`, `pnl_quote`, `equity_quote`.
    """
    values = {bot.name: day_pnl(case, bot) for bot in book(case.desk)}
    failed = [why for why in values.values() if isinstance(why, str)]
    mine = [
        Metric(name, metric, *((getattr(value, field), 1) if isinstance(value, DayPnl) else (None, 0, value)))
        for name, value in values.items()
        for metric, field in _OF_A_BOT.items()
    ]
    if failed or not values:
        why = "; ".join(failed) or "the desk has no bot to value"
        return Findings([*mine, *(Metric(PORTFOLIO, name, None, 0, why) for name in NAMES)])
    held = [value for value in values.values() if isinstance(value, DayPnl)]
    equity = sum(value.start_equity_quote for value in held)
    if equity <= 0:
        why = (
            f"the book's equity at the start of {case.day} is {equity:.2f} {case.desk.quote}, so no share of it exists"
        )
        return Findings([*mine, *(Metric(PORTFOLIO, name, None, len(held), why) for name in NAMES)])
    pnl = sum(value.pnl_quote for value in held)
    who = f"{', '.join(values)}: equity {equity:.2f}, PnL {pnl:+.2f} {case.desk.quote}"
    return Findings(
        [
            *mine,
            Metric(PORTFOLIO, NAMES[0], max(-pnl, 0.0) / equity, len(held), who),
            Metric(PORTFOLIO, NAMES[1], abs(sum(value.exposure_quote for value in held)) / equity, len(held), who),
            Metric(PORTFOLIO, NAMES[2], max(abs(value.exposure_quote) for value in held) / equity, len(held), who),
        ]
    )
