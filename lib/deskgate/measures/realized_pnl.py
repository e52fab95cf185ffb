"""Realised PnL over traded notional, from the one accounting: net, and what it is made of."""

import polars as pl

from deskgate.accounting.profits import unaccounted, unknown_fees
from deskgate.case.baselines import measured_since
from deskgate.case.case import Case
from deskgate.measures.measure import RATIO_OF_AMOUNTS, ROWS, Measure
from deskgate.measures.traded import traded, traded_rows
from deskgate.reconciliation.agreed import agreed_funding

__all__ = ["REALIZED_FUNDING_BPS", "REALIZED_GROSS_BPS", "REALIZED_PNL_BPS"]


def _unknown_net(case: Case, bot: str) -> str | None:
    return unaccounted(case, bot) or unknown_fees(case, bot)


def _gross(case: Case) -> pl.DataFrame:
    return traded_rows(traded(case), pl.col("realized"))


def _net(case: Case) -> pl.DataFrame:
    net = traded_rows(traded(case), pl.col("realized") - pl.col("fee_quote"))
    return _sorted(net, _funding_rows(case))


def _funding(case: Case) -> pl.DataFrame:
    zero = pl.when(pl.col("notional").is_not_null()).then(0)
    return _sorted(traded_rows(traded(case), zero), _funding_rows(case))


def _funding_rows(case: Case) -> pl.DataFrame:
    """Return the agreed funding payments of the soak as rows without a notional."""
    inside = pl.col("ts").is_between(measured_since(case), case.end, closed="left")
    nothing = [pl.lit(None, pl.String).alias(name) for name in ("side", "liquidity")]
    rows = agreed_funding(case).filter(inside, pl.col("bot").is_in([bot.name for bot in case.desk.judged]))
    return rows.select("bot", "pair", "ts", *nothing, id=pl.lit("funding"), num="amount", den=pl.lit(0)).cast(
        pl.Schema(ROWS)
    )


def _sorted(*rows: pl.DataFrame) -> pl.DataFrame:
    return pl.concat(rows).sort("bot", "ts", "id", "pair", maintain_order=True)


_UNIT = "bps of traded notional"

REALIZED_PNL_BPS = Measure(
    name="realized_pnl_bps",
    unit=_UNIT,
    scale=1e4,
    doc=(
        "Realised PnL net of fees, with funding, over traded notional: realized_gross_bps - fees_bps + realized_funding_bps."
        " Source: the accounting of the agreed fills (average cost, or FIFO by `[desk] accounting`) and the agreed funding payments;"
        " unknown for a fill whose fee is, and for a bot that cannot be accounted."
    ),
    rows=_net,
    title="Realised PnL, net",
    amounts=RATIO_OF_AMOUNTS,
    missing=_unknown_net,
    is_realized=True,
)

REALIZED_GROSS_BPS = Measure(
    name="realized_gross_bps",
    unit=_UNIT,
    scale=1e4,
    doc=(
        "What fills realised against the cost of what they closed (average cost, or FIFO by `[desk] accounting`), before fees and"
        " funding, over traded notional."
    ),
    rows=_gross,
    title="Realised PnL before fees",
    amounts=RATIO_OF_AMOUNTS,
    missing=unaccounted,
    is_realized=True,
)

REALIZED_FUNDING_BPS = Measure(
    name="realized_funding_bps",
    unit=_UNIT,
    scale=1e4,
    doc="Funding received less funding paid, over traded notional; negative is paid. Source: the agreed funding payments.",
    rows=_funding,
    title="Funding",
    amounts=RATIO_OF_AMOUNTS,
)
