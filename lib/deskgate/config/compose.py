"""Compose files -> the image of each service, resolved as `docker compose config` would, without docker.

Read are anchors and merge keys, several files that add to one another, `include`, `extends`, and variables with defaults (the
Compose Specification, chapters Interpolation, Merge, Include and Extend). Variables come from the `.env`
beside the file alone: what only a shell knows cannot be started again. `PWD` and `HOME` are known wherever a file lies.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml.error import YAMLError

from deskgate.config.settings import RESET, load_document

__all__ = ["Startup", "resolve", "unpinned"]

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_DEPTH = 20
# A tag that has one of these words is moved to the next build, whatever numbers it has beside it.
_MOVING = {"latest", "stable", "development", "edge", "main", "nightly"}
# A version, or the day of a build.
_VERSION = re.compile(r"\d+\.\d+|\b\d{8}\b")


@dataclass
class Startup:
    """What compose files start: service -> its image, None where it has none; the files they are made of; and what does not resolve.

    `environments` are those of the files that hold variables: the place of a secret.
    """

    images: dict[str, str | None] = field(default_factory=dict)
    files: set[Path] = field(default_factory=set)
    environments: set[Path] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)


def resolve(files: list[Path]) -> Startup:
    """Return what these compose files start together, a later one over an earlier one."""
    found = Startup()
    services: dict[str, Any] = {}
    for file in files:
        for name, service in _services(file, found, 0).items():
            if service is None:
                services.pop(name, None)
            else:
                services[name] = {**services.get(name, {}), **service}
    for name, service in sorted(services.items()):
        given = {key: value for key, value in service.items() if value and value != RESET}
        # What is built where it is started is only named by its image.
        found.images[name] = str(given["image"]) if "image" in given and "build" not in given else None
    if files and not services and not found.problems:
        found.problems.append(f"{files[0].name}: names no service")
    return found


def unpinned(image: str | None) -> str | None:
    """Return why another image may be started under this name tomorrow; None where it is pinned by a version or a digest."""
    if image is None:
        return "has no image, it is built where it is started"
    if "@sha256:" in image:
        return None
    _, colon, tag = image.rpartition("/")[2].partition(":")
    if not colon or not tag:
        return f"{image} has no tag"
    words = set(re.findall(r"[a-z]+", tag.lower()))
    return None if _VERSION.search(tag) and not words & _MOVING else f"{image} moves"


def _services(file: Path, found: Startup, depth: int) -> dict[str, dict[str, Any] | None]:
    """Return the services of one compose file, with what it includes and extends; None for one that it takes back."""
    document = _load(file, found)
    if depth > _DEPTH:
        found.problems.append(f"{file.name}: includes or extends itself")
        return {}
    services: dict[str, dict[str, Any] | None] = {}
    for part in _listed(document.get("include")):
        for path in _listed(part.get("path") if isinstance(part, dict) else part):
            services |= _services(file.parent / str(path), found, depth + 1)
    listed = document.get("services")
    own: dict[str, Any] = listed if isinstance(listed, dict) else {}
    for name, service in own.items():
        given: dict[str, Any] = dict(service) if isinstance(service, dict) else {}
        _add_env_files(file, given, found)
        base = _base(file, str(name), given, own, found, depth)
        services[str(name)] = None if service == RESET else {**base, **given}
    return services


def _add_env_files(file: Path, service: Mapping[str, Any], found: Startup) -> None:
    """Add the files that a service's environment is read from; one that is not there is a problem, unless it need not be."""
    for each in _listed(service.get("env_file")):
        told = each if isinstance(each, dict) else {"path": each}
        env = file.parent / str(told.get("path"))
        if env.is_file():
            found.files.add(env)
            found.environments.add(env)
        elif told.get("required", True) and each != RESET:
            found.problems.append(f"{file.name}: env_file {told.get('path')} is not there")


def _base(
    file: Path, name: str, service: Mapping[str, Any], own: Mapping[str, Any], found: Startup, depth: int
) -> dict[str, Any]:
    """Return what a service takes from the one that it extends."""
    extends = service.get("extends")
    if not extends:
        return {}
    told = extends if isinstance(extends, dict) else {"service": extends}
    wanted = str(told.get("service"))
    if told.get("file"):
        base = _services(file.parent / str(told["file"]), found, depth + 1).get(wanted)
    else:
        mine: Any = own.get(wanted) if wanted != name and depth <= _DEPTH else None
        base = {**_base(file, wanted, mine, own, found, depth + 1), **mine} if isinstance(mine, dict) else None
    if base is None:
        found.problems.append(f"{file.name}: {name} extends {wanted}, which is not there")
    return {key: value for key, value in (base or {}).items() if key != "extends"}


def _load(file: Path, found: Startup) -> dict[str, Any]:
    """Return one file with its variables filled in; what cannot be read is a problem."""
    env = file.with_name(".env")
    try:
        document = load_document(file)
        named = dict(_variables(env.read_text(encoding="utf-8-sig"))) if env.is_file() else {}
    except (OSError, ValueError, YAMLError) as error:
        found.problems.append(f"{file.name}: not readable, {str(error).splitlines()[0]}")
        return {}
    found.environments |= {env} if env.is_file() else set()
    found.files |= {file} | found.environments
    if not isinstance(document, dict):
        found.problems.append(f"{file.name}: is no table of services")
        return {}
    filled = _fill(document, {"PWD": str(file.parent), "HOME": "~"} | named, file.name, found)
    return filled if isinstance(filled, dict) else {}


def _variables(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        name, equals, value = line.strip().removeprefix("export ").partition("=")
        if equals and _NAME.fullmatch(name.strip()):
            value = value.strip()
            quoted = value[:1] in ("'", '"') and value.endswith(value[:1]) and len(value) > 1
            yield name.strip(), value[1:-1] if quoted else value.partition(" #")[0].strip()


def _fill(value: object, variables: Mapping[str, str], where: str, found: Startup) -> object:
    if isinstance(value, dict):
        return {key: _fill(inside, variables, where, found) for key, inside in value.items()}
    if isinstance(value, list):
        return [_fill(inside, variables, where, found) for inside in value]
    return interpolate(value, variables, where, found.problems) if isinstance(value, str) else value


def interpolate(text: str, variables: Mapping[str, str], where: str, problems: list[str]) -> str:
    """Return a text with `$NAME`, `${NAME}`, `${NAME:-default}`, `${NAME:?error}` and `${NAME:+other}` filled in."""
    made, place = "", 0
    while (dollar := text.find("$", place)) >= 0:
        made += text[place:dollar]
        if text.startswith("$$", dollar):
            made, place = made + "$", dollar + 2
        elif text.startswith("${", dollar) and (end := _closing(text, dollar + 1)):
            made += _expand(text[dollar + 2 : end], variables, where, problems)
            place = end + 1
        elif name := _NAME.match(text, dollar + 1):
            made += _expand(name[0], variables, where, problems)
            place = name.end()
        else:
            made, place = made + "$", dollar + 1
    return made + text[place:]


def _closing(text: str, begin: int) -> int | None:
    depth = 0
    for place in range(begin, len(text)):
        depth += {"{": 1, "}": -1}.get(text[place], 0)
        if depth == 0:
            return place
    return None


def _expand(expression: str, variables: Mapping[str, str], where: str, problems: list[str]) -> str:
    """Return the value of what stands between the braces."""
    name = match[0] if (match := _NAME.match(expression)) else ""
    rest = expression[len(name) :]
    operator, other = (rest[:2], rest[2:]) if rest.startswith(":") else (rest[:1], rest[1:])
    value = variables.get(name)
    is_set = bool(value) if operator.startswith(":") else value is not None
    if operator in ("-", ":-") and not is_set:
        return interpolate(other, variables, where, problems)
    if operator in ("+", ":+"):
        return interpolate(other, variables, where, problems) if is_set else ""
    if value is None or (operator == ":?" and not value):
        problem = f"{where}: {name or expression} is in no .env and has no default"
        problems += [problem] if problem not in problems else []
    return value or ""


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
