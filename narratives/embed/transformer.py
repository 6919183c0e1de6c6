"""Any sentence-transformers model: a local folder, or a hub id if the study allows the download."""

from __future__ import annotations

import os
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from narratives.config import Encoder as EncoderSection
from narratives.errors import ConfigError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


@dataclass(frozen=True)
class TransformerEncoder:
    """A loaded model with the prompt and batch size that the study gives it."""

    model: SentenceTransformer
    name: str
    revision: str
    prompt: str
    batch_size: int

    @classmethod
    def load(cls, name_or_path: str | Path, section: EncoderSection) -> TransformerEncoder:
        """Load the model; no code that comes with it is run.

        Raises
        ------
        ConfigError
            If there is no such folder or model, or it is not on this machine while `offline` is true.
        """
        from sentence_transformers import SentenceTransformer  # noqa: PLC0415 - torch takes seconds to import

        if section.offline and not Path(name_or_path).is_dir():
            # Without this even a cached model asks the hub for news.
            os.environ.setdefault("HF_HUB_OFFLINE", "1")
        try:
            model = SentenceTransformer(
                str(name_or_path),
                revision=section.revision,
                local_files_only=section.offline,
                trust_remote_code=False,
            )
        except (OSError, ValueError) as error:
            hint = " It is not on this machine; `encoder.offline: false` lets it be downloaded." * section.offline
            reason = str(error).strip().splitlines()[0]
            raise ConfigError(f"encoder.name: '{name_or_path}' cannot be loaded.{hint} ({reason})") from error
        revision = f"{_fingerprint(model)}{f' {section.prompt!r}' if section.prompt else ''}"
        return cls(model, Path(name_or_path).name, revision, section.prompt, section.batch_size)

    def encode(self, texts: list[str]) -> NDArray[np.float32]:
        """Return one unit row per text, shape (len(texts), d)."""
        vectors = self.model.encode(
            [self.prompt + text for text in texts],
            batch_size=self.batch_size,
            normalize_embeddings=True,
            convert_to_numpy=True,
            show_progress_bar=False,
        )
        return np.asarray(vectors, dtype=np.float32).reshape(len(texts), -1)


def _fingerprint(model: SentenceTransformer) -> str:
    """Return a hash of the weights: a folder's name or a hub's tag says nothing certain about them."""
    digest = blake2b(digest_size=8)
    for name, weight in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(weight.detach().cpu().float().numpy().tobytes())
    return digest.hexdigest()
