"""What a daily run does about actions of before: it looks at the exports, and tells what is missing."""

from datetime import timedelta
from pathlib import Path

import pytest

from deskgate.config.desk import Desk
from deskgate.config.desk_file import load_desk
from deskgate.config.errors import InputError
from deskgate.config.instants import now
from deskgate.run.act import preview
from deskgate.run.open_actions import look_again, override
from deskgate.store.desk_store import store_location
from deskgate.store.tables import Store
from store.conftest import desk, root

from .act_driver import run_armed

__all__ = ["desk", "root"]


@pytest.fixture
def out(root: Path, tmp_path: Path) -> Path:
    """A folder in which an action was armed, and no look at the account was quiet."""
    made = run_armed(root, tmp_path / "out", "x1")
    assert len(made.left_open) == 1
    return tmp_path / "out"


def store(of: Desk, out: Path) -> Store:
    return Store.open(store_location(of, out), of.name)


def test_action_stays_open_where_no_export_shows_its_effect(desk: Desk, out: Path) -> None:
    later = now() + timedelta(hours=1)
    (receipt,) = look_again(desk, out, store(desk, out), later)
    assert (receipt.is_complete, receipt.delivered) == (False, True)
    assert len(preview(desk, out, [], later).left_open) == 1


def test_desk_without_open_actions_is_left_alone(desk: Desk, tmp_path: Path) -> None:
    place = tmp_path / "fresh"
    assert look_again(desk, place, store(desk, place), now()) == []
    assert not (place / "audit").exists()


def test_operators_word_closes_one_action_by_the_beginning_of_its_id(root: Path, out: Path) -> None:
    desk = load_desk(root)
    (left,) = preview(desk, out, [], now()).left_open
    event_id = left.partition(":")[0]
    for by, why, given, reason in (
        ("", "w", event_id, "--by is empty"),
        ("ann", " ", event_id, "--why is empty"),
        ("ann", "w", "nothing", "action 'nothing' is unknown"),
    ):
        with pytest.raises(InputError, match=reason):
            override(desk, out, store(desk, out), given, by=by, why=why, now=now())
    assert override(desk, out, store(desk, out), event_id[:8], by="ann", why="stopped by hand", now=now()) == event_id
    assert preview(desk, out, [], now()).left_open == ()
