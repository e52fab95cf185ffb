"""Plans of small desks."""

from pathlib import Path

from deskgate.config.desk_file import load_desk
from deskgate.run.schedule import Plan, plan_of

DESK = """
[desk]
name = "{name}"
[alerts]
urls_env = "ALERTS"
[accounts.main]
connector = "bitget_perpetual"
[stream]
mqtt = {{ url = "mqtt://127.0.0.1:1883" }}
[bots.bot1]
mode = "live"
connector = "bitget_perpetual"
pairs = ["BTC-USDT"]
account = "main"
"""


def plan(folder: Path, name: str = "fleet", text: str = DESK) -> Plan:
    """Return the plan of a desk in a folder that is made."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "desk.toml").write_text(text.format(name=name), encoding="utf-8")
    return plan_of(load_desk(folder), folder / "out")
