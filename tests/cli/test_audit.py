"""The key is made once and never shown, and verifying says what was done to which record and to which file of the store."""

import json
import shutil
from pathlib import Path

import pytest

from deskgate.audit.chain import Chain
from deskgate.audit.keys import ENVIRONMENT
from deskgate.config.desk_file import load_desk

from .commands import run


@pytest.fixture
def key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the desk's key is to lie."""
    file = tmp_path / "keys" / "demo.pem"
    monkeypatch.setenv(ENVIRONMENT, str(file))
    return file


def anchored(small: Path, out: Path, *whys: str) -> Path:
    """Return the chain after operators have recorded something."""
    for why in whys:
        assert run("store", "anchor", "--desk", small, "--out", out, "--by", "ann", "--why", why).exit_code == 0
    return Chain.open(out, "demo").file


def test_init_makes_a_key_outside_the_desk_and_names_its_public_part(small: Path, key: Path) -> None:
    (small / "desk.toml").unlink()
    made = run("init", small)
    assert made.exit_code == 0, made.output
    assert str(key) in made.output
    secret = key.read_text().splitlines()[1]
    public_key = load_desk(small).audit.public_key
    assert public_key is not None
    assert secret not in made.output + (small / "desk.toml").read_text()
    shown = run("audit", "key", "--desk", small)
    assert (shown.exit_code, secret in shown.output, "public_key =" in shown.output) == (0, False, False)
    # Another draft of the desk has the same key.
    before = key.read_bytes()
    (small / "desk.toml").unlink()
    assert run("init", small).exit_code == 0
    assert (key.read_bytes(), load_desk(small).audit.public_key) == (before, public_key)


def test_init_goes_on_without_a_key(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENVIRONMENT, str(small / "key.pem"))
    (small / "desk.toml").unlink()
    made = run("init", small)
    assert (made.exit_code, "No key signs the audit trail" in made.output) == (0, True), made.output
    assert not (small / "key.pem").exists()
    assert load_desk(small).audit.public_key is None


def test_desk_that_is_there_gets_a_key_and_records_it(small: Path, tmp_path: Path, key: Path) -> None:
    out = tmp_path / "out"
    anchored(small, out, "moved")
    made = run("audit", "key", "--desk", small, "--out", out)
    assert made.exit_code == 0, made.output
    table = made.output[made.output.index("[audit]") :]
    with (small / "desk.toml").open("a") as end:
        end.write(f"\n{table}")
    assert load_desk(small).audit.public_key is not None
    assert [record.kind for record in Chain.open(out, "demo").records()] == ["adopted", "anchor", "key"]
    assert "public_key =" not in run("audit", "key", "--desk", small, "--out", out).output


def test_new_key_leaves_all_former_ones_in_desk_toml(small: Path, tmp_path: Path, key: Path) -> None:
    named: list[str] = []
    for number in range(3):
        made = run("audit", "key", "--desk", small, "--out", tmp_path / "out")
        assert made.exit_code == 0, made.output
        text = (small / "desk.toml").read_text().partition("\n[audit]")[0]
        (small / "desk.toml").write_text(f"{text}\n{made.output[made.output.index('[audit]') :]}")
        audit = load_desk(small).audit
        assert audit.former_keys == named[::-1]
        named.append(str(audit.public_key))
        key.rename(key.with_suffix(f".{number}"))


def test_key_that_others_may_use_is_refused_before_anything_is_written(small: Path, tmp_path: Path, key: Path) -> None:
    assert run("audit", "key", "--desk", small, "--out", tmp_path / "out").exit_code == 0
    key.chmod(0o644)
    for command in (("baseline", "freeze"), ("store", "anchor")):
        refused = run(*command, "--desk", small, "--out", tmp_path / "out", "--by", "ann", "--why", "x")
        assert (refused.exit_code, "expected mode 600" in refused.stderr) == (2, True), refused.output
    assert not (tmp_path / "out").exists()


def test_verify_names_what_was_done(small: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    at = ("verify", "--audit", "--desk", small, "--out", out)
    chain = anchored(small, out, "one", "two", "three")
    intact = run(*at)
    assert (intact.exit_code, "is intact; 4 records" in intact.output) == (0, True), intact.output
    lines = chain.read_bytes().splitlines(keepends=True)
    chain.write_bytes(lines[0] + lines[1] + lines[3])
    removed = run(*at, "--json")
    found = json.loads(removed.output)
    assert (removed.exit_code, found["intact"]) == (1, False)
    assert [(each["how"], each["seq"]) for each in found["findings"]] == [("removed", 3)]
    chain.write_bytes(b"".join(lines[:3]))
    assert "inserted: row" in run(*at).output
    chain.write_bytes(b"".join(lines))
    shutil.rmtree(out / "store" / "anchors")
    assert run(*at).output.startswith("removed: row")
    assert run("audit", "repair", "--desk", small, "--out", out, "--by", "ann", "--why", "restored").exit_code == 0
    assert run(*at).exit_code == 0


def test_verify_names_the_damaged_file_of_the_store(small: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    at = ("--desk", small, "--out", out)
    anchored(small, out, "one")
    intact = run("verify", "--store", *at)
    assert (intact.exit_code, "each file is as it was written" in intact.output) == (0, True), intact.output
    file = next((out / "store").glob("anchors/*.parquet"))
    data = bytearray(file.read_bytes())
    data[40] ^= 1
    file.write_bytes(data)
    found = json.loads(run("verify", "--store", *at, "--json").output)
    assert [each["file"] for each in found["damaged"]] == [f"anchors/{file.name}"]
    damaged = run("verify", "--store", *at)
    assert (damaged.exit_code, f"changed: anchors/{file.name}: its digest is" in damaged.output) == (1, True)
    for command in (("gates", "--date", "2026-03-02"), ("ingest",), ("store", "compact"), ("store", "account")):
        refused = run(*command, *at)
        assert (refused.exit_code, f"damaged, anchors/{file.name}" in refused.output) == (2, True), refused.output


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "expected a day's decision.json, --audit or --store"),
        (["--store", "--audit"], "--audit and --store were given"),
        (["--store", "--checkpoint", "desk.toml"], "--checkpoint and --store were given"),
        (["--store"], "no store there"),
        (["--audit", "--out", "nowhere"], "no folder there"),
        (["--audit", "--checkpoint", "desk.toml"], "holds no checkpoint"),
        (["--audit", "--replay"], "--replay and --audit were given"),
        (["--audit", "2026-03-02"], "a day and --audit were given"),
        (["--checkpoint", "desk.toml", "2026-03-02"], "--checkpoint and a day were given"),
    ],
)
def test_wrong_use_of_verify_is_refused(
    small: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], message: str
) -> None:
    monkeypatch.chdir(small)
    refused = run("verify", *options)
    assert (refused.exit_code, message in refused.stderr) == (2, True), refused.output


def test_repair_needs_somebody_and_a_reason(small: Path, tmp_path: Path) -> None:
    refused = run("audit", "repair", "--desk", small, "--out", tmp_path / "out", "--by", "ann", "--why", " ")
    assert (refused.exit_code, "--why is empty" in refused.stderr) == (2, True)
