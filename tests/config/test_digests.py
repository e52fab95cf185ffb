"""Which files a baseline speaks for."""

from pathlib import Path

from deskgate.config.desk import load_desk
from deskgate.config.digests import config_files, digest_configuration, unfrozen_controllers

DESK = """
[desk]
name = "d"
[bots.live]
mode = "live"
connector = "bitget_perpetual"
pairs = ["BTC-USDT"]
config = ["conf/*.yml", "misspelt/*.yml", "../shared/*.yml"]
[bots.paper]
mode = "paper"
connector = "bitget_paper_trade"
pairs = ["BTC-USDT"]
"""


def test_files_by_bot_and_pattern_and_digests_of_all(tmp_path: Path) -> None:
    root, suites = tmp_path / "desk", tmp_path / "suites"
    for file in (root / "desk.toml", root / "conf/a.yml", tmp_path / "shared/b.yml", suites / "soak.json"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(DESK if file.suffix == ".toml" else "x: 1")
    desk = load_desk(root)
    assert config_files(desk) == {
        "live": {"conf/*.yml": ["conf/a.yml"], "misspelt/*.yml": [], "../shared/*.yml": ["../shared/b.yml"]}
    }
    assert set(digest_configuration(desk, suites)) == {
        "desk.toml",
        "conf/a.yml",
        "../shared/b.yml",
        "expectations/soak.json",
    }


def test_controller_that_a_script_starts_and_no_pattern_names(tmp_path: Path) -> None:
    (tmp_path / "desk.toml").write_text(DESK)
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf/script.yml").write_text("controllers_config: [mm.yml, other.yml]\n")
    (tmp_path / "conf/mm.yml").write_text("id: mm\n")
    assert unfrozen_controllers(load_desk(tmp_path)) == {"live": ["other.yml"]}
    (tmp_path / "conf/other.yml").write_text("id: other\n")
    assert unfrozen_controllers(load_desk(tmp_path)) == {}
