"""What `deskgate daily` leaves of a GO day when its Dask scheduler is killed or stopped while it measures, or its last worker killed."""

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import wait
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from cli.commands import run
from deskgate.engines import dask, tasks
from whole_desks import IngestedDesk

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("demo")]

DAY = "2026-03-05"
WITHIN_S = 5


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[str, dict[str, subprocess.Popen[bytes]]]]:
    """A scheduler on loopback with one worker, each a process by its name; and its address."""
    distributed = pytest.importorskip("distributed", reason="the extra deskgate[dask] is not installed")
    file = tmp_path / "scheduler.json"
    about = ["--scheduler-file", str(file), "--no-dashboard"]
    commands = {
        "scheduler": ["distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0", *about],
        "worker": ["distributed.cli.dask_worker", "--host", "127.0.0.1", "--no-nanny", "--nthreads", "1", *about],
    }
    with ExitStack() as stack:
        started = {}
        for name, command in commands.items():
            started[name] = stack.enter_context(
                subprocess.Popen([sys.executable, "-m", *command], cwd=tmp_path, stderr=subprocess.DEVNULL)
            )
            stack.callback(started[name].kill)
        with distributed.Client(scheduler_file=str(file), timeout=60, set_as_default=False) as client:
            client.wait_for_workers(1, timeout=60)
        yield json.loads(file.read_text())["address"], started


@pytest.mark.parametrize(
    ("lost", "how", "says"),
    [
        ("scheduler", signal.SIGKILL, "was lost while it had tasks"),
        ("scheduler", signal.SIGSTOP, f"has not answered for {WITHIN_S} s while it had tasks"),
        (
            "worker",
            signal.SIGKILL,
            f"lost its last worker while it had tasks, expected another one within {WITHIN_S} s",
        ),
    ],
)
def test_lost_scheduler_or_last_worker_is_a_hold_and_the_next_run_says_what_is_usual(
    lost: str,
    how: signal.Signals,
    says: str,
    cluster: tuple[str, dict[str, subprocess.Popen[bytes]]],
    ingested_demo: IngestedDesk,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    address, processes = cluster

    def lose_and_wait(*given: Any, **named: Any) -> Any:
        processes[lost].send_signal(how)
        if how == signal.SIGKILL:
            processes[lost].wait()
        return wait(*given, **named)

    monkeypatch.setattr(tasks, "wait", lose_and_wait)
    monkeypatch.setattr(dask, "_ANSWER_S", WITHIN_S)
    out = shutil.copytree(ingested_demo.out, tmp_path / "out")
    about = ("--desk", ingested_demo.desk.root, "--out", out, "--date", DAY)
    result = run("daily", *about, "--engine", "dask", "--scheduler", address)
    assert result.exit_code == 3, result.output
    (sentence,) = (line for line in result.stderr.splitlines() if line.startswith("deskgate: "))
    assert f"the Dask scheduler {address} {says}" in sentence
    assert sorted(file.name for file in (out / DAY).iterdir()) == ["decision.json", "index.html"]
    decision = json.loads((out / DAY / "decision.json").read_text())
    assert (decision["decision"], [each["notebook"] for each in decision["failures"]]) == ("HOLD", ["checks"])
    assert not list((out / ".staging").iterdir())
    assert run("gates", *about).exit_code == 0
