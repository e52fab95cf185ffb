"""A desk with decided days, and what may be done to them."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from deskgate.audit.chain import Chain
from deskgate.audit.checkpoint import Checkpoint, unrecorded
from deskgate.audit.decision_ids import identified
from deskgate.audit.keys import make_key
from deskgate.audit.trail import Trail
from deskgate.audit.verify import verify_trail
from deskgate.audit.witnesses import Witness
from deskgate.config.desk import Audit, Desk
from deskgate.gates.decision import bundle
from deskgate.run.publish import record_decision
from deskgate.store.tables import Store
from desks import desk
from report_inputs import of_before

AT = datetime(2026, 5, 4, 12, tzinfo=UTC)


class Decided:
    """A desk with three decided days, and a key."""

    def __init__(self, root: Path) -> None:
        self.out = root / "out"
        key, _ = make_key(root / "key.pem", [])
        self.public_key = key.public_key
        self.trail = Trail(Chain.open(self.out, "desk"), key)
        self.desk: Desk = desk().model_copy(update={"audit": Audit(public_key=key.public_key)})
        self.store = Store(str(root / "store"), "desk")
        self.alerts: list[Checkpoint] = []
        for day in (4, 5, 6):
            self.trail.chain.append("breach", {"day": day}, AT)
            self.decide(day)
            self.alerts.append(self.trail.checkpoint())

    def decide(self, day: int, *, recorded: bool = True) -> None:
        """Publish a decision."""
        made = bundle(
            [],
            desk="desk",
            bots={"b1": "live"},
            day=date(2026, 5, day),
            as_of=AT,
            inputs={"share": 0.1, "small": 1e-7, "large": 1e300},
            evidence=[],
            failures=[],
            previous=None,
            provisional=False,
            checkpoint=self.trail.checkpoint().as_json(),
        )
        if recorded:
            record_decision(self.trail, made, AT)
        self.file(day).parent.mkdir(parents=True, exist_ok=True)
        self.file(day).write_text(json.dumps(made, indent=1))

    def file(self, day: int) -> Path:
        """Return a day's decision."""
        return self.out / f"2026-05-0{day}" / "decision.json"

    def change(self, day: int, **values: Any) -> None:
        """Change a published decision, its bundle_id left as it is."""
        self.file(day).write_text(json.dumps(json.loads(self.file(day).read_text()) | values))

    def lines(self) -> list[bytes]:
        """Return the chain's lines."""
        return self.trail.chain.file.read_bytes().splitlines(keepends=True)

    def cut(self, size: int) -> None:
        """Cut the chain off after `size` records."""
        self.trail.chain.file.write_bytes(b"".join(self.lines()[:size]))

    def drop_checkpoint(self, day: int) -> None:
        """Take the checkpoint out of a decision, its ids computed anew."""
        content = json.loads(self.file(day).read_text())
        without = {name: content[name] for name in content if name != "checkpoint"}
        self.file(day).write_text(json.dumps(identified(without)))

    def make_up(self, day: int) -> None:
        """Publish a decision without a record or a checkpoint, as one of before there was a trail is."""
        self.decide(day, recorded=False)
        self.file(day).write_text(json.dumps(of_before(json.loads(self.file(day).read_text()))))

    def publish_unrecorded(self, day: int, word: str) -> None:
        """Publish a decision that says that the trail could not take it."""
        content = json.loads(self.file(6).read_text())
        held = {"date": f"2026-05-0{day}", "decision": word, "checkpoint": unrecorded("desk", self.alerts[0])}
        self.file(day).parent.mkdir()
        self.file(day).write_text(json.dumps(identified(content | held)))

    def strip(self, *days: int) -> None:
        """Take the signatures off the checkpoints of decisions, as who has no key may, their ids computed anew."""
        for day in days:
            content = json.loads(self.file(day).read_text())
            content["checkpoint"] |= {"signed_by": None, "signature": None}
            self.file(day).write_text(json.dumps(identified(content)))

    def forge(self) -> None:
        """Compute the chain and all decisions anew, without the key."""
        self.trail.chain.file.unlink()
        self.trail = Trail(self.trail.chain)
        for day in (4, 5, 6):
            self.trail.chain.append("breach", {"forged": day}, AT)
            self.decide(day)

    def found(self, *given: Checkpoint) -> list[tuple[str, int | None]]:
        """Return what verifying finds."""
        done = verify_trail(self.desk, self.out, self.store, [Witness("alert", each) for each in given])
        assert done.intact is (not done.findings)
        return [(each.how, each.seq) for each in done.findings]

    def notes(self) -> str:
        """Return what verifying says cannot be shown."""
        return "\n".join(verify_trail(self.desk, self.out, self.store).notes)
