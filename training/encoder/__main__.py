"""Train the built-in encoder: `python -m training.encoder FOLDER_OF_THE_CORPORA [OUTPUT] [--cache FOLDER] [--ask]`."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from training.encoder import corpora, student, targets, vocabulary
from training.encoder.teachers import WordVectors

OUTPUT = Path(__file__).parents[2] / "narratives" / "data" / "encoder"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("output", type=Path, nargs="?", default=OUTPUT)
    parser.add_argument(
        "--ask", action="store_true", help="also learn from texts without a licence file; do not ship that"
    )
    parser.add_argument("--cache", type=Path, help="folder that keeps the teachers' vectors from run to run")
    options = parser.parse_args()
    texts, word_vectors = corpora.load(options.folder, ask=options.ask), WordVectors()
    wanted = targets.make(texts, word_vectors, options.cache)
    again = texts[texts["kind"].isin(["glossed", "single", "pair"])].sample(corpora.RESPELLED, random_state=1)
    texts = pd.concat(
        [texts, again.assign(kind="respelled", ru="", kk=corpora.respelled(again["kk"]))], ignore_index=True
    )
    wanted = targets.Targets(np.vstack([wanted.rows, wanted.rows[again.index]]), wanted.axes)
    common = [word_vectors.words[i] for i in np.argsort(-word_vectors.counts, kind="stable")]
    dictionary = texts.loc[texts["kind"] == "word", "kk"]
    russian = texts.loc[texts["kind"].isin(["mono", "pair"]), "ru"].drop_duplicates()
    kazakh = texts.loc[texts["kind"] != "word", "kk"].drop_duplicates()
    counts = [vocabulary.count_words(part.tolist(), vocabulary.folding()) for part in (russian, kazakh)]
    tokenizer = vocabulary.build(*counts, common, dictionary.tolist())
    vectors = student.train(tokenizer, vocabulary.morphs(tokenizer, *counts), texts, wanted, word_vectors)
    vectors = student.sharpen(vectors, tokenizer, texts)
    student.save(vectors, tokenizer, options.output)


if __name__ == "__main__":
    main()
