"""The backend `nli`: a model of natural language inference judges one hypothesis for favor and one against."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from narratives.config import Target
from narratives.errors import ConfigError
from narratives.language import detect_language
from narratives.stance.protocol import LABELS, Floats, Pair, Resources

BATCH = 32
KAZAKH = frozenset({"kk", "kk-Latn", "kk-ru-letters", "mixed"})


@dataclass(frozen=True)
class Nli:
    """A sequence classifier that tells entailment, read by its margin of entailment over contradiction.

    The three answers are a softmax over the margin of the hypothesis in favor, that of the one against, and 0. Texts
    longer than the model reads are cut.
    """

    model: Any
    tokenizer: Any
    entails: int
    contradicts: int
    resources: Resources

    quality = None

    @classmethod
    def load(cls, resources: Resources) -> Nli:
        """Load the model that `stance.nli.model` names; no code that comes with it is run.

        Raises
        ------
        ConfigError
            If no model is named, it is not there, or it has no answers called entailment and contradiction.
        """
        section = resources.section.nli
        if section.model is None:
            raise ConfigError("stance.nli.model: the backend `nli` needs a model: a local folder, or the id of a hub.")
        from transformers import AutoModelForSequenceClassification, AutoTokenizer  # noqa: PLC0415 - takes seconds

        folder = resources.folder / section.model
        source = str(folder) if folder.is_dir() else section.model
        options: dict[str, Any] = {"revision": section.revision, "local_files_only": section.offline}
        try:
            tokenizer = AutoTokenizer.from_pretrained(source, trust_remote_code=False, **options)
            model = AutoModelForSequenceClassification.from_pretrained(source, trust_remote_code=False, **options)
        except (OSError, ValueError) as error:
            hint = "Name a local folder, or let it be downloaded with `stance.nli.offline: false`."
            raise ConfigError(f"stance.nli.model: '{section.model}' cannot be loaded. {hint} ({error})") from error
        names = {label.lower(): place for label, place in model.config.label2id.items()}
        entails, contradicts = (
            next((place for label, place in names.items() if label.startswith(part)), None)
            for part in ("entail", "contra")
        )
        if entails is None or contradicts is None:
            answers = ", ".join(sorted(names))
            raise ConfigError(f"stance.nli.model: '{section.model}' is no NLI model; its answers are {answers}.")
        return cls(model.eval(), tokenizer, entails, contradicts, resources)

    def score(self, pairs: Sequence[Pair]) -> Floats:
        """Return the probabilities of favor, against and none, (len(pairs), 3)."""
        if not pairs:
            return np.zeros((0, len(LABELS)))
        kazakh = detect_language([pair.text for pair in pairs])["lang"].isin(KAZAKH).tolist()
        names = {target.id: target for target in self.resources.targets}
        margins = [
            self._margins([pair.text for pair in pairs], [self._hypothesis(side, kk, names[pair.target_id])
                           for pair, kk in zip(pairs, kazakh, strict=True)])
            for side in ("favor", "against")
        ]  # fmt: skip
        logits = np.column_stack([*margins, np.zeros(len(pairs))])
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(odds / odds.sum(axis=1, keepdims=True))

    def _hypothesis(self, side: str, kazakh: bool, target: Target) -> str:
        template: str = getattr(getattr(self.resources.section.nli, side), "kk" if kazakh else "ru")
        name = next(iter(target.aliases.kk), target.name) if kazakh else target.name
        return template.format(target=name)

    def _margins(self, texts: list[str], hypotheses: list[str]) -> Floats:
        import torch  # noqa: PLC0415 - takes seconds to import

        found = []
        for start in range(0, len(texts), BATCH):
            part = slice(start, start + BATCH)
            inputs = self.tokenizer(
                texts[part], hypotheses[part], return_tensors="pt", padding=True, truncation="only_first"
            )
            with torch.inference_mode():
                logits = self.model(**inputs).logits.double().numpy()
            found.append(logits[:, self.entails] - logits[:, self.contradicts])
        return np.concatenate(found)
