"""What is said of a published day later, and that nothing else was written into its pages."""

import json
import re
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from deskgate.audit.chain import Chain
from deskgate.audit.decision_ids import identified, with_pages
from deskgate.audit.keys import Key, make_key
from deskgate.audit.marks import MARK, MARK_END, as_published, without_marks
from deskgate.audit.open_runs import begin_run, end_run, note_failure, open_runs
from deskgate.audit.sign_offs import sign_off, sign_offs
from deskgate.audit.trail import Trail
from deskgate.config.desk import Audit
from deskgate.reports.pages.copies import COPIES
from deskgate.reports.pages.day_page import write_day_page
from deskgate.reports.pages.later import Later, show_sign_offs
from deskgate.run.incidents import open_incident, write_step
from deskgate.run.publish import record_decision
from deskgate.store.tables import Store
from desks import frame
from report_inputs import VERDICTS, decision, index_of

AT = datetime(2026, 5, 5, 6, tzinfo=UTC)
GO = {"decision": "GO", "blockers": [], "incidents": []}


def published(out: Path, **changes: Any) -> Path:
    """Publish a day with a file of evidence and its record, and return its page."""
    folder = out / "2026-05-04"
    folder.mkdir()
    (folder / "verdicts.json").write_text("[]")
    evidence = [{"path": "verdicts.json", "sha256": sha256(b"[]").hexdigest()}]
    made = identified(decision(evidence=evidence, **changes))
    page = write_day_page(folder, made, VERDICTS, [])
    digest = sha256(as_published(page)).hexdigest()
    whole = with_pages(made, [{"path": page.name, "sha256": digest}])
    record_decision(Trail(Chain.open(out, "fleet")), whole, AT)
    (folder / "decision.json").write_text(json.dumps(whole))
    return page


def opened(out: Path, at: datetime = AT) -> tuple[Store, Trail, str]:
    """Open an incident at an instant."""
    store, trail = Store.open(out / "store", "fleet"), Trail(Chain.open(out, "fleet"))
    made = open_incident(store, trail, title="key <b>leaked</b>", by="ann", effective_at=at, recorded_at=AT)
    return store, trail, made


def test_run_that_has_not_ended_stands_over_the_decision_before_it(tmp_path: Path) -> None:
    page = published(tmp_path)
    shown = page.read_bytes()
    begin_run(tmp_path, date(2026, 5, 4), datetime(2026, 5, 5, 6, tzinfo=UTC))
    begin_run(tmp_path, date(2026, 5, 5), datetime(2026, 5, 5, 7, tzinfo=UTC))
    note_failure(tmp_path, date(2026, 5, 5), "<b>: not readable")
    index = index_of(tmp_path)
    words = (
        "a run of 2026-05-04 began at 2026-05-05 06:00:00 UTC and has not ended, it is under way, was killed or hangs"
    )
    assert index.count(words) == 2
    assert index.count("began at 2026-05-05 07:00:00 UTC and has not ended: &lt;b&gt;: not readable") == 2
    assert '<section class="banner' not in index
    assert Later.read(tmp_path).verify(page.parent) == []
    for _ in range(2):
        Later.read(tmp_path).mark(page.parent)
    marked = page.read_bytes()
    assert Later.read(tmp_path).verify(page.parent) == []
    assert marked.decode().count(words) == 1
    assert marked.index(b"has not ended") < marked.index(b"<h1>fleet")
    assert without_marks(marked) == without_marks(shown)
    assert b"nobody has signed" in marked
    # A byte that is no text hides no mark.
    page.write_bytes(shown.replace(b"<h1>", b"\xff<h1>"))
    Later.read(tmp_path).mark(page.parent)
    assert b"has not ended" in page.read_bytes()
    end_run(tmp_path, date(2026, 5, 4))
    end_run(tmp_path, date(2026, 5, 5))
    assert "has not ended" not in index_of(tmp_path)


def test_run_whose_file_cannot_be_read_has_begun(tmp_path: Path) -> None:
    begin_run(tmp_path, date(2026, 5, 4), datetime(2026, 5, 5, 6, tzinfo=UTC))
    (tmp_path / ".runs" / "2026-05-04.json").write_text("{")
    assert "began at an unknown time and has not ended" in str(open_runs(tmp_path)["2026-05-04"])


def test_go_says_that_an_incident_is_open_until_it_is_closed(tmp_path: Path) -> None:
    page = published(tmp_path, **GO)
    shown = page.read_bytes()
    store, trail, made = opened(tmp_path)
    Later.read(tmp_path).mark(page.parent)
    index = index_of(tmp_path)
    says = f"incident {made} is open since 2026-05-05 06:00 UTC: key &lt;b&gt;leaked&lt;/b&gt;"
    assert (index.count(says), page.read_text(encoding="utf-8").count(says)) == (2, 1)
    assert "its GO does not hold while an incident is open" in index
    assert '<section class="banner' not in index
    assert Later.read(tmp_path).verify(page.parent) == []
    write_step(store, trail, made, "close", "ann", "withdrawn", {}, effective_at=AT, recorded_at=AT)
    # What stands there for a moment longer is still Deskgate's.
    assert Later.read(tmp_path).verify(page.parent) == []
    Later.read(tmp_path).mark(page.parent)
    assert page.read_bytes() == shown
    assert '<section class="banner' in index_of(tmp_path)


@pytest.mark.parametrize(
    ("changes", "after", "count"),
    [(GO, 0, 1), (GO, 23, 1), (GO, 24, 0), (GO, -100, 1), ({}, 0, 0), (GO | {"decision": "STOP"}, 0, 0)],
)
def test_go_alone_is_held_to_incidents_of_before_it_expired(
    tmp_path: Path, changes: dict[str, Any], after: int, count: int
) -> None:
    opened(tmp_path, AT + timedelta(hours=after))
    assert len(Later.read(tmp_path).open_incidents(decision(**changes))) == count


def test_incident_that_the_go_knows_is_not_said_twice(tmp_path: Path) -> None:
    _, _, made = opened(tmp_path)
    assert Later.read(tmp_path).open_incidents(decision(**GO) | {"incidents": [{"id": made}]}) == []


def test_incident_that_cannot_be_read_holds_a_go(tmp_path: Path) -> None:
    row = {"row_id": "x", "incident_id": "y", "step": "open"}
    Chain.open(tmp_path, "fleet").append("incident", {"table": "incidents", "rows": [row]}, AT)
    (says,) = Later.read(tmp_path).open_incidents(decision(**GO))
    assert "cannot be read" in says


@pytest.mark.parametrize("left", ["", "{}\n", "cut off", None])
def test_damaged_trail_closes_no_incident(tmp_path: Path, left: str | None) -> None:
    held = Trail(Chain.open(tmp_path, "fleet")).checkpoint().as_json()
    page = published(tmp_path, **GO, checkpoint=held | {"size": 2})
    opened(tmp_path)
    Later.read(tmp_path).mark(page.parent)
    trail = Chain.open(tmp_path, "fleet").file
    first = trail.read_text().splitlines(keepends=True)[0]
    trail.unlink() if left is None else trail.write_text(first if left == "cut off" else left)
    Later.read(tmp_path).mark(page.parent)
    says = "This decision does not hold while an incident is open"
    assert says in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "text",
    ["GO", "<style>.banner{display:none}</style>", '<ul class="pages">\n<li>risk: ann, 2026-05-05 06:00 UTC</li>'],
)
def test_page_holds_nothing_between_the_marks_but_what_deskgate_writes(tmp_path: Path, text: str) -> None:
    page = published(tmp_path)
    assert Later.read(tmp_path).verify(page.parent) == []
    page.write_text(page.read_text(encoding="utf-8").replace("<h1>", f"{MARK}{text}{MARK_END}<h1>"), encoding="utf-8")
    (found,) = Later.read(tmp_path).verify(page.parent)
    assert "2026-05-04/index.html was changed" in found.says
    assert "index.html was changed" in index_of(tmp_path)


def test_mark_in_a_file_that_is_no_page_is_a_change(tmp_path: Path) -> None:
    page = published(tmp_path)
    (page.parent / "verdicts.json").write_text(f"[{MARK}{MARK_END}]")
    (found,) = Later.read(tmp_path).verify(page.parent)
    assert "2026-05-04/verdicts.json was changed" in found.says


def test_sign_off_on_record_may_stand_on_the_page_and_no_other(tmp_path: Path) -> None:
    page = published(tmp_path)
    key, _ = make_key(tmp_path / "key.pem", [])
    made, chain = json.loads((page.parent / "decision.json").read_text()), Chain.open(tmp_path, "fleet")
    sign_off(chain, key, made, role="risk", by="ann", at=AT)
    for audit in (Audit(public_key=key.public_key), Audit()):
        signed = sign_offs(chain, made["bundle_id"], audit)
        show_sign_offs(page.parent, signed)
        assert "risk: ann" in page.read_text(encoding="utf-8") or audit.public_key is None
        assert Later.read(tmp_path).verify(page.parent) == []
    page.write_text(page.read_text(encoding="utf-8").replace("<li>risk: ", "<li>risk: bob "), encoding="utf-8")
    assert "index.html was changed" in Later.read(tmp_path).verify(page.parent)[0].says


ROLES = ["risk", "ops"]


def awaiting(out: Path) -> tuple[Path, Key, dict[str, Any]]:
    """Publish a HOLD that awaits two roles alone, and return its page, the desk's key and its decision."""
    key, _ = make_key(out / "keys" / "desk.pem", [])
    page = published(out, **GO | {"decision": "HOLD", "awaits": {"roles": ROLES, "keys": [key.public_key]}})
    (page.parent / "changes.html").write_bytes(page.read_bytes())
    return page, key, json.loads((page.parent / "decision.json").read_text())


def shown(out: Path, page: Path) -> list[str]:
    """Return the banner of each page of the day, and of the index, as of now."""
    later = Later.read(out)
    later.mark(page.parent)
    assert later.verify(page.parent) == []
    texts = page.read_text(), (page.parent / "changes.html").read_text(), index_of(out, later)
    return [text.partition('<section class="banner')[2].partition("</section>")[0] for text in texts]


def word(text: str) -> list[str]:
    """Return the words of a banner, the first one shown."""
    return re.findall(r'<p class="word[^>]*><span[^>]*>.</span>(\w+)', text)


def test_signed_hold_stands_as_a_go_on_its_pages_and_on_the_index(tmp_path: Path) -> None:
    page, key, decided = awaiting(tmp_path)
    at = '<time datetime="2026-05-05T06:00Z">2026-05-05 06:00 UTC</time>'
    for text in shown(tmp_path, page):
        assert text.count("has not signed") == 2
        assert "deskgate sign --role ops --by YOU --date 2026-05-04" in text
        assert word(text) == ["HOLD"]
    sign_off(Chain.open(tmp_path, "fleet"), key, decided, role="risk", by="<b>ann", at=AT)
    for text in shown(tmp_path, page):
        assert f"risk</span> signed by &lt;b&gt;ann, {at}" in text
        assert "ops</span> has not signed" in text
        assert word(text) == ["HOLD"]
    sign_off(Chain.open(tmp_path, "fleet"), key, decided, role="ops", by="bob", at=AT)
    *pages, index = shown(tmp_path, page)
    assert [word(text)[0] for text in (*pages, index)] == ["GO"] * 3
    assert "has not signed" not in index
    # An incident that it does not know stands over it, as over any other GO.
    opened(tmp_path)
    *pages, index = shown(tmp_path, page)
    assert [word(text) for text in pages] == [["HOLD"], ["HOLD"]]
    assert index == ""


@pytest.mark.parametrize("broken", ["other key", "edited", "of another decision"])
def test_signature_that_does_not_count_never_shows_as_signed(tmp_path: Path, broken: str) -> None:
    page, key, decided = awaiting(tmp_path)
    chain = Chain.open(tmp_path, "fleet")
    sign_off(chain, key, decided, role="risk", by="ann", at=AT)
    sign_off(chain, key, decided, role="ops", by="bob", at=AT)
    assert word(shown(tmp_path, page)[0])[0] == "GO"
    other, _ = make_key(tmp_path / "keys" / "other.pem", [])
    if broken == "other key":
        sign_off(chain, other, decided, role="ops", by="bob", at=AT)
    elif broken == "edited":
        body = next(record.body for record in reversed([*chain.records()]) if record.kind == "sign_off")
        chain.append("sign_off", {**body, "by": "eve"}, AT)
    else:
        body = next(record.body for record in reversed([*chain.records()]) if record.kind == "sign_off")
        chain.append("sign_off", {**body, "bundle_id": decided["bundle_id"], "date": "2026-05-03"}, AT)
    for text in shown(tmp_path, page):
        assert word(text) == ["HOLD"]
        assert "risk</span> signed by ann" in text
        assert "ops</span> not signed: the last signature is not of a key that counts" in text


def test_damaged_trail_shows_no_signature(tmp_path: Path) -> None:
    page, key, decided = awaiting(tmp_path)
    for role in ROLES:
        sign_off(Chain.open(tmp_path, "fleet"), key, decided, role=role, by=role, at=AT)
    assert word(shown(tmp_path, page)[0])[0] == "GO"
    trail = Chain.open(tmp_path, "fleet").file
    trail.write_text(trail.read_text().replace('"by"', '"bY"'))
    Later.read(tmp_path).mark(page.parent)
    text = page.read_text()
    assert text.count("may have signed: the audit trail cannot be relied on") == 2
    assert word(text) == ["HOLD"]
    assert "signed by" not in text


def test_go_that_awaits_nobody_shows_who_signed_with_a_key_on_record(tmp_path: Path) -> None:
    page = published(tmp_path, **GO)
    (page.parent / "changes.html").write_bytes(page.read_bytes())
    key, _ = make_key(tmp_path / "keys" / "desk.pem", [])
    assert all("signatures" not in text.replace("<!--signatures-->", "") for text in shown(tmp_path, page))
    decided = json.loads((page.parent / "decision.json").read_text())
    sign_off(Chain.open(tmp_path, "fleet"), key, decided, role="risk", by="ann", at=AT)
    for text in shown(tmp_path, page):
        assert "risk</span> not signed" in text
    Trail(Chain.open(tmp_path, "fleet"), key).record_key(AT)
    for text in shown(tmp_path, page):
        assert "risk</span> signed by ann" in text
        assert word(text) == ["GO"]


WAIVER: dict[str, Any] = {"id": "w", "gate": "parity", "subject": "b1"}
ACCEPTED: dict[str, Any] = {"id": "b", "kind": "fee_mismatch", "bot": "b1"}


def record(out: Path, table: str, step: str, hours: int, **more: Any) -> None:
    """Record a step of the waiver or of the acceptance, `hours` after the decision."""
    at = AT + timedelta(hours=hours)
    rows: dict[str, dict[str, Any]] = {
        "waivers": {"waiver_id": "w", "step": step, "gate": "parity", "subject": "b1", "author": "cid"},
        "break_actions": {"break_id": "b", "action": step, "text": "<b>no", "by": "cid"},
    }
    texts = {"approver": "bob", "reason": "<b>no", "until": AT + timedelta(days=9) if step == "grant" else None}
    row = rows[table] | (texts if table == "waivers" else {}) | {"effective_at": at, "recorded_at": at} | more
    Trail(Chain.open(out, "fleet")).write(Store.open(out / "store", "fleet"), table, frame(table, row), at)


@pytest.mark.parametrize(
    ("table", "told", "steps", "says"),
    [
        (
            "waivers",
            {"waivers": [WAIVER]},
            ("grant", "revoke"),
            "the waiver of parity of b1 that it rests on was revoked at 2026-05-05 07:00 UTC by cid: &lt;b&gt;no",
        ),
        (
            "break_actions",
            {"accepted": [ACCEPTED]},
            ("accept", "resolve"),
            "the acceptance of the break b (fee_mismatch of b1) that it rests on was withdrawn at 2026-05-05 07:00 UTC by cid: &lt;b&gt;no",
        ),
    ],
)
def test_go_says_that_what_it_rests_on_was_withdrawn(
    tmp_path: Path, table: str, told: dict[str, Any], steps: tuple[str, str], says: str
) -> None:
    record(tmp_path, table, steps[0], -1)
    page = published(tmp_path, **GO | told)
    shown = page.read_bytes()
    Later.read(tmp_path).mark(page.parent)
    assert page.read_bytes() == shown
    record(tmp_path, table, steps[1], 1)
    Later.read(tmp_path).mark(page.parent)
    assert Later.read(tmp_path).verify(page.parent) == []
    index = index_of(tmp_path)
    assert (index.count(says), page.read_text(encoding="utf-8").count(says)) == (2, 1)
    assert "✗ This decision does not hold" in page.read_text(encoding="utf-8")
    assert "2026-05-04: its GO does not hold" in index
    assert '<section class="banner' not in index


def test_break_that_is_accepted_again_is_not_withdrawn(tmp_path: Path) -> None:
    record(tmp_path, "break_actions", "accept", -1)
    page = published(tmp_path, **GO | {"accepted": [ACCEPTED]})
    record(tmp_path, "break_actions", "resolve", 1)
    Later.read(tmp_path).mark(page.parent)
    record(tmp_path, "break_actions", "accept", 2)
    # What stands there for a moment longer is still Deskgate's.
    assert Later.read(tmp_path).verify(page.parent) == []
    Later.read(tmp_path).mark(page.parent)
    assert "does not hold" not in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("changes", "hours", "says"),
    [
        ({"waivers": [WAIVER | {"id": "x"}]}, 1, "is not on record"),
        ({"accepted": [ACCEPTED | {"id": "x"}]}, 1, "is not on record"),
        ({"waivers": [WAIVER]}, 1, "was revoked"),
        # It was revoked when the decision had expired already.
        ({"waivers": [WAIVER]}, 24, None),
        ({"waivers": [WAIVER], "decision": "HOLD"}, 1, None),
        ({}, 1, None),
    ],
)
def test_go_alone_is_held_to_what_it_rests_on_until_it_expires(
    tmp_path: Path, changes: dict[str, Any], hours: int, says: str | None
) -> None:
    record(tmp_path, "waivers", "grant", -1)
    record(tmp_path, "waivers", "revoke", hours)
    found = Later.read(tmp_path).withdrawn(decision(**GO | changes))
    assert [each for each in found if says and says in each] == found
    assert bool(found) == bool(says)


def test_damaged_trail_shows_nothing_that_a_go_rests_on(tmp_path: Path) -> None:
    record(tmp_path, "waivers", "grant", -1)
    Chain.open(tmp_path, "fleet").file.write_text("{}\n")
    (says,) = Later.read(tmp_path).withdrawn(decision(**GO | {"waivers": [WAIVER]}))
    assert "cannot be read in the audit trail" in says


def test_signed_go_is_a_hold_again_once_its_waiver_is_revoked(tmp_path: Path) -> None:
    record(tmp_path, "waivers", "grant", -1)
    key, _ = make_key(tmp_path / "keys" / "desk.pem", [])
    awaits = {"roles": ["risk"], "keys": [key.public_key]}
    page = published(tmp_path, **GO | {"decision": "HOLD", "awaits": awaits, "waivers": [WAIVER]})
    decided = json.loads((page.parent / "decision.json").read_text())
    sign_off(Chain.open(tmp_path, "fleet"), key, decided, role="risk", by="bob", at=AT)
    Later.read(tmp_path).mark(page.parent)
    assert word(page.read_text(encoding="utf-8"))[0] == "GO"
    record(tmp_path, "waivers", "revoke", 1)
    # What stands there for a moment longer is still Deskgate's.
    assert Later.read(tmp_path).verify(page.parent) == []
    Later.read(tmp_path).mark(page.parent)
    index = index_of(tmp_path)
    assert word(page.read_text(encoding="utf-8")) == ["HOLD"]
    for text in (page.read_text(encoding="utf-8"), index):
        assert "was revoked at" in text
    assert "its GO does not hold" in index


def test_next_day_is_linked_once_it_is_published(tmp_path: Path) -> None:
    page = published(tmp_path)
    after = tmp_path / "2026-05-05" / "index.html"
    after.parent.mkdir()
    after.touch()
    Later.read(tmp_path).mark(page.parent)
    assert '<a rel="next" href="../2026-05-05/index.html">' in page.read_text(encoding="utf-8")
    assert Later.read(tmp_path).verify(page.parent) == []
    after.unlink()
    # What stands there for a moment longer is still Deskgate's.
    assert Later.read(tmp_path).verify(page.parent) == []
    Later.read(tmp_path).mark(page.parent)
    assert 'rel="next"' not in page.read_text(encoding="utf-8")


def test_interactive_copies_are_linked_while_they_are_there(tmp_path: Path) -> None:
    page = published(tmp_path)
    notebook = page.with_name("03_reconciliation.html")
    notebook.write_bytes(page.read_bytes())
    notebook.with_suffix(".ipynb").write_text("{}")
    shown, link = page.read_bytes(), '<a href="03_reconciliation.interactive.html">'
    copy = notebook.with_suffix(".interactive.html")
    copy.write_text(f'<main id="content">\n{COPIES.anchor}')
    Later.read(tmp_path).mark(page.parent)
    assert [each.read_text(encoding="utf-8").count(link) for each in (page, notebook, copy)] == [1, 1, 0]
    assert Later.read(tmp_path).verify(page.parent) == []
    copy.unlink()
    Later.read(tmp_path).mark(page.parent)
    assert (page.read_bytes(), notebook.read_bytes()) == (shown, shown)
