"""Which accounts turned at a date, which came and went, and the posts that show it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from narratives.config import Reversal
from narratives.shifts.decomposition import Sides
from narratives.shifts.panel import Flags, Floats, Ints, Panel


@dataclass(frozen=True)
class Turning:
    """Accounts of one population at one boundary; flags are (n,).

    Attributes
    ----------
    tested
        Enough posts on both sides.
    held
        Of these, those with the opposite stance before, beyond theta.
    flipped
        From the opposite stance, beyond theta on either side, in the direction of the change.
    joined
        From no stance, within theta, to one beyond it in the direction of the change.
    appeared, vanished
        On the target only after, only before.
    new
        Appeared, and had posted on nothing before.
    clarity
        Change of the shrunk mean in the direction of the change.
    """

    tested: Flags
    held: Flags
    flipped: Flags
    joined: Flags
    appeared: Flags
    vanished: Flags
    new: Flags
    clarity: Floats

    def counts(self) -> dict[str, int]:
        """Return the number of accounts, in all and of each kind."""
        kinds = ("tested", "held", "flipped", "joined", "appeared", "new", "vanished")
        return {"all": len(self.tested)} | {kind: int(getattr(self, kind).sum()) for kind in kinds}


def turning(panel: Panel, members: Ints, boundary: int, sides: Sides, *, direction: int, section: Reversal) -> Turning:
    """Return what each of `members` did at `boundary`; `direction` is the sign of the population's change."""
    k, centre = panel.strength, panel.centre
    before, after = (
        direction * (cells * mean + k * centre) / (cells + k)
        for cells, mean in ((sides.cells_before, sides.before), (sides.cells_after, sides.after))
    )
    tested = (sides.posts_before >= section.min_posts) & (sides.posts_after >= section.min_posts)
    held, ended = tested & (before <= -section.theta), tested & (after >= section.theta)
    appeared = (sides.cells_before == 0) & (sides.cells_after > 0)
    return Turning(
        tested=tested, held=held, flipped=held & ended, joined=ended & (np.abs(before) < section.theta),
        appeared=appeared, vanished=(sides.cells_before > 0) & (sides.cells_after == 0),
        new=appeared & (panel.since[members] >= boundary), clarity=after - before,
    )  # fmt: skip


def evidence(near: pd.DataFrame, members: Ints, boundary: int, turned: Turning, direction: int) -> list[str]:
    """Return post_ids that show the turn: of each account that turned a clear post before and one after.

    Accounts that flipped come first, then those that joined, the clearest change first. Where none did, the accounts
    that vanished and appeared speak: the clearest post of each, in turns. Of equally clear posts the one nearest to the
    date is taken. `near` holds the posts within the span, in the panel's order.
    """
    turners = turned.flipped | turned.joined
    shown = turners if turners.any() else turned.vanished | turned.appeared
    best = _clearest(near[near["account"].isin(members[shown])], boundary, direction)
    if turners.any():
        rank = np.lexsort((-turned.clarity, ~turned.flipped))
        ranked = members[rank[turners[rank]]]
        return [str(best["post_id"][account, late]) for account in ranked for late in (False, True)]
    sides = (best[best.index.get_level_values("late") == late] for late in (False, True))
    gone, come = (side.sort_values("clear", ascending=False, kind="stable")["post_id"] for side in sides)
    return [str(post) for pair in zip(gone, come, strict=False) for post in pair]


def _clearest(posts: pd.DataFrame, boundary: int, direction: int) -> pd.DataFrame:
    """Return the clearest post of each account and side, indexed by `account` and `late`."""
    late = posts["day"] >= boundary
    clear = np.where(late, direction, -direction) * posts["score"]
    distance = np.abs(posts["day"] - boundary + 0.5)
    order = np.lexsort((distance, -clear, late, posts["account"]))
    ranked = posts[["account", "post_id"]].assign(late=late, clear=clear).iloc[order]
    return ranked.drop_duplicates(["account", "late"]).set_index(["account", "late"])
