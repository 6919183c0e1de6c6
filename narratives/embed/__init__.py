"""Texts into vectors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

from narratives.config import Encoder as EncoderSection
from narratives.embed.lexical import LexicalEncoder
from narratives.embed.protocol import Encoder
from narratives.embed.vectors import Vectors, embed

__all__ = ["Encoder", "LexicalEncoder", "Vectors", "embed", "load_encoder"]

BUILTIN = Path(str(files("narratives") / "data" / "encoder"))
# Static vectors need neither small batches nor half precision, so that every machine gives the same rows.
BUILTIN_SECTION = EncoderSection(name="builtin", prompt="", precision="float32", batch_size=2_048)
# The built-in tokenizer's rules that look at neighbours are about Latin letters, accents, and 0, 3, 4, 6 and @ only.
CYRILLIC = "".join(map(chr, range(ord("А"), ord("я") + 1))) + "ЁёӘәҒғҚқҢңӨөҰұҮүҺһІі"
APART = f'{CYRILLIC} 125789.,:;!?()"«»–—…%№*+=_<>#&/-'


def load_encoder(
    name_or_path: str | Path = "builtin",
    *,
    corpus: Sequence[str] | None = None,
    section: EncoderSection | None = None,
    seed: int = 0,
) -> Encoder:
    """Return the encoder called `name_or_path`, ready to `encode(list[str])`.

    Parameters
    ----------
    name_or_path : `builtin` (Russian and Kazakh; its card is ``narratives/data/encoder/README.md``), `lexical`, the
        folder of a saved sentence-transformers model, or its id on a hub.
    corpus : texts to fit the `lexical` encoder on. Without them it knows no word weights and only hashes.
    section : the study's `encoder` section; defaults apply without it.
    seed : seed of the `lexical` encoder's fit.

    Raises
    ------
    ConfigError
        If there is no such model, or it would have to be downloaded while `offline` is true.
    """
    section = section or EncoderSection(name=str(name_or_path))
    if str(name_or_path) == "lexical":
        encoder = LexicalEncoder(dimensions=section.dimensions)
        return encoder.fitted(corpus, seed=seed) if corpus is not None else encoder
    from narratives.embed.transformer import TransformerEncoder  # noqa: PLC0415 - torch takes seconds to import

    if str(name_or_path) == "builtin":
        return replace(TransformerEncoder.load(BUILTIN, BUILTIN_SECTION, APART), name="builtin")
    return TransformerEncoder.load(name_or_path, section)
