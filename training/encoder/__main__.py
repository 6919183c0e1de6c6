"""Train the built-in encoder: `python -m training.encoder FOLDER_OF_THE_CORPORA [OUTPUT] [--cache FOLDER] [--ask]`."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from joblib import Parallel, delayed

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
    texts["meaning"] = range(len(texts))
    again = texts[texts["kind"].isin(["glossed", "single", "pair"])].sample(corpora.RESPELLED, random_state=1)
    again = again.assign(kind="respelled", ru="", kk=corpora.respelled(again["kk"]))
    texts = pd.concat([texts, again], ignore_index=True)
    common = [word_vectors.words[i] for i in np.argsort(-word_vectors.counts, kind="stable")]
    dictionary = texts.loc[texts["kind"] == "word", "kk"]
    russian = texts.loc[texts["kind"].isin(["mono", "pair"]), "ru"].drop_duplicates()
    kazakh = texts.loc[~texts["kind"].isin(["word", "span", "form"]), "kk"].drop_duplicates()
    counts = [vocabulary.count_words(part.tolist(), vocabulary.folding()) for part in (russian, kazakh)]
    tokenizer = vocabulary.build(*counts, common, dictionary.tolist())
    morphs = vocabulary.morphs(tokenizer, *counts)
    draws = Parallel(n_jobs=-1)(
        delayed(student.train)(tokenizer, morphs, texts, wanted, word_vectors, seed) for seed in range(student.DRAWS)
    )
    vectors = student.sharpen(np.mean(draws, axis=0), tokenizer, texts)
    student.save(vectors, tokenizer, options.output)


if __name__ == "__main__":
    main()
