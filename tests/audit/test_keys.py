"""The desk's key: made once, readable by its owner alone, outside the desk, and never shown."""

import os
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from deskgate.audit import keys
from deskgate.audit.keys import Key, is_signed_by, key_file, load_key, make_key
from deskgate.audit.trail import Trail
from deskgate.config.desk import Audit, Desk
from deskgate.config.errors import InputError
from desks import desk


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the key is to lie."""
    file = tmp_path / "keys" / "desk.pem"
    monkeypatch.setenv(keys.ENVIRONMENT, str(file))
    return file


def a_desk(tmp_path: Path, **audit: object) -> Desk:
    settings = Audit.model_validate(audit)
    return desk().model_copy(update={"file": tmp_path / "desk" / "desk.toml", "audit": settings})


def made(place: Path) -> Key:
    return make_key(place, [])[0]


def test_key_is_made_once_and_for_its_owner_alone(place: Path) -> None:
    before = os.umask(0)
    try:
        first, is_new = make_key(place, [])
    finally:
        os.umask(before)
    again, is_new_again = make_key(place, [])
    assert (is_new, is_new_again, first) == (True, False, again)
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert stat.S_IMODE(place.parent.stat().st_mode) == 0o700
    assert [file.name for file in place.parent.iterdir()] == ["desk.pem"]


def test_private_part_is_in_no_text_of_it(place: Path) -> None:
    key = made(place)
    secret = place.read_text().splitlines()[1]
    assert secret not in repr(key) + str(vars(key))


def test_signature_is_of_one_key_and_message(place: Path, tmp_path: Path) -> None:
    key, other = made(place), made(tmp_path / "other.pem")
    assert is_signed_by(key.public_key, key.sign(b"x"), b"x")
    assert not is_signed_by(key.public_key, key.sign(b"x"), b"y")
    assert not is_signed_by(other.public_key, key.sign(b"x"), b"x")
    assert not is_signed_by(key.public_key, "no base64", b"x")


def test_no_key_is_no_error(place: Path, tmp_path: Path) -> None:
    assert load_key(a_desk(tmp_path), tmp_path / "out") is None


def test_missing_key_says_whether_there_ever_was_one(place: Path, tmp_path: Path) -> None:
    public_key = made(place).public_key
    place.unlink()
    for named, says in ((None, "this desk has no key"), (public_key, f"public_key is not at {place} on this machine")):
        held = Trail.open(a_desk(tmp_path, public_key=named), tmp_path / "out").checkpoint()
        assert (held.signature, says in held.as_json()["statement"]) == (None, True)


def test_key_that_is_there_is_loaded(place: Path, tmp_path: Path) -> None:
    key = made(place)
    assert load_key(a_desk(tmp_path, public_key=key.public_key), tmp_path / "out") == key


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o620])
def test_key_that_others_may_use_is_refused(place: Path, tmp_path: Path, mode: int) -> None:
    made(place)
    place.chmod(mode)
    with pytest.raises(InputError, match="expected mode 600"):
        load_key(a_desk(tmp_path), tmp_path / "out")


@pytest.mark.parametrize("inside", ["desk", "out"])
def test_key_below_the_desk_or_its_reports_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, inside: str
) -> None:
    file = made(tmp_path / inside / "x" / "key.pem").file
    link = tmp_path / "link.pem"
    link.symlink_to(file)
    for named in (file, link):
        monkeypatch.setenv(keys.ENVIRONMENT, str(named))
        with pytest.raises(InputError, match="expected it outside"):
            load_key(a_desk(tmp_path), tmp_path / "out")
    with pytest.raises(InputError, match="expected it outside"):
        make_key(tmp_path / "desk" / "new.pem", [tmp_path / "desk"])
    assert not (tmp_path / "desk" / "new.pem").exists()


def test_key_of_another_public_part_is_refused(place: Path, tmp_path: Path) -> None:
    made(place)
    other = made(tmp_path / "other.pem")
    with pytest.raises(InputError, match="former_keys"):
        load_key(a_desk(tmp_path, public_key=other.public_key), tmp_path / "out")


def another_kind() -> bytes:
    return X25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


@pytest.mark.parametrize("content", [b"", b"no key", another_kind()], ids=["empty", "text", "another kind"])
def test_file_that_is_no_key_is_refused(place: Path, tmp_path: Path, content: bytes) -> None:
    place.parent.mkdir()
    place.write_bytes(content)
    place.chmod(0o600)
    with pytest.raises(InputError, match="expected"):
        load_key(a_desk(tmp_path), tmp_path / "out")


def test_place_is_of_the_environment_then_desk_toml_then_the_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configured = a_desk(tmp_path, key="../keys/x.pem").audit_key_file
    monkeypatch.setenv(keys.ENVIRONMENT, str(tmp_path / "e.pem"))
    assert key_file("desk", configured) == tmp_path / "e.pem"
    monkeypatch.delenv(keys.ENVIRONMENT)
    assert key_file("desk", configured) == tmp_path / "keys" / "x.pem"
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    assert key_file("a/../b").name == "a%2F..%2Fb.pem"


def test_unwritable_place_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InputError, match="no key can be written"):
        make_key(tmp_path / "file" / "key.pem", [])
