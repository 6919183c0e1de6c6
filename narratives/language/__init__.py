"""Language of posts: Russian, Kazakh in three spellings, both mixed, or another.

All texts are cut into words at once (`words`). Every distinct word is scored once (`scores`), by letter n-grams and
word lists (`profiles`) and as a Russian stem with a Kazakh suffix (`stems`). A text is judged by its words (`detect`),
and so is each run of words in a mixed one (`spans`). What is neither Russian nor Kazakh, langdetect names (`naming`).
"""

from narratives.language.detect import detect_language
from narratives.language.spans import language_spans

__all__ = ["detect_language", "language_spans"]
