"""What the bots do on the demo desk: enough fills on both sides, small positions, live and shadow alike."""

from collections import Counter, defaultdict
from decimal import Decimal

import pytest

from deskgate.demo.bots import BOT1, BOT3, BOT4, TRADERS, BotPlan, Trading, trade
from deskgate.demo.clock import DAY_MS
from deskgate.demo.market import Market, simulate
from deskgate.demo.story import Story, tell

SEED = 7
EACH = pytest.mark.parametrize("plan", TRADERS, ids=lambda plan: plan.name)


@pytest.fixture(scope="module")
def story() -> Story:
    return tell(4, with_outage=True)


@pytest.fixture(scope="module")
def markets(story: Story) -> dict[str, Market]:
    return simulate(SEED, story.start_ms, story.end_ms)


@pytest.fixture(scope="module")
def tradings(story: Story, markets: dict[str, Market]) -> dict[str, Trading]:
    return {plan.name: trade(SEED, plan, markets[plan.instrument.pair], story) for plan in TRADERS}


@EACH
def test_hundred_to_two_hundred_and_fifty_fills_a_full_day_on_both_sides(
    tradings: dict[str, Trading], plan: BotPlan
) -> None:
    sides: dict[int, Counter[str]] = defaultdict(Counter)
    for order in tradings[plan.name].orders:
        for fill in order.fills:
            sides[fill.ts_ms // DAY_MS][order.side] += 1
    late_start, *full_days = (sides[day] for day in sorted(sides))
    assert late_start.total() >= 60
    assert all(100 <= day.total() <= 250 for day in full_days)
    assert all(min(day.values()) > day.total() / 4 for day in full_days)


@pytest.mark.parametrize(("plan", "share"), [(BOT1, "0.4"), (BOT3, "0.4"), (BOT4, "0.2")])
def test_position_stays_small(tradings: dict[str, Trading], plan: BotPlan, share: str) -> None:
    position, largest = Decimal(0), Decimal(0)
    fills = [(fill.ts_ms, fill.quantity, order) for order in tradings[plan.name].orders for fill in order.fills]
    for _, quantity, order in sorted(fills, key=lambda each: each[0]):
        position += order.side.sign * quantity
        largest = max(largest, abs(position) * order.price)
    assert 0 < largest <= Decimal(share) * plan.opening


def _fill_ratio(trading: Trading, day: int) -> float:
    orders = [order for order in trading.orders if order.created_ms // DAY_MS == day]
    return float(sum(order.filled for order in orders) / sum(order.quantity for order in orders))


def _slippage_bps(trading: Trading, market: Market, day: int) -> float:
    paid = volume = Decimal(0)
    for order in trading.orders:
        for fill in (fill for fill in order.fills if fill.ts_ms // DAY_MS == day):
            mid = market.mid(fill.ts_ms)
            paid += order.side.sign * (order.price - mid) * fill.quantity
            volume += mid * fill.quantity
    return float(paid / volume * 10_000)


def test_live_and_shadow_agree_on_the_last_day(
    story: Story, markets: dict[str, Market], tradings: dict[str, Trading]
) -> None:
    day = story.end_ms // DAY_MS - 1
    live, shadow, market = tradings["bot1"], tradings["bot3"], markets["BTC-USDT"]
    assert abs(_fill_ratio(live, day) - _fill_ratio(shadow, day)) <= 0.10
    assert abs(_slippage_bps(live, market, day) - _slippage_bps(shadow, market, day)) <= 2.0
    rejects = [
        sum(reject.ts_ms // DAY_MS == day for reject in each.rejects)
        / sum(order.created_ms // DAY_MS == day for order in each.orders)
        for each in (live, shadow)
    ]
    assert min(rejects) > 0
    assert abs(rejects[0] - rejects[1]) <= 0.02


@pytest.mark.parametrize("plan", [BOT1, BOT4], ids=lambda plan: plan.name)
def test_record_has_the_oddities_of_a_real_one(tradings: dict[str, Trading], plan: BotPlan) -> None:
    orders = tradings[plan.name].orders
    fills = [(order, fill) for order in orders for fill in order.fills]
    lags = [fill.known_ms - fill.ts_ms for _, fill in fills]
    assert sum(-1000 < lag <= 1000 for lag in lags) > 0.9 * len(lags)
    assert sum(4000 <= lag + 1000 <= 13_000 for lag in lags) >= 5
    assert any(fill.known_ms > (order.known_closed_ms or 0) for order, fill in fills)
    assert any(order.fills and not order.is_complete for order in orders)
    assert ("BNB" in {fill.fee_token for _, fill in fills}) is (plan is BOT4)
    assert all(fill.known_ms % 1000 == 0 for _, fill in fills)


def test_paper_fills_whole_orders_at_a_tenth_of_a_percent(tradings: dict[str, Trading]) -> None:
    for order in tradings["bot3"].orders:
        assert order.filled in {Decimal(0), order.quantity}
        assert all(fill.fee == order.price * fill.quantity / 1000 for fill in order.fills)


def test_regimes_switch_and_the_book_is_never_crossed(story: Story, markets: dict[str, Market]) -> None:
    market = markets["BTC-USDT"]
    assert len(set(market.regimes)) == 4
    for ms in story.minutes("bot4"):
        bid, ask = market.book(ms)
        assert 0 < bid < ask
