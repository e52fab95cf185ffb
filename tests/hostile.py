"""A desk whose names and records try to be more than text: markup, formulas, quotes, line ends, direction marks, terminal escapes.

What a person, a bot or a venue can write into a desk is written here, in the formats of the demo desk.
"""

import json
import shutil
from pathlib import Path
from typing import Any

__all__ = ["BOT", "DESK", "FORMULA", "MARKUP", "TEXTS", "hostile_desk"]

MARKUP = "<img src=x onerror=alert(1)>"
FORMULA = "=cmd|' /C calc'!A0"
DESK = f"{MARKUP}</title><script>alert(2)</script>\"'`"
BOT = f'"{MARKUP}&amp;<b>'
TEXTS = (
    MARKUP,
    "</td></table><script>alert(3)</script>",
    "' onmouseover='alert(4)",
    "[a link](javascript:alert(5)) **bold** | cell `code`",
    FORMULA,
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "+1;-1\tand\ta tab",
    "a \"quoted\" and an 'other' \\ word",
    "one line\nanother\r\nand another",
    "abc\u202egnp.exe\u202c \u2066isolated\u2069",
    "\x1b]0;title\x07\x1b[31mred\x1b[2J\x9b31m",
    "{{ 7 * 7 }} {% raw %} ${HOME} %s {0}",
    "x" * 10_000,
    "w i d e " * 1_200,
)


def hostile_desk(demo: Path, to: Path) -> Path:
    """Write a copy of the demo desk `demo` to `to`, its names and some of its records hostile; return `to`."""
    shutil.copytree(demo, to)
    (to / "demo.json").unlink(missing_ok=True)
    toml = to / "desk.toml"
    names = {"bot1": BOT, "bot3": FORMULA, "bot4": TEXTS[9]}
    text = toml.read_text(encoding="utf-8").replace('name = "demo"', f"name = {_quoted(DESK)}", 1)
    for bot, name in names.items():
        text = text.replace(f"[bots.{bot}]", f'[bots.{_quoted(name)}]\ninstances = ["{bot}"]', 1)
        text = text.replace(f'shadow = "{bot}"', f"shadow = {_quoted(name)}")
    toml.write_text(text.replace('by = "the demo\'s operator"', f"by = {_quoted(TEXTS[10])}"), encoding="utf-8")
    _add_trades(to / "bot1" / "exchange" / "my_trades.json")
    _add_records(to / "bot1" / "events.jsonl")
    for file in to.glob("*/conf/controllers/*.yml"):
        # JSON is YAML too.
        with file.open("a", encoding="utf-8") as end:
            end.write(f"{json.dumps(MARKUP)}: {json.dumps(TEXTS)}\n")
    return to


def _quoted(text: str) -> str:
    """Return the text as a basic string of TOML, which escapes as JSON does."""
    return json.dumps(text).replace("\x7f", "\\u007f")


def _add_trades(file: Path) -> None:
    """Add fills that only the venue knows: each is a break, with its ids on every page that lists it."""
    trades: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))
    last = trades[-1]
    for number, text in enumerate(TEXTS):
        trades.append({**last, "id": text, "order": f"order {text}", "timestamp": last["timestamp"] + number + 1})
    file.write_text(json.dumps(trades), encoding="utf-8")


def _add_records(file: Path) -> None:
    """Add records that cannot be read, which the quarantine keeps with their text."""
    lines = [json.dumps({"topic": "hbot/bot1/events", "payload": {"type": text, "data": text}}) for text in TEXTS]
    with file.open("a", encoding="utf-8") as end:
        end.writelines(f"{line}\n" for line in [*lines, *(text.replace("\n", " ") for text in TEXTS)])
