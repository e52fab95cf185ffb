"""Which files a baseline speaks for."""

from pathlib import Path

from deskgate.config.desk_file import load_desk
from deskgate.config.digests import find_configuration

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
    found = find_configuration(load_desk(root), suites)
    assert found.config == {
        "live": {"conf/*.yml": ["conf/a.yml"], "misspelt/*.yml": [], "../shared/*.yml": ["../shared/b.yml"]}
    }
    assert set(found.digests()) == {
        "desk.toml",
        "conf/a.yml",
        "../shared/b.yml",
        "expectations/ladder.json",
        "expectations/soak.json",
    }


def test_controller_that_a_script_starts_and_no_pattern_names(tmp_path: Path) -> None:
    (tmp_path / "desk.toml").write_text(DESK)
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf/script.yml").write_text("controllers_config: [mm.yml, other.yml]\n")
    (tmp_path / "conf/mm.yml").write_text("id: mm\n")
    (tmp_path / "conf/torn.yml").write_text("controllers_config: [mm.yml\n")
    assert find_configuration(load_desk(tmp_path), tmp_path / "none").unfrozen() == {
        "live": [
            "other.yml is started by a script and named by no pattern",
            "conf/torn.yml is not readable, so that what it starts is not known",
        ]
    }
    (tmp_path / "conf/other.yml").write_text("id: other\n")
    (tmp_path / "conf/torn.yml").unlink()
    assert find_configuration(load_desk(tmp_path), tmp_path / "none").unfrozen() == {}


COMPOSE = """
x-env: &env {PIN: abc}
services:
  a:
    image: hb:1.0
    labels: {x: abc}
    environment: [CONFIG_FILE_NAME=mm.py, PIN=abc]
    build: {context: ., args: {PIN: abc}}
    volumes: ['./conf:/conf']
  b: {image: "hb:1.1", environment: {<<: *env, SCRIPT_CONFIG: mm.yml}, command: bin/q.py -p abc, healthcheck: {test: abc}}
"""


def test_of_compose_files_only_what_is_no_secret_is_kept(tmp_path: Path) -> None:
    (tmp_path / "desk.toml").write_text(f'[deployment]\ncompose = ["c.yml"]\n{DESK}')
    (tmp_path / "c.yml").write_text(COMPOSE)
    kept = find_configuration(load_desk(tmp_path), tmp_path / "none").settings()
    assert kept["images"] == {"a": "none", "b": "hb:1.1"}
    assert kept["c.yml"] == {
        "services.a.image": "hb:1.0",
        "services.a.environment.CONFIG_FILE_NAME": "mm.py",
        "services.a.build.context": ".",
        "services.a.volumes[0]": "./conf:/conf",
        "services.b.image": "hb:1.1",
        "services.b.environment.SCRIPT_CONFIG": "mm.yml",
    }
