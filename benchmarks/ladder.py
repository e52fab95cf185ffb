"""The ladder over a month of the demo desk: after each day, what it says of each bot, and at the end why.

    python -m benchmarks.ladder 30

The demo's bots live so many days; bot1's host is down in the night to the second one, which is a STOP of its own. Each day is
assessed by all checks and gates, and published with its decision and its record in the audit trail, as a run does, but without
notebooks and pages, and with the view of the ladder alone: about 10 s a day instead of a minute. No alert is sent and no incident opened.

The desk has its own suites, which are Deskgate's but for one bound of the ladder: the demo's venues refuse one order in a hundred, so
that it asks for 2 % instead of 0.5 %. The paper bot is given the opening that the ladder says it lacks. `--shipped` leaves both
away, and nobody moves on. `--keep DIR` leaves the desk and its days there, for `deskgate backtest` and `deskgate ladder` to look at.
"""

import argparse
import json
import shutil
import sys
import tempfile
import time
from contextlib import nullcontext
from datetime import date, timedelta
from pathlib import Path

from benchmarks.demo_days import end_of, open_days
from deskgate.assessment.artifacts import write_artifacts
from deskgate.assessment.assessment import assess
from deskgate.audit.trail import Trail
from deskgate.config.desk import Desk
from deskgate.config.desk_file import load_desk
from deskgate.config.paths import LADDER, SUITES, suites_folder
from deskgate.demo import write_demo
from deskgate.reports.ladder_table import ladder_markdown
from deskgate.reports.views.ladder import ladder
from deskgate.run.ladder import ladder_after, ladder_of
from deskgate.run.publish import decide_day, record_decision, write_decision
from deskgate.store.tables import Store

REJECTS = 0.02
# What the demo's desk.toml leaves out.
OPENING = 'opening = { at = "2026-03-02T07:00:00Z", balance = { USDT = "500" }, position = "0" }'


def give_what_is_lacking(root: Path) -> None:
    """Give the desk its own suites, with the bound of rejects of its venues, and the paper bot an opening."""
    shutil.copytree(SUITES, root / "suites")
    content = json.loads((root / "suites" / LADDER).read_text(encoding="utf-8"))
    for rung in content["rungs"].values():
        for need in rung.get("needs", []):
            if need["metric"] == "reject_rate":
                need["max_value"] = REJECTS
    (root / "suites" / LADDER).write_text(json.dumps(content, indent=2), encoding="utf-8")
    text = (root / "desk.toml").read_text(encoding="utf-8")
    text = text.replace('quote = "USDT"\n', 'quote = "USDT"\nsuites = "suites"\n', 1)
    text = text.replace('exchange = ["bot3/paper_ledger"]\n', f'exchange = ["bot3/paper_ledger"]\n{OPENING}\n')
    (root / "desk.toml").write_text(text, encoding="utf-8")


def publish(desk: Desk, store: Store, out: Path, day: date) -> str:
    """Assess a day and publish it with its decision, and return that with the ladder in one line."""
    assessment = assess(desk, store, day=day, as_of=end_of(day))
    folder, trail = out / day.isoformat(), Trail.open(desk, out)
    folder.mkdir(parents=True)
    artifacts = write_artifacts(folder, assessment, {"ladder": ladder(assessment)})
    checkpoint = trail.checkpoint().as_json()
    decision = decide_day(desk, artifacts, [], previous=None, provisional=False, checkpoint=checkpoint)
    found = ladder_of(desk, suites_folder(desk), out, artifacts, decision)
    record_decision(trail, write_decision({**decision, "ladder": found}, folder), end_of(day))
    says = "  ".join(f"{each['bot']} {each['says']:<11} {each['days']['counting']:>2} days" for each in found)
    blocking = list(dict.fromkeys(f"{each['subject']} {each['gate']}" for each in decision["blockers"]))
    return f"{decision['decision']:<5} {says}" + (f"  blocked by {', '.join(blocking[:3])}" if blocking else "")


def main() -> None:
    """Live through the days, print a line for each, and at the end who moves, who stays, who goes down and why."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("days", nargs="?", type=int, default=30)
    parser.add_argument("--shipped", action="store_true", help="with desk.toml and bounds as they are shipped")
    parser.add_argument("--keep", type=Path, help="a new folder in which the desk and its days are left")
    given = parser.parse_args()
    if given.keep and given.keep.exists():
        parser.error(f"{given.keep} is there already, expected a new folder; name another one")
    with nullcontext(given.keep) if given.keep else tempfile.TemporaryDirectory() as place:
        root, out = Path(place) / "desk", Path(place) / "out"
        write_demo(root, days=given.days + 1)
        if not given.shipped:
            give_what_is_lacking(root)
        desk = load_desk(root)
        store, days = open_days(desk, out, given.days)
        for day in days:
            began = time.monotonic()
            line = publish(desk, store, out, day)
            print(f"{day} {line}  ({time.monotonic() - began:.0f} s)", flush=True)
        began = time.monotonic()
        on, found = ladder_after(desk, out, days[-1].isoformat(), now=end_of(days[-1]) + timedelta(days=1))
        sys.stdout.write(
            f"\nread in {time.monotonic() - began:.1f} s\n{ladder_markdown(f'Ladder after {on}', found)}\n"
        )


if __name__ == "__main__":
    main()
