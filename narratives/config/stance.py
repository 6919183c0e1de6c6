"""Sections of targets and of stance towards them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from narratives.config.base import Section


class Phrases(Section):
    """Words and phrases per language; every inflected form of them counts."""

    ru: tuple[str, ...] = ()
    """Russian."""
    kk: tuple[str, ...] = ()
    """Kazakh, in Cyrillic."""


class Target(Section):
    """A person, an organisation or an act that posts take a stance on."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")
    """Short id in Latin letters, used in tables and file names."""
    name: str = Field(min_length=1)
    """Name as the report shows it."""
    aliases: Phrases = Phrases()
    """Other names, in the base form; inflected forms are found by themselves. `name` is always one."""
    act: bool = False
    """It is an act, such as to vote or to boycott: calls to take part are for it, calls to stay away are against it."""
    exclude: tuple[str, ...] = ()
    """Phrases that contain an alias but mean something else."""
    namesakes: tuple[str, ...] = ()
    """Words of posts on others of the name (вратарь, қақпашы): a surname alone in such a post is not the target's."""
    praise: Phrases = Phrases()
    """Words of praise for this target, besides the built-in and the study's."""
    accusation: Phrases = Phrases()
    """Words of accusation against this target, besides the built-in and the study's."""


class Hypothesis(Section):
    """A sentence per language that a model of inference judges; `{target}` stands for the name."""

    ru: str
    """Russian, for posts that are not Kazakh."""
    kk: str
    """Kazakh, for posts that are Kazakh or mixed."""

    @field_validator("ru", "kk")
    @classmethod
    def _names_the_target(cls, value: str) -> str:
        if "{target}" not in value or value.replace("{target}", "").count("{"):
            raise ValueError(f"'{value}' must hold {{target}} and no other braces")
        return value


class Nli(Section):
    """The model of the backend `nli`, and what it is asked."""

    model: str | None = None
    """A local folder (relative to the study), or a hub id, of a sequence classifier that tells entailment."""
    revision: str | None = None
    """Revision of a hub model."""
    offline: bool = True
    """Never ask a model hub. Set to false to let a named model be downloaded."""
    favor: Hypothesis = Hypothesis(ru="Автор поддерживает {target}.", kk="Автор {target} жағында.")
    """What holds of a post in favor."""
    against: Hypothesis = Hypothesis(ru="Автор осуждает {target}.", kk="Автор {target} туралы жаман пікірде.")
    """What holds of a post against."""


class Stance(Section):
    """How a post's stance towards a target is scored."""

    backend: Literal["seeds", "few_shot", "nli"] = "seeds"
    """`seeds`: phrases of praise and accusation near the target. `few_shot`: a classifier that learns from `labels`.
    `nli`: a model of natural language inference."""
    labels: str | None = None
    """CSV of labelled posts (`narratives label` writes one to fill in). `few_shot` learns from them, the other backends
    are calibrated on them; all are measured on them."""
    min_confidence: float = Field(default=0.0, ge=0, lt=1)
    """A post abstains where its likeliest answer is less probable than this; it counts in no mean and no test."""
    nli: Nli = Nli()
    """The backend `nli`."""
    praise: Phrases = Phrases()
    """Words of praise for any target, besides the built-in ones."""
    accusation: Phrases = Phrases()
    """Words of accusation against any target, besides the built-in ones."""
    builtin_lexicon: bool = True
    """Use the lexicon that comes with the package, and what its own labelled posts taught of other words."""
