"""Texts from templates and slots, which are read from the YAML files beside the package."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import yaml

NOTHING = "∅"
SLOT = re.compile(r"<([\w.]+)>")
GAPS = re.compile(r"\s+")
BEFORE_STOP = re.compile(r"\s+([.,!?])|([.!?])[.,](?=\s|$)")
SENTENCE_START = re.compile(r"(?:^|(?<=[.!?]\s))[—«\s]*[^\W\d_]")
FILES = {
    "ru": ("ru_daily", "ru_politics", "lives_ru", "background_ru", "interview_ru"),
    "kk": ("kk_daily", "kk_politics", "lives_kk", "background_kk", "interview_kk"),
    "mixed": ("mixed",),
}
NAMES = {"ru": "ru", "kk": "kk", "mixed": "kk"}

Alternative = tuple[str, ...]


@dataclass(frozen=True)
class Grammar:
    """Symbols and their alternatives; an alternative is literal, slot, literal, …, literal."""

    symbols: Mapping[str, tuple[Alternative, ...]]

    def __contains__(self, symbol: str) -> bool:
        return symbol in self.symbols

    def expand(self, symbol: str, rng: np.random.Generator, fixed: Mapping[str, str]) -> str:
        """Return one text of `symbol`; slots named in `fixed` take that value, others are drawn evenly."""
        if symbol in fixed:
            return fixed[symbol]
        choices = self.symbols[symbol]
        return self._fill(choices[int(rng.random() * len(choices))], rng, fixed)

    def phrase(self, template: str | Alternative, rng: np.random.Generator, fixed: Mapping[str, str]) -> str:
        """Return `template` with its slots filled."""
        return self._fill(parse(template) if isinstance(template, str) else template, rng, fixed)

    def _fill(self, parts: Alternative, rng: np.random.Generator, fixed: Mapping[str, str]) -> str:
        return "".join(self.expand(part, rng, fixed) if i % 2 else part for i, part in enumerate(parts))


def parse(template: str) -> Alternative:
    """Return `template` as literal, slot, literal and so on."""
    return tuple(SLOT.split("" if template == NOTHING else template))


def tidy(text: str) -> str:
    """Return `text` in single spaces, without doubled stops, each sentence with a capital."""
    text = BEFORE_STOP.sub(r"\1\2", GAPS.sub(" ", text)).strip()
    return SENTENCE_START.sub(lambda start: start[0].upper(), text)


@cache
def load(name: str) -> Any:
    """Return a data file of the simulation."""
    return yaml.safe_load(files("narratives").joinpath(f"data/simulate/{name}.yaml").read_text(encoding="utf-8"))


@cache
def grammar(lang: str) -> Grammar:
    """Return the grammar of ``ru``, ``kk`` or ``mixed``."""
    symbols: dict[str, str] = dict(load("names")[NAMES[lang]])
    for name in FILES[lang]:
        symbols.update(load(name))
    return Grammar({symbol: tuple(map(parse, _alternatives(str(text)))) for symbol, text in symbols.items()})


def _alternatives(text: str) -> list[str]:
    lines = text.strip().split("\n")
    return [part.strip() for part in (lines if len(lines) > 1 else text.split("|"))]
