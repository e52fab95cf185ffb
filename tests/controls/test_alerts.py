"""Alert channels: what desk.toml names and what the environment holds."""

import pytest

from deskgate.config.desk import Alerts
from deskgate.config.errors import InputError
from deskgate.controls.alerts import open_channels
from desks import desk


@pytest.mark.parametrize("held", ["", "  \n"])
def test_variable_without_an_address_is_refused(monkeypatch: pytest.MonkeyPatch, held: str) -> None:
    monkeypatch.setenv("CHANNELS", held)
    with pytest.raises(InputError, match="CHANNELS of the environment is empty"):
        open_channels(desk().model_copy(update={"alerts": Alerts(urls_env="CHANNELS")}))


def test_desk_without_channels_has_none() -> None:
    assert open_channels(desk()) == []
