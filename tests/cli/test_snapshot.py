"""Each account fails by itself: what the others had is printed, and a refusal ends with 2."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cli.commands import run
from deskgate.collector.venue import client, snapshot
from deskgate.collector.venue.errors import VenueError
from deskgate.collector.venue.snapshot import Asked, Snapshot
from deskgate.config.errors import InputError

AT = datetime(2026, 3, 18, tzinfo=UTC)


@pytest.mark.parametrize(
    ("error", "code"),
    [(None, 0), (InputError("the folder is of another key"), 2), (VenueError("the venue is down"), 1)],
)
def test_an_account_that_fails_does_not_stop_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception | None, code: int
) -> None:
    accounts = "".join(f'[accounts.{name}]\nconnector = "binance"\n' for name in ("a", "b"))
    bot = '[bots.bot1]\nmode = "live"\npairs = ["BTC-USDT"]\nconnectors = ["binance"]\nlocal = ["x"]\naccount = ["a", "b"]\n'
    (tmp_path / "desk.toml").write_text(f'[desk]\nname = "d"\n{accounts}{bot}')
    for name in ("A", "B"):
        for part in ("API_KEY", "API_SECRET"):
            monkeypatch.setenv(f"DESKGATE_{name}_{part}", f"{name}-{part}-text")

    def take(_desk: Any, account: Any, *_: Any, **__: Any) -> Snapshot:
        if account.name == "a" and error:
            raise error
        return Snapshot(account.name, AT, 0.0, "reads only", None, [Asked("my_trades", "s", "u")])

    monkeypatch.setattr(client, "connect", lambda *_, **__: None)
    monkeypatch.setattr(snapshot, "take_snapshot", take)
    result = run("snapshot", "--desk", tmp_path)
    assert (result.exit_code, "b\tmy_trades" in result.output) == (code, True), result.output
    assert str(error) in result.output if error else "a\tmy_trades" in result.output
