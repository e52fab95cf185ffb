"""What has to run for a desk."""

from pathlib import Path

import typer

from deskgate.cli import app
from deskgate.run.schedule import Job, Service
from run.schedule.plans import DESK, plan


def test_a_desk_with_everything(tmp_path: Path) -> None:
    found = plan(tmp_path)
    assert [(job.name, job.hour, job.minutes) for job in found.jobs] == [
        ("snapshot", None, (0,)),
        ("daily", 0, (20,)),
        ("alert", None, (5, 35)),
    ]
    assert [service.name for service in found.services] == ["follow"]
    assert found.variables == ("ALERTS", *(f"DESKGATE_MAIN_{part}" for part in ("API_KEY", "API_SECRET", "PASSPHRASE")))
    assert found.remarks == ()


def test_what_cannot_be_scheduled_is_said(tmp_path: Path) -> None:
    bare = '[desk]\nname = "d"\n[bots.b]\nmode = "paper"\nconnector = "okx_paper_trade"\npairs = ["BTC-USDT"]\n'
    found = plan(tmp_path, text=bare)
    assert [(job.name, job.args) for job in found.jobs] == [("daily", ("daily",)), ("look", ("status", "--metrics"))]
    assert found.services == ()
    assert [remark.partition(":")[0] for remark in found.remarks] == [
        "no snapshot is scheduled",
        "no follower is scheduled",
        "no alert is scheduled",
    ]


def test_a_day_that_is_expected_before_it_is_decided(tmp_path: Path) -> None:
    early = DESK.replace('urls_env = "ALERTS"', 'urls_env = "ALERTS"\nrun_by = "00:10"')
    assert "set it later" in " ".join(plan(tmp_path, text=early).remarks)


def test_every_command_is_one_of_deskgate(tmp_path: Path) -> None:
    group = typer.main.get_group(app)
    without_alerts = DESK.replace('[alerts]\nurls_env = "ALERTS"\n', "")
    for found in (plan(tmp_path / "all"), plan(tmp_path / "silent", text=without_alerts)):
        everything: list[Job | Service] = [*found.jobs, *found.services]
        for what in everything:
            name, *options = found.words(what)
            command = group.get_command(typer.Context(group), name)
            assert command, name
            parsed = command.make_context(name, options)
            assert str(parsed.params["desk"]) == str(found.file)
