"""The tokenizer: every spelling folded into one, then whole words, and pieces of the rarer ones."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import sentencepiece
from sentencepiece import sentencepiece_model_pb2
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers

from narratives.morphology import FOLD, LETTERS
from narratives.text import ZERO_WIDTH

RU_WORDS, KK_WORDS, COMMON_WORDS, PIECES = 34_000, 32_000, 34_000, 25_000
MORPHS = 50_000
LETTERS_KEPT = 120
LONGEST = 30
NUMBERS = [
    *(f"{prefix}{number:0{width}}" for prefix in ("", "##") for width in (1, 2) for number in range(10**width)),
    *map(str, range(1900, 2031)),
]
APOSTROPHES = "'’ʼ‘ʻ`´"
DIGRAPHS = {  # patterns; before single letters are mapped
    "s['’]|sh": "ш", "c['’]|ch": "ч", "y['’]": "у", "zh": "ж", "kh": "х", "gh": "г", "ts": "ц",
    "y(?=[au])|(?<=[aoe])y": "и",
}  # fmt: skip
SIGNS = {"0": "о", "6": "б", "4": "ч", "3": "з", "@": "а"}  # typed for a letter, to look like it or to pass a filter
# Between letters; before the first or after the last one only where the word holds another: not in 6августа, 30км, м3,
# 3его. An address of e-mail keeps its @.
AFTER_ANOTHER = "|".join(rf"[0346@]\p{{L}}{{{n}}}" for n in range(1, 7))
IN_WORD = (
    r"(?<=\p{L}|\p{L}[0346@])%s(?=\p{L}|[0346@]\p{L})(?!\w+\.\w)"
    rf"|(?<={AFTER_ANOTHER})%s(?![\p{{L}}\p{{N}}@.])"
    r"|(?<![\p{L}\p{N}])%s(?=@\p{L}|\p{L}+[0346@]+\p{L})"
)
WORD = re.compile(r"[^\W\d_]+")
BLOCK = 5_000
# In the alphabet of 2018, of which most Latin text is, ı is и; letters of other languages go by their look.
ALSO = str.maketrans("ıïíîéèêëàâãåôõøûžłß", "ииииееееааааоооужлс")


def charsmap() -> bytes:
    """Return the folding of single letters as SentencePiece compiles it.

    It is that of `narratives.morphology.skeleton`: Kazakh letters to Russian ones, Latin letters to Cyrillic ones by
    their sound; marks that stand for nothing are dropped.
    """
    nothing = [*map(chr, ZERO_WIDTH), *APOSTROPHES, "\u0301"]
    rules = {ord(old): "" for old in nothing} | LETTERS | FOLD | ALSO
    lines = []
    for old, new in sorted(rules.items()):
        spelled = chr(new) if isinstance(new, int) else new
        lines.append("\t".join((f"{old:X}", " ".join(f"{ord(letter):X}" for letter in spelled))))
    with TemporaryDirectory() as folder:
        table, text, model = (Path(folder) / name for name in ("rules.tsv", "text", "model"))
        table.write_text("\n".join(lines) + "\n")
        text.write_text("один два три\n" * 20, encoding="utf-8")
        options = {"vocab_size": 20, "hard_vocab_limit": False, "minloglevel": 2}
        sentencepiece.SentencePieceTrainer.train(
            input=str(text), model_prefix=str(model), normalization_rule_tsv=str(table), **options
        )
        made = sentencepiece_model_pb2.ModelProto()
        made.ParseFromString(model.with_suffix(".model").read_bytes())
    compiled: bytes = made.normalizer_spec.precompiled_charsmap
    return compiled


def folding() -> normalizers.Normalizer:
    signs = {IN_WORD.replace("%s", sign): letter for sign, letter in SIGNS.items()}
    replaced = [normalizers.Replace(Regex(old), new) for old, new in (signs | DIGRAPHS).items()]
    steps = [normalizers.NFC(), normalizers.Lowercase(), *replaced, normalizers.Precompiled(charsmap())]
    return normalizers.Sequence(steps)


def fold(texts: Sequence[str], normalizer: normalizers.Normalizer) -> Iterable[str]:
    """Yield blocks of folded texts, a line each."""
    for start in range(0, len(texts), BLOCK):
        yield normalizer.normalize_str("\n".join(texts[start : start + BLOCK]))


def count_words(texts: Sequence[str], normalizer: normalizers.Normalizer) -> Counter[str]:
    counts: Counter[str] = Counter()
    for block in fold(texts, normalizer):
        counts.update(WORD.findall(block))
    return counts


def most_common(counts: Counter[str], most: int) -> list[str]:
    """Return the commonest words; of words as common as each other the first in the alphabet."""
    return sorted(counts, key=lambda word: (-counts[word], word))[:most]


def shared(counts: Iterable[Counter[str]]) -> Counter[str]:
    """Return how often a word stands among a million words of each language."""
    shares: Counter[str] = Counter()
    for part in counts:
        total = part.total()
        for word, count in part.items():
            shares[word] += count * 1_000_000 // total
    return shares


def pieces(counts: Iterable[Counter[str]]) -> list[str]:
    """Return parts of words, learned on both languages with equal weight (byte-pair merges, Sennrich et al. 2016)."""
    learner = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    learner.pre_tokenizer = pre_tokenizers.Whitespace()
    times = {word: max(1, min(50, share)) for word, share in sorted(shared(counts).items())}
    letters = most_common(Counter("".join(word * number for word, number in times.items())), LETTERS_KEPT)
    trainer = trainers.WordPieceTrainer(  # numbers letters, also inner ones, as named, or merges as common go by chance
        vocab_size=PIECES, special_tokens=["[UNK]", *(f"##{letter}" for letter in letters)], initial_alphabet=letters,
        limit_alphabet=LETTERS_KEPT, show_progress=False,
    )  # fmt: skip
    learner.train_from_iterator((" ".join([word] * number) for word, number in times.items()), trainer)
    return sorted(learner.get_vocab())


def build(in_ru: Counter[str], in_kk: Counter[str], common: Sequence[str], dictionary: Sequence[str]) -> Tokenizer:
    """Return the tokenizer.

    Parameters
    ----------
    in_ru, in_kk : how often each folded word stands in the texts.
    common : Russian words by falling frequency, from a larger corpus.
    dictionary : Kazakh words.
    """
    normalizer = folding()
    folded = [word for block in fold([*common[:COMMON_WORDS], *dictionary], normalizer) for word in block.split("\n")]
    whole = [*most_common(in_kk, KK_WORDS), *most_common(in_ru, RU_WORDS), *folded]
    words = [word for word in whole if len(word) <= LONGEST and WORD.fullmatch(word)]
    vocabulary = {token: n for n, token in enumerate(dict.fromkeys([*pieces([in_ru, in_kk]), *words, *NUMBERS]))}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]", max_input_chars_per_word=2 * LONGEST))
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return tokenizer


def morphs(tokenizer: Tokenizer, in_ru: Counter[str], in_kk: Counter[str]) -> list[list[int]]:
    """Return the parts of each token, numbered from 0: those of a unigram language model of words (Kudo 2018)."""
    with TemporaryDirectory() as folder:
        table, model = Path(folder) / "words.tsv", Path(folder) / "model"
        counts = sorted(shared([in_ru, in_kk]).items())
        table.write_text("\n".join(f"{word}\t{max(1, count)}" for word, count in counts), encoding="utf-8")
        sentencepiece.SentencePieceTrainer.train(
            input=str(table), input_format="tsv", model_prefix=str(model), vocab_size=MORPHS, model_type="unigram",
            normalization_rule_name="identity", character_coverage=0.9999, num_threads=1, minloglevel=2,
        )  # fmt: skip
        learned = sentencepiece.SentencePieceProcessor(model_file=f"{model}.model")
    found: list[list[int]] = [[] for _ in range(tokenizer.get_vocab_size())]
    for token, place in tokenizer.get_vocab().items():
        inner = token.startswith("##")
        if WORD.fullmatch(token.removeprefix("##")):
            parts = learned.encode(token.removeprefix("##"), out_type=str)
            ids = (learned.piece_to_id(part.removeprefix("▁") if inner else part) for part in parts)
            found[place] = [number for number in ids if number != learned.unk_id()]
    return found
