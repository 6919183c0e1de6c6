"""The cues of stance: the built-in lexicon, the study's own phrases and the target's own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

from narratives.config import Phrases, Side, Stance, Target
from narratives.stance.phrases import Phrase

SIDES: tuple[Side, ...] = ("ru", "kk")
OWN_WEIGHT, CALL_WEIGHT = 3.0, 2.0


@dataclass(frozen=True)
class Cue:
    """A phrase that bears on stance.

    `kind` is praise, accusation, or what it does to those around it (a key of `modifiers` in the lexicon). `weight` is
    its evidence, 0 for a modifier; `target` the only target that it counts for, if any. An `attitude` is a verb that
    says how its subject feels about its object (to support, to hate).
    """

    phrase: Phrase
    side: Side
    kind: str
    weight: float = 0.0
    target: str | None = None
    attitude: bool = False

    @property
    def sign(self) -> int:
        """+1 for praise, −1 for accusation, 0 for a modifier."""
        return {"praise": 1, "accusation": -1}.get(self.kind, 0)


def load_cues(section: Stance, targets: Sequence[Target]) -> list[Cue]:
    """Return the cues that `section` asks for, with each target's own; own phrases weigh as the strongest built-in."""
    cues = [cue for side in SIDES for cue in _modifiers(side)]
    if section.builtin_lexicon:
        cues += [cue for side in SIDES for cue in _builtin(side)]
        cues += [cue for target in targets if target.act for side in SIDES for cue in _calls(side, target.id)]
    for owner, praise, accusation in [(None, section.praise, section.accusation)] + [
        (target.id, target.praise, target.accusation) for target in targets
    ]:
        cues += [*_own(praise, "praise", owner), *_own(accusation, "accusation", owner)]
    return cues


@lru_cache(maxsize=2)
def _read(side: Side) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((files("narratives") / f"data/lexicon/{side}.yaml").read_text("utf-8"))
    return content


def _phrase(text: str, side: Side, *, guarded: bool = False) -> Phrase:
    return Phrase(text, russian=side == "ru", kazakh=side == "kk", guarded=guarded)


def _modifiers(side: Side) -> Iterator[Cue]:
    for kind, texts in _read(side)["modifiers"].items():
        yield from (Cue(_phrase(text, side), side, kind) for text in texts)


def _builtin(side: Side) -> Iterator[Cue]:
    attitudes = frozenset(_read(side)["attitudes"])
    for kind in ("praise", "accusation"):
        for weight, texts in _read(side)[kind].items():
            for text in texts:
                phrase = _phrase(text.rstrip("!"), side, guarded=side == "kk" and not text.endswith("!"))
                yield Cue(phrase, side, kind, float(weight), attitude=text in attitudes)


def _calls(side: Side, target: str) -> Iterator[Cue]:
    for kind, call in (("praise", "join"), ("accusation", "stay")):
        yield from (Cue(_phrase(text, side), side, kind, CALL_WEIGHT, target) for text in _read(side)["calls"][call])


def _own(phrases: Phrases, kind: str, target: str | None) -> Iterator[Cue]:
    for side in SIDES:
        yield from (Cue(_phrase(text, side), side, kind, OWN_WEIGHT, target) for text in getattr(phrases, side))
