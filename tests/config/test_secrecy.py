"""Which keys sound like a secret, and which addresses have one: by what stands before the host and by the names of parameters, never by an `@` elsewhere."""

import pytest

from deskgate.config.errors import complaint
from deskgate.config.secrecy import is_secret_key, keys_with_secret_address, shown_address

PASSWORD, TOKEN, PARAMETER = "a password", "a user name or a token", "a parameter that may be a secret"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", None),
        ("ann@desk.org: hello", None),
        ("http://127.0.0.1:9090/-/healthy?who=a@b.c", None),
        ("http://host/a:b@c", None),
        ("http://[::1]:9090/ready#a@b", None),
        ("s3://bucket/store", None),
        ("http://host:port/ready", None),
        ("mqtt://me:x@host", PASSWORD),
        ("redis://:x@host", PASSWORD),
        ("redis://:x/y@host", PASSWORD),
        ("redis://me:x/y@host", PASSWORD),
        ("redis://:12/3@host", PASSWORD),
        ("http://me:x[y@host", PASSWORD),
        ("redis-cli -u redis://:x@host ping", PASSWORD),
        ("http://host/?to=http://me:x@other", PASSWORD),
        ("http://x@host", TOKEN),
        ("http://x%3Ay@host", TOKEN),
        ("https://h/hook?token=abc", PARAMETER),
        ("https://h/hook?a=1&API_KEY=abc", PARAMETER),
        ("https://h/hook#access_token=abc", PARAMETER),
        ("https://h/hook?token=", None),
        ("https://h/hook?author=ann", None),
    ],
)
def test_secret_of_an_address(text: str, what: str | None) -> None:
    found = list(keys_with_secret_address({"a": [{"b": text}], "c": 1}))
    assert found == ([("a.0.b", what)] if what else [])


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://127.0.0.1:9090/-/healthy", "http://127.0.0.1:9090/-/healthy"),
        ("https://me:x@[::1]:8443/a/b?c=d&token=x#e", "https://[::1]:8443/a/b"),
        ("http://host?x@y", "http://host"),
    ],
)
def test_address_is_shown_without_user_and_parameters(url: str, shown: str) -> None:
    assert shown_address(url) == shown


@pytest.mark.parametrize(
    ("place", "is_shown"),
    [(("alerts",), False), (("alerts", "urls", 0), False), (("alerts_of", "x"), True), (("risk", "alerts"), True)],
)
def test_no_value_of_alerts_is_shown(place: tuple[str | int, ...], is_shown: bool) -> None:
    says = complaint(place, "string_type", "Input should be a valid string", "tgram_secret_sk", ())
    assert ("tgram_secret_sk" in says) is is_shown


@pytest.mark.parametrize(
    "key",
    [
        *(
            "api_key",
            "api-key",
            "apiKey",
            "API KEY",
            "x-api-key",
            "access-key",
            "AWS_ACCESS_KEY_ID",
            "secret_key",
            "key",
        ),
        *("encryption_key", "signing_key", "signingKey", "client_key", "ssh-key", "wallet.key.path", "passkey"),
        *("seed", "wallet.seed", "wallet_seed", "seed_phrase", "seed-phrase", "seedPhrase", "recovery phrase"),
        *("pwd", "DB_PWD", "dbpwd", "bearer", "bearer-token", "pass-phrase", "pass_word", "bots[b1].api-key"),
    ],
)
def test_key_sounds_like_a_secret(key: str) -> None:
    assert is_secret_key(key)


@pytest.mark.parametrize(
    "key",
    [
        *("public_key", "public-key", "publicKey", "PUBLIC_KEY", "audit.public_key", "former_keys", "api_key_env"),
        *("monkey", "turkey", "Donkey", "jockey", "hockey", "whiskey", "keyboard", "keys", "author", "seedling"),
        *("paper_seed", "random_seed", "bots[api-key].leverage", "leverage"),
    ],
)
def test_key_sounds_like_no_secret(key: str) -> None:
    assert not is_secret_key(key)
