"""Narratives of all windows into tracks and transitions."""

from narratives.track.assignment import Links, link_clusters
from narratives.track.lives import Tracked, track_narratives

__all__ = ["Links", "Tracked", "link_clusters", "track_narratives"]
