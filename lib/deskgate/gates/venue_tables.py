"""The tables of docs/venues.md that the code itself reads by: amounts, money, funding, executions, deposits, account snapshots."""

from collections.abc import Iterator

from deskgate.collector.venue.api import Endpoint, Export, VenueApi, span_text
from deskgate.collector.venue.venues import venue_apis
from deskgate.sources.ccxt.account_facts import BOOKS_DEPOSITS
from deskgate.sources.ccxt.execution_facts import EXECUTIONS
from deskgate.sources.ccxt.funding_facts import FUNDING
from deskgate.sources.hummingbot.funding_records import UNRECORDED
from deskgate.sources.markets import VENUES

__all__ = ["Table", "venue_tables"]

Table = tuple[str, tuple[str, ...], list[tuple[str, ...]]]
_BOOKED = {True: "yes", False: "no", None: "not known"}


def venue_tables() -> list[Table]:
    """Return each table as its title, its columns and its rows."""
    amounts: list[tuple[str, ...]] = [
        (
            f"`{name}`",
            "contracts, size by market" if venue.contract_size is None else f"contracts of {venue.contract_size} base",
            ", ".join(f"{ccxt} is {own}" for ccxt, own in venue.money.items()) or "the same",
            venue.source,
        )
        for name, venue in VENUES.items()
    ]
    funding: list[tuple[str, ...]] = [
        (
            facts.venue,
            ", ".join(f"`{name}`" for name in facts.connectors) or "none",
            ", ".join(f"`info.{key}`" for key in facts.amounts) or "not read",
            f"{facts.sign}: `info.{facts.direction}`" if facts.direction else str(facts.sign),
            str(facts.unified),
            " x ".join(f"`{key}`" for key in facts.recorded) or "",
            facts.source,
        )
        for facts in FUNDING
    ]
    executions: list[tuple[str, ...]] = [
        (
            facts.venue,
            f"`info.{facts.key}`",
            ", ".join(sorted(facts.fills)) or "all others",
            ", ".join(sorted(facts.funding)) or "none",
            ", ".join(sorted(facts.others)) or "none",
            facts.source,
        )
        for facts in EXECUTIONS
    ]
    deposits: list[tuple[str, ...]] = [
        (f"`{name}`", _BOOKED[booked], source) for name, (booked, source) in BOOKS_DEPOSITS.items()
    ]
    return [
        (
            "Amounts and money of contracts",
            ("connector", "ccxt's amount", "settlement asset in Hummingbot", "source"),
            amounts,
        ),
        (
            "Funding",
            (
                "venue (ccxt)",
                "connectors",
                "amount read from",
                "sign there",
                "ccxt's `amount`",
                "Hummingbot records instead",
                "source",
            ),
            funding,
        ),
        (
            "Executions that are no trades",
            ("venue (ccxt)", "known by", "fills", "funding", "neither", "source"),
            executions,
        ),
        (
            "Funding that Hummingbot does not record",
            ("connector", "what its code does (20260922)"),
            [(f"`{name}`", what) for name, what in UNRECORDED.items()],
        ),
        ("Deposits", ("connector", "booked on the bot's account", "source"), deposits),
        (
            "Account snapshots",
            (
                "connector",
                "export",
                "method",
                "page",
                "span of a request",
                "kept",
                "asked",
                "source, or why it is absent",
            ),
            [row for _, api in sorted(venue_apis().items()) for row in _snapshot_rows(api)],
        ),
    ]


def _snapshot_rows(api: VenueApi) -> Iterator[tuple[str, ...]]:
    for export in Export:
        if export in api.endpoints:
            endpoint = api.endpoints[export]
            yield (
                f"`{api.connector}`",
                str(export),
                f"`{endpoint.method}`",
                f"{endpoint.limit:,}" if endpoint.limit else "not set",
                span_text(endpoint.span) if endpoint.span else "any",
                _kept(endpoint),
                _asked(endpoint),
                endpoint.source,
            )
        elif export in api.absent:
            yield f"`{api.connector}`", str(export), "absent", "", "", "", "", api.absent[export]


def _kept(endpoint: Endpoint) -> str:
    most = f"the newest {endpoint.most:,}" if endpoint.most else ""
    kept = span_text(endpoint.kept) if endpoint.kept else ""
    unfilled = f"cancelled without a fill {span_text(endpoint.kept_unfilled)}" if endpoint.kept_unfilled else ""
    return "; ".join(filter(None, (kept, most, unfilled))) or "not known"


def _asked(endpoint: Endpoint) -> str:
    each = [
        ("market", endpoint.by_symbol),
        ("settlement asset", endpoint.by_settle is not None),
        ("asset", endpoint.by_asset),
    ]
    by = [f"for each {what}" for what, is_asked in each if is_asked] or ["for the account"]
    return ", ".join([*by, f"by {endpoint.filters_by}"])
