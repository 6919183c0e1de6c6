"""Narratives of all windows into tracks and transitions."""

from narratives.track.lives import Tracked, track_narratives

__all__ = ["Tracked", "track_narratives"]
