"""Secrets in clear: told by kind and place, and the names of variables are none."""

from pathlib import Path
from unittest.mock import patch

import pytest

from deskgate.config.secret_scan import FoundSecret, find_secrets

# Put together here, so that no scanner takes this file for one with secrets.
TELEGRAM = "tgram://123456789:" + "AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw1"


@pytest.mark.parametrize(
    ("name", "text", "kinds"),
    [
        ("desk.toml", 'password_env = "MQTT_PASSWORD"', []),
        ("desk.toml", 'mqtt = { username = "d", secret_env = "THE_SECRET", namespace = "hbot" }', []),
        ("desk.toml", 'public_key = "ed25519:' + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVowMTIzNDU=" + '"', []),
        ("decision.json", '{"bundle_id": "' + "9f8a7b6c" * 8 + '"}', []),
        ("desk.toml", 'password_env = "' + "correct-horse-battery" + '"', ["Secret Keyword"]),
        ("conf.yml", "token: USDT\nleverage: 5", []),
        ("desk.toml", 'password = "' + "correct-horse-battery" + '"', ["Secret Keyword"]),
        ("desk.toml", 'password = "' + "correct-horse-battery" + '"  # pragma: allowlist secret', []),
        ("desk.toml", 'password_env = "A_NAME"\npassword = "' + "correct-horse-battery" + '"', ["Secret Keyword"]),
        ("desk.toml", '[a]\nb = "c"\n# password = "' + "correct-horse-battery" + '"', ["Secret Keyword"]),
        ("desk.toml", '[a]\nb = { password = "' + "correct-horse-battery" + '" }', ["Secret Keyword"]),
        ("conf.yml", "a: 1\npassword: " + "correct-horse-battery", ["Secret Keyword"]),
        ("desk.toml", 'url = "https://ann:' + "hunter22pass" + '@host/x"', ["Basic Auth Credentials"]),
        ("desk.toml", f'urls = ["{TELEGRAM}/1"]', ["Telegram Bot Token"]),
        ("run.log", "-----BEGIN RSA " + "PRIVATE KEY-----", ["Private Key"]),
        ("empty.yml", "", []),
    ],
)
def test_secret_is_told_from_what_is_none(tmp_path: Path, name: str, text: str, kinds: list[str]) -> None:
    (tmp_path / name).write_text(text)
    found = find_secrets([("shown", tmp_path / name)])
    assert [each.kind for each in found] == kinds
    assert {each.file for each in found} <= {"shown"}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.json", '{"password": "SECRET",\n"x": 1}\n'),
        ("a.json", '// pragma: allowlist nextline secret\n"password": "SECRET"\n'),
        ("a.html", '<a>password="SECRET"</a>\x0bsecret="SECRET"\n'),
        ("a.log", 'password =\x0b"SECRET"\n'),
        ("a.log", 'x\npassword: SECRET\npassword = "SECRET" \n'),
        ("a.env", "PASSWORD=SECRET\nA=b\n"),
        ("a", "[x]\npassword = SECRET\n"),
        ("a.yml", "password: SECRET\n"),
        ("a.json", "{}\n"),
    ],
)
def test_lines_without_a_suspicion_would_show_nothing(tmp_path: Path, name: str, text: str) -> None:
    file = tmp_path / name
    file.write_text(text.replace("SECRET", "correct-horse" + "-battery"))
    found = find_secrets([("a", file)])
    with patch("deskgate.config.secret_scan._suspects", return_value=lambda _: True):
        assert find_secrets([("a", file)]) == found
    assert bool(found) == ("SECRET" in text)


def test_file_that_becomes_no_text_further_on_is_scanned_by_lines(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(b'password = "' + b"correct-horse" + b'-battery"\n' + bytes(range(256)))
    assert [each.line for each in find_secrets([("a", tmp_path / "a.bin")])] == [1]


def test_what_is_no_text_holds_none_and_findings_are_sorted(tmp_path: Path) -> None:
    (tmp_path / "b.sqlite").write_bytes(bytes(range(256)))
    (tmp_path / "a.toml").write_text('x = 1\npassword = "' + "correct-horse-battery" + '"\n')
    files = [(file.name, file) for file in (tmp_path / "b.sqlite", tmp_path / "a.toml")]
    assert find_secrets(files) == [FoundSecret("a.toml", 2, "Secret Keyword")]
