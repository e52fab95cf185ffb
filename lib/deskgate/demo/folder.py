"""The demo desk's folder: simulate, write every file, and put the folder in its place in one step.

A folder that already holds the very same demo is left alone; anything else in the way is an error, for a generator
must never write into somebody's desk.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Context, localcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal, get_args

from deskgate.config.errors import InputError
from deskgate.demo.bots import BOT1, BOT3, BOT4, TRADERS, Trading, trade
from deskgate.demo.chance import stream
from deskgate.demo.control_plane_files import Envelopes, envelopes, fill_rows, write_rows
from deskgate.demo.controller_minutes import minute_rows
from deskgate.demo.desk_file import compose_file, config_files, desk_toml
from deskgate.demo.exchange_files import exported, idle_exports, ledger
from deskgate.demo.faults import Records, spoil
from deskgate.demo.hummingbot_files import STRATEGY, empty_tables, recorded, write_database
from deskgate.demo.json_file import write_document, write_lines
from deskgate.demo.market import Market, simulate
from deskgate.demo.mqtt_files import published
from deskgate.demo.seal import FILE_NAME, holds_demo, seal
from deskgate.demo.story import FIRST_DAY, Story, tell

__all__ = ["DemoDesk", "Faults", "write_demo"]

Faults = Literal["none", "few", "all"]

_DIGITS = 28


@dataclass(frozen=True)
class DemoDesk:
    """A written demo desk: its folder, its first and last UTC day, its bots."""

    folder: Path
    first_day: date
    last_day: date
    bots: tuple[str, ...] = ("bot1", "bot2", "bot3", "bot4")


def write_demo(folder: Path, *, seed: int = 7, days: int = 4, faults: Faults = "few") -> DemoDesk:
    """Write a demo desk in authentic formats; the same arguments give the same bytes everywhere.

    Parameters
    ----------
    folder
        New or empty, or holding the same demo already: then nothing is written.
    seed
        Picks one of many equally plausible courses of the market and the bots.
    days
        How many UTC days the story runs, from 2026-03-02 07:00.
    faults
        `none`: only the late start of day 1. `few`: bot1's outage in the night to day 3 as well. `all`: on day 2
        also one fault of each kind, listed in `faults.json`.

    Returns
    -------
    DemoDesk
        Where the desk is and which days it covers.

    Raises
    ------
    InputError
        The folder holds anything else, `days` is below 1, or `faults` is no such choice.
    """
    if days < 1:
        raise InputError(f"days is {days}, expected 1 or more; leave it out for the demo's 4 days")
    if faults not in get_args(Faults):
        raise InputError(f"faults is '{faults}', expected one of {', '.join(get_args(Faults))}; choose one of them")
    story = tell(days, with_outage=faults != "none")
    arguments = {"seed": seed, "days": days, "faults": faults}
    place = folder.resolve()
    if not holds_demo(place, arguments):
        with _scratch(place) as scratch:
            draft = Path(scratch) / "desk"
            draft.mkdir()
            with localcontext(Context(prec=_DIGITS)):
                _write(draft, seed, story, is_spoilt=faults == "all")
            write_document(draft / FILE_NAME, seal(draft, arguments))
            if place.exists():
                place.rmdir()  # it is empty; some systems do not rename onto a folder
            draft.rename(place)
    return DemoDesk(folder, FIRST_DAY, story.last_day)


def _scratch(place: Path) -> TemporaryDirectory[str]:
    """Return a folder beside `place` that vanishes with what is left in it."""
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        return TemporaryDirectory(prefix=f".{place.name}.", dir=place.parent)
    except OSError as error:
        raise InputError(
            f"{place.parent}: no folder can be made there ({error.strerror}), expected a writable place for the demo "
            "desk; choose another one"
        ) from error


def _write(folder: Path, seed: int, story: Story, *, is_spoilt: bool) -> None:
    markets = simulate(seed, story.start_ms, story.end_ms)
    tradings = {plan.name: trade(seed, plan, markets[plan.instrument.pair], story) for plan in TRADERS}
    records = {plan.name: _records(tradings[plan.name], markets, story) for plan in (BOT1, BOT4)}
    if is_spoilt:
        found = spoil(records["bot1"], records["bot4"], story, stream(seed, "faults"))
        write_document(folder / "faults.json", {"faults": found})
    for name, kept in records.items():
        _write_live(folder / name, name, kept)
    _write_idle(folder / "bot2", story)
    for plan in TRADERS:
        market = markets[plan.instrument.pair]
        minutes = minute_rows(tradings[plan.name], market, story, stream(seed, f"minutes {plan.name}"))
        write_rows(_logs(folder, plan.name) / "minute.csv", minutes)
        if plan is BOT3:
            events = envelopes(tradings[plan.name], minutes, story, stream(seed, "event store"))
            _write_paper(folder, tradings[plan.name], market, events)
        for name, text in config_files(plan).items():
            path = folder / plan.name / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
    (folder / "docker-compose.yml").write_bytes(compose_file(TRADERS).encode())
    (folder / "desk.toml").write_bytes(desk_toml(story).encode())


def _records(trading: Trading, markets: Mapping[str, Market], story: Story) -> Records:
    market = markets[trading.plan.instrument.pair]
    return Records(
        trading, market, recorded(trading, market, story), published(trading), exported(trading, market, story)
    )


def _write_live(folder: Path, bot: str, records: Records) -> None:
    write_database(folder / "data" / f"conf_{STRATEGY}_{bot}.sqlite", records.tables)
    write_lines(folder / "events.jsonl", records.messages, compact=True)
    for name, document in records.documents.items():
        write_document(folder / "exchange" / name, document)


def _write_idle(folder: Path, story: Story) -> None:
    write_database(folder / "data" / f"conf_{STRATEGY}_{folder.name}.sqlite", empty_tables())
    write_lines(folder / "events.jsonl", [], compact=True)
    for name, document in idle_exports(story).items():
        write_document(folder / "exchange" / name, document)


def _write_paper(folder: Path, trading: Trading, market: Market, events: Envelopes) -> None:
    name = trading.plan.name
    write_rows(_logs(folder, name) / "fills.csv", fill_rows(trading, market))
    write_document(folder / name / "paper_ledger" / "my_trades.json", ledger(trading))
    for day, rows in events.items():
        write_lines(folder / "reports" / "event_store" / f"events_{day:%Y%m%d}.jsonl", rows, compact=False)


def _logs(folder: Path, bot: str) -> Path:
    return folder / bot / "logs" / "epp_v24" / f"{bot}_a"
