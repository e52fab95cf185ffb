"""A pattern that matches nothing is one sentence with what lies there; a desk without any file is refused."""

from pathlib import Path

import pytest

from deskgate.config.desk_file import load_desk
from deskgate.config.errors import InputError
from deskgate.schema import LEGS
from deskgate.sources.unmatched import EVERY_KEY, Unmatched, refuse_without_files, unmatched

from .desks import a_desk

ON_ACCOUNT = 'account = "a"\n[accounts.a]\nconnector = "bitget_perpetual"'


def _unmatched(root: Path, lines: str) -> list[Unmatched]:
    for folder in ("data", "empty"):
        (root / "bot1" / folder).mkdir(parents=True)
    for name in ("conf.sqlite", "b.log"):
        (root / "bot1/data" / name).touch()
    return unmatched(load_desk(a_desk(root, {"bot1": lines})))


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ('local = ["bot1/data/*.sqlit"]', ["bots.bot1.local has 'bot1/data/*.sqlit'", "bot1/data lie b.log, conf.sqlite"]),
        ('local = ["bot1/date/*.sqlite"]', ["bot1 lie data, empty (did you mean 'data'?)"]),
        ('events = ["events/*"]', ["bots.bot1.events", "lie bot1, desk.toml"]),
        ('local = ["bot1/data/conf.sqlite/x"]', ["bot1/data lie b.log, conf.sqlite"]),
        ('config = ["bot1/empty/*.yml"]', ["bots.bot1.config", "lie no files; correct it in desk.toml"]),
        ('local = ["bot1/data/*.sqlite", "bot1/**/*.log"]', []),
        (ON_ACCOUNT, ["no export of its account a yet", "exports/a; run `deskgate snapshot`"]),
    ],
)  # fmt: skip
def test_pattern_that_matches_nothing_is_a_sentence(tmp_path: Path, lines: str, says: list[str]) -> None:
    found = _unmatched(tmp_path, lines)
    assert len(found) == bool(says)
    assert all(part in found[0].sentence for part in says)
    assert all(each.awaits_snapshot is (lines == ON_ACCOUNT) for each in found)


def test_many_files_are_counted(tmp_path: Path) -> None:
    for number in range(8):
        (tmp_path / f"{number}.log").touch()
    (found,) = unmatched(load_desk(a_desk(tmp_path, {"bot1": 'local = ["*.sqlite"]'})))
    assert "lie 0.log, 1.log, 2.log, 3.log, 4.log and 4 more" in found.sentence


def test_bot_that_is_not_judged_is_left_alone(tmp_path: Path) -> None:
    desk = load_desk(a_desk(tmp_path, {"bot1": 'local = ["*.sqlite"]'}, disabled=["bot1"]))
    assert unmatched(desk) == []


@pytest.mark.parametrize(
    ("lines", "keys", "is_refused"),
    [
        ('local = ["gone/*"]', LEGS, True),
        ('local = ["gone/*"]\nconfig = ["desk.toml"]', LEGS, True),
        ('local = ["gone/*"]\nconfig = ["desk.toml"]', EVERY_KEY, False),
        ('local = ["gone/*", "desk*"]', LEGS, False),
        ('local = ["gone/*"]\n[stream]\nmqtt = { url = "mqtt://h" }', LEGS, False),
        ("", LEGS, False),
    ],
)
def test_desk_without_any_file_is_refused(
    tmp_path: Path, lines: str, keys: tuple[str, ...], *, is_refused: bool
) -> None:
    desk = load_desk(a_desk(tmp_path, {"bot1": lines}))
    if is_refused:
        with pytest.raises(InputError, match="none of its 1 patterns matches a file below"):
            refuse_without_files(desk, keys)
    else:
        refuse_without_files(desk, keys)


def test_folder_that_may_not_be_listed_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "closed").mkdir()
    desk = load_desk(a_desk(tmp_path, {"bot1": 'local = ["closed/b.sqlite"]'}))

    def of_mode_711(place: Path) -> object:
        raise PermissionError(13, "Permission denied", str(place))

    monkeypatch.setattr(Path, "iterdir", of_mode_711)
    with pytest.raises(InputError, match=r"closed: permission denied"):
        unmatched(desk)
