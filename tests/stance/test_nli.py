"""The backend `nli`, with a small model that learns here, in seconds, what entails what."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from narratives import load_encoder
from narratives.config import Stance, Target
from narratives.config.stance import Nli as Section
from narratives.errors import ConfigError
from narratives.stance import Backend, Pair, load_backend
from narratives.stance.protocol import LABELS, Resources

TARGETS = [Target.model_validate({"id": "zh", "name": "Жасанов", "aliases": {"kk": ["Жасанов"]}})]
GOOD, BAD, PLAIN = ["герой", "лидер", "батыр"], ["вор", "лжец", "сатқын"], ["город", "снег", "автобус"]
HYPOTHESES = {"favor": "Автор поддерживает Жасанов", "against": "Автор осуждает Жасанов"}


def save_model(folder: Path, answers: list[str]) -> None:
    """Train a BERT of two layers: praise entails the favourable hypothesis and contradicts the other."""
    import torch
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

    spoken = f"{' '.join([*GOOD, *BAD, *PLAIN])} автор поддерживает осуждает жасанов".split()
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *spoken]
    tokenizer = Tokenizer(models.WordLevel({token: i for i, token in enumerate(tokens)}, unk_token="[UNK]"))
    tokenizer.normalizer, tokenizer.pre_tokenizer = normalizers.Lowercase(), pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    names = {f"{mark}_token": f"[{mark.upper()}]" for mark in ("pad", "unk", "cls", "sep")}
    reader = PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=64, **names)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(tokens), hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64,
        max_position_embeddings=64, id2label=dict(enumerate(answers)), label2id={a: i for i, a in enumerate(answers)},
        num_labels=3, initializer_range=0.2, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
    )  # fmt: skip
    model = BertForSequenceClassification(config)
    rows = [
        (f"жасанов {word}", HYPOTHESES[side], 1 if kind is PLAIN else 0 if (kind is GOOD) == (side == "favor") else 2)
        for kind in (GOOD, BAD, PLAIN) for word in kind for side in HYPOTHESES
    ]  # fmt: skip
    inputs = reader([text for text, _, _ in rows], [hypothesis for _, hypothesis, _ in rows], return_tensors="pt")
    wanted = torch.tensor([answer for _, _, answer in rows])
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    loss = torch.tensor(1.0)
    for _ in range(1_000):
        if loss.item() < 0.02:
            break
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(**inputs).logits, wanted)
        loss.backward()
        optimizer.step()
    model.save_pretrained(folder)
    reader.save_pretrained(folder)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("nli") / "model"
    save_model(folder, ["entailment", "neutral", "contradiction"])
    return folder


def load(folder: Path, name: str | None = "model") -> Backend:
    ask = {side: {"ru": "Автор " + verb + " {target}", "kk": "Автор " + verb + " {target}"}
           for side, verb in (("favor", "поддерживает"), ("against", "осуждает"))}  # fmt: skip
    section = Stance(backend="nli", nli=Section.model_validate({"model": name, **ask}))
    return load_backend(Resources(section, TARGETS, load_encoder, folder))


def test_the_model_is_asked_for_and_against(model: Path) -> None:
    pairs = [Pair(f"Жасанов {word}", "zh", ()) for word in [*GOOD, *BAD, *PLAIN]]
    chances = load(model.parent).score(pairs)
    assert np.allclose(chances.sum(axis=1), 1)
    assert [LABELS[i] for i in chances.argmax(axis=1)] == ["favor"] * 3 + ["against"] * 3 + ["none"] * 3


def test_a_pair_is_scored_apart_from_others(model: Path) -> None:
    pairs = [Pair(f"Жасанов {word} " + "снег " * (9 * n), "zh", ()) for n, word in enumerate([*GOOD, *BAD])]
    nli = load(model.parent)
    together, alone = nli.score(pairs), np.concatenate([nli.score([pair]) for pair in pairs])
    assert np.allclose(together, alone, atol=1e-5)
    assert nli.score([]).shape == (0, 3)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (None, r"stance.nli.model: the backend `nli` needs a model"),
        ("nobody/nothing", "cannot be loaded. Name a"),
    ],
)
def test_a_model_must_be_there(tmp_path: Path, name: str | None, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load(tmp_path, name)


def test_a_classifier_of_something_else_is_refused(tmp_path: Path) -> None:
    save_model(tmp_path / "model", ["joy", "anger", "fear"])
    with pytest.raises(ConfigError, match="is no NLI model; its answers are anger, fear, joy"):
        load(tmp_path)


def test_a_hypothesis_must_name_the_target() -> None:
    with pytest.raises(ValueError, match="must hold {target}"):
        Section.model_validate({"favor": {"ru": "Автор за.", "kk": "Автор {target} жағында."}})
