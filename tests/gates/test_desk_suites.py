"""Two desks may have different bounds: the suites of the command line, else of desk.toml, else this checkout's."""

import json
import shutil
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from deskgate.assessment.artifacts import write_artifacts
from deskgate.assessment.assessment import Assessment, assess, confirm_verdicts
from deskgate.cli import app
from deskgate.config.desk_file import load_desk
from deskgate.config.errors import InputError, RunError
from deskgate.config.paths import SUITES, suites_folder
from deskgate.demo import DemoDesk
from deskgate.gates.evaluation import Status, Verdict
from deskgate.gates.suites import load_suites
from deskgate.store.desk_store import ingest_desk
from deskgate.store.tables import Store

DAY, AS_OF = date(2026, 3, 2), datetime(2026, 3, 3, tzinfo=UTC)


@pytest.fixture(scope="module")
def made(one_bot_demo: DemoDesk, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A one-day desk with suites of its own, in `bounds`, and a stricter copy of them in `strict`."""
    folder = shutil.copytree(one_bot_demo.folder, tmp_path_factory.mktemp("desk") / "desk")
    for name, least in (("bounds", 0.5), ("strict", 0.999)):
        shutil.copytree(SUITES, folder / name)
        suite = json.loads((folder / name / "soak.json").read_text())
        coverage = next(e for e in suite["expectations"] if e["meta"]["entry"] == "snapshot_coverage")
        coverage["kwargs"]["min_value"] = least
        (folder / name / "soak.json").write_text(json.dumps(suite))
    file = folder / "desk.toml"
    file.write_text(file.read_text().replace("[desk]\n", '[desk]\nsuites = "bounds"\n', 1))
    return folder


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(each) for each in arguments])


def test_command_line_wins_over_desk_toml_and_that_over_the_checkout(made: Path) -> None:
    own = load_desk(made)
    assert suites_folder(own) == made / "bounds"
    assert suites_folder(own, made / "strict") == made / "strict"
    assert suites_folder(own.model_copy(update={"suites": None})) == SUITES


@pytest.mark.parametrize(
    "command",
    [["daily"], ["baseline", "freeze", "--by", "ann", "--why", "test"], ["drill", "drift", "--date", "2026-03-02"]],
    ids=lambda command: command[0],
)
def test_folder_of_suites_that_is_not_there_is_refused(made: Path, tmp_path: Path, command: list[str]) -> None:
    result = run(*command, "--desk", made, "--out", tmp_path / "out", "--suites", tmp_path / "none")
    assert result.exit_code == 2, result.output
    assert "no folder there" in result.stderr
    assert "correct --suites" in result.stderr
    with pytest.raises(InputError, match=r"\[desk\] suites"):
        suites_folder(load_desk(made).model_copy(update={"suites": "none"}))


def test_daily_reads_the_suites_it_is_given(made: Path, tmp_path: Path) -> None:
    broken = shutil.copytree(SUITES, tmp_path / "broken")
    (broken / "soak.json").unlink()
    result = run("daily", "--desk", made, "--out", tmp_path / "out", "--date", "2026-03-02", "--suites", broken)
    assert (result.exit_code, "the gate soak has no suite" in result.stderr) == (2, True)


def test_baseline_freezes_and_shows_the_suites_it_is_given(made: Path, tmp_path: Path) -> None:
    at: list[str | Path] = ["--desk", made, "--out", tmp_path / "out"]
    assert run("baseline", "freeze", *at, "--by", "ann", "--why", "test", "--suites", made / "strict").exit_code == 0
    assert run("baseline", "show", *at, "--suites", made / "strict").exit_code == 0
    own = run("baseline", "show", *at)
    assert (own.exit_code, "expectations/soak.json changed" in own.output) == (1, True)


@pytest.fixture(scope="module")
def store(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Store:
    """The store of that desk."""
    return ingest_desk(load_desk(made), tmp_path_factory.mktemp("out"), lambda: AS_OF)[0]


def test_bounds_and_digests_are_those_of_the_suites_in_use(made: Path, store: Store) -> None:
    own = load_desk(made)
    assessed = {
        name: assess(own, store, day=DAY, as_of=AS_OF, suites=made / name if name else None, gates=["soak"])
        for name in ("", "bounds", "strict")
    }
    found = {
        name: next(v.bound for v in of.verdicts if v.check == "snapshot_coverage") for name, of in assessed.items()
    }
    assert found == {"": ">= 0.5", "bounds": ">= 0.5", "strict": ">= 0.999"}
    for name, of in assessed.items():
        digests = {gate: suite.sha256 for gate, suite in load_suites(made / (name or "bounds")).items()}
        assert of.inputs.suites == digests
        assert of.inputs.config["expectations/soak.json"] == digests["soak"]


@pytest.mark.slow
def test_judge_refuses_suites_that_the_day_was_not_assessed_with(made: Path, store: Store, tmp_path: Path) -> None:
    strict = assess(load_desk(made), store, day=DAY, as_of=AS_OF, suites=made / "strict")
    artifacts = write_artifacts(tmp_path, strict, {})
    with pytest.raises(RunError, match=r"expectations/soak\.json changed while the day was being judged"):
        confirm_verdicts(tmp_path, made)
    confirm_verdicts(tmp_path, made, suites=made / "strict")
    changed = artifacts.verdicts()
    _judge_otherwise(tmp_path, strict, [*changed[:-1], replace(changed[-1], status=Status.WAIVED)])
    with pytest.raises(RunError, match=r"1 verdict differs .* the first is operations "):
        confirm_verdicts(tmp_path, made, suites=made / "strict")
    _judge_otherwise(tmp_path, strict, changed[:-1])
    with pytest.raises(RunError, match="1 verdict differs"):
        confirm_verdicts(tmp_path, made, suites=made / "strict")


def _judge_otherwise(folder: Path, of: Assessment, verdicts: list[Verdict]) -> None:
    """Write the day of an assessment again, judged otherwise."""
    other = replace(of)
    other.__dict__["verdicts"] = verdicts
    write_artifacts(folder, other, {})
