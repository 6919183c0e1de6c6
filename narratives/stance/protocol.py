"""What a stance backend is, and what it is given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from narratives.config import Stance, Target
from narratives.embed import Encoder

if TYPE_CHECKING:
    from narratives.stance.quality import Quality

Span = tuple[int, int, str]
Floats = NDArray[np.float64]
LABELS = ("favor", "against", "none")


class Pair(NamedTuple):
    """A text and one of its targets.

    `spans` are start, end and target of every mention in the text, of other targets too, by place. None is of
    `target_id` itself where only the post that this one answers or repeats names it.
    """

    text: str
    target_id: str
    spans: tuple[Span, ...]


class Backend(Protocol):
    """Scores what texts say of targets. `quality` is what held-out labels say of it, if there are labels."""

    @property
    def quality(self) -> Quality | None:
        """Figures on labels that it had not seen."""

    def score(self, pairs: Sequence[Pair]) -> Floats:
        """Return the probabilities of `LABELS`, shape (len(pairs), 3); rows sum to 1, each pair apart from others."""


@dataclass(frozen=True)
class Resources:
    """What a backend may use. `encoder` loads the study's encoder; relative paths start from `folder`."""

    section: Stance
    targets: Sequence[Target]
    encoder: Callable[[], Encoder]
    folder: Path = Path()
    seed: int = 0
