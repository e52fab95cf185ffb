"""A wheel works outside a checkout: it carries the suites and notebooks that a run needs."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from deskgate.config import paths
from deskgate.demo import write_demo

CHECKOUT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel's files, unpacked as an installer would."""
    folder = tmp_path_factory.mktemp("wheel")
    uv = Path(sys.executable).with_name("uv")
    if not uv.is_file():
        pytest.skip("uv is not beside this interpreter; `make setup` puts it there")
    build: list[str | Path] = [uv, "build", "--wheel", "--quiet", "--out-dir", folder / "dist", CHECKOUT]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = (folder / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


@pytest.mark.long
def test_wheel_runs_a_day_from_its_own_resources(installed: Path, tmp_path: Path) -> None:
    desk = write_demo(tmp_path / "desk", days=1).folder
    code = "import deskgate.config.paths as p; print(p.SUITES); from deskgate.cli import app; app()"
    command: list[str | Path] = [
        sys.executable,
        "-c",
        code,
        "daily",
        "--desk",
        desk,
        "--date",
        "2026-03-02",
        "--out",
        tmp_path / "out",
    ]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(installed)},
    )
    assert done.stdout.splitlines()[0] == str(installed / "deskgate" / "resources" / "expectations")
    assert done.returncode == 1, done.stderr
    assert (tmp_path / "out" / "2026-03-02" / "08_daily_report.html").is_file()


@pytest.mark.long
def test_wheel_carries_every_suite_and_notebook(installed: Path) -> None:
    resources = installed / "deskgate" / "resources"
    for folder, pattern in ((paths.SUITES, "*.json"), (paths.NOTEBOOKS, "**/*.ipynb")):
        carried = {file.relative_to(resources / folder.name) for file in (resources / folder.name).glob(pattern)}
        assert carried == {file.relative_to(folder) for file in folder.glob(pattern)} != set()
