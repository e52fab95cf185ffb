"""Who signed a day's decision, on its pages and on the index: a signature that does not count never shows as one that does."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from deskgate.audit.chain import Chain
from deskgate.audit.keys import Key, make_key
from deskgate.audit.sign_offs import sign_off, sign_offs
from deskgate.audit.trail import Trail
from deskgate.config.desk import Audit
from deskgate.reports.pages.later import Later
from deskgate.reports.pages.sign_off_list import show_sign_offs
from report_inputs import index_of
from reports.pages.published_day import AT, GO, WAIVER, opened, published, record

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
    # The GO that stands there for a moment longer is still Deskgate's.
    assert Later.read(tmp_path).verify(page.parent) == []
    for text in shown(tmp_path, page):
        assert word(text) == ["HOLD"]
        assert "risk</span> signed by ann" in text
        assert "ops</span> not signed: the last signature is not of a key that counts" in text


@pytest.mark.parametrize("changed", [{"roles": ["risk"]}, {"keys": []}])
def test_decision_that_was_changed_since_its_run_has_no_signature(tmp_path: Path, changed: dict[str, Any]) -> None:
    page, key, decided = awaiting(tmp_path)
    sign_off(Chain.open(tmp_path, "fleet"), key, decided, role="risk", by="ann", at=AT)
    decided["awaits"] |= changed
    (page.parent / "decision.json").write_text(json.dumps(decided))
    Later.read(tmp_path).mark(page.parent)
    text = page.read_text(encoding="utf-8")
    assert word(text) == ["HOLD"]
    assert "signed by" not in text


@pytest.mark.parametrize("left", ["damaged", "cut off"])
def test_trail_that_is_not_whole_shows_no_signature(tmp_path: Path, left: str) -> None:
    page, key, decided = awaiting(tmp_path)
    for role in ROLES:
        sign_off(Chain.open(tmp_path, "fleet"), key, decided, role=role, by=role, at=AT)
    assert word(shown(tmp_path, page)[0])[0] == "GO"
    chain = Chain.open(tmp_path, "fleet")
    known = len([*chain.records()])
    if left == "damaged":
        chain.file.write_text(chain.file.read_text().replace('"by"', '"bY"'))
    Later.read(tmp_path, witnessed=known + 1).mark(page.parent)
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
