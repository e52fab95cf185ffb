"""What is carried of the book's worth gives what all of history gives, and is taken only then."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from assessment import carried
from assessment.carried import DAY, PAIRS, Rows, add, at, case_of, copied, frozen, keep, opened, trade
from deskgate.case.case import Case
from deskgate.checks import portfolio_risk
from deskgate.checks.soak.funded import funded_window
from deskgate.config.bot import Funded, Opening
from deskgate.config.desk import Desk
from deskgate.portfolio.readings import BotReadings, every_reading, readings
from deskgate.portfolio.state import BookState, book_state
from deskgate.portfolio.worth_history import worth_history
from deskgate.store.tables import Store
from desks import START, bot, desk, frame, sources
from examples import few

LAST = 9
FUNDED = Funded(equity=1001, hours=24)
BOOK = desk(bot(pairs=list(PAIRS), funded=FUNDED), bot("b2", pairs=list(PAIRS)))
# What BTC costs on each day.
PRICES = (100, 104, 109, 103, 97, 101, 102, 100, 99, 101)


def quotes(day: int, price: int, minutes: Sequence[int] = range(0, 1440, 4), pair: str = PAIRS[0]) -> Rows:
    """Return mids of the first bot, which price the other's markets too."""
    row = {"bot": "b1", "leg": "local", "pair": pair, "mid": Decimal(price), "path": "b1/hummingbot_db"}
    return {"mids": [{**row, "ts": at(day, minute), "best_bid": None, "best_ask": None} for minute in minutes]}


def moving(day: int, price: int, minutes: Sequence[int] = range(0, 1440, 4), pair: str = PAIRS[0]) -> Rows:
    """Return quotes that are never the same for long, as of a feed that lives."""
    rows = quotes(day, price, minutes, pair)["mids"]
    return {"mids": [{**row, "mid": row["mid"] + Decimal(n % 3) / 10} for n, row in enumerate(rows)]}


def accounts(days: int) -> Rows:
    """Return the balances of both bots at the end of each day: what else they hold is known."""
    row = {"leg": "exchange", "token": "USDT", "total": Decimal(1000)}
    return {"balances": [{**row, "bot": name, "ts": at(day, 1430)} for name in ("b1", "b2") for day in range(days)]}


def ten_days(folder: Path) -> Store:
    """Return a store in which the first bot holds one BTC since the first noon, of which seven days are carried."""
    made = opened(folder)
    trades = [trade(0, at(0)), trade(1, at(1), name="b2", side="BUY"), trade(2, at(3), name="b2", side="SELL")]
    trades += [trade(n, at(n, 60), name="b2", side=side) for n in (5, 6) for side in ("BUY",)]
    add(made, frozen(), accounts(20), *trades, *[moving(day, price) for day, price in enumerate(PRICES)])
    keep(made, case_of(made, LAST, BOOK))
    return made


@pytest.fixture(scope="module")
def worth_days(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of that store; tests read it."""
    folder = tmp_path_factory.mktemp("worth_days")
    ten_days(folder)
    return folder


@pytest.fixture
def store(worth_days: Path, tmp_path: Path) -> Store:
    """A copy of that store with what it carries."""
    return copied(worth_days, tmp_path)


def same_worth(store: Store, day: int = LAST, of: Desk = BOOK) -> Case:
    """Return the case of a day after what it says of the book's worth was compared with all of history."""
    found, expected = case_of(store, day, of), case_of(store, day, of, whole=True)
    states = book_state(found), book_state(expected)
    if isinstance(states[0], BookState) and isinstance(states[1], BookState):
        assert states[0].path.equals(states[1].path)
        assert (states[0].capital, states[0].exposures.rows()) == (states[1].capital, states[1].exposures.rows())
    else:
        assert states[0] == states[1]
    assert portfolio_risk.check(found).metrics == portfolio_risk.check(expected).metrics
    for each in of.judged:
        assert funded_window(found, each) == funded_window(expected, each)
    theirs = every_reading(expected)
    for name, mine in every_reading(found).items():
        other = theirs[name]
        if isinstance(mine, BotReadings) and isinstance(other, BotReadings):
            assert (mine.base, mine.since, mine.held.rows()) == (other.base, other.since, other.held.rows())
            assert mine.worth.rows() == other.worth.tail(mine.worth.height).rows()
        else:
            assert mine == other
    return found


def drawdown(case: Case) -> float:
    state = book_state(case)
    assert isinstance(state, BookState)
    found = state.worst("drawdown_share")
    assert found is not None
    return found[0]


def test_drawdown_is_of_the_best_point_that_is_carried(store: Store) -> None:
    case = same_worth(store)
    known = worth_history(case)
    assert known is not None
    mine = readings(case)["b1"]
    assert isinstance(mine, BotReadings)
    # Its readings are of three days, those before are counted.
    assert mine.worth["ts"][0] == at(7, 0)
    assert mine.earlier == 7 * 1440
    # On the third day the two held one BTC each that cost 100, at 109.2, for fees of 0.2.
    assert known.peak == pytest.approx(2 * 9.2 - 0.2)
    assert drawdown(case) > 0.005


def test_funded_window_reaches_back_behind_the_cut(store: Store) -> None:
    add(store, *[moving(day, 120) for day in (10, 11)])
    known = worth_history(case := same_worth(store, 11))
    assert known is not None
    # It had 1,000.9 while BTC stood at 101.0 for the last time.
    assert known.bots.filter(bot="b1")["short"].to_list() == [at(5, 1431)]
    assert funded_window(case, BOOK.bots["b1"])[0].value is not None


@pytest.mark.slow
def test_second_cut_goes_on_from_the_first(store: Store) -> None:
    add(store, *[moving(day, 95 + day % 4) for day in range(10, 20)])
    first = worth_history(same_worth(store, LAST))
    keep(store, same_worth(store, 16))
    second = worth_history(same_worth(store, 16))
    assert first is not None
    assert second is not None
    assert second.peak == first.peak
    assert second.bots["readings"].to_list() == [14 * 1440] * 2
    assert second.tail.height == first.tail.height == 2
    same_worth(store, 19)
    # An earlier day takes the earlier state.
    known = worth_history(same_worth(store, LAST))
    assert known is not None
    assert known.bots["readings"].to_list() == [7 * 1440] * 2


def _transfer(day: int) -> Rows:
    row = {"bot": "b1", "leg": "exchange", "ts": at(day), "token": "USDT", "amount": Decimal(500), "transfer_id": "n"}
    return {"transfers": [row]}


def _payment(day: int) -> Rows:
    row = {"bot": "b1", "ts": at(day, 480), "pair": PAIRS[0], "amount": Decimal(3), "funding_id": "f"}
    return {"funding": [{**row, "leg": leg} for leg in ("local", "exchange")]}


# What has all of the worth read again, and changes the drawdown.
VOIDS: dict[str, Callable[[], Rows]] = {
    "older mid": lambda: quotes(2, 130, range(5, 20)),
    "older fill": lambda: trade(40, at(2, 5), name="b2", price=Decimal(90), side="BUY"),
    "older payment": lambda: _payment(2),
    "moved baseline": lambda: frozen(START + 3 * DAY),
}


@pytest.mark.parametrize("what", VOIDS)
def test_what_can_change_the_best_point_has_all_read_again(store: Store, what: str) -> None:
    before = drawdown(case_of(store, LAST, BOOK))
    add(store, VOIDS[what]())
    case = same_worth(store)
    assert worth_history(case) is None
    assert drawdown(case) != before


@pytest.mark.slow
def test_older_transfer_has_all_read_again(store: Store) -> None:
    add(store, _transfer(2))
    assert worth_history(same_worth(store)) is None


@pytest.mark.slow
def test_kind_of_a_file_that_is_known_later_has_all_read_again(tmp_path: Path) -> None:
    made = opened(tmp_path)
    nameless = [{**row, "path": "b1/late", "mid": row["mid"] + 20} for row in moving(2, 100, range(1, 1440, 4))["mids"]]
    trades = [trade(0, at(0)), trade(1, at(1), name="b2", side="BUY")]
    days = [moving(day, price) for day, price in enumerate(PRICES)]
    add(made, frozen(), accounts(20), {"mids": nameless}, *trades, *days)
    keep(made, case_of(made, LAST, BOOK))
    assert worth_history(same_worth(made)) is not None
    add(made, {"sources": [{**sources("local")[0], "path": "b1/late", "kind": "controller_fills"}]})
    assert worth_history(same_worth(made)) is None


@pytest.mark.slow
def test_bot_that_opens_after_the_cut_changes_no_digit_of_before(tmp_path: Path) -> None:
    names = ("b1", "b2", "b3", "b4")
    openings = {name: Opening(at=at(8 if name == "b3" else 0, 0), balance={"USDT": Decimal(1000)}) for name in names}
    of = desk(*[bot(name, pairs=list(PAIRS), opening=each) for name, each in openings.items()])
    made = opened(tmp_path)
    made.append(
        {"sources": frame("sources", *[row for name in names[2:] for row in sources("local", "exchange", bot=name)])}
    )
    row = {"leg": "exchange", "token": "USDT", "total": Decimal(1000)}
    held = {"balances": [{**row, "bot": name, "ts": at(day, 1430)} for name in names for day in range(10)]}
    trades = [trade(n, at(8 if name == "b3" else 0, 60 + n), name=name, side="BUY") for n, name in enumerate(names)]
    days = [moving(day, price)["mids"] for day, price in enumerate(PRICES)]
    odd = [
        {"mids": [{**row, "mid": row["mid"] + Decimal(n * n % 997) / 991} for n, row in enumerate(day)]} for day in days
    ]
    add(made, frozen(), held, *trades, *odd)
    keep(made, case_of(made, LAST, of))
    assert worth_history(same_worth(made, LAST, of)) is not None


def test_what_is_of_the_day_changes_nothing_of_before(store: Store) -> None:
    add(store, _transfer(LAST), _payment(LAST), quotes(LAST, 140, range(701, 760, 2)), trade(41, at(LAST, 300)))
    assert worth_history(same_worth(store)) is not None


@pytest.mark.slow
def test_state_of_half_a_day_has_no_worth_whose_quotes_may_still_come(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    carried.cut_before_each_day(monkeypatch, 0)
    made = opened(tmp_path)
    add(made, frozen(), accounts(20), trade(0, at(0)), *[moving(day, price) for day, price in enumerate(PRICES)])
    keep(made, replace(case_of(made, 5, BOOK), as_of=at(5, 60)))
    case = same_worth(made, 6)
    assert case.fill_history is not None
    assert case.fill_history.quotes is None
    assert worth_history(case) is None


@st.composite
def stories(draw: st.DrawFn) -> carried.Story:
    """Return rows with the day on which they are ingested: trades, quotes with gaps, transfers and payments, some of them late."""
    told: carried.Story = [
        (0, frozen(START + timedelta(hours=draw(st.sampled_from([0, 0, 7, 50]))))),
        (0, accounts(LAST + 1)),
    ]
    late = st.sampled_from([0, 0, 0, 0, 0, 0, 4])
    for number in range(draw(st.integers(2, 8))):
        day, minute = draw(st.integers(0, LAST)), draw(st.integers(0, 1439))
        name, side = draw(st.sampled_from(["b1", "b2"])), draw(st.sampled_from(["BUY", "SELL"]))
        price = Decimal(draw(st.integers(90, 110)))
        rows = trade(number, at(day, minute), name=name, side=side, price=price, pair=draw(st.sampled_from(PAIRS)))
        told.append((day + draw(late), rows))
    for day in range(LAST + 1):
        # A market that is held has a mid at each border of a day, or else nothing is known of the book.
        gap = draw(st.integers(10, 1400)) if draw(st.integers(0, 4)) == 0 else 1440
        minutes = [each for each in range(0, 1440, draw(st.sampled_from([2, 4]))) if not gap < each < gap + 40]
        for pair in PAIRS:
            told.append((day, moving(day, draw(st.integers(90, 110)), minutes, pair)))
        if draw(st.integers(0, 5)) == 0:
            more = moving(day, 130, range(draw(st.integers(1, 700)), 800, 3))
            told.append((day + draw(late), more))
        if draw(st.integers(0, 5)) == 0:
            told.append((day + draw(late), draw(st.sampled_from([_transfer, _payment]))(day)))
    return told


@pytest.mark.slow
@pytest.mark.usefixtures("cut_a_day_before")
@few(is_shared=True)
@given(stories(), st.integers(3, LAST - 1))
def test_worth_of_every_story_is_what_all_of_history_gives(told: carried.Story, day: int) -> None:
    with TemporaryDirectory() as folder:
        case = same_worth(carried.kept_once(Path(folder), told, on=day, last=LAST, of=BOOK), LAST)
        event(f"carried: {worth_history(case) is not None}")


@pytest.mark.long
@pytest.mark.usefixtures("cut_at_midnight")
@few(is_shared=True, one_in=25)
@given(stories(), st.lists(st.integers(2, LAST - 1), min_size=2, max_size=4, unique=True).map(sorted))
def test_worth_of_every_day_of_a_story_is_so(told: carried.Story, days: list[int]) -> None:
    with TemporaryDirectory() as folder:
        made = opened(Path(folder))
        for day in carried.kept_on_each(made, told, [*days, LAST], of=BOOK):
            same_worth(made, day)
        # An earlier day again.
        same_worth(made, days[0])
