"""Compose files resolve without docker, and say where something only a shell knew is missing."""

from pathlib import Path

import pytest

from deskgate.config.compose import interpolate, resolve, unpinned


def write(folder: Path, **files: str) -> list[Path]:
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.yml").write_text(text)
    return [folder / f"{name}.yml" for name in files]


@pytest.mark.parametrize(
    ("image", "why"),
    [
        ("hummingbot/hummingbot:version-2.6.0", None),
        ("registry.io:5000/hb:20260922", None),
        ("hb@sha256:00ff", None),
        ("hummingbot/hummingbot", "has no tag"),
        ("registry.io:5000/hb", "has no tag"),
        ("hummingbot/hummingbot:latest", "moves"),
        ("hummingbot/hummingbot:development", "moves"),
        ("hummingbot/hummingbot:latest-amd64", "moves"),
        ("hummingbot/hummingbot:stable-2.6", "moves"),
        ("redis:7", "moves"),
        (None, "has no image, it is built where it is started"),
    ],
)
def test_image_is_pinned_by_a_version_or_a_digest(image: str | None, why: str | None) -> None:
    found = unpinned(image)
    assert found is None if why is None else found is not None and found.endswith(why)


@pytest.mark.parametrize(
    ("text", "filled", "problems"),
    [
        ("hb:$TAG", "hb:1.2", 0),
        ("hb:${TAG}", "hb:1.2", 0),
        ("hb:${NONE:-3}", "hb:3", 0),
        ("hb:${EMPTY-3}", "hb:", 0),
        ("hb:${EMPTY:-${NONE:-4}}", "hb:4", 0),
        ("hb:${TAG:+9}", "hb:9", 0),
        ("hb:${NONE+9}", "hb:", 0),
        ("hb:$$TAG", "hb:$TAG", 0),
        ("hb:${NONE}", "hb:", 1),
        ("hb:$NONE", "hb:", 1),
        ("hb:${EMPTY:?needed}", "hb:", 1),
        ("hb:${NONE?needed}", "hb:", 1),
        ("5 $", "5 $", 0),
    ],
)
def test_variables_are_filled_in_as_compose_does(text: str, filled: str, problems: int) -> None:
    said: list[str] = []
    assert interpolate(text, {"TAG": "1.2", "EMPTY": ""}, "compose.yml", said) == filled
    assert len(said) == problems


def test_anchors_extends_includes_and_a_second_file_resolve(tmp_path: Path) -> None:
    write(tmp_path, shared="services:\n  base: {image: 'hb:${TAG}'}\n", broker="services: {emqx: {image: emqx:5.8}}\n")
    (tmp_path / ".env").write_text("# comment\nexport TAG='2.6'\n")
    files = write(
        tmp_path,
        main="""
include: [broker.yml]
x-bot: &bot {image: hb:1, restart: always}
services:
  one: {<<: *bot}
  two: {extends: {file: shared.yml, service: base}}
  three: {extends: two, command: x}
  four: {build: .}
  five: {build: ., image: "hb:5.0"}
  six: {image: "hb:6.0"}
  seven: {image: "hb:7.0", build: .}
""",
        override="services: {one: {image: hb:7, ports: !override ['1:1']}, six: !reset null, seven: {build: !reset null}}\n",
    )
    found = resolve(files)
    assert found.problems == []
    built, pinned = {"four": None, "five": None}, {"seven": "hb:7.0", "emqx": "emqx:5.8"}
    assert found.images == {"one": "hb:7", "two": "hb:2.6", "three": "hb:2.6"} | built | pinned
    assert {file.name for file in found.files} == {"main.yml", "override.yml", "shared.yml", "broker.yml", ".env"}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("services: {a: {image: 'hb:${TAG}'}}", "TAG is in no .env and has no default"),
        ("services: {a: {extends: b}}", "a extends b, which is not there"),
        ("services: {a: {extends: {file: none.yml, service: b}}}", "none.yml: not readable"),
        ("services: {a: {extends: {file: main.yml, service: a}}}", "includes or extends itself"),
        ("services: [", "not readable"),
        ("services: {a: {image: 'hb:1.0', env_file: bot.env}}", "env_file bot.env is not there"),
        ("services: {a: {image: 'hb:1.0', volumes: ['${CONF}:/conf']}}", "CONF is in no .env"),
        ("services: {}", "names no service"),
        ("just text", "is no table of services"),
    ],
)
def test_what_does_not_resolve_is_said(tmp_path: Path, text: str, problem: str) -> None:
    found = resolve(write(tmp_path, main=text))
    assert any(problem in each for each in found.problems), found.problems


def test_environment_files_are_of_the_files_and_places_of_the_shell_no_problem(tmp_path: Path) -> None:
    (tmp_path / "bot.env").write_text("CONFIG_FILE_NAME=a.yml\n")
    text = "services: {a: {image: 'hb:1.0', env_file: [bot.env, {path: no.env, required: false}], volumes: ['${PWD}/conf:/c', '${HOME}/x:/x']}}"
    found = resolve(write(tmp_path, main=text))
    assert found.problems == []
    assert {file.name for file in found.files} == {"main.yml", "bot.env"}
