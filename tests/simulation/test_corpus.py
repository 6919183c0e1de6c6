"""What a corpus promises: the same for a seed, true to its truth, and hard in the stated ways."""

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import CountVectorizer

from narratives.config import Study
from narratives.errors import ConfigError
from narratives.simulation import simulate
from narratives.simulation.corpus import TARGETS
from narratives.simulation.grammar import grammar, load, parse, tidy
from narratives.simulation.writing import close_keys

ALMATY = "Asia/Almaty"
KAZAKH_LETTERS = set("әғқңөұүһі")
FRAMES = ("posts", "accounts", "truth_posts", "truth_accounts", "truth_findings", "truth_events")


def near_copies(texts, similarity=0.8):
    """Pairs of places whose texts have at least this Jaccard similarity of character 5-grams."""
    grams = CountVectorizer(analyzer="char", ngram_range=(5, 5), binary=True).fit_transform(texts).astype(np.int32)
    shared, size = (grams @ grams.T).tocoo(), np.asarray(grams.sum(axis=1)).ravel()
    both = size[shared.row] + size[shared.col] - shared.data
    close = (shared.data >= similarity * both) & (shared.row < shared.col)
    return shared.row[close], shared.col[close]


def own_words(corpus):
    """Posts that are no reposts, with the role of their author."""
    posts = corpus.posts.merge(corpus.truth_accounts, on="author_id")
    return posts[posts["repost_of"].isna()].reset_index(drop=True)


def test_the_same_seed_gives_the_same_corpus():
    first, again, other = (simulate(accounts=40, cohort=6, weeks=4, seed=seed) for seed in (1, 1, 2))
    for name in FRAMES:
        pd.testing.assert_frame_equal(getattr(first, name), getattr(again, name))
    assert first.study == again.study
    assert not first.posts["text"].equals(other.posts["text"])


def test_size_and_activity(reversal):
    assert 8_000 < len(reversal.posts) < 12_000
    assert reversal.posts["text"].nunique() > 0.95 * len(reversal.posts)
    per_account = reversal.posts["author_id"].value_counts()
    assert len(per_account) > 230
    assert per_account.head(24).sum() > 0.2 * per_account.sum()
    night = reversal.posts["created_at"].dt.tz_convert(ALMATY).dt.hour.between(2, 5).mean()
    assert night < 0.06


def test_texts_are_clean(reversal):
    text = reversal.posts["text"]
    assert text.str.strip().str.len().min() > 8
    assert not text.str.contains(r"[<>∅]|\s{2}|\s[,.!?]|[.,]{2}|[!?]\.", regex=True).any()


def test_languages_have_the_stated_shares(reversal, honest):
    for corpus in (reversal, honest):
        share = corpus.truth_posts.drop_duplicates("post_id")["lang"].value_counts(normalize=True)
        stated = {"ru": 0.49, "kk": 0.34, "mixed": 0.065, "kk-Latn": 0.055, "kk-ru-letters": 0.05}
        assert set(share.index) == set(stated)
        for lang, expected in stated.items():
            assert share[lang] == pytest.approx(expected, abs=0.06 if expected > 0.3 else 0.03), lang


def test_languages_are_written_in_their_letters(reversal):
    first = reversal.truth_posts.drop_duplicates("post_id")
    texts = reversal.posts.set_index("post_id")["text"].str.replace(r"https?\S+|t\.me\S+|#\S+", "", regex=True)
    of = {lang: texts[ids].str.lower() for lang, ids in first.groupby("lang")["post_id"]}
    for lang in ("ru", "kk-Latn", "kk-ru-letters"):
        assert not of[lang].map(lambda text: bool(KAZAKH_LETTERS & set(text))).any(), lang
    assert of["kk"].map(lambda text: bool(KAZAKH_LETTERS & set(text))).mean() > 0.99
    assert not of["kk-Latn"].str.contains("[а-я]", regex=True).any()


def test_truth_is_of_the_posts(reversal):
    posts, truth = reversal.posts, reversal.truth_posts
    assert posts["post_id"].is_unique
    assert posts["created_at"].is_monotonic_increasing
    assert set(truth["post_id"]) == set(posts["post_id"])
    assert not truth.duplicated(["post_id", "target_id"]).any()
    assert truth["narrative"].nunique() >= 8
    assert set(truth["stance"]) == {"favor", "against", "none"}
    assert set(truth["target_id"].dropna()) == {target["id"] for target in reversal.study["targets"]}
    assert (truth.loc[truth["target_id"].isna(), "stance"] == "none").all()
    assert set(posts["author_id"]) <= set(reversal.accounts["author_id"]) == set(reversal.truth_accounts["author_id"])


def test_every_target_is_named_in_its_posts(reversal):
    texts = reversal.posts.set_index("post_id")["text"].str.lower()
    for target, name in (("zhasanov", "жасанов"), ("kordabaev", "[кқ]ордабаев")):
        posts = reversal.truth_posts.query("target_id == @target and lang in ('ru', 'kk')")["post_id"]
        named = texts[posts].str.contains(name, regex=True)
        assert named.mean() > 0.97, target  # the rest are slips of the keyboard


def test_links_point_back_to_another_account(reversal):
    posts = reversal.posts.set_index("post_id")
    for column in ("reply_to", "repost_of"):
        linked = posts.dropna(subset=[column])
        source = posts.loc[linked[column]]
        assert len(linked) > 50
        assert (source["created_at"].to_numpy() <= linked["created_at"].to_numpy()).all()
        assert (source["author_id"].to_numpy() != linked["author_id"].to_numpy()).all()
    reposts = posts.dropna(subset=["repost_of"])
    assert (posts.loc[reposts["repost_of"], "text"].to_numpy() == reposts["text"].to_numpy()).all()


def stance_before_and_after(corpus, role):
    who = corpus.truth_accounts.query("role == @role")
    posts = corpus.posts.merge(who, on="author_id").merge(corpus.truth_posts, on="post_id")
    posts = posts[posts["target_id"] == "zhasanov"]
    signs = posts["stance"].map({"favor": 1, "against": -1, "none": 0})
    late = posts["created_at"] >= posts["turned_at"]
    return signs[~late].mean(), signs[late].mean()


def test_the_cohort_flips_together_on_election_night(reversal):
    members = reversal.truth_accounts.query("role == 'cohort'")
    night = members["turned_at"].min().tz_convert(ALMATY)
    assert len(members) == 24
    assert (night.weekday(), night.hour >= 22) == (6, True)
    assert night.date() == {event["name"]: event["date"] for event in reversal.study["events"]}["election"]
    assert members["turned_at"].max() - members["turned_at"].min() < pd.Timedelta(days=2.5)
    assert members["turned_at"].quantile(0.9) - members["turned_at"].min() < pd.Timedelta(days=1.2)
    before, after = stance_before_and_after(reversal, "cohort")
    assert before > 0.7
    assert after < -0.8
    assert reversal.truth_findings["date"].tolist() == [members["turned_at"].median()]


@pytest.mark.parametrize("corpus", ["reversal", "honest"])
def test_changers_turn_each_on_a_day_of_their_own(corpus, request):
    corpus = request.getfixturevalue(corpus)
    turned = corpus.truth_accounts.query("role == 'changer'")["turned_at"]
    assert turned.std() > pd.Timedelta(days=5)
    assert turned.dt.date.value_counts().max() < 0.35 * len(turned)
    before, after = stance_before_and_after(corpus, "changer")
    assert before > 0.5
    assert after < -0.5


def test_an_honest_world_has_no_cohort_and_more_changers(reversal, honest):
    roles = honest.truth_accounts["role"].value_counts()
    assert "cohort" not in roles
    assert roles["changer"] >= 24
    assert honest.truth_findings.empty
    assert list(honest.truth_findings.columns) == list(reversal.truth_findings.columns)


@pytest.mark.parametrize("corpus", ["reversal", "honest"])
def test_organic_accounts_rarely_copy_each_other(corpus, request):
    posts = own_words(request.getfixturevalue(corpus)).query("role != 'cohort'").reset_index(drop=True)
    left, right = near_copies(posts["text"])
    foreign = posts["author_id"].to_numpy()[left] != posts["author_id"].to_numpy()[right]
    at = posts["created_at"].to_numpy()
    same_day = foreign & (np.abs(at[left] - at[right]) < np.timedelta64(1, "D"))
    assert 0 < len({*left[foreign], *right[foreign]}) / len(posts) < 0.035  # in ten weeks; jokes are shared on purpose
    assert len({*left[same_day], *right[same_day]}) / len(posts) < 0.003


def test_the_cohort_shares_lines_within_hours(reversal):
    posts = (
        own_words(reversal)
        .query("role == 'cohort'")
        .merge(reversal.truth_posts.drop_duplicates("post_id"), on="post_id")
    )
    tasks = posts[posts["narrative"].isin(["praise", "betrayal"])].reset_index(drop=True)
    left, right = near_copies(tasks["text"])
    apart = np.abs(tasks["created_at"].to_numpy()[left] - tasks["created_at"].to_numpy()[right])
    quick = apart < np.timedelta64(3, "h")
    assert quick.mean() > 0.7  # some lines are told again on another day
    assert len({*left[quick], *right[quick]}) > 0.5 * len(tasks)
    everyday = posts["narrative"].isin(["prices", "roads", "weather", "football", "school", "health", "internet"])
    assert everyday.mean() > 0.3  # cover


@pytest.mark.parametrize(
    ("scenario", "weeks", "targets"),
    [("reversal", 4, 3), ("honest", 4, 3), ("interview", 18, 7)],
)
def test_the_study_is_valid_and_fits_its_files(scenario, weeks, targets, tmp_path):
    corpus = simulate(scenario, accounts=90, cohort=6, weeks=weeks)
    Study.model_validate(corpus.study)
    assert corpus.write(tmp_path / "new") == tmp_path / "new"
    study = Study.model_validate(yaml.safe_load((tmp_path / "new" / "study.yaml").read_text(encoding="utf-8")))
    assert study.time.zone == ALMATY
    assert [target.id for target in study.targets] == list(TARGETS.values())[:targets]
    for source in (*study.sources, *study.accounts):
        assert (tmp_path / "new" / source.path).is_file()
    assert {path.name for path in (tmp_path / "new" / "truth").iterdir()} == {
        "posts.csv",
        "accounts.csv",
        "findings.csv",
        "events.csv",
    }
    back = pd.read_csv(tmp_path / "new" / "posts.csv", dtype="str")
    assert (back["text"] == corpus.posts["text"]).all()
    assert (pd.to_datetime(back["created_at"], utc=True) == corpus.posts["created_at"]).all()


def test_wrong_requests():
    with pytest.raises(
        ConfigError,
        match="no scenario 'reversl'; there are reversal, honest, interview, lives. Did you mean 'reversal'",
    ):
        simulate("reversl")
    with pytest.raises(ConfigError, match="a cohort of 24 is too large for 20 accounts"):
        simulate(accounts=20)


@pytest.mark.parametrize("weeks", [4, 5, 11])
def test_the_election_is_a_sunday_in_the_middle(weeks):
    corpus = simulate(accounts=40, cohort=6, weeks=weeks)
    election = corpus.study["events"][0]["date"]
    local = corpus.posts["created_at"].dt.tz_convert(ALMATY).dt.date
    assert election.weekday() == 6
    assert (local < election).any()
    assert (local > election).any()
    assert (local.max() - local.min()).days < weeks * 7


RUSSIAN_CASES = {
    "Жасанов": "Жасанова Жасанову Жасанова Жасановым Жасанове",
    "Ерасыл Жасанов": "Ерасыла Жасанова|Ерасылу Жасанову|Ерасыла Жасанова|Ерасылом Жасановым|Ерасыле Жасанове",
    "Мирас Кордабаев": "Мираса Кордабаева|Мирасу Кордабаеву|Мираса Кордабаева|Мирасом Кордабаевым|Мирасе Кордабаеве",
    "городской совет": "городского совета|городскому совету|городской совет|городским советом|городском совете",
}


@pytest.mark.parametrize("name", RUSSIAN_CASES)
def test_russian_names_are_declined(name):
    forms = RUSSIAN_CASES[name]
    expected = forms.split("|") if "|" in forms else forms.split()
    names = load("names")["ru"]
    key = next(key for key, text in names.items() if name in text.split(" | "))[0]
    for case, form in zip(("gen", "dat", "acc", "ins", "loc"), expected, strict=True):
        assert form in names[f"{key}.{case}"].split(" | ")


@pytest.mark.parametrize("case", ["gen", "dat", "acc", "loc", "abl", "ins"])
def test_kazakh_names_take_the_suffix_of_their_last_sound(case):
    back = {"gen": "тың", "dat": "қа", "acc": "ты", "loc": "та", "abl": "тан", "ins": "пен"}[case]
    front = {"gen": "тің", "dat": "ке", "acc": "ті", "loc": "те", "abl": "тен", "ins": "пен"}[case]
    names = load("names")["kk"]
    for key, suffix in (("X", back), ("Y", back), ("C", front)):
        stems, forms = (names[f"{key}.{c}"].split(" | ") for c in ("nom", case))
        assert [stem + suffix for stem in stems] == forms


@pytest.mark.parametrize("lang", ["ru", "kk", "mixed"])
def test_every_slot_has_an_answer(lang):
    words = grammar(lang)
    slots = {slot for choices in words.symbols.values() for choice in choices for slot in choice[1::2]}
    assert slots - set(words.symbols) <= {"a"}  # the ending of a past tense, by who writes
    for claims in load("lines").values():
        for claim in claims:
            assert {slot for text in claim.get(lang, []) for slot in parse(text)[1::2]} <= set(words.symbols)


def test_every_kind_that_a_side_writes_is_described():
    world = load("world")
    used = {kind for mix in (world["everyday"], *world["sides"].values()) for kind in mix} | set(load("lines"))
    used |= {matter["kind"] for matter in load("interview")["talk"]} | {"jokes", "insult", "answer"}
    assert used == set(world["kinds"])


@given(st.lists(st.sampled_from(["қала", "жол", "үй", "бала", "адам"]), min_size=2, max_size=8), st.data())
@settings(max_examples=60, deadline=None)
def test_texts_that_differ_by_one_word_share_a_key(parts, data):
    i = data.draw(st.integers(0, len(parts) - 1))
    exchanged = " ".join([*parts[:i], "сөз", *parts[i + 1 :]])
    inserted = " ".join([*parts[:i], "сөз", *parts[i:]])
    assert close_keys(" ".join(parts)) & close_keys(exchanged)
    assert close_keys(" ".join(parts)) & close_keys(inserted)
    assert not close_keys("бір екі үш төрт") & close_keys("бес алты үш төрт")


def test_tidy():
    assert tidy("ну,  вот так. и  ещё ! да?. конец") == "Ну, вот так. И ещё! Да? Конец"
    assert tidy("— дәрігер, ұмыттым. — қашан?") == "— Дәрігер, ұмыттым. — Қашан?"
