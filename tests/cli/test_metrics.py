"""What the commands do to the file of metrics: however they are refused, no GO stays that nobody could show."""

import time
from pathlib import Path

import pytest

from deskgate.reports.monitoring import gauges
from deskgate.reports.monitoring.day_samples import word_samples
from deskgate.reports.monitoring.gauges import Sample
from deskgate.reports.monitoring.textfile import read_samples, write_samples
from deskgate.run.monitoring import DEFAULT
from run.alerting import a_desk

from .commands import run


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """Return a desk without alerts whose file of metrics has a GO that nothing else shows."""
    put(tmp_path / "out" / DEFAULT, "GO")
    return a_desk(tmp_path / "desk")


def put(file: Path, word: str) -> None:
    holds, ended = Sample(gauges.HOLDS.name, ("d",), 1.0), Sample(gauges.EXIT_CODE.name, ("d",), 0.0)
    write_samples(file, [*word_samples("d", word), holds, ended])


def values(file: Path) -> dict[str, float]:
    return {each.name: each.value for each in read_samples(file) if each.value or each.name != gauges.DECISION.name}


def word(file: Path) -> str:
    (found,) = [each.labels[1] for each in read_samples(file) if each.name == gauges.DECISION.name and each.value]
    return found


@pytest.mark.parametrize(
    "options",
    [["--date", "2026-3-5"], ["--as-of", "yesterday"], ["--metrics-file", "metrics.txt"], ["--quiet", "--verbose"]],
)
def test_run_that_is_refused_for_an_option_is_a_refused_run(desk: Path, tmp_path: Path, options: list[str]) -> None:
    before = time.time()
    ran = run("daily", "--desk", desk, "--out", tmp_path / "out", *options)
    found = values(tmp_path / "out" / DEFAULT)
    assert (ran.exit_code, word(tmp_path / "out" / DEFAULT)) == (2, "none")
    assert (found[gauges.HOLDS.name], found[gauges.EXIT_CODE.name]) == (0, 2)
    assert found[gauges.ENDED.name] >= found[gauges.BEGUN.name] >= before


@pytest.mark.parametrize(("stood", "stands"), [("GO", "none"), ("STOP", "STOP")])
@pytest.mark.parametrize("options", [[], ["--metrics-file", "metrics.txt"]])
def test_desk_that_cannot_be_read_is_a_refused_run(
    desk: Path, tmp_path: Path, stood: str, stands: str, options: list[str]
) -> None:
    put(tmp_path / "out" / DEFAULT, stood)
    (desk / "desk.toml").write_text("[desk")
    ran = run("daily", "--desk", desk, "--out", tmp_path / "out", *options)
    found = values(tmp_path / "out" / DEFAULT)
    assert (ran.exit_code, word(tmp_path / "out" / DEFAULT)) == (2, stands)
    assert (found[gauges.HOLDS.name], found[gauges.EXIT_CODE.name]) == (0, 2)


@pytest.mark.parametrize(
    ("options", "exit_code"),
    [(["--alert"], 2), (["--metrics"], 1), (["--metrics", "--json"], 1), (["--metrics-file", "metrics.txt"], 2)],
)
def test_look_without_a_channel_lets_no_lapsed_go_hold(
    desk: Path, tmp_path: Path, options: list[str], exit_code: int
) -> None:
    ran = run("status", "--desk", desk, "--out", tmp_path / "out", *options)
    found = values(tmp_path / "out" / DEFAULT)
    assert (ran.exit_code, word(tmp_path / "out" / DEFAULT), found[gauges.HOLDS.name]) == (exit_code, "none", 0)
    assert (gauges.LOOKED.name in found, found[gauges.EXIT_CODE.name]) == (True, 0)


def test_look_writes_the_given_file(desk: Path, tmp_path: Path) -> None:
    given = tmp_path / "text" / "d.prom"
    assert run("status", "--desk", desk, "--out", tmp_path / "out", "--metrics-file", given).exit_code == 1
    assert (word(given), values(given)[gauges.HOLDS.name]) == ("none", 0)
    assert word(tmp_path / "out" / DEFAULT) == "GO"


def test_look_at_a_folder_that_is_not_mounted_lets_no_go_hold(desk: Path, tmp_path: Path) -> None:
    given = tmp_path / "d.prom"
    put(given, "GO")
    ran = run("status", "--desk", desk, "--out", tmp_path / "absent", "--metrics-file", given)
    assert (ran.exit_code, values(given)[gauges.HOLDS.name], (tmp_path / "absent").exists()) == (2, 0, False)


def test_look_that_cannot_read_the_desk_withdraws_the_go(desk: Path, tmp_path: Path) -> None:
    (desk / "desk.toml").write_text("[desk")
    assert run("status", "--desk", desk, "--out", tmp_path / "out", "--alert").exit_code == 2
    assert word(tmp_path / "out" / DEFAULT) == "none"


def test_plain_look_writes_nothing(desk: Path, tmp_path: Path) -> None:
    run("status", "--desk", desk, "--out", tmp_path / "out")
    assert word(tmp_path / "out" / DEFAULT) == "GO"
