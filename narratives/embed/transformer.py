"""Any sentence-transformers model: a local folder, or a hub id if the study allows the download."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from sklearn.preprocessing import normalize

from narratives.config import Encoder as EncoderSection
from narratives.embed.prompts import choose_prompt
from narratives.errors import ConfigError
from narratives.text import plain

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


@dataclass(frozen=True)
class TransformerEncoder:
    """A loaded model with the prompt and batch size that it is used with."""

    model: SentenceTransformer
    name: str
    revision: str
    prompt: str
    batch_size: int

    @classmethod
    def load(cls, name_or_path: str | Path, section: EncoderSection, apart: str = "") -> TransformerEncoder:
        """Load the model; no code that comes with it is run.

        Parameters
        ----------
        apart : as in `FastStaticEmbedding`.

        Raises
        ------
        ConfigError
            If there is no such folder or model, it is not on this machine while `offline` is true, or it needs code of
            its own.
        """
        from narratives.embed.static import sped_up  # noqa: PLC0415 - torch takes seconds to import

        name = str(name_or_path)
        try:
            model = sped_up(_load(name, section), apart)
        except Exception as error:  # no list of what the loaders of a broken folder raise would be whole
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            hint = _hint(name, str(error), offline=section.offline)
            raise ConfigError(f"encoder.name: '{name}' cannot be loaded. {hint} ({reason})") from error
        prompt = section.prompt
        if prompt is None:
            prompt = choose_prompt(name, model.prompts, model.default_prompt_name)
        return cls(model, Path(name).name, _revision(model, prompt), prompt, section.batch_size)

    def encode(self, texts: list[str]) -> NDArray[np.float32]:
        """Return one unit row per text, shape (len(texts), d).

        Links and handles are left out. Of a text longer than the window only its start counts.

        Raises
        ------
        ConfigError
            If a vector is not finite, as happens to some models in half precision.
        """
        if not texts:
            return np.zeros((0, self.model.get_embedding_dimension() or 0), np.float32)
        made = self.model.encode(
            list(map(plain, texts)), prompt=self.prompt, batch_size=self.batch_size, show_progress_bar=False
        )
        rows = np.asarray(made, dtype=np.float32)
        broken = int((~np.isfinite(rows)).any(axis=1).sum())
        if broken:
            precision = _precision(self.model)
            fix = "Choose another model." if precision == "float32" else "Set it to float32."
            found = f"{broken} of {len(texts)} vectors of '{self.name}' are not finite in {precision}"
            raise ConfigError(f"encoder.precision: {found}. {fix}")
        # Not the model's own: in half precision its rows are off unit length, and a zero row becomes NaN.
        return np.asarray(normalize(rows), dtype=np.float32)

    def count_cut(self, texts: list[str]) -> int:
        """Return how many texts, with the prompt, are longer than the model's window."""
        window = self.model.get_max_seq_length() or math.inf
        whole = (self.prompt + plain(text) for text in texts)
        # Most texts have fewer bytes than the window has tokens, and need not be cut into tokens.
        long = (text for text in whole if len(text.encode("utf-8", "surrogatepass")) + 2 > window)
        return sum(len(self.model.tokenizer(text, verbose=False)["input_ids"]) > window for text in long)


def _load(name: str, section: EncoderSection) -> SentenceTransformer:
    import torch  # noqa: PLC0415 - takes seconds to import
    from huggingface_hub import snapshot_download  # noqa: PLC0415
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415

    half = section.precision == "auto" and torch.cuda.is_available()
    precision = "float16" if half else section.precision.replace("auto", "float32")
    if section.offline and not Path(name).is_dir():
        # Given an id, not a folder, the hub's client sends a request even with `local_files_only`.
        name = snapshot_download(
            name if "/" in name else f"sentence-transformers/{name}",
            revision=section.revision,
            cache_dir=os.environ.get("SENTENCE_TRANSFORMERS_HOME"),
            local_files_only=True,
        )
    return SentenceTransformer(
        name,
        revision=section.revision,
        local_files_only=section.offline,
        trust_remote_code=False,
        model_kwargs={"dtype": getattr(torch, precision)},
    )


def _hint(name: str, error: str, *, offline: bool) -> str:
    if "trust_remote_code" in error:
        return "It needs code of its own, which is never run; choose a model that needs none."
    if Path(name).is_dir():
        return "Name a folder that sentence-transformers saved, with its modules.json, weights and tokenizer."
    if name.startswith((".", "/", "~")) or name.count("/") > 1:
        return "There is no such folder; name one that exists, or the id of a hub, as in BAAI/bge-m3."
    if offline:
        return "It is not on this machine; `encoder.offline: false` lets it be downloaded."
    return "Check the name, `encoder.revision` and the connection to the hub, or name a local folder."


def _precision(model: SentenceTransformer) -> str:
    return str(model.dtype).removeprefix("torch.")


def _revision(model: SentenceTransformer, prompt: str) -> str:
    """Return a hash of the weights (a folder's name or a hub's tag says nothing certain), the prompt and precision."""
    digest = blake2b(digest_size=8)
    for name, weight in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(weight.detach().cpu().float().reshape(-1).numpy())
    parts = [digest.hexdigest(), repr(prompt) if prompt else "", _precision(model).replace("float32", "")]
    return " ".join(filter(None, parts))
