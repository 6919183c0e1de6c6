"""Which accounts turned at a date, which came and went, and the posts that show it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from narratives.config.sections import Reversal
from narratives.shifts.decomposition import Sides
from narratives.shifts.panel import Flags, Floats, Ints, Panel


@dataclass(frozen=True)
class Turning:
    """Accounts of one population at one boundary; flags are (n,).

    Attributes
    ----------
    tested
        Enough posts on both sides.
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
    flipped: Flags
    joined: Flags
    appeared: Flags
    vanished: Flags
    new: Flags
    clarity: Floats

    def counts(self) -> dict[str, int]:
        """Return the number of accounts of each kind."""
        kinds = ("tested", "flipped", "joined", "appeared", "new", "vanished")
        return {kind: int(getattr(self, kind).sum()) for kind in kinds}


def turning(panel: Panel, members: Ints, boundary: int, sides: Sides, *, direction: int, section: Reversal) -> Turning:
    """Return what each of `members` did at `boundary`; `direction` is the sign of the population's change."""
    k, centre = panel.strength, panel.centre
    before, after = (
        direction * (cells * mean + k * centre) / (cells + k)
        for cells, mean in ((sides.cells_before, sides.before), (sides.cells_after, sides.after))
    )
    tested = (sides.posts_before >= section.min_posts) & (sides.posts_after >= section.min_posts)
    ended = tested & (after >= section.theta)
    appeared = (sides.cells_before == 0) & (sides.cells_after > 0)
    return Turning(
        tested=tested, flipped=ended & (before <= -section.theta), joined=ended & (np.abs(before) < section.theta),
        appeared=appeared, vanished=(sides.cells_before > 0) & (sides.cells_after == 0),
        new=appeared & (panel.since[members] >= boundary), clarity=after - before,
    )  # fmt: skip


def evidence(near: pd.DataFrame, members: Ints, boundary: int, turned: Turning, direction: int) -> list[str]:
    """Return post_ids that show the turn: a clear post before and after of each account that turned, clearest first.

    Accounts that flipped come first, then those that joined. Where none did, the accounts that vanished and appeared
    speak: the clearest post of each, in turns. Of equally clear posts the one nearest to the date is taken.
    """
    side = near["day"] >= boundary
    sign = np.where(side, direction, -direction)
    distance = np.where(side, near["day"] - boundary, boundary - 1 - near["day"])
    ranked = near.assign(side=side, clear=sign * near["score"], distance=distance).sort_values(
        ["account", "side", "clear", "distance", "post_id"], ascending=[True, True, False, True, True]
    )
    clearest = ranked.drop_duplicates(["account", "side"])
    post = clearest.set_index(["account", "side"])["post_id"]
    rank = np.lexsort((members, -turned.clarity, ~turned.flipped))
    turners = members[rank[(turned.flipped | turned.joined)[rank]]]
    if len(turners):
        return [str(post[account, late]) for account in turners for late in (False, True)]
    clear = clearest.set_index(["account", "side"]).sort_index()["clear"]
    gone, come = (
        clear.reindex([(account, late) for account in members[flag]]).sort_values(ascending=False, kind="stable")
        for flag, late in ((turned.vanished, False), (turned.appeared, True))
    )
    pairs = zip(gone.index, come.index, strict=False)
    return [str(post[key]) for pair in pairs for key in pair]
