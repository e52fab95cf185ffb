"""Incidents from a STOP to their close, and the sign-offs of a decision."""

import json
import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from deskgate.audit.keys import make_key
from deskgate.audit.open_runs import begin_run, end_run
from deskgate.audit.trail import Trail
from deskgate.cli.app import app
from deskgate.config.desk_file import load_desk
from deskgate.config.errors import InputError
from deskgate.config.instants import now
from deskgate.controls.alerts import Delivery, open_channels
from deskgate.run.incidents import close_incident, known_incidents, note_incident, open_incident
from deskgate.run.probes import record_deliveries
from deskgate.store.tables import Store
from whole_desks import NOW, IngestedDesk

from .day_runs import decision

DAY = "2026-03-02"
END = datetime(2026, 3, 3, tzinfo=UTC)
# Apprise imports a module that Python is about to drop.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")


def command(desk: Path, out: Path, *words: str) -> Result:
    return CliRunner().invoke(app, [*words, "--desk", str(desk), "--out", str(out)])


def trail_and_store(ingested: IngestedDesk, out: Path) -> tuple[Store, Trail]:
    return Store.open(out / "store", ingested.desk.name), Trail.open(ingested.desk, out)


@pytest.mark.slow
@pytest.mark.usefixtures("without_notebooks")
def test_stop_is_shown_with_its_incident_and_closed_by_a_later_decision(desk: Path, out: Path, tmp_path: Path) -> None:
    with (desk / "desk.toml").open("a") as file:
        file.write('\n[alerts]\nurls = ["json://127.0.0.1:9/hook"]\n')
    where = load_desk(desk)
    store, trail = Store.open(out / "store", where.name), Trail.open(where, out)

    def deliver(*, ok: bool, hours: int) -> None:
        made = Delivery.of((channel, ok) for channel in open_channels(where))
        at = END - timedelta(hours=hours)
        record_deliveries(store, trail, made, "an alert", effective_at=at, recorded_at=now())

    deliver(ok=False, hours=3)
    ran = command(desk, out, "daily", "--date", DAY)
    assert ran.exit_code == 1
    # The one alert of this day is that of its STOP.
    assert "The alert did not reach json://127.0.0.1\n" in ran.output
    assert decision(out)["decision"] == "STOP"
    (shown,) = decision(out)["incidents"]
    page = (out / DAY / "index.html").read_text()
    assert "Stand down" in page
    assert shown["id"] in page

    close = ["incident", "close", shown["id"][:6], "--by", "ann", "--why", "mended"]
    stopped = str(out / DAY / "decision.json")
    refused = command(desk, out, *close, "--evidence", stopped)
    assert refused.exit_code == 2
    assert "portfolio does not pass channels_failing" in refused.stderr
    assert command(desk, out, *close).exit_code == 2

    # Nobody took the alert of the STOP: the next run sends it again.
    deliver(ok=True, hours=0)
    assert command(desk, out, "daily", "--date", DAY).exit_code == 1
    assert decision(out)["decision"] == "HOLD"
    assert "open_incidents" in {each["check"] for each in decision(out)["blockers"]}
    # A decision that somebody wrote himself, or changed, shows nothing.
    elsewhere = tmp_path / DAY / "decision.json"
    shutil.copytree(out / DAY, elsewhere.parent)
    assert "is no decision of a run into" in command(desk, out, *close, "--evidence", str(elsewhere)).stderr
    verdicts = out / DAY / "verdicts.json"
    kept = verdicts.read_bytes()
    verdicts.write_bytes(kept + b" ")
    assert "verdicts.json was changed" in command(desk, out, *close, "--evidence", stopped).stderr
    verdicts.write_bytes(kept)
    closed = command(desk, out, *close, "--evidence", stopped, "--as-of", "2026-03-03T00:00:00Z")
    assert closed.exit_code == 0, closed.output
    looked = json.loads(command(desk, out, "gates", "--date", DAY, "--json").stdout)
    assert {gate["gate"]: gate["status"] for gate in looked["gates"]}["incidents"] == "PASS"
    assert "closed 2026-03-03T00:00:00Z" in command(desk, out, "incident").stdout
    assert [each.over_at for each in known_incidents(store)] == [END]


def test_incident_of_an_operator_is_closed_by_a_file(
    ingested_one_bot_demo: IngestedDesk, out: Path, tmp_path: Path
) -> None:
    store, trail = trail_and_store(ingested_one_bot_demo, out)
    at = {"effective_at": END, "recorded_at": NOW}
    made = open_incident(
        store, trail, title="the feed hung", by="ann", todo="restart it", effective_at=END, recorded_at=NOW
    )
    assert note_incident(store, trail, made[:4], by="bob", why="restarted", **at) == made
    shown, empty = tmp_path / "feed.log", tmp_path / "empty.log"
    shown.write_text("up again")
    empty.touch()
    early = {**at, "effective_at": END - timedelta(seconds=1)}
    for evidence, when, message in (
        ([], at, "without evidence"),
        ([empty], at, "is empty"),
        ([tmp_path / "none.log"], at, "not readable"),
        ([shown], early, "expected a close from then on"),
    ):
        with pytest.raises(InputError, match=message):
            close_incident(store, trail, made, suites={}, by="bob", why="over", evidence=evidence, **when)
    (known,) = known_incidents(store)
    assert (known.is_open, known.owner, known.todo, known.notes) == (True, "ann", "restart it", ("bob: restarted",))
    close_incident(store, trail, made, suites={}, by="bob", why="over", evidence=[shown], **at)
    assert [each.is_open for each in known_incidents(store)] == [False]
    with pytest.raises(InputError, match="unknown, expected one of 0 that are open"):
        note_incident(store, trail, made, by="bob", why="again", **at)


@pytest.mark.slow
@pytest.mark.usefixtures("without_notebooks")
def test_sign_off_is_on_the_page_of_its_decision_alone(desk: Path, out: Path, tmp_path: Path) -> None:
    sign = ["sign", "--date", DAY, "--by", "ann", "--role"]
    assert "no key" in command(desk, out, *sign, "risk").stderr
    key, _ = make_key(tmp_path / "keys" / "desk.pem", [])
    with (desk / "desk.toml").open("a") as file:
        file.write(f'\n[audit]\nkey = "{key.file}"\npublic_key = "{key.public_key}"\n')
    assert command(desk, out, *sign, "risk").exit_code == 2  # there is no decision yet
    assert command(desk, out, "daily", "--date", DAY).exit_code == 1
    assert "did you mean" in command(desk, out, *sign, "rsk").stderr
    signed = command(desk, out, *sign, "risk")
    assert (signed.exit_code, signed.stdout) == (0, f"demo {DAY}: HOLD, signed by risk (ann)\n")
    begin_run(out, date.fromisoformat(DAY), END)
    assert "has not ended, it is under way" in command(desk, out, *sign, "ops").stderr
    end_run(out, date.fromisoformat(DAY))
    page = (out / DAY / "index.html").read_text()
    assert "risk: ann, " in page
    assert page.count("nobody has signed") == 2
    assert command(desk, out, "verify", "--audit").exit_code == 0
    # Another decision has none; the same inputs again make the one that was signed.
    for as_of, unsigned in (("2026-03-02T12:00:00Z", 3), ("2026-03-03T00:00:00Z", 2)):
        assert command(desk, out, "daily", "--date", DAY, "--as-of", as_of).exit_code == 1
        assert (out / DAY / "index.html").read_text().count("nobody has signed") == unsigned


def test_incident_of_a_mistyped_folder_is_refused(desk: Path, tmp_path: Path) -> None:
    made = command(desk, tmp_path / "typo", "incident", "open", "--by", "ann", "--why", "key leaked")
    assert (made.exit_code, "give that run's --out" in made.stderr) == (2, True)
    assert not (tmp_path / "typo" / "store").exists()
