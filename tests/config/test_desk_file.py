"""The keys of a bot's markets, connectors and symbols, and of the accounting."""

import re
from decimal import Decimal
from pathlib import Path
from traceback import format_exception

import pytest

from deskgate.config.accounting import Accounting
from deskgate.config.connectors import unit_of
from deskgate.config.desk_file import load_desk
from deskgate.config.errors import InputError

BOT = '[desk]\nname = "d"\n[bots.b1]\nmode = "live"\npairs = ["BTC-USDT"]\n'


def _desk(folder: Path, more: str) -> Path:
    (folder / "desk.toml").write_text(BOT + more)
    return folder


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('connector = "binance"', ["binance"]),
        ('connector = ["binance", "binance_perpetual"]', ["binance_perpetual", "binance"]),
        ('connectors = ["okx_perpetual", "okx"]', ["okx_perpetual", "okx"]),
        ('connector = "okx"\nconnectors = ["okx", "okx_perpetual"]', ["okx_perpetual", "okx"]),
    ],
)
def test_connectors_of_a_bot(tmp_path: Path, line: str, expected: list[str]) -> None:
    bot = load_desk(_desk(tmp_path, line)).bots["b1"]
    assert (bot.connectors, bot.connector) == (expected, expected[0])


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('connector = ["binance", "kucoin"]', "expected at most one of spot and one of contracts"),
        ('connector = "okx"\nconnectors = ["binance", "binance_perpetual"]', "expected one of its connectors"),
        ("connector = []", "connector"),
        ('connector = "okx"\nsymbols = { "HYPE-USD" = "HYPEUSD" }', "expected a unified symbol of ccxt"),
        ('connector = "okx"\nsymbols = { "PEPE-USDT" = "1000PEPE/USDT:USDT" }', "1 and 1000 coins"),
    ],
)
def test_markets_that_cannot_be_told_apart_are_refused(tmp_path: Path, line: str, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        load_desk(_desk(tmp_path, line))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        *(("BTC-USDT", 1), ("1INCH-USDT", 1), ("1000PEPE/USDT:USDT", 1000), ("10000LADYS-USDT", 10_000)),
        *(("kPEPE-USD", 1000), ("KPEPE/USDC:USDC", 1000), ("1MBABYDOGE-USDT", 1_000_000), ("KAVA-USDT", 1)),
    ],
)
def test_unit_in_a_name(name: str, expected: int) -> None:
    assert unit_of(name) == expected


_OPENING = 'connector = "okx"\nopening = {{ at = "2026-05-04T00:00:00Z", {} }}'


@pytest.mark.parametrize(
    ("opening", "expected"),
    [
        ('position = "2"', None),
        ('position = "2", entry_price = "99.5"', Decimal("99.5")),
        ('position = { "BTC-USDT" = "2" }, entry_price = { "BTC-USDT" = "98" }', Decimal(98)),
    ],
)
def test_entry_price_of_an_opening(tmp_path: Path, opening: str, expected: Decimal | None) -> None:
    bot = load_desk(_desk(tmp_path, _OPENING.format(opening))).bots["b1"]
    assert (bot.opening_position("BTC-USDT"), bot.entry_price("BTC-USDT")) == (Decimal(2), expected)
    assert (bot.opening_position("ETH-USDT"), bot.entry_price("ETH-USDT")) == (Decimal(0), None)


@pytest.mark.parametrize(
    ("opening", "reason"),
    [
        ('entry_price = "100"', "names BTC-USDT, of which the opening has no position"),
        (
            'position = "2", entry_price = { "BTC-UDST" = "100" }',
            "names BTC-UDST, of which the opening has no position",
        ),
        ('position = "2", entry_price = "0"', "entry_price"),
    ],
)
def test_entry_price_of_no_position_is_refused(tmp_path: Path, opening: str, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        load_desk(_desk(tmp_path, _OPENING.format(opening)))


_ON_ACCOUNT = 'connector = "okx"\naccount = "a"\nopening = "{}"\n[accounts.a]\nconnector = "okx"\n'
_SECOND = '[bots.b2]\nmode = "live"\nconnector = "okx"\npairs = ["A-USDT"]\naccount = "a"\n'


def test_first_snapshot_stands_for_an_opening(tmp_path: Path) -> None:
    bot = load_desk(_desk(tmp_path, _ON_ACCOUNT.format("first_snapshot"))).bots["b1"]
    assert (bot.opening, bot.opens_at_first_snapshot) == (None, True)
    assert not load_desk(_desk(tmp_path, 'connector = "okx"')).bots["b1"].opens_at_first_snapshot


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (_ON_ACCOUNT.format("first_snapshott"), r"opening is 'first_snapshott'.*did you mean 'first_snapshot'"),
        ('connector = "okx"\nopening = "first_snapshot"', "it has no accounts, expected one"),
        (_ON_ACCOUNT.format("first_snapshot") + _SECOND, "b2 trades on its account a too.*type bots.b1.opening = "),
        ('connector = "okx"\nopening = 5', "opening"),
        ('connector = "okx"\nopens_at_first_snapshot = true', "expected opening = "),
    ],
)
def test_first_snapshot_of_no_account_of_its_own_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        load_desk(_desk(tmp_path, text))


def test_run_by_is_a_time_of_day(tmp_path: Path) -> None:
    bot = 'connector = "okx"\n[alerts]\nurls = ["json://a"]\nrun_by = {}'
    assert load_desk(_desk(tmp_path, bot.format('"06:30"'))).alerts.run_by == "06:30"
    for wrong in ('"24:00"', '"6:30"', '"06:30Z"', '""', "06:30:00", "630"):
        with pytest.raises(InputError, match=r"alerts\.run_by: .*correct desk\.toml"):
            load_desk(_desk(tmp_path, bot.format(wrong)))
    assert not load_desk(_desk(tmp_path, 'connector = "okx"\n[alerts]\nrun_by = "06:30"')).alerts.is_declared


_WORD = "hunter2-is-long"


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (f'[stream]\nmqtt = {{ url = "mqtt://me:{_WORD}@host" }}', "stream.mqtt.url has a password in its address"),
        (f'[store]\npath = "s3://me:{_WORD}@bucket/store"', "store.path has a password in its address"),
        (f'[actions.redis]\nurl = "redis://:{_WORD}@host"', "actions.redis.url has a password in its address"),
        (
            f'[monitoring.routes]\na = "http://{_WORD}@host"',
            r"monitoring.routes.a has a user name or a token in its address",
        ),
        (
            f'[monitoring.routes]\na = "http://host/?token={_WORD}"',
            "monitoring.routes.a has a parameter that may be a secret",
        ),
        (f'[stream]\nmqtt = {{ url = "mqtt://{_WORD}@host" }}', "stream.mqtt.url has a user name or a token"),
        (f'[alerts]\nrun_by = "{_WORD}"', r"alerts.run_by: .*not shown"),
        (f'[alerts]\nurls = "tgram://123:{_WORD}/1"', r"alerts.urls: .*not shown"),
        (f'[alerts]\nurls = {{ a = "json://me:{_WORD}@host" }}', r"alerts.urls: .*not shown"),
        (f'[stream]\nmqtt = ["PASSWORD={_WORD}"]', r"stream.mqtt: .*not shown"),
        (f'[stream]\nmqtt = {{ url = "mqtt://host", password = "{_WORD}" }}', "unknown key stream.mqtt.password"),
        (f'[stream]\nmqtt = {{ url = "mqtt://host", password_env = "{_WORD}" }}', "password_env: expected the NAME"),
        (f'[audit]\npublic_key = "{_WORD}"', r"audit.public_key: .*not shown"),
        ('[actions]\nvalidity_min = "long"', "actions.validity_min: .*, got 'long'"),
    ],
)
def test_value_that_may_be_a_secret_is_refused_without_being_shown(tmp_path: Path, more: str, says: str) -> None:
    with pytest.raises(InputError, match=says) as refused:
        load_desk(_desk(tmp_path, f'connector = "okx"\n{more}\n'))
    assert _WORD not in "".join(format_exception(refused.value))


def test_at_sign_after_the_host_of_a_route_is_no_secret(tmp_path: Path) -> None:
    route = "http://127.0.0.1:9090/-/healthy?who=a@b.c"
    desk = load_desk(_desk(tmp_path, f'connector = "okx"\n[monitoring.routes]\na = "{route}"\n'))
    assert desk.monitoring is not None
    assert desk.monitoring.routes == {"a": route}


@pytest.mark.parametrize(
    ("table", "textfile", "message"),
    [
        ('textfile = "/var/lib/node_exporter/d.prom"', "/var/lib/node_exporter/d.prom", ""),
        ('textfile = "d.txt"', None, "monitoring.textfile is 'd.txt', expected a file that ends in .prom"),
        ("timeout_s = 3", None, "monitoring has neither routes nor textfile"),
    ],
)
def test_file_of_metrics_alone_declares_no_health_route(
    tmp_path: Path, table: str, textfile: str | None, message: str
) -> None:
    place = _desk(tmp_path, f'connector = "okx"\n[monitoring]\n{table}\n')
    if message:
        with pytest.raises(InputError, match=re.escape(message)):
            load_desk(place)
        return
    desk = load_desk(place)
    assert (desk.textfile, desk.monitoring) == (textfile, None)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", Accounting.AVERAGE),
        ('accounting = "average"', Accounting.AVERAGE),
        ('accounting = "fifo"', Accounting.FIFO),
    ],
)
def test_method_of_accounting(tmp_path: Path, line: str, expected: Accounting) -> None:
    text = BOT.replace('name = "d"\n', f'name = "d"\n{line}\n')
    (tmp_path / "desk.toml").write_text(text + 'connector = "okx"')
    assert load_desk(tmp_path).accounting is expected


@pytest.mark.parametrize("value", ['"lifo"', '"FIFO"', '""', "1"])
def test_other_method_of_accounting_is_refused(tmp_path: Path, value: str) -> None:
    text = BOT.replace('name = "d"\n', f'name = "d"\naccounting = {value}\n')
    (tmp_path / "desk.toml").write_text(text + 'connector = "okx"')
    with pytest.raises(InputError, match=r"desk\.accounting: input should be 'average' or 'fifo', got"):
        load_desk(tmp_path)


_KEY = "ed25519:QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVowMTIzNDU="


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ('sign_offs = ["risk"]', "public_key is missing"),
        (f'public_key = "{_KEY}"\nsign_offs = ["risk", "risk"]', "expected each role once"),
        (f'public_key = "{_KEY}"\nsign_offs = ["boss"]', "'strategy', 'risk' or 'ops'"),
    ],
)
def test_sign_offs_that_nobody_could_give_are_refused(tmp_path: Path, lines: str, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        load_desk(_desk(tmp_path, f'connector = "okx"\n[audit]\n{lines}\n'))


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ('log_timezone = "Europe/Berln"\n', "bots.b1.log_timezone: is 'Europe/Berln', expected a name of the IANA"),
        ('legs = ["local", "exchange"]\n', "bots.b1: has legs without events and no legs_waiver"),
        ('opening = "first"\n', "bots.b1: opening is 'first', expected a table"),
        ('[accounts.a]\nconnector = "okx_paper_trade"\n', "accounts.a: connector is 'okx_paper_trade'"),
        (
            "[actions]\nreceipt_within_s = 30\nreads_apart_s = 40\n",
            "actions: receipt_within_s is 30, expected at least",
        ),
        ('shadow = "b1"\n', "desk.toml: bots.b1.shadow is 'b1'"),
    ],
)
def test_a_rule_that_is_broken_names_the_table(tmp_path: Path, lines: str, says: str) -> None:
    bot = '[desk]\nname = "d"\n[bots.b1]\nmode = "live"\nconnector = "okx_perpetual"\npairs = ["BTC-USDT"]\n'
    (tmp_path / "desk.toml").write_text(bot + lines)
    with pytest.raises(InputError) as refused:
        load_desk(tmp_path)
    assert says in str(refused.value)
