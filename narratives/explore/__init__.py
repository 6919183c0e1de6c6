"""Questions that a reader asks of a finished run; `narratives.Run` asks them. Times are in the study's zone."""

from narratives.explore.compare import Comparison, compare_tracks
from narratives.explore.labels import write_label_sample
from narratives.explore.network import write_network
from narratives.explore.posts import search_posts, select_posts
from narratives.explore.stance import stance_of
from narratives.explore.tracks import list_narratives, track_life

__all__ = [
    "Comparison", "compare_tracks", "list_narratives", "search_posts", "select_posts", "stance_of", "track_life",
    "write_label_sample", "write_network",
]  # fmt: skip
