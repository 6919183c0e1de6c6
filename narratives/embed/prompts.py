"""Which words a model wants before a text that is to be clustered."""

from __future__ import annotations

import re
from collections.abc import Mapping

TASK = "Identify the topic or theme of the given posts"
# Families whose saved prompts, if any, are for retrieval. Each form is the one of the model's card, which for e5 says
# `query: ` for clustering and every other symmetric use.
FAMILIES = (
    (r"e5-[\w-]*instruct|harrier", f"Instruct: {TASK}\nQuery: "),
    (r"qwen3-embedding", f"Instruct: {TASK}\nQuery:"),
    (r"\be5-(small|base|large)", "query: "),
    (r"nomic-embed-text", "clustering: "),
)


def choose_prompt(name: str, saved: Mapping[str, str | None], default: str | None) -> str:
    """Return the prompt for clustering, or an empty string.

    The model's own prompt for clustering comes first, then its family's, then the one it uses by default, then that for
    documents. A prompt for queries alone is left out: such a model wants none before what is searched.

    Parameters
    ----------
    name : name or path of the model, by which its family is known.
    saved : prompts of its sentence-transformers configuration, by name.
    default : name of the one it uses by default.
    """
    own = {key.lower(): prompt for key, prompt in saved.items()}
    if clustering := own.get("clustering"):
        return clustering
    for family, prompt in FAMILIES:
        if re.search(family, name, re.IGNORECASE):
            return prompt
    return own.get((default or "").lower()) or own.get("document") or own.get("passage") or ""
