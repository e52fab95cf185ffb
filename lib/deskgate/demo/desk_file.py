"""desk.toml and the bots' configuration files, as an operator would keep them."""

from collections.abc import Iterable

from deskgate.demo.bots import BotPlan
from deskgate.demo.clock import iso_milli
from deskgate.demo.story import Story

__all__ = ["compose_file", "config_files", "controller_settings", "desk_toml"]

_DESK = """\
# A demo desk: four bots, made from a seed. Deskgate only ever reads the files named here.

[desk]
name = "demo"
quote = "USDT"

[deployment]
compose = ["docker-compose.yml"]

[bots.bot1]                       # live, small money; parity compares it with its paper shadow
mode = "live"
connector = "bitget_perpetual"
pairs = ["BTC-USDT"]
shadow = "bot3"
local = ["bot1/data/*.sqlite", "bot1/logs/epp_v24/bot1_a/minute*.csv"]
events = ["bot1/events.jsonl*"]
exchange = ["bot1/exchange"]
config = ["bot1/conf/controllers/*.yml", "bot1/conf/scripts/*.yml"]
opening = {{ at = "{start}", balance = {{ USDT = "500" }}, position = "0" }}
rung = {{ name = "micro", since = "{start}", by = "the demo's operator" }}

[bots.bot2]                       # switched off: listed, not judged
mode = "disabled"
connector = "bitget_perpetual"
pairs = ["BTC-USDT"]
local = ["bot2/data/*.sqlite"]
events = ["bot2/events.jsonl*"]
exchange = ["bot2/exchange"]

[bots.bot3]                       # paper: it has no venue, so its own ledger is the counterpart
mode = "paper"
connector = "bitget_paper_trade"
pairs = ["BTC-USDT"]
local = ["bot3/logs/epp_v24/bot3_a/minute*.csv", "bot3/logs/epp_v24/bot3_a/fills*.csv"]
events = ["reports/event_store/events_*.jsonl"]
exchange = ["bot3/paper_ledger"]
config = ["bot3/conf/controllers/*.yml", "bot3/conf/scripts/*.yml"]
rung = {{ name = "paper", since = "{start}", by = "the demo's operator" }}

[bots.bot4]                       # testnet: real matching, no real money
mode = "testnet"
connector = "binance_perpetual_testnet"
pairs = ["ETH-USDT"]
local = ["bot4/data/*.sqlite", "bot4/logs/epp_v24/bot4_a/minute*.csv"]
events = ["bot4/events.jsonl*"]
exchange = ["bot4/exchange"]
config = ["bot4/conf/controllers/*.yml", "bot4/conf/scripts/*.yml"]
opening = {{ at = "{start}", balance = {{ USDT = "5000" }}, position = "0" }}
rung = {{ name = "testnet", since = "{start}", by = "the demo's operator" }}
"""


# As a person keeps it: one image for all bots, which a variable may override.
_COMPOSE = """\
x-bot: &bot
  image: hummingbot/hummingbot:${HUMMINGBOT_TAG:-version-2.6.0}
  restart: unless-stopped

services:
"""


def compose_file(plans: Iterable[BotPlan]) -> str:
    """Return the compose file that starts the demo's bots."""
    services = [
        f"  {plan.name}:\n    <<: *bot\n    volumes: [./{plan.name}/conf:/home/hummingbot/conf, ./{plan.name}/data:/home/hummingbot/data]\n"
        for plan in plans
    ]
    return _COMPOSE + "".join(services)


def desk_toml(story: Story) -> str:
    """Return the demo's desk.toml; the roll-forward of bot1 and bot4 starts when the desk does."""
    return _DESK.format(start=f"{iso_milli(story.start_ms)[:-5]}Z")


def controller_settings(plan: BotPlan) -> dict[str, str | int | bool]:
    """Return a bot's controller configuration."""
    low, high = plan.lots
    return {
        "id": plan.controller,
        "controller_name": "epp_v2_4",
        "controller_type": "market_making",
        "connector_name": plan.rules.connector,
        "trading_pair": plan.instrument.pair,
        "order_amount_min_base": f"{low * plan.instrument.lot}",
        "order_amount_max_base": f"{high * plan.instrument.lot}",
        "max_position_base": f"{plan.cap_lots * plan.instrument.lot}",
        "min_spread": "0.0010",
        "executor_refresh_time": plan.refresh_s,
        "leverage": plan.rules.leverage,
        "position_mode": "ONEWAY",
        "variant": "a",
        "enabled": True,
        "no_trade": False,
        "instance_name": plan.name,
        "fee_mode": "project",
        "internal_paper_enabled": plan.rules.fills_whole,
        "manual_kill_switch": False,
    }


def config_files(plan: BotPlan) -> dict[str, str]:
    """Return a bot's configuration files: path below the bot's folder, and text."""
    settings = controller_settings(plan).items()
    lines = [f"{key}: {str(value).lower() if isinstance(value, bool) else value}" for key, value in settings]
    script = [
        "script_file_name: v2_with_controllers.py",
        "markets: {}",
        "candles_config: []",
        "controllers_config:",
        f"  - {plan.controller}.yml",
        "max_global_drawdown_quote: null",
        "max_controller_drawdown_quote: null",
    ]
    return {
        f"conf/controllers/{plan.controller}.yml": "\n".join(lines) + "\n",
        f"conf/scripts/conf_v2_with_controllers_{plan.name}.yml": "\n".join(script) + "\n",
    }
