"""What a notebook shows: one day of one desk as the frames of its tables and charts. Nothing here judges."""

from dataclasses import dataclass
from datetime import timedelta

import polars as pl

from deskgate.assessment.assessment import Assessment
from deskgate.case.case import Case
from deskgate.checks.accounting import by_day_and_type, by_source
from deskgate.checks.baseline import drift, in_force
from deskgate.checks.freshness import newest_records
from deskgate.checks.parity import MEASURES
from deskgate.checks.soak import WINDOW, covered_minutes
from deskgate.checks.stream import clock_start
from deskgate.config.instants import day_is_over
from deskgate.gates.decision import Decision, decide
from deskgate.gates.evaluation import verdicts_frame
from deskgate.reconciliation.accounts.waterfall import balance_waterfall, position_waterfall
from deskgate.reconciliation.agreed import agreed_fills, cash_flow, signed
from deskgate.reconciliation.matching.match import matched_fills
from deskgate.reports.views.story import Story, look_into

__all__ = ["Day"]

# More days than a reader looks at are no longer a calendar.
CALENDAR_DAYS = 7


@dataclass(frozen=True)
class Day:
    """One day, as a notebook shows it."""

    assessment: Assessment

    @property
    def case(self) -> Case:
        """The desk, the day, the instant and the canonical frames."""
        return self.assessment.case

    @property
    def title(self) -> str:
        """The desk, the day and the instant in one line."""
        return f"{self.case.desk.name}, {self.case.day}, as of {self.assessment.inputs['as_of']}"

    @property
    def breaks(self) -> pl.DataFrame:
        """The open breaks, as in breaks.csv."""
        return self.assessment.breaks

    @property
    def decision(self) -> Decision:
        """What the verdicts say; the run's own decision also counts a notebook that failed."""
        return decide(self.assessment.verdicts, provisional=not day_is_over(self.case.day, self.case.as_of))

    def metrics(self, gate: str) -> pl.DataFrame:
        """Return the metrics of one gate, one row per subject and metric."""
        return self.assessment.metrics.filter(pl.col("gate") == gate).drop("gate")

    def verdicts(self, *gates: str) -> pl.DataFrame:
        """Return the verdicts of the named gates, or of all, one row each."""
        frame = verdicts_frame(self.assessment.verdicts)
        return frame.filter(pl.col("gate").is_in(gates)) if gates else frame

    def gate(self, *gates: str) -> pl.DataFrame:
        """Return the named gates, or all, check by check and worst first; what passed needs nothing done.

        Returns
        -------
        polars.DataFrame
            gate (not where only one is asked for), check (its title), status, severity, subjects, because, what_to_do; subjects that fared alike share
            a row.
        """
        order = pl.col("status").replace_strict(
            {"FAIL": 0, "INSUFFICIENT": 1, "WAIVED": 2, "PASS": 3}, return_dtype=pl.Int8
        )
        fine = pl.col("status").is_in(["PASS", "WAIVED"])
        alike = ["gate", "check", "title", "status", "severity", "reason", "todo", "order"]
        rows = (
            self.verdicts(*gates)
            .with_columns(order=order, place=pl.int_range(pl.len()), todo=pl.when(~fine).then("what_to_do"))
            .group_by(alike, maintain_order=True)
            .agg(subjects=pl.col("subject").str.join(", "), place=pl.col("place").min())
            .sort("order", "place")
            .select(
                "gate",
                pl.col("title").alias("check"),
                "status",
                "severity",
                "subjects",
                because="reason",
                what_to_do="todo",
            )
        )
        return rows.drop("gate") if len(gates) == 1 else rows

    def blocking(self) -> pl.DataFrame:
        """Return the rows of `gate` that keep the decision from GO."""
        rows = self.gate().filter((pl.col("severity") == "critical") & pl.col("status").is_in(["FAIL", "INSUFFICIENT"]))
        return rows.drop("severity")

    def bounds(self) -> pl.DataFrame:
        """Return every verdict's number against its bound: gate, check, subject, status, observed, unit, bound, sample."""
        return self.verdicts().select("gate", "check", "subject", "status", "observed", "unit", "bound", "sample")

    def bots(self) -> pl.DataFrame:
        """Return the desk's bots: bot, mode, connector, pairs, shadow, judged."""
        return pl.DataFrame(
            [
                (bot.name, bot.mode.value, bot.connector, ", ".join(bot.pairs), bot.shadow, bot.judged)
                for bot in self.case.desk.bots.values()
            ],
            schema=dict.fromkeys(("bot", "mode", "connector", "pairs", "shadow"), pl.String) | {"judged": pl.Boolean},
            orient="row",
        )

    def baseline(self) -> pl.DataFrame:
        """Return every freeze known at `as_of`, newest first: effective_at, recorded_at, by, why, files."""
        frozen = self.case.frames["baselines"].sort("effective_at", "recorded_at", descending=True)
        return frozen.select(
            "effective_at", "recorded_at", "by", "why", pl.col("digests").str.count_matches(":").alias("files")
        )

    def configuration(self) -> pl.DataFrame:
        """Return each configuration file and how it stands to the baseline: file, now, sha256."""
        frozen = in_force(self.case.frames["baselines"])
        now = self.case.digests
        moved = drift(frozen.digests, now) if frozen else None
        said = {} if moved is None else {**dict.fromkeys(moved.changed, "changed"), **dict.fromkeys(moved.added, "new")}
        rows = [
            (name, said.get(name, "as frozen" if frozen else "never frozen"), digest[:12])
            for name, digest in now.items()
        ]
        gone = [(name, "gone", None) for name in (moved.missing if moved else [])]
        return pl.DataFrame([*rows, *gone], schema=dict.fromkeys(("file", "now", "sha256"), pl.String), orient="row")

    def events_per_hour(self) -> pl.DataFrame:
        """Return the day's events by hour and type, heartbeats apart: hour (UTC), event_type, count."""
        today = self.case.of_day(self.case.happened)
        return (
            today.group_by(pl.col("ts").dt.truncate("1h").alias("hour"), "event_type")
            .agg(count=pl.len().cast(pl.Int64))
            .sort("hour", "event_type")
        )

    def stream_calendar(self) -> pl.DataFrame:
        """Return the events by hour of the last days, the empty hours too: bot, day, hour (0 to 23), events."""
        last = self.case.end - timedelta(microseconds=1)
        start = clock_start(self.case)
        first = max(last - timedelta(days=CALENDAR_DAYS - 1), start[0] if start else last - WINDOW)
        hours = pl.datetime_range(
            first.replace(minute=0, second=0, microsecond=0), last, "1h", time_unit="us", time_zone="UTC", eager=True
        )
        bots = pl.DataFrame({"bot": [bot.name for bot in self.case.desk.judged]}, schema={"bot": pl.String})
        counted = self.case.frames["events"].group_by("bot", pl.col("ts").dt.truncate("1h").alias("at")).len("events")
        return (
            bots.join(hours.alias("at").to_frame(), how="cross")
            .join(counted, on=["bot", "at"], how="left")
            .select(
                "bot",
                pl.col("at").dt.date().alias("day"),
                pl.col("at").dt.hour().cast(pl.Int64).alias("hour"),
                pl.col("events").fill_null(0).cast(pl.Int64),
            )
            .sort("bot", "day", "hour")
        )

    def lags(self) -> pl.DataFrame:
        """Return how long the day's events took to arrive, where the source says so: bot, lag_s."""
        today = self.case.of_day(self.case.happened).drop_nulls("arrived_at")
        return today.select("bot", lag_s=(pl.col("arrived_at") - pl.col("ts")).dt.total_microseconds() / 1e6)

    def accounting(self) -> pl.DataFrame:
        """Return what became of every record that was ever read, by source."""
        return by_source(self.case.frames["ledger"])

    def accounting_of_the_stream(self) -> pl.DataFrame:
        """Return what became of the stream's records, by UTC day (null: nobody can date them) and type."""
        events = self.case.frames["ledger"].filter(pl.col("leg") == "events")
        return by_day_and_type(events).group_by("day", "type").agg(pl.exclude("path").sum()).sort("day", "type")

    def anchors(self) -> pl.DataFrame:
        """Return the resets of the 24 h clock: effective_at, by, why, recorded_at; the newest first."""
        resets = self.case.frames["anchors"].sort("effective_at", "recorded_at", descending=True)
        return resets.select("effective_at", "by", "why", "recorded_at")

    def quarantine(self) -> pl.DataFrame:
        """Return the rows that could not be read or contradict another: path, line, reason, raw (its beginning)."""
        return (
            self.case.frames["quarantine"]
            .select("path", "line", "reason", pl.col("raw").str.head(80))
            .sort("path", "line")
        )

    def source_ages(self) -> pl.DataFrame:
        """Return the age of each judged bot's legs: bot, leg, newest, age_s, bound_s (the suite's)."""
        bounds = {
            entry.kwargs.metric.removesuffix("_age_s"): entry.kwargs.max_value
            for entry in self.assessment.suites["event_store"].expectations
            if entry.kwargs.metric.endswith("_age_s")
        }
        every = pl.DataFrame(
            [(bot.name, leg, bound) for bot in self.case.desk.judged for leg, bound in bounds.items()],
            schema={"bot": pl.String, "leg": pl.String, "bound_s": pl.Float64},
            orient="row",
        )
        found = every.join(newest_records(self.case), on=["bot", "leg"], how="left")
        return found.select("bot", "leg", "newest", "age_s", "bound_s").sort("bot", "leg")

    def coverage(self) -> pl.DataFrame:
        """Return the 24 h up to `as_of` as spans with and without minute snapshots: bot, start, end, covered."""
        as_of = self.case.as_of
        begin = (as_of - WINDOW).replace(second=0, microsecond=0)
        grid = pl.DataFrame(
            {"minute": pl.datetime_range(begin, as_of, "1m", closed="left", time_zone="UTC", eager=True)}
        )
        bots = pl.DataFrame({"bot": [bot.name for bot in self.case.desk.judged]}, schema={"bot": pl.String})
        seen = covered_minutes(self.case).with_columns(covered=pl.lit(value=True))
        full = bots.join(grid, how="cross").join(seen, on=["bot", "minute"], how="left")
        return (
            full.with_columns(pl.col("covered").fill_null(value=False))
            .sort("bot", "minute")
            .with_columns(span=pl.col("covered").rle_id().over("bot"))
            .group_by("bot", "span", "covered", maintain_order=True)
            .agg(start=pl.col("minute").min(), end=pl.col("minute").max() + timedelta(minutes=1))
            .select("bot", "start", "end", "covered")
        )

    def breaks_by_leg(self) -> pl.DataFrame:
        """Return the open breaks counted: kind, bot, leg, breaks, value_quote, first_seen."""
        return (
            self.breaks.with_columns(leg=pl.when(pl.col("leg") == "").then(pl.lit("none named")).otherwise("leg"))
            .group_by("kind", "bot", "leg")
            .agg(
                breaks=pl.len().cast(pl.Int64),
                value_quote=pl.col("value_quote").sum(),
                first_seen=pl.col("first_seen").min(),
            )
            .sort("kind", "bot", "leg")
        )

    def worst_breaks(self, count: int = 25) -> pl.DataFrame:
        """Return the breaks with the largest value first: both sides, their difference, and what looks each of them up."""
        largest = self.breaks.sort("value_quote", "ts", "break_id", descending=[True, False, False], nulls_last=True)
        said = ("observed", "expected", "delta", "value_quote", "detail")
        return largest.head(count).select("break_id", "kind", "bot", "leg", "ts", *said, "trade_id", "order_id")

    def break_ages(self) -> pl.DataFrame:
        """Return how long breaks have been open: kind, status, severity, breaks, oldest_h, value_quote; the oldest first."""
        age = (pl.lit(self.case.as_of) - pl.col("ts")).dt.total_microseconds() / 3.6e9
        return (
            self.breaks.with_columns(age=age)
            .group_by("kind", "status", "severity")
            .agg(
                breaks=pl.len().cast(pl.Int64),
                oldest_h=pl.col("age").max().round(1),
                value_quote=pl.col("value_quote").sum(),
            )
            .sort("oldest_h", "kind", descending=[True, False])
        )

    def checked(self) -> pl.DataFrame:
        """Return how much of the day an independent leg has really been compared with: bot, and the shares by kind."""
        wanted = ["fills_checked_share", "notional_checked_share", "orders_checked_share"]
        mine = self.metrics("reconciliation").filter(pl.col("metric").is_in(wanted))
        return mine.select(
            bot="subject", of=pl.col("metric").str.strip_suffix("_checked_share"), share="value", because="note"
        )

    def position_steps(self) -> pl.DataFrame:
        """Return the waterfall of each position: account, step, amount (base)."""
        account = pl.format("{} {}", "bot", "pair")
        return (
            position_waterfall(self.case).select("step", "amount", account=account).sort("account", maintain_order=True)
        )

    def balance_steps(self) -> pl.DataFrame:
        """Return the waterfall of each balance: account, step, amount (quote)."""
        return balance_waterfall(self.case).select("step", "amount", account="bot").sort("account", maintain_order=True)

    def look_into(self, what: str) -> "Story":
        """Return the story of one order or fill, by any of its ids or by a break's; empty: the day's most valuable break."""
        return look_into(self.case, self.breaks, what)

    def fill_coverage(self) -> pl.DataFrame:
        """Return how many of the day's fills each leg has: bot, fills, local, events, exchange, in_all."""
        legs = ("local", "events", "exchange")
        today = self.case.of_day(
            matched_fills(self.case).fills.with_columns(ts=pl.coalesce("ts_exchange", "ts_events", "ts_local"))
        )
        return (
            today.group_by("bot")
            .agg(
                fills=pl.len().cast(pl.Int64),
                **{leg: pl.col(f"in_{leg}").sum().cast(pl.Int64) for leg in legs},
                in_all=pl.all_horizontal([f"in_{leg}" for leg in legs]).sum().cast(pl.Int64),
            )
            .sort("bot")
        )

    def parity(self) -> pl.DataFrame:
        """Return live against reference: bot, metric, live, reference, bound (the suite's tightest)."""
        suite = self.assessment.suites["parity"]
        found = {name: suite.bounds_of(f"{name}_delta") for name in MEASURES}
        bounds = {name: bound.max_value if bound else None for name, bound in found.items()}
        wide = self.metrics("parity").select("subject", "metric", "value")
        live = wide.filter(pl.col("metric").is_in(MEASURES)).rename({"value": "live"})
        other = wide.filter(pl.col("metric").str.ends_with("_reference")).select(
            "subject", pl.col("metric").str.strip_suffix("_reference"), pl.col("value").alias("reference")
        )
        return (
            live.join(other, on=["subject", "metric"])
            .with_columns(bound=pl.col("metric").replace_strict(bounds, default=None, return_dtype=pl.Float64))
            .rename({"subject": "bot"})
            .sort("bot", "metric")
        )

    def exposures(self) -> pl.DataFrame:
        """Return each book bot's exposure against the cap on one bot: bot, exposure_quote, cap (quote)."""
        bounds = self.assessment.suites["portfolio_risk"].bounds_of("concentration_share")
        wide = self.metrics("portfolio_risk").filter(pl.col("subject") != "portfolio")
        table = wide.pivot("metric", index="subject", values="value").rename({"subject": "bot"})
        if table.is_empty():
            return pl.DataFrame(schema={"bot": pl.String, "exposure_quote": pl.Float64, "cap": pl.Float64})
        return table.select(
            "bot",
            pl.col("exposure_quote").abs(),
            (pl.col("equity_quote").sum() * ((bounds and bounds.max_value) or 0.0)).alias("cap"),
        ).sort("bot")

    def pnl(self) -> pl.DataFrame:
        """Return each bot's PnL over the day from agreed fills, marked at each fill: bot, ts, pnl_quote.

        Fees in quote are in it, funding is not.
        """
        today = self.case.of_day(agreed_fills(self.case))
        return (
            today.sort("bot", "pair", "ts", "trade_id")
            .with_columns(
                cash=cash_flow(self.case.desk.quote).cum_sum().over("bot", "pair"),
                base=signed().cum_sum().over("bot", "pair"),
            )
            .select("bot", "pair", "ts", pnl=(pl.col("cash") + pl.col("base") * pl.col("price")).cast(pl.Float64))
            .sort("bot", "ts")
            .with_columns(change=pl.col("pnl") - pl.col("pnl").shift(1).over("bot", "pair").fill_null(0))
            .with_columns(pnl_quote=pl.col("change").cum_sum().over("bot"))
            .select("bot", "ts", "pnl_quote")
        )

    def positions(self) -> pl.DataFrame:
        """Return each bot's position over the day and what the account said: bot, pair, ts, position, snapshot."""
        fills = agreed_fills(self.case).select("bot", "pair", "ts", signed().alias("base"))
        opening = pl.DataFrame(
            [
                (bot.name, pair, bot.opening.at, bot.opening_position(pair))
                for bot in self.case.desk.judged
                if bot.opening
                for pair in bot.pairs
            ],
            schema={"bot": pl.String, "pair": pl.String, "ts": pl.Datetime("us", "UTC"), "base": pl.Decimal(38, 18)},
            orient="row",
        )
        account = (
            self.case.frames["positions"]
            .filter((pl.col("leg") == "exchange") & pl.col("bot").is_in([bot.name for bot in self.case.desk.judged]))
            .select(
                "bot", "pair", "ts", pl.lit(0, pl.Decimal(38, 18)).alias("base"), pl.col("quantity").alias("snapshot")
            )
        )
        rows = pl.concat([opening, fills, account], how="diagonal").sort("bot", "pair", "ts")
        end = self.case.start + timedelta(days=1)
        return (
            rows.with_columns(position=pl.col("base").cum_sum().over("bot", "pair"))
            .filter((pl.col("ts") >= self.case.start) & (pl.col("ts") <= end))
            .select("bot", "pair", "ts", pl.col("position").cast(pl.Float64), pl.col("snapshot").cast(pl.Float64))
        )

    def equity(self) -> pl.DataFrame:
        """Return what the bots say of their equity over the day, every five minutes: bot, ts, equity_quote."""
        today = self.case.of_day(self.case.frames["snapshots"]).filter(pl.col("equity_quote").is_not_null())
        return (
            today.sort("ts", "row_id")
            .group_by("bot", pl.col("ts").dt.truncate("5m"), maintain_order=True)
            .agg(pl.col("equity_quote").last().cast(pl.Float64))
            .sort("bot", "ts")
        )
