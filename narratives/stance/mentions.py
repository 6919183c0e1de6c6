"""Where posts mention targets: inflected names, hashtags and handles, and never a mere substring."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import pandas as pd

from narratives import tables
from narratives.config import Target
from narratives.morphology import is_person, skeleton
from narratives.stance.names import Name, given_names, of_another, whole_name
from narratives.stance.phrases import Match, Phrase, PhraseBook, Token, tokenize
from narratives.stance.scope import quotations

Span = tuple[int, int, str, str, str]
OWN = ("text", "quote")  # of `via`: the post's own words
SENTENCE = 6  # words in quotation marks from which they are somebody's sentence, and no title, if nothing says whose
LINKS = {"repost_of": "repost", "reply_to": "reply"}


def find_mentions(posts: pd.DataFrame, targets: Sequence[Target]) -> pd.DataFrame:
    """Return the table `mentions`: every place where a post names a target, and targets that its context gives it.

    Parameters
    ----------
    posts : with `post_id` and `text`; and `reply_to` and `repost_of` (post ids), where a post that names no target
        shall take those of the post that it repeats or answers. That one must name them itself.
    targets : `name` and `aliases` count in every case and suffix chain, in Cyrillic, Latin script and Kazakh typed in
        Russian letters; an alias that starts with @ counts as a handle, as written. A name that is also a common word,
        and one of four letters or fewer, needs a capital; the latter also its exact letters. Where two aliases of one
        target overlap, the longer one counts; a mention inside a phrase of `exclude` does not, nor does a surname alone
        in a post that holds one of `namesakes`.

    Rows are ordered by post, place and target; `start` and `end` count characters of the text as given.
    """
    finder = MentionFinder(targets)
    texts = posts["text"].drop_duplicates()
    spans = {text: found for text in texts if (found := finder.spans(text))}
    named = posts.loc[posts["text"].isin(spans), ["post_id", "text"]].sort_values("post_id", kind="stable")
    rows = [
        (post_id, target, start, end, alias, via)
        for post_id, text in zip(named["post_id"], named["text"], strict=True)
        for start, end, target, alias, via in spans[text]
    ]
    found = tables.check("mentions", pd.DataFrame(rows, columns=[*tables.MENTIONS.columns]))
    for link, via in LINKS.items():
        if link in posts and rows:
            found = pd.concat([found, _carried(posts[["post_id", link]].dropna(), found, link, via)])
    return found.sort_values(["post_id", "start", "end", "target_id"], ignore_index=True)


def _carried(links: pd.DataFrame, found: pd.DataFrame, link: str, via: str) -> pd.DataFrame:
    """Return what posts without a mention take from those that they are linked to."""
    named = found[found["via"].isin(OWN)].rename(columns={"post_id": link})
    if via == "reply":
        named = named.drop_duplicates([link, "target_id"]).assign(start=pd.NA, end=pd.NA)
    bare = links[~links["post_id"].isin(found["post_id"])]
    return tables.check("mentions", bare.merge(named, on=link).assign(via=via)[[*found.columns]])


class MentionFinder:
    """Finds the targets in one text after another; what a token can be is decided once."""

    def __init__(self, targets: Sequence[Target]) -> None:
        self._named = [(target.id, alias) for target in targets for alias in _aliases(target)]
        names = [Phrase(alias, kazakh=True, name=True) for _, alias in self._named]
        for target, alias in self._named.copy():
            if " " in alias:  # as in a hashtag
                self._named.append((target, alias))
                names.append(Phrase(alias.title().replace(" ", ""), kazakh=True, name=True))
        excluded = [(target.id, phrase) for target in targets for phrase in target.exclude]
        namesakes = [(target.id, word) for target in targets for word in target.namesakes]
        self._owners = [target for target, _ in [*self._named, *excluded, *namesakes]]
        self._excluded = range(len(names), len(names) + len(excluded))
        self._book = PhraseBook(names + [Phrase(phrase, kazakh=True) for _, phrase in excluded + namesakes])
        self._words = {
            target.id: frozenset(skeleton(token.text) for alias in _aliases(target) for token in tokenize(alias))
            for target in targets
        }
        self._given = {target.id: given_names(_aliases(target)) for target in targets}
        self._people = [bool(self._given[target]) or is_person(alias.split()[-1]) for target, alias in self._named]

    def spans(self, text: str) -> list[Span]:
        """Return start, end, target id, alias, and text or quote, of each mention in `text`, by place, then target."""
        if not self._book.touches(text):
            return []
        tokens = tokenize(text)
        matches = self._book.find(text, tokens)
        names = [match for match in matches if match.phrase < len(self._named)]
        taken = {
            (self._owners[match.phrase], place)
            for match in matches
            if match.phrase in self._excluded
            for place in range(match.first, match.last + 1)
        }
        others = {self._owners[match.phrase] for match in matches if match.phrase >= self._excluded.stop}
        quoted = frozenset().union(*(q.tokens for q in quotations(text, tokens) if q.said or len(q.tokens) >= SENTENCE))
        spans = []
        for match in sorted(names, key=lambda match: (match.first - match.last, match.first, match.phrase)):
            places = {(self._owners[match.phrase], place) for place in range(match.first, match.last + 1)}
            if taken.isdisjoint(places):
                taken |= places
                name = self._whole(match, text, tokens)
                if name and not (self._bare(match, name, tokens) and self._of_another(match, tokens, others)):
                    spans.append((*name, *self._named[match.phrase], "quote" if match.first in quoted else "text"))
        return sorted(spans)

    def _bare(self, match: Match, name: Name, tokens: Sequence[Token]) -> bool:
        """Return whether a match is a part of the target's name only: no given name, no hashtag, no handle."""
        first, last = tokens[match.first], tokens[match.last]
        person = self._people[match.phrase] and match.first < match.last
        return name == (first.start, last.end) and not first.tag and first.text[0] != "@" and not person

    def _of_another(self, match: Match, tokens: Sequence[Token], others: Collection[str]) -> bool:
        target = self._owners[match.phrase]
        return target in others or of_another(tokens, match.first, match.last, self._words[target])

    def _whole(self, match: Match, text: str, tokens: Sequence[Token]) -> Name | None:
        """Return the name that a match is part of, or None if it is another person's."""
        found = Name(tokens[match.first].start, tokens[match.last].end)
        if not self._people[match.phrase] or tokens[match.last].tag:
            return found
        whole = whole_name(text, tokens, match.last, self._given[self._named[match.phrase][0]])
        return whole and Name(min(found.start, whole.start), whole.end)


def _aliases(target: Target) -> list[str]:
    return list(dict.fromkeys([target.name, *target.aliases.ru, *target.aliases.kk]))
