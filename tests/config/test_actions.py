"""The tables [actions] and [bots.x.control]."""

from pathlib import Path

import pytest

from deskgate.config.desk_file import load_desk
from deskgate.config.errors import InputError

BOT = '[desk]\nname = "d"\n[bots.b1]\nmode = "live"\nconnector = "okx"\npairs = ["BTC-USDT"]\n'
API = '[actions.hummingbot_api]\nurl = "http://127.0.0.1:8000"\nusername = "me"\npassword_env = "API_PASSWORD"\n'


def _desk(folder: Path, more: str) -> Path:
    (folder / "desk.toml").write_text(BOT + more)
    return folder


def test_actions_have_defaults_and_no_sink(tmp_path: Path) -> None:
    actions = load_desk(_desk(tmp_path, "")).actions
    assert (actions.validity_min, actions.reads_apart_s) == (5, 20)
    assert [actions.outbox, actions.redis, actions.mqtt, actions.hummingbot_api] == [None] * 4


def test_sinks_and_controls_are_read(tmp_path: Path) -> None:
    more = (
        '[bots.b1.control]\ninstance = "b1-live"\ncontrollers = ["pmm_1"]\nvenue = { exchange = "okx", api_key_env = "K",'
        f' secret_env = "S" }}\n[actions]\nvalidity_min = 2\nmqtt = {{ url = "mqtt://127.0.0.1" }}\n{API}'
    )
    desk = load_desk(_desk(tmp_path, more))
    assert desk.actions.hummingbot_api is not None
    assert desk.actions.mqtt is not None
    assert desk.actions.mqtt.namespace == "hbot"
    control = desk.bots["b1"].control
    assert (control.instance, control.controllers, control.venue is not None) == ("b1-live", ["pmm_1"], True)


@pytest.mark.parametrize(
    ("more", "key"),
    [
        (API.replace("API_PASSWORD", "hunter2"), "actions.hummingbot_api.password_env"),
        (API.replace('"API_PASSWORD"', "4711"), "actions.hummingbot_api.password_env"),
        ('[alerts]\nurls_env = "hunter2"\n', "alerts.urls_env"),
        ('[stream]\nmqtt = { url = "mqtt://host", password_env = "hunter2" }\n', "stream.mqtt.password_env"),
        (
            '[bots.b1.control]\nvenue = { exchange = "okx", api_key_env = "K", secret_env = "hunter2" }\n',
            "bots.b1.control.venue.secret_env",
        ),
    ],
)
def test_secret_in_the_place_of_a_variables_name_is_refused_and_not_shown(tmp_path: Path, more: str, key: str) -> None:
    with pytest.raises(InputError, match=f"{key}: ") as error:
        load_desk(_desk(tmp_path, more))
    assert "hunter2" not in str(error.value)
    assert "4711" not in str(error.value)


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ("[actions]\nvalidty_min = 2\n", r"unknown key actions.validty_min \(did you mean 'validity_min'\?\)"),
        ("[actions]\nredis = { uri = 1 }\n", "unknown key actions.redis.uri"),
        ("[bots.b1.control]\ninstanse = 'x'\n", r"unknown key bots.b1.control.instanse \(did you mean 'instance'\?\)"),
        ("[actions]\nreads_apart_s = 1\n", "greater than or equal to 20"),
        ("[actions]\nreads_apart_s = 60\nreceipt_within_s = 30\n", "expected at least reads_apart_s"),
        # A secret has no place here.
        ("[actions]\nmqtt = { url = 'mqtt://me:secret@host' }\n", "actions.mqtt.url"),
        ("[actions]\nredis = { url = 'redis://:secret@host' }\n", "actions.redis.url"),
        (API.replace("127.0.0.1", "me:secret@host"), "actions.hummingbot_api.url"),
        ("[actions]\nmqtt = { url = 'mqtt://host:99999' }\n", "actions.mqtt.url"),
        ("[actions]\nredis = { url = 'redis://host:0' }\n", "actions.redis.url"),
        (API.replace(":8000", ":80000"), "actions.hummingbot_api.url"),
        (API.replace("127.0.0.1", "[::1"), "actions.hummingbot_api.url"),
        ("[monitoring.routes]\nloki = 'http://127.0.0.1:99999/ready'\n", "monitoring.routes.loki"),
        ("[monitoring.routes]\nloki = 'http:///ready'\n", "monitoring.routes.loki"),
        (API.replace("password_env", "password"), "unknown key actions.hummingbot_api.password"),
        ("[bots.b1.control]\ninstance = 'a/b'\n", "bots.b1.control.instance"),
    ],
)
def test_wrong_tables_are_refused(tmp_path: Path, more: str, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        load_desk(_desk(tmp_path, more))
