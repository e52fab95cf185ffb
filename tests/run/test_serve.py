"""The published days over HTTP, asked as a browser and as somebody with other ideas asks."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import pytest
from typer.testing import CliRunner

from deskgate.cli.app import app
from deskgate.reports.pages.environment import CSP
from deskgate.run.serve import DayServer
from tiers import quick

DAY = "2026-05-04"
COPY = f"{DAY}/03_reconciliation.interactive.html"
SERVED = (
    "index.html",
    COPY,
    f"{DAY}/index.html",
    f"{DAY}/daily_report.md",
    f"{DAY}/decision.json",
    f"{DAY}/breaks.csv",
    "periods/may/index.html",
)
KEPT = (
    *(
        "store/_delta_log/0.json",
        "audit/chain.json",
        ".runs/2026-05-04.json",
        "logs/deskgate.md",
        ".index/2026-05-04.json",
    ),
    *(
        "desk.json",
        f"{DAY}/.index.html.partial",
        f"{DAY}/.hidden.html",
        f"{DAY}/01_baseline.ipynb",
        f"{DAY}/metrics/a.json",
        f"{DAY}/settings.json",
        f"{DAY}/inputs.json",
    ),
    *(
        f".staging/{DAY}/index.html",
        "2026-13-01/index.html",
        f"{DAY}.old/index.html",
        "2026-05-05/desk.toml",
        "periods/index.html",
        "periods/.may/index.html",
        "periods/may/a/b.html",
    ),
)


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an --out with all that may lie there; each file holds its own name."""
    base = tmp_path_factory.mktemp("served")
    folder = base / "out"
    for name in (*SERVED, *KEPT):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    (base / "secret.html").write_text("secret")
    (folder / DAY / "linked.html").symlink_to(base / "secret.html")
    (base / "2026-05-06").mkdir()
    (base / "2026-05-06" / "index.html").write_text("secret")
    (folder / "2026-05-06").symlink_to(base / "2026-05-06")
    return folder


@pytest.fixture(scope="module")
def server(out: Path) -> Iterator[DayServer]:
    """Return a server on a free port."""
    with DayServer(out, "127.0.0.1", 0, ["desk.example"]) as made:
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield made
        made.shutdown()
        thread.join()


def _ask(
    server: DayServer, path: str, method: str = "GET", host: str | None = "127.0.0.1"
) -> tuple[HTTPResponse, bytes]:
    asked = HTTPConnection("127.0.0.1", server.socket.getsockname()[1], timeout=10)
    asked.putrequest(method, path, skip_host=True)
    if host is not None:
        asked.putheader("Host", host)
    asked.endheaders()
    answer = asked.getresponse()
    content = answer.read()
    asked.close()
    return answer, content


@pytest.mark.parametrize("name", SERVED)
def test_page_is_served_with_headers_that_keep_it_alone(server: DayServer, name: str) -> None:
    answer, content = _ask(server, f"/{name}")
    assert (answer.status, content.decode()) == (200, name)
    assert str(answer.getheader("Content-Security-Policy")).startswith(CSP)
    told = [answer.getheader(each) for each in ("X-Content-Type-Options", "Referrer-Policy", "Cache-Control")]
    assert told == ["nosniff", "no-referrer", "no-store"]


def test_copy_alone_may_run_scripts_in_a_sandbox(server: DayServer) -> None:
    policies = {name: str(_ask(server, f"/{name}")[0].getheader("Content-Security-Policy")) for name in SERVED}
    own = {part.strip() for part in policies.pop(COPY).removeprefix(CSP).split(";") if part}
    assert own == {"script-src 'unsafe-inline'", "frame-ancestors 'none'", "sandbox allow-scripts"}
    assert set(policies.values()) == {f"{CSP}; frame-ancestors 'none'"}


@pytest.mark.parametrize("name", KEPT)
def test_what_is_no_page_of_a_day_is_not_served(server: DayServer, out: Path, name: str) -> None:
    assert (out / name).is_file()
    assert _ask(server, f"/{name}")[0].status == 404


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.html",
        f"/{DAY}/../../secret.html",
        f"/{DAY}/..%2f..%2fsecret.html",
        f"/{DAY}/%2e%2e/%2e%2e/secret.html",
        f"/{DAY}/..\\..\\secret.html",
        f"/{DAY}/linked.html",
        "/2026-05-06/index.html",
        f"/{DAY}/index.html%00.md",
        f"/{DAY}/%ff.html",
        f"http://127.0.0.1/{DAY}/index.html",
        "/store/",
        f"/{DAY}/metrics/",
    ],
)
def test_path_out_of_the_folder_and_listing_are_refused(server: DayServer, path: str) -> None:
    answer, content = _ask(server, path)
    assert (answer.status, content) == (404, b"no such page\n")


def test_day_without_its_page_leads_to_it_by_a_relative_link(server: DayServer) -> None:
    found = [_ask(server, path)[0].getheader("Location") for path in (f"/{DAY}", f"/{DAY}/")]
    assert found == [f"{DAY}/index.html", "index.html"]
    assert _ask(server, "/")[1] == b"index.html"
    assert _ask(server, "/healthz")[1] == b"ok\n"


@pytest.mark.parametrize(
    ("host", "status"),
    [
        *(
            (host, 200)
            for host in ("localhost:9", "LOCALHOST", "[::1]:8700", "127.0.0.1:8700", "desk.example", "10.0.0.9")
        ),
        *(
            (host, 421)
            for host in ("evil.example", "127.0.0.1.evil.example", "localhost@evil.example", "", "[::1", None)
        ),
    ],
)
def test_request_for_another_host_is_refused(server: DayServer, host: str | None, status: int) -> None:
    assert _ask(server, "/", host=host)[0].status == status


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "x"])
def test_nothing_can_be_written(server: DayServer, method: str) -> None:
    answer, _ = _ask(server, f"/{DAY}/index.html", method)
    assert (answer.status, answer.getheader("Allow")) == (405, "GET, HEAD")


def test_head_has_the_length_and_no_content(server: DayServer) -> None:
    answer, content = _ask(server, f"/{DAY}/index.html", "HEAD")
    assert (answer.status, answer.getheader("Content-Length"), content) == (200, str(len(f"{DAY}/index.html")), b"")


def test_what_is_no_http_is_answered_and_others_go_on(server: DayServer) -> None:
    with socket.create_connection(server.socket.getsockname()[:2], timeout=10) as asked:
        asked.sendall(b"\x16\x03\x01\x00\r\n\r\n")
        assert b"Bad Request" in asked.recv(4096)
    assert _ask(server, "/")[0].status == 200


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (["--port", "TAKEN"], "nothing can listen there"),
        (["--host", "nowhere.invalid"], "nothing can listen there"),
        (["--out", "missing"], "no folder there"),
    ],
)
def test_server_that_cannot_start_says_so_in_one_sentence(
    server: DayServer, out: Path, given: list[str], says: str
) -> None:
    port = str(server.socket.getsockname()[1])
    ran = CliRunner().invoke(app, ["serve", "--out", str(out), *(port if each == "TAKEN" else each for each in given)])
    assert ran.exit_code == 2
    assert says in ran.output
    assert ran.output.count("\n") == 1


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize("how", quick([signal.SIGINT, signal.SIGTERM]))
def test_command_says_who_can_read_and_ends_cleanly(out: Path, how: signal.Signals) -> None:
    program = Path(sys.executable).with_name("deskgate")
    command = [str(program), "serve", "--out", str(out), "--port", "0", "--host", "0.0.0.0"]  # noqa: S104 - what others can reach
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as ran:
        assert ran.stdout
        assert "serves" in ran.stdout.readline()
        ran.send_signal(how)
        said, noted = ran.communicate(timeout=60)
    assert (ran.returncode, said) == (0, "stopped\n")
    assert "anyone who reaches this machine there reads the desk's money" in noted
