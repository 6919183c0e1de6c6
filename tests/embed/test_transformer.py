"""Real models, small, made and saved here: one of static embeddings, one BERT of random weights."""

import json
import shutil
import socket

import numpy as np
import pandas as pd
import pytest
from sentence_transformers import SentenceTransformer

from narratives import load_encoder
from narratives.config import Encoder
from narratives.embed import embed
from narratives.errors import ConfigError

TEXTS = [
    "Жасанов наш лидер и надежда страны",
    "Завтра в Алматы снег и гололёд",
    "Ертең Алматыда қар жауады",
    "Да",
]
WINDOW = 64


@pytest.fixture(scope="module")
def static(tmp_path_factory):
    """Folder of static embeddings over a word tokenizer."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding
    from tokenizers import Tokenizer, models, pre_tokenizers

    words = sorted({word for text in TEXTS for word in text.lower().split()})
    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0} | {w: i + 1 for i, w in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    weights = np.random.default_rng(0).normal(size=(len(words) + 1, 16)).astype(np.float32)
    weights[0] = 0
    folder = tmp_path_factory.mktemp("static")
    SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_weights=weights)], device="cpu").save(str(folder))
    return folder


@pytest.fixture(scope="module")
def bert(tmp_path_factory):
    """Folder of a BERT with two layers, one token per letter and prompts of its own that pooling leaves out."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Transformer
    from sentence_transformers.sentence_transformer.modules import Pooling
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    letters = [chr(code) for code in (*range(ord("!"), ord("~")), *range(ord("А"), ord("ӿ")))]
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *letters, *(f"##{letter}" for letter in letters)]
    tokenizer = Tokenizer(models.WordPiece({token: i for i, token in enumerate(tokens)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    marks = [("[CLS]", 2), ("[SEP]", 3)]
    tokenizer.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=marks)
    names = {f"{mark}_token": f"[{mark.upper()}]" for mark in ("pad", "unk", "cls", "sep")}
    sizes = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
    raw, folder = tmp_path_factory.mktemp("raw"), tmp_path_factory.mktemp("bert")
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=WINDOW, **names).save_pretrained(raw)
    torch.manual_seed(0)
    # The default spread of weights leaves all vectors of so small a model nearly equal.
    config = BertConfig(vocab_size=len(tokens), max_position_embeddings=WINDOW, initializer_range=0.5, **sizes)
    BertModel(config).save_pretrained(raw)
    modules = [Transformer(str(raw)), Pooling(16, "mean", include_prompt=False)]
    prompts = {"query": "вопрос: ", "document": "пост: ", "clustering": "тема: "}
    SentenceTransformer(modules=modules, prompts=prompts, device="cpu").save(str(folder))
    return folder


@pytest.fixture
def copy(bert, tmp_path):
    """A copy of the BERT's folder, to be changed."""
    return shutil.copytree(bert, tmp_path / "copy")


def load(folder, **section):
    return load_encoder(folder, section=Encoder(name=str(folder), **section))


def change(path, **values):
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | values), encoding="utf-8")


def test_static_model(static):
    encoder = load(static)
    vectors = encoder.encode([text.lower() for text in TEXTS])
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    assert vectors.shape == (4, 16)
    assert encoder.encode([]).shape == (0, 16)
    assert not encoder.encode(["слово"]).any()
    np.testing.assert_allclose(load(static, prompt="снег ").encode(["и"]), encoder.encode(["снег и"]), atol=1e-6)
    assert encoder.count_cut(["и " * 10_000]) == 0


def test_a_static_model_gives_the_vectors_of_sentence_transformers(static):
    texts = [text.lower() for text in TEXTS] + ["", "и снег 🙂"]
    ours, theirs = load(static, prompt="снег "), SentenceTransformer(str(static))
    assert type(theirs[0]) is not type(ours.model[0])
    np.testing.assert_array_equal(ours.model.encode(texts), theirs.encode(texts))


def test_vectors_are_float32_unit_rows_and_the_same_each_time(bert):
    one, two = load(bert), load(bert)
    assert one.revision == two.revision
    vectors = one.encode(TEXTS)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    np.testing.assert_array_equal(vectors, two.encode(TEXTS))


def test_prompts(bert):
    own, none, named = load(bert), load(bert, prompt=""), load(bert, prompt="query: ")
    assert own.prompt == "тема: "
    assert (none.prompt, named.prompt) == ("", "query: ")
    assert own.revision == f"{none.revision} 'тема: '"
    assert not np.allclose(own.encode(TEXTS), none.encode(TEXTS), atol=1e-3)
    assert not np.allclose(own.encode(TEXTS), named.encode(TEXTS), atol=1e-3)


def test_an_empty_prompt_also_undoes_the_default_of_the_model(copy):
    change(copy / "config_sentence_transformers.json", default_prompt_name="clustering")
    assert not np.allclose(load(copy).encode(TEXTS), load(copy, prompt="").encode(TEXTS), atol=1e-3)


def test_pooling_leaves_the_prompt_out_where_the_model_says_so(copy):
    """Against the mean of the token vectors, taken here by hand."""
    left_out, model = load(copy).encode(TEXTS[:1]), load(copy).model
    tokens = model.encode("тема: " + TEXTS[0], prompt="", output_value="token_embeddings").numpy()
    start = len("[тема:")  # one token per letter, after the start mark
    expected = tokens[start:].mean(axis=0)
    np.testing.assert_allclose(left_out[0], expected / np.linalg.norm(expected), atol=1e-5)
    change(copy / "1_Pooling" / "config.json", include_prompt=True)
    expected = tokens.mean(axis=0)
    np.testing.assert_allclose(load(copy).encode(TEXTS[:1])[0], expected / np.linalg.norm(expected), atol=1e-5)


def test_batches_by_length_change_no_vector(bert, tmp_path):
    rng = np.random.default_rng(0)
    texts = ["".join(rng.choice(list("абвгд "), n)).strip() or "а" for n in rng.integers(1, 50, 40)]
    texts = pd.Series(texts, index=[f"k{i:02}" for i in range(40)])
    encoder = load(bert, batch_size=7)
    made = embed(texts, encoder, tmp_path / "none", tmp_path / "cache")
    alone = np.vstack([encoder.encode([text]) for text in texts])
    np.testing.assert_allclose(made.of(texts.index), alone, atol=1e-5)
    assert "тема: " in made.model


def test_half_precision_where_it_is_asked_for(bert):
    full, half = load(bert), load(bert, precision="bfloat16")
    assert half.revision.endswith(" bfloat16")
    vectors = half.encode(TEXTS)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    assert 0.98 < (vectors * full.encode(TEXTS)).sum(axis=1).min() < 1 - 1e-7


@pytest.mark.parametrize(
    ("cuda", "precision", "expected"),
    [
        (True, "auto", "float16"),
        (False, "auto", "float32"),
        (True, "float32", "float32"),
        (True, "bfloat16", "bfloat16"),
    ],
)
def test_half_precision_by_itself_only_on_a_gpu(bert, monkeypatch, cuda, precision, expected):
    asked = {}

    def stop(name, **given):
        asked.update(given)
        raise OSError("enough")

    monkeypatch.setattr("torch.cuda.is_available", lambda: cuda)
    monkeypatch.setattr("sentence_transformers.SentenceTransformer", stop)
    with pytest.raises(ConfigError, match="enough"):
        load(bert, precision=precision)
    assert str(asked["model_kwargs"]["dtype"]) == f"torch.{expected}"
    assert asked["trust_remote_code"] is False


def test_a_model_saved_in_half_precision_runs_in_float32_without_a_gpu(bert, tmp_path, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    load(bert, precision="bfloat16").model.save(str(tmp_path))
    assert str(load(tmp_path).model.dtype) == "torch.float32"


def test_vectors_that_are_not_finite_are_refused(copy):
    from safetensors.torch import load_file, save_file

    weights = load_file(copy / "model.safetensors")
    weights["encoder.layer.0.output.LayerNorm.weight"] *= 1e6
    save_file(weights, copy / "model.safetensors", metadata={"format": "pt"})
    assert np.isfinite(load(copy).encode(TEXTS)).all()
    with pytest.raises(ConfigError, match=r"encoder.precision: 4 of 4 vectors .* float16. Set it to float32."):
        load(copy, precision="float16").encode(TEXTS)
    weights["encoder.layer.0.output.LayerNorm.weight"] *= np.nan
    save_file(weights, copy / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ConfigError, match=r"not finite in float32. Choose another model."):
        load(copy).encode(TEXTS)


def test_texts_beyond_the_window_are_cut_and_counted(bert):
    encoder = load(bert, prompt="")
    fits, same_start = "а" * (WINDOW - 2), "а" * (WINDOW - 2) + "бвг"
    np.testing.assert_allclose(*encoder.encode([fits, same_start]), atol=1e-5)
    assert encoder.count_cut([*TEXTS, fits, same_start]) == 1
    assert load(bert).count_cut([*TEXTS, fits, same_start]) == 2


@pytest.fixture
def calls(monkeypatch):
    """Names that are looked up on the network; each look-up fails."""
    seen = []

    def refuse(host, *args, **kwargs):
        seen.append(host)
        raise OSError("no network here")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    return seen


@pytest.mark.parametrize("name", ["acme/no-such-model", "no-such-model"])
def test_unknown_model_is_not_looked_for_outside(name, calls):
    with pytest.raises(ConfigError, match=rf"encoder.name: '{name}' cannot be loaded. It is not on this"):
        load_encoder(name)
    assert not calls


@pytest.mark.parametrize("name", ["./nowhere", "/no/where", "models/no/where"])
def test_folder_that_does_not_exist(name, calls):
    with pytest.raises(
        ConfigError, match=rf"encoder.name: '{name}' cannot be loaded. There is no such folder; name one"
    ):
        load_encoder(name)
    assert not calls


def test_model_in_the_hub_cache_is_used_without_a_call(bert, tmp_path, monkeypatch, calls):
    repository, commit = tmp_path / "models--acme--tiny", "0" * 40
    shutil.copytree(bert, repository / "snapshots" / commit)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(commit, encoding="utf-8")
    monkeypatch.setenv("SENTENCE_TRANSFORMERS_HOME", str(tmp_path))
    encoder = load_encoder("acme/tiny")
    assert encoder.name == "tiny"
    assert encoder.revision == load(bert).revision
    assert not calls


def test_hub_that_cannot_be_reached(monkeypatch):
    def unreachable(*args, **kwargs):
        raise OSError("We couldn't connect to the hub.\nMore.")

    monkeypatch.setattr("sentence_transformers.SentenceTransformer", unreachable)
    with pytest.raises(ConfigError, match=r"'acme/tiny' cannot be loaded. Check the name.*\(We couldn't connect.*"):
        load("acme/tiny", offline=False)


@pytest.mark.parametrize(
    "harm",
    [
        lambda folder: [path.unlink() for path in folder.glob("*.json")],
        lambda folder: (folder / "model.safetensors").write_bytes(b"not weights"),
        lambda folder: (folder / "model.safetensors").unlink(),
        lambda folder: (folder / "tokenizer.json").unlink(),
        lambda folder: (folder / "modules.json").write_text("{"),
        lambda folder: change(folder / "config.json", model_type="unheard-of"),
        lambda folder: change(folder / "config.json", hidden_size=32),
    ],
    ids=["no configs", "broken weights", "no weights", "no tokenizer", "broken json", "architecture", "shape"],
)
def test_folder_that_is_no_model(copy, harm):
    harm(copy)
    with pytest.raises(ConfigError, match=r"encoder.name: '.*copy' cannot be loaded. Name a folder that"):
        load(copy)


def own_module(folder):
    path = folder / "modules.json"
    modules = json.loads(path.read_text(encoding="utf-8"))
    modules[0]["type"] = "custom.Model"
    path.write_text(json.dumps(modules), encoding="utf-8")


def own_architecture(folder):
    names = {"AutoConfig": "custom.Config", "AutoModel": "custom.Model"}
    change(folder / "config.json", model_type="unheard-of", auto_map=names)


@pytest.mark.parametrize("harm", [own_module, own_architecture])
def test_code_of_a_model_is_never_run(copy, harm):
    (copy / "custom.py").write_text("raise SystemExit('this ran')", encoding="utf-8")
    harm(copy)
    with pytest.raises(ConfigError, match=r"It needs code of its own, which is never run"):
        load(copy)
