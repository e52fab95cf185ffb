"""Where secrets are looked for: logs that were rotated and those of bots' folders, and addresses of alert channels."""

import bz2
import gzip
import lzma
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest

from deskgate.config.desk import Desk
from deskgate.config.desk_file import load_desk
from deskgate.config.paths import SUITES
from deskgate.run.secret_probe import look_for_secrets

# Put together here, so that no scanner takes this file for one with secrets.
SECRET = 'password = "' + "correct-horse-battery" + '"'
BOT = (
    '[bots.b1]\nmode = "live"\nconnector = "binance"\npairs = ["BTC-USDT"]\nlocal = ["instances/b1-*/data/*.sqlite"]\n'
)


def desk(root: Path, more: str = "") -> Desk:
    database = root / "instances/b1-20260318-000000/data/b1.sqlite"
    database.parent.mkdir(parents=True)
    database.touch()
    (root / "desk.toml").write_text(f'[desk]\nname = "d"\nquote = "USDT"\n{more}\n{BOT}')
    return load_desk(root)


def found(where: Desk, out: Path) -> list[tuple[object, object, object]]:
    _, seen = look_for_secrets(where, out, SUITES)
    assert isinstance(seen["found"], list)
    return [(each["file"], each["line"], each["kind"]) for each in seen["found"]]


def test_environment_file_of_a_compose_file_is_the_place_of_a_secret(tmp_path: Path) -> None:
    where = desk(tmp_path, '[deployment]\ncompose = ["compose.yml"]')
    for name in (".env", "bot.env"):
        (tmp_path / name).write_text(SECRET)
    (tmp_path / "compose.yml").write_text("services: {a: {image: 'hb:1.0', env_file: bot.env}}\n")
    assert found(where, tmp_path / "out") == []
    (tmp_path / "compose.yml").write_text(f"# {SECRET}\nservices: {{a: {{image: 'hb:1.0', env_file: bot.env}}}}\n")
    assert found(where, tmp_path / "out") == [("compose.yml", 1, "Secret Keyword")]


@pytest.mark.parametrize(
    "log",
    [
        "logs/run.log",
        "b1/logs/b1.log",
        "instances/b1-20260318-000000/logs/logs_b1.log",
        "instances/b1-20260318-000000/logs/logs_b1.log.2026-03-18",
        "logs/run.log.1",
    ],
)
def test_log_of_the_desk_or_of_a_bot_is_looked_at(tmp_path: Path, log: str) -> None:
    where = desk(tmp_path)
    (tmp_path / log).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / log).write_text(f"begun\n{SECRET}\n")
    assert found(where, tmp_path / "out") == [(log, 2, "Secret Keyword")]


@pytest.mark.slow
def test_line_is_that_of_the_whole_log_and_only_its_end_is_looked_at(tmp_path: Path) -> None:
    where, logs = desk(tmp_path), tmp_path / "out" / "logs"
    logs.mkdir(parents=True)
    lines = [SECRET, *["x" * 99] * 20_000, SECRET]
    (logs / "run.log").write_text("\n".join(lines))
    with gzip.open(logs / "old.log.gz", "wt") as file:
        file.write("\n".join(lines))
    assert found(where, tmp_path / "out") == [
        (f"logs/{name}", 20_002, "Secret Keyword") for name in ("old.log.gz", "run.log")
    ]


def test_of_rotated_parts_the_last_one_is_looked_at(tmp_path: Path) -> None:
    where, logs = desk(tmp_path), tmp_path / "logs"
    logs.mkdir()
    for name in ("run.log.2026-03-17", "run.log.2026-03-18", "run.log"):
        (logs / name).write_text(SECRET)
        (logs / name).touch()
    assert [file for file, _, _ in found(where, tmp_path / "out")] == ["logs/run.log", "logs/run.log.2026-03-18"]
    (logs / "run.log").write_text("x" * 99_999)
    assert found(where, tmp_path / "out") == []


@pytest.mark.parametrize("name", ["run.log.1.zst", "run.log.gz", "run.log.xz"])
def test_log_that_cannot_be_unpacked_is_named(tmp_path: Path, name: str) -> None:
    where, logs = desk(tmp_path), tmp_path / "logs"
    logs.mkdir()
    (logs / name).write_bytes(gzip.compress(b"whole" * 999)[:20])
    ok, seen = look_for_secrets(where, tmp_path / "out", SUITES)
    assert (ok, seen["unread"]) == (False, [f"logs/{name}"])


@pytest.mark.parametrize(
    ("name", "pack"),
    [("a.log.1.gz", gzip.compress), ("b.log.1.bz2", bz2.compress), ("c.log.1.xz", lzma.compress)],
)
def test_log_that_is_packed_is_unpacked(tmp_path: Path, name: str, pack: Callable[[bytes], bytes]) -> None:
    where, logs = desk(tmp_path), tmp_path / "logs"
    logs.mkdir()
    (logs / name).write_bytes(pack(SECRET.encode()))
    assert found(where, tmp_path / "out") == [(f"logs/{name}", 1, "Secret Keyword")]


@pytest.mark.parametrize("folder", ["logs", "b1/logs", "out/logs", "instances/b1-20260318-000000/logs"])
def test_folder_of_logs_that_cannot_be_read_is_named(tmp_path: Path, folder: str) -> None:
    where, logs = desk(tmp_path), tmp_path / folder
    logs.parent.mkdir(parents=True, exist_ok=True)
    # A link to itself: an error for root too, which may enter every folder.
    logs.symlink_to("logs")
    ok, seen = look_for_secrets(where, tmp_path / "out", SUITES)
    assert (ok, seen["unread"]) == (False, [f"{folder.removeprefix('out/')}/"])


def test_closed_folder_without_bots_hides_no_log(tmp_path: Path) -> None:
    (tmp_path / "grafana").mkdir()
    (tmp_path / "grafana/logs").symlink_to("logs")
    where = desk(tmp_path, 'ignore = ["grafana"]')
    assert look_for_secrets(where, tmp_path / "out", SUITES)[1]["unread"] == []


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("sent to {address}", True),
        ("GET /?url={encoded}", True),
        ("Authorization: {secret}", True),
        ("auth={encoded_secret}", True),
        ("sent to {address}  # pragma: allowlist secret", False),
        ("sent to ann@example.com", False),
    ],
)
@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
@pytest.mark.parametrize("place", ["logs/run.log", "notes.yml", "out/2026-03-18/index.html"])
def test_alert_address_of_the_environment_is_searched_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, text: str, is_one: bool
) -> None:
    secret = "a+b/c" + "-horse-battery"
    address = f"mailto://ann:{quote(secret, safe='')}@example.com"
    monkeypatch.setenv("CHANNELS", address)
    written = text.format(
        address=address,
        encoded=quote(address, safe="").replace("%2F", "%2f"),
        secret=secret,
        encoded_secret=quote(secret, safe=""),
    )
    where = desk(tmp_path, '[alerts]\nurls_env = "CHANNELS"')
    where.file.write_text(f'{where.file.read_text()}config = ["*.yml"]\n')
    (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
    # Long before the end of a log, which is all that is looked at for other secrets.
    more = f"{'x' * 99_999}\n" if place.endswith(".log") else ""
    (tmp_path / place).write_text(f"begun\n{written}\n{more}")
    names = {(file, line) for file, line, _ in found(load_desk(tmp_path), tmp_path / "out")}
    assert names == ({(place.removeprefix("out/"), 2)} if is_one else set())


@pytest.mark.parametrize(
    ("address", "holds_one"),
    [
        ("json://127.0.0.1:9/hook", False),
        ("ntfy://a-topic", False),
        ("slack://T1JJ3T3L2/A1BRTD4JD/" + "TIiajkdnlazkcOXrIdevi7FQ", True),
        ("discord://4174216298/" + "JHMHI8qBe7bk2ZwO5U711o3dV_js", True),
        ("mailto://me:" + "hunter22pass" + "@example.com", True),
    ],
)
@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
def test_alert_address_in_desk_toml_holds_no_secret(tmp_path: Path, address: str, holds_one: bool) -> None:
    where = desk(tmp_path, f'[alerts]\nurls = ["{address}"]')
    assert [(file, line) for file, line, _ in found(where, tmp_path / "out")] == [("desk.toml", 5)] * holds_one
    (tmp_path / "desk.toml").write_text(
        where.file.read_text().replace(f'{address}"]', f'{address}"]  # pragma: allowlist secret')
    )
    assert found(load_desk(tmp_path), tmp_path / "out") == []
