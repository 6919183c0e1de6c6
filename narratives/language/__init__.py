"""Language of posts: Russian, Kazakh in three spellings, both mixed, or another.

Every distinct word is scored once by letter n-gram models (`profiles`), and a text by its words; only what turns out to
be neither Russian nor Kazakh nor English goes to langdetect (`naming`).
"""

from narratives.language.detect import detect_language
from narratives.language.spans import language_spans

__all__ = ["detect_language", "language_spans"]
