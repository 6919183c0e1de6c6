"""What an encoder is."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Encoder(Protocol):
    """Turns texts into unit vectors. Equal `name` and `revision` mean equal vectors for equal texts."""

    @property
    def name(self) -> str:
        """Name of the model."""

    @property
    def revision(self) -> str:
        """Fingerprint of its weights."""

    @property
    def batch_size(self) -> int:
        """How many texts it encodes at a time."""

    def encode(self, texts: list[str]) -> NDArray[np.float32]:
        """Return one unit row per text, shape (len(texts), d). A text without a known feature is a zero row."""

    def count_cut(self, texts: list[str]) -> int:
        """Return how many texts are longer than what it reads of one."""
