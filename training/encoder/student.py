"""The encoder itself: static vectors of words and pieces, averaged."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from safetensors.numpy import save_file
from scipy.sparse import csr_array
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Normalize, StaticEmbedding
from sklearn.preprocessing import normalize
from tokenizers import Tokenizer
from torch.nn import functional

from training.encoder.targets import Targets
from training.encoder.teachers import Floats, WordVectors
from training.encoder.vocabulary import fold

EPOCHS, BATCH = 6, 1_024
DRAWS = 6  # of starts and orders, whose vectors are averaged: what one happens to make of a token fades
RATE = 2e-2
DROPPED = 0.1  # of the words and parts of a text, each time it is seen
TEMPERATURE = 0.05  # of the losses that tell the texts of a batch apart
CONTRAST, TOGETHER = 0.1, 0.1  # share of that of texts and targets; of that of texts and their translations
WORD_WEIGHT = 0.3  # of a single word, against a text
START, NEW = 0.8, 0.1  # length of the vector of a common word before training; of an unknown one, as share
MAX_TOKENS = 120
TRANSLATED = ("pair", "glossed")  # kinds of texts with two sides
FLOOR = 1.0  # variance that is alike in every direction, added to that between the two sides

Ids = NDArray[np.int64]


def first_vectors(
    tokenizer: Tokenizer, texts: pd.DataFrame, word_vectors: WordVectors, axes: Floats, rng: np.random.Generator
) -> Floats:
    """Return where training starts: a word at its Russian word vector, by the dictionary if Kazakh; pieces near 0."""
    dictionary = texts[texts["kind"] == "word"]
    vocabulary = tokenizer.get_vocab()
    sums = np.zeros((len(vocabulary), axes.shape[0]), np.float32)
    weights = np.zeros(len(vocabulary), np.float32)
    sources = (
        (word_vectors.words, word_vectors.vectors @ axes.T, word_vectors.counts),
        (dictionary["kk"].tolist(), word_vectors.encode(dictionary["ru"].tolist()) @ axes.T, np.ones(len(dictionary))),
    )
    for words, vectors, counts in sources:
        folded = [line for block in fold(words, tokenizer.normalizer) for line in block.split("\n")]
        places = np.array([vocabulary.get(word, -1) for word in folded])
        new = (places >= 0) & vectors.any(axis=1)
        new[new] = weights[places[new]] == 0
        np.add.at(sums, places[new], vectors[new] * counts[new, None].astype(np.float32))
        np.add.at(weights, places[new], counts[new].astype(np.float32))
    known = weights > 0
    sums[known] /= weights[known, None]
    sums[known] *= START / np.linalg.norm(sums[known], axis=1).mean()
    sums[~known] = rng.normal(0, NEW * START / np.sqrt(axes.shape[0]), (int((~known).sum()), axes.shape[0]))
    return sums


def tokens(tokenizer: Tokenizer, texts: Sequence[str]) -> list[Ids]:
    """Return the known tokens of each text."""
    unknown = tokenizer.token_to_id("[UNK]")
    encoded = (np.array(e.ids[:MAX_TOKENS], dtype=np.int64) for e in tokenizer.encode_batch_fast(list(texts)))
    return [ids[ids != unknown] for ids in encoded]


def bag(texts: list[Ids], rng: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the tokens of a batch, of which some are left out, and where each text starts."""
    kept = []
    for ids in texts:
        seen = rng.random(len(ids)) >= DROPPED
        kept.append(ids[seen] if seen.any() else ids)
    lengths = np.fromiter(map(len, kept), np.int64, len(kept))
    return torch.from_numpy(np.concatenate(kept)), torch.from_numpy(np.cumsum(lengths) - lengths)


def loss_of(made: torch.Tensor, wanted: torch.Tensor, meaning: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Return the weighted mean distance to the targets, and of telling the right target from those of the batch."""
    same = meaning[:, None] == meaning
    mates = same.clone().fill_diagonal_(fill_value=False)
    distance = 1 - (made * wanted).sum(1)
    similar = (made @ wanted.T / TEMPERATURE).masked_fill(mates, -1e4)
    told = functional.cross_entropy(similar, torch.arange(len(made)), reduction="none")
    return (weight * (distance + CONTRAST * told)).mean() + TOGETHER * apart(made, same, mates)


def apart(made: torch.Tensor, same: torch.Tensor, mates: torch.Tensor) -> torch.Tensor:
    """Return how ill each text and others of its meaning are told from the rest of the batch (Khosla et al. 2020)."""
    similar = made @ made.T / TEMPERATURE
    rest = similar.masked_fill(same, -1e4).logsumexp(1)
    one, other = mates.nonzero(as_tuple=True)
    surprise = functional.softplus(rest[one] - similar[one, other])
    return (surprise / mates.sum(1)[one]).sum() / len(made)


def train(
    tokenizer: Tokenizer, morphs: list[list[int]], texts: pd.DataFrame, targets: Targets, words: WordVectors, seed: int
) -> Floats:
    """Return the vectors of all tokens, trained on both sides of the texts, those of one meaning in one batch.

    A token's vector is one of its own and those of its `morphs`, so that rare words learn from their relatives.
    """
    rng = np.random.default_rng(seed)
    torch.set_num_threads(1)  # sums in one order, so that a seed means one result
    own = first_vectors(tokenizer, texts, words, targets.axes, rng)
    number = 1 + max(max(parts, default=-1) for parts in morphs)
    more = rng.normal(0, NEW * START / np.sqrt(own.shape[1]), (number, own.shape[1]))
    start = torch.from_numpy(np.vstack([own, more]).astype(np.float32))
    student = torch.nn.EmbeddingBag.from_pretrained(start, freeze=False, sparse=True)  # the mean of a text's vectors
    made_of = [np.array([token, *(len(own) + part for part in parts)]) for token, parts in enumerate(morphs)]
    ru = tokens(tokenizer, texts["ru"].where(texts["kind"] != "glossed", ""))
    ids = [
        np.concatenate([made_of[i] for i in text]) if len(text) else text
        for text in [*ru, *tokens(tokenizer, texts["kk"])]
    ]
    meaning = np.tile(texts["meaning"].to_numpy(), 2)
    order = np.flatnonzero([len(i) > 0 for i in ids] & targets.rows.any(axis=1)[meaning])
    wanted = torch.from_numpy(targets.rows)
    word = texts["kind"].isin(["word", "form"])
    weight = torch.from_numpy(np.tile(np.where(word, WORD_WEIGHT, 1), 2).astype(np.float32))
    optimizer = torch.optim.SparseAdam(student.parameters())
    steps = len(order) // BATCH
    for step in range(EPOCHS * steps):
        if step % steps == 0:
            order = order[np.argsort(rng.permutation(len(wanted))[meaning[order]], kind="stable")]
        optimizer.param_groups[0]["lr"] = RATE * (1 - step / (EPOCHS * steps))
        optimizer.zero_grad()
        batch = order[step % steps * BATCH :][:BATCH]
        rows = torch.from_numpy(meaning[batch])
        made = functional.normalize(student(*bag([ids[i] for i in batch], rng)))
        loss = loss_of(made, wanted[rows], rows, weight[torch.from_numpy(batch)])
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        if (step + 1) % steps == 0:
            print(f"epoch {(step + 1) // steps} of {EPOCHS}: loss {float(loss.detach()):.3f}", file=sys.stderr)
    learned = student.weight.detach().numpy()
    return np.vstack([learned[parts].sum(axis=0) for parts in made_of])


def sharpen(vectors: Floats, tokenizer: Tokenizer, texts: pd.DataFrame) -> Floats:
    """Return the vectors, shorter in the directions in which a text and its translation differ.

    Within-class covariance normalization (Hatch, Kajarekar & Stolcke 2006), where a class is the two sides of a text.
    """
    size = vectors.shape[1]
    within = FLOOR * np.eye(size) / size
    for kind in TRANSLATED:
        part = texts[texts["kind"] == kind]
        apart = means(vectors, tokenizer, part["ru"]) - means(vectors, tokenizer, part["kk"])
        scatter = apart.T @ apart
        within += scatter / np.trace(scatter) / len(TRANSLATED)
    values, axes = np.linalg.eigh(within)
    return np.asarray(vectors @ (axes / np.sqrt(values)) @ axes.T, dtype=np.float32)


def means(vectors: Floats, tokenizer: Tokenizer, texts: pd.Series) -> Floats:
    """Return the unit mean of the vectors of each text's known tokens."""
    ids = tokens(tokenizer, texts.tolist())
    rows = np.repeat(np.arange(len(ids)), [len(part) for part in ids])
    counts = csr_array((np.ones(len(rows), np.float32), (rows, np.concatenate(ids))), shape=(len(ids), len(vectors)))
    return np.asarray(normalize(counts @ vectors), dtype=np.float32)


def save(vectors: Floats, tokenizer: Tokenizer, folder: Path) -> None:
    """Save as a SentenceTransformer; the vectors as bytes with a scale each, which sentence-transformers reads."""
    vectors[tokenizer.token_to_id("[UNK]")] = 0
    model = SentenceTransformer(modules=[StaticEmbedding(tokenizer, vectors), Normalize()], device="cpu")
    model.save(str(folder), create_model_card=False)
    scale = np.abs(vectors).max(axis=1) / 127
    scale[scale == 0] = 1
    quantised = np.rint(vectors / scale[:, None]).astype(np.int8)
    save_file({"embeddings": quantised, "weights": scale.astype(np.float32)}, folder / "model.safetensors")
    compact = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    text = json.dumps(compact, ensure_ascii=False, separators=(",", ":"))
    (folder / "tokenizer.json").write_text(text, encoding="utf-8")
