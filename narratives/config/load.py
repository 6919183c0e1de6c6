"""Read a study from YAML; every error names the file, the line, the key, the value and the fix."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from narratives.config.sources import SimulatedSource
from narratives.config.study import Study
from narratives.errors import ConfigError, nearest

Key = tuple[str | int, ...]


def load_study(path: str | Path) -> Study:
    """Read the study file at `path`.

    Raises
    ------
    ConfigError
        If the file is missing, is not YAML, or breaks a rule of the study; all faults are listed, each with its line.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise ConfigError(f"{path}: there is no such study file. `narratives init {path}` writes one.") from error
    except (IsADirectoryError, PermissionError) as error:
        raise ConfigError(f"{path}: cannot be read as a file ({error.strerror}).") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is not UTF-8 (byte {error.start}). Save it as UTF-8.") from error
    data, lines = _parse(path, text)
    try:
        study = Study.model_validate(data)
    except ValidationError as error:
        # A list with a faulty item also counts as too short: a consequence, not a fault.
        details = [d for d in error.errors() if not (d["type"] == "too_short" and d["input"])]
        faults = sorted(_explain(detail, path, lines) for detail in details or error.errors())
        raise ConfigError("\n".join(message for _, message in faults)) from None
    study._folder = path.resolve().parent
    return study


def expand(path: str, folder: Path) -> Path:
    """Return a source's `path` with `${NAME}` replaced by environment variables, absolute, relative to `folder`.

    Raises
    ------
    ConfigError
        If a variable is not set.
    """

    def variable(match: re.Match[str]) -> str:
        value = os.environ.get(match[1])
        if value is None:
            raise ConfigError(f"source path '{path}' needs the environment variable {match[1]}, which is not set.")
        return value

    return folder / re.sub(r"\$\{(\w+)\}", variable, path)


def dump_study(study: Study) -> str:
    """Return the whole study, defaults included, as YAML."""
    data = study.model_dump(mode="json")
    return yaml.safe_dump(data, allow_unicode=True, sort_keys=False, width=100)


def _parse(path: Path, text: str) -> tuple[Any, dict[Key, int]]:
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        lines: dict[Key, int] = {}
        if node is not None:
            _locate(path, node, (), lines)
        data = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigError(f"{path}:{line}: is not valid YAML: {error.problem}.") from error
    except (yaml.YAMLError, ValueError) as error:
        raise ConfigError(f"{path}: is not valid YAML: {error}.") from error
    if not isinstance(data, dict):
        raise ConfigError(f"{path}:1: a study is a mapping of sections, as in `name: my study`.")
    return data, lines


def _locate(path: Path, node: yaml.Node, key: Key, lines: dict[Key, int]) -> None:
    lines.setdefault(key, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for name, value in node.value:
            if name.value in seen:
                raise ConfigError(f"{path}:{name.start_mark.line + 1}: the key '{name.value}' stands twice.")
            seen.add(name.value)
            lines[(*key, name.value)] = name.start_mark.line + 1
            _locate(path, value, (*key, name.value), lines)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            _locate(path, value, (*key, index), lines)


def _explain(detail: ErrorDetails, path: Path, lines: dict[Key, int]) -> tuple[int, str]:
    # The tag of a union member is no key of the file.
    tags = {"file", "simulated"}
    key: Key = tuple(part for i, part in enumerate(detail["loc"]) if not (i == 2 and part in tags))
    known = key
    while known not in lines and known:
        known = known[:-1]
    line = lines.get(known, 1)
    name = _dotted(key) or "study"
    if detail["type"] == "extra_forbidden":
        valid = _fields(key[:-1], detail["loc"])
        text = f"unknown key '{name}'.{nearest(str(key[-1]), valid)} Valid keys here: {', '.join(valid)}."
    elif detail["type"] == "missing":
        text = f"the key '{name}' is missing."
    else:
        value = f" (got {_short(detail['input'])})" if not isinstance(detail["input"], dict | list | BaseModel) else ""
        text = f"{name}: {detail['msg'].removeprefix('Value error, ')}{value}"
    return line, f"{path}:{line}: {text}"


def _dotted(key: Key) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in key).lstrip(".")


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def _fields(key: Key, location: tuple[int | str, ...]) -> list[str]:
    """Return the valid keys of the section at `key`."""
    model: type[BaseModel] = Study
    for part in key:
        if not isinstance(part, int):
            inner = list(_sections(model.model_fields[part].annotation))
            model = next((m for m in inner if m is SimulatedSource and "simulated" in location[:3]), inner[0])
    return list(model.model_fields)


def _sections(annotation: Any) -> Iterator[type[BaseModel]]:
    """Yield the sections named inside an annotation such as `tuple[Target, ...]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _sections(inner)
