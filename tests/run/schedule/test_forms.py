"""A plan as other programs take it: at the right instants in any zone, with any path."""

import os
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import pytest
from ruamel.yaml import YAML

from deskgate.config.errors import InputError
from deskgate.run.schedule import FORMS, render
from run.schedule.plans import plan

AWKWARD = 'a desk\'s $HOME 100% "x"'
PROGRAM = Path("/opt/deskgate/bin/deskgate")


def cron_lines(text: str) -> list[tuple[set[int], str]]:
    """Return minutes and command of each line of a crontab, its percent signs as the shell gets them."""
    lines = [line.split(" * * * * ", 1) for line in text.splitlines() if not line.startswith("#")]
    return [({int(minute) for minute in minutes.split(",")}, command.replace(r"\%", "%")) for minutes, command in lines]


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/St_Johns", "Asia/Kathmandu", "Australia/Lord_Howe"])
def test_cron_runs_at_its_minutes_in_utc_in_any_zone(tmp_path: Path, zone: str) -> None:
    [file] = render("cron", plan(tmp_path), PROGRAM)
    # Two days across a change of the clock in Berlin.
    start, runs = datetime(2026, 3, 28, tzinfo=UTC), dict[str, list[datetime]]()
    for minutes, command in cron_lines(file.text):
        form, wanted = command.split('"')[1].split()[-1].rstrip(")"), command.split(" = ")[1].split(" ]")[0]
        for at in (start + timedelta(minutes=minute) for minute in range(2 * 24 * 60)):
            if at.astimezone(ZoneInfo(zone)).minute in minutes and at.strftime(form.removeprefix("+")) == wanted:
                runs.setdefault(command.split("/deskgate ")[-1].split()[0], []).append(at)
    hours = [start + timedelta(hours=hour) for hour in range(48)]
    assert runs["snapshot"] == hours
    assert runs["daily"] == [start + timedelta(days=day, minutes=20) for day in range(2)]
    assert sorted(runs["status"]) == sorted(at + timedelta(minutes=late) for at in hours for late in (5, 35))


def test_cron_hands_over_any_path(tmp_path: Path) -> None:
    program, args = tmp_path / "say", tmp_path / "args"
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > "{args}"\n')
    program.chmod(0o700)
    [file] = render("cron", plan(tmp_path / AWKWARD), program)
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "date").write_text("#!/bin/sh\necho 0020\n")
    (tools / "date").chmod(0o700)
    [command] = [command for _, command in cron_lines(file.text) if " daily " in command]
    environment = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"}
    subprocess.run(["sh", "-c", command], check=True, env=environment)
    folder = (tmp_path / AWKWARD).resolve()
    assert args.read_text().splitlines() == ["daily", "--desk", f"{folder}/desk.toml", "--out", f"{folder}/out"]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    program = tmp_path / "deskgate"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o700)
    units = tmp_path / "units"
    units.mkdir()
    for file in render("systemd", plan(tmp_path / AWKWARD), program):
        (units / file.name).write_text(file.text)
    found = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *map(str, sorted(units.iterdir()))],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "SYSTEMD_UNIT_PATH": f"{units}:"},
    )
    # It also says what is wrong with the machine's own units.
    assert [line for line in found.stderr.splitlines() if str(units) in line or "deskgate" in line] == []
    calendars = [
        line.partition("=")[2]
        for file in units.glob("*.timer")
        for line in file.read_text().splitlines()
        if line.startswith("OnCalendar=")
    ]
    assert len(calendars) == 3
    for calendar in calendars:
        subprocess.run(["systemd-analyze", "calendar", calendar], check=True, capture_output=True)


def test_compose_reads_the_desk_and_writes_exports_and_reports(tmp_path: Path) -> None:
    found = plan(tmp_path / AWKWARD, name="Größe 1")
    [file] = render("compose", found, PROGRAM)
    document = YAML(typ="safe").load(file.text)
    assert document["name"] == "deskgate-gr--e-1"
    for service in document["services"].values():
        assert service["read_only"] is True
        assert service["user"] == "10001:10001"
        assert service["environment"] == list(found.variables)
        mounts = {each["target"]: (each["source"].replace("$$", "$"), each["read_only"]) for each in service["volumes"]}
        assert mounts == {
            "/desk": (str(found.root), True),
            "/desk/exports/main": (f"{found.root}/exports/main", False),
            "/out": (str(found.out), False),
        }
    assert document["services"]["schedule"]["command"] == [
        "schedule",
        "--run",
        "--desk",
        "/desk/desk.toml",
        "--out",
        "/out",
    ]
    assert document["services"]["follow"]["command"] == [
        "ingest",
        "--follow",
        "--desk",
        "/desk/desk.toml",
        "--out",
        "/out",
    ]


def test_windows_tasks_are_tasks(tmp_path: Path) -> None:
    [file] = render("windows", plan(tmp_path / AWKWARD), PROGRAM)
    tasks = [line.partition(" -Xml ")[2].removesuffix(" -Force") for line in file.text.splitlines() if " -Xml " in line]
    texts = [task.removeprefix("'").removesuffix("'").replace("''", "'") for task in tasks]
    space = {"t": "http://schemas.microsoft.com/windows/2004/02/mit/task"}
    roots = [ET.fromstring(text) for text in texts]  # noqa: S314 - our own text
    assert len(roots) == 4
    starts = [each.text for root in roots for each in root.iterfind(".//t:StartBoundary", space)]
    assert [start[-9:] for start in starts if start] == ["00:00:00Z", "00:20:00Z", "00:05:00Z", "00:35:00Z"]
    daily = roots[1].find(".//t:Arguments", space)
    assert daily is not None
    assert (daily.text or "").startswith('daily --desk "')


@pytest.mark.parametrize("form", FORMS)
def test_a_path_with_a_line_end_is_refused(tmp_path: Path, form: str) -> None:
    with pytest.raises(InputError, match="control character"):
        render(form, plan(tmp_path / "a\nb"), PROGRAM)


@pytest.mark.parametrize("form", FORMS)
def test_no_value_of_a_variable_is_printed(tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = plan(tmp_path)
    for name in found.variables:
        monkeypatch.setenv(name, "planted-secret")
    text = "".join(file.text for file in render(form, found, PROGRAM))
    assert "planted-secret" not in text
    assert all(name in text for name in found.variables)
