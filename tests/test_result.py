"""What a reader asks of a finished run."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from scipy.stats import kstest

import narratives
from narratives import tables
from narratives.config import Study
from narratives.errors import ArtifactError, NarrativesError
from narratives.explore import compare_tracks, list_narratives, select_posts, stance_of, track_life
from tests.report import planted as report_tables

ZONE = "Asia/Almaty"
START = pd.Timestamp("2025-01-06", tz="UTC")


def planted(sizes, *, accounts, windows=1):
    """Tables in which track `T00n` has `sizes[n]` posts a window, post i by `accounts[n][i]`; silent where 0."""
    posts, member, clusters = [], [], []
    for track, per_window in enumerate(sizes):
        for window, size in enumerate(per_window):
            names = [f"{track}/{window}/{n}" for n in range(size)]
            posts += [(name, accounts[track][n], window, f"сөз {name}") for n, name in enumerate(names)]
            if size:
                centre = np.eye(2, dtype=np.float32)[track % 2]
                clusters.append((f"{window}-{track}", window, size, f"w{track}", centre))
                member += [(name, window, f"{window}-{track}") for name in names]
    frame = pd.DataFrame(posts, columns=["post_id", "author_id", "window", "text"])
    frame["created_at"] = START + pd.to_timedelta(frame["window"] * 7, unit="D")
    made = {"posts": frame.assign(text_key=frame["post_id"])}
    made["languages"] = pd.DataFrame({"text_key": frame["post_id"], "lang": "kk"})
    starts = START + pd.to_timedelta(np.arange(windows) * 7, unit="D")
    made["windows"] = pd.DataFrame(
        {
            "window_id": range(windows),
            "start": starts,
            "end": starts + pd.Timedelta(days=7),
            "partial": False,
            "n_posts": 1,
        }
    )
    member = pd.DataFrame(member, columns=["post_id", "window_id", "cluster_id"])
    made["membership"] = member.assign(strength=0.9, reason="core")
    cluster = pd.DataFrame(clusters, columns=["cluster_id", "window_id", "n_posts", "word", "centroid"])
    made["clusters"] = cluster.assign(
        keywords_ru=[["жол", word] for word in cluster["word"]], keywords_kk=[[] for _ in clusters], n_texts=1,
        n_accounts=1, kk_share=1.0, cohesion=0.9, medoid_ru=None,
        medoid_kk=[member.loc[member["cluster_id"] == c, "post_id"].iloc[0] for c in cluster["cluster_id"]],
    )  # fmt: skip
    made["tracks"] = pd.DataFrame(
        {
            "track_id": f"T00{track}", "label": "w", "n_posts": sum(row), "n_accounts": 1,
            "first_window": min(w for w, n in enumerate(row) if n),
            "last_window": max(w for w, n in enumerate(row) if n),
            "clusters": [f"{window}-{track}" for window, size in enumerate(row) if size],
        }
        for track, row in enumerate(sizes)
    )  # fmt: skip
    made["transitions"] = tables.empty("transitions")
    return made


def study_of(**sections):
    return Study.model_validate({"name": "x", "sources": [{"path": "a.csv"}], "time": {"zone": ZONE}, **sections})


def test_narratives_are_the_tracks_largest_first(small_run):
    found = small_run.narratives()
    assert found["n_posts"].is_monotonic_decreasing
    one = found.set_index("track_id").sort_index()
    expected = small_run.tracks.set_index("track_id")
    pd.testing.assert_frame_equal(one[["n_posts", "n_accounts", "label"]], expected[["n_posts", "n_accounts", "label"]])
    assert (one["start"] <= one["end"]).all()
    assert str(one["start"].dt.tz) == ZONE
    assert one["kk_share"].between(0, 1).all()
    assert one["cohesion"].between(0.3, 1).all()
    assert one["ended"].str.fullmatch(r"open|death|(merge into|survival in) T\d{3}").all()
    assert set(one["text_ru"].dropna()) <= set(small_run.tables["posts"]["text"])
    assert (one["text_ru"].notna() | one["text_kk"].notna()).all()


def test_a_track_is_told_window_by_window(small_run):
    row = small_run.tracks.loc[small_run.tracks["n_posts"].idxmax()]
    life = small_run.track(row["track_id"])
    assert life["window_id"].tolist() == list(range(row["first_window"], row["last_window"] + 1))
    assert life["n_posts"].sum() == row["n_posts"]
    assert life["cluster_id"].dropna().tolist() == [*row["clusters"]]
    assert life["transitions"].iloc[0][0].split()[0] in {"birth", "split"}
    assert life["keywords"].iloc[0]


def test_silent_windows_of_a_life_are_rows():
    made = planted([[3, 0, 2]], accounts=[["a", "b", "c"]], windows=3)
    life = track_life(made, study_of(), "T000")
    assert life["n_posts"].tolist() == [3, 0, 2]
    assert life["keywords"].tolist() == [["жол", "w0"], [], ["жол", "w0"]]
    assert life["cluster_id"].isna().tolist() == [False, True, False]
    assert life["text_kk"].iloc[0] == "сөз 0/0/0"


def test_transitions_name_the_other_track():
    made = planted([[3, 2], [3, 0]], accounts=[list("abc"), list("abc")], windows=2)
    made["transitions"] = pd.DataFrame(
        [("birth", None, "0-0", "T000"), ("survival", "0-0", "1-0", "T000"), ("birth", None, "0-1", "T001"),
         ("merge", "0-1", "1-0", "T000")],
        columns=["kind", "source", "target", "track_id"],
    )  # fmt: skip
    assert track_life(made, study_of(), "T000")["transitions"].tolist() == [["birth"], ["survival", "merge of T001"]]
    assert track_life(made, study_of(), "T001")["transitions"].tolist() == [["birth", "merge into T000"]]
    made["transitions"].loc[3, "kind"] = "survival"
    assert track_life(made, study_of(), "T000")["transitions"].tolist() == [["birth"], ["survival", "survival of T001"]]
    assert track_life(made, study_of(), "T001")["transitions"].tolist() == [["birth", "survival in T000"]]


@pytest.mark.parametrize("ask", [lambda r: r.track("T1"), lambda r: r.posts("T1"), lambda r: r.compare("T002", "T1")])
def test_an_unknown_track_names_the_nearest(small_run, ask):
    with pytest.raises(NarrativesError, match=r"no track 'T1'\. Did you mean 'T001'\? Tracks are T001 to T\d+"):
        ask(small_run)


def test_posts_are_all_or_those_of_a_track(small_run):
    everything, track = small_run.posts(), small_run.tracks.iloc[0]
    assert len(everything) == small_run.summary["counts"]["posts"]
    assert everything["created_at"].is_monotonic_increasing
    mine = small_run.posts(track["track_id"])
    assert len(mine) == track["n_posts"]
    assert set(mine["track_id"]) == {track["track_id"]}
    assert mine["strength"].between(-1, 1).all()
    assert set(mine["cluster_id"]) == set(track["clusters"])


def test_posts_around_a_moment_are_the_nearest_in_the_studys_zone(small_run):
    near = small_run.posts(around="2025-09-14 20:00", span="2h")
    moment = pd.Timestamp("2025-09-14 15:00", tz="UTC")
    away = (near["created_at"] - moment).abs()
    assert len(near)
    assert away.is_monotonic_increasing
    assert away.max() <= pd.Timedelta(hours=2)
    times = small_run.tables["posts"]["created_at"]
    assert len(near) == times.between(moment - pd.Timedelta(hours=2), moment + pd.Timedelta(hours=2)).sum()
    pd.testing.assert_frame_equal(near, small_run.posts(around=moment, span=timedelta(hours=2)))
    week = small_run.posts(around=date(2025, 9, 14))
    pd.testing.assert_frame_equal(week, small_run.posts(around="2025-09-14", span="7d"))


def test_a_post_that_two_windows_hold_is_one_row():
    made = planted([[3, 2]], accounts=[list("abc")], windows=2)
    again = made["membership"].iloc[:3].assign(window_id=1, cluster_id="1-0")
    made["membership"] = pd.concat([again, made["membership"]], ignore_index=True)
    for track in (None, "T000"):
        found = select_posts(made, study_of(), track=track)
        assert len(found) == 5
        assert found["window_id"].tolist() == [0, 0, 0, 1, 1]


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"around": "soon"}, "around: 'soon' is no date; write it as in 2025-09-14"),
        ({"around": "2025-09-14", "span": "week"}, r"span: write a positive length of time .* \(got 'week'\)"),
        ({"span": "7d"}, "`around` is missing"),
    ],
)
def test_dates_and_spans_that_cannot_be_read(small_run, asked, message):
    with pytest.raises(NarrativesError, match=message):
        small_run.posts(**asked)


def test_search_finds_the_text_itself_first(small_run):
    post = small_run.tables["posts"].iloc[100]
    found = small_run.search(post["text"], n=3)
    assert found["text"].iloc[0] == post["text"]
    assert found["similarity"].iloc[0] == pytest.approx(1, abs=1e-5)
    assert found["similarity"].is_monotonic_decreasing
    assert found["copies"].iloc[0] == (small_run.tables["posts"]["text_key"] == post["text_key"]).sum()
    assert found["text"].is_unique
    assert len(found) == 3


def test_search_crosses_scripts_and_languages(small_run):
    kazakh, latin = small_run.search("Жасанов сатқын", n=5), small_run.search("Zhasanov satqyn", n=5)
    assert len(set(kazakh["post_id"]) & set(latin["post_id"])) >= 3
    assert any("сатқын" in words for words in latin["words"])
    prices = small_run.search("азық-түлік бағасы", n=20)
    assert "ru" in set(prices["lang"])


def test_search_says_what_it_cannot_read(small_run):
    with pytest.raises(NarrativesError, match="there is no word in '😀' that the encoder builtin can read"):
        small_run.search("😀")
    with pytest.raises(NarrativesError, match=r"at least 1 \(got 0\)"):
        small_run.search("хлеб", n=0)


def test_search_refuses_another_encoder(small_run):
    other = narratives.load(small_run.folder)
    other.__dict__["_vectors"] = type("Vectors", (), {"model": "lexical hash"})()
    with pytest.raises(ArtifactError, match="its vectors are of 'lexical hash', and the encoder now is 'builtin"):
        other.search("хлеб")


def test_a_track_compared_with_itself(small_run):
    track = small_run.narratives()["track_id"].iloc[0]
    same = small_run.compare(track, track)
    assert same.cosine == pytest.approx(1)
    assert same.jaccard == 1
    assert same.volume_correlation == pytest.approx(1)
    assert same.windows["cosine"].dropna().to_numpy() == pytest.approx(1, abs=1e-5)
    assert same.windows_both == same.windows_a


def test_comparison_is_symmetric(small_run):
    a, b = small_run.narratives()["track_id"].iloc[:2]
    one, two = small_run.compare(a, b), small_run.compare(b, a)
    swapped = {"a": "b", "b": "a", "accounts_a": "accounts_b", "accounts_b": "accounts_a", "windows_a": "windows_b",
               "windows_b": "windows_a"}  # fmt: skip
    figures = two.figures.rename(swapped)[one.figures.index]
    assert figures.drop(["cosine", "p_shared", "volume_correlation"]).equals(
        one.figures.drop(["cosine", "p_shared", "volume_correlation"])
    )
    assert two.cosine == pytest.approx(one.cosine)
    assert two.p_shared == pytest.approx(one.p_shared)
    assert one.texts.loc["ru", "a"] == two.texts.loc["ru", "b"]


def test_planted_figures_of_a_comparison():
    made = planted(
        [[4, 4, 2, 1], [1, 2, 4, 5], [8, 8, 8, 8]],
        accounts=[list("abcd"), list("cdefg"), list("hijklmno")],
        windows=4,
    )
    found = compare_tracks(made, study_of(), "T000", "T001")
    assert (found.accounts_a, found.accounts_b, found.shared_accounts, found.accounts) == (4, 5, 2, 15)
    assert found.jaccard == pytest.approx(2 / 7)
    assert found.expected_shared == pytest.approx(4 * 5 / 15)
    assert found.p_shared == pytest.approx(1 - (10 * 9 * 8 * 7 + 4 * 5 * 10 * 9 * 8) / (15 * 14 * 13 * 12))
    assert found.shared_keywords == ["жол"]
    assert found.cosine == 0
    assert found.volume_correlation == pytest.approx(-0.9486833)
    assert found.windows[["posts_a", "posts_b"]].values.tolist() == [[4, 1], [4, 2], [2, 4], [1, 5]]
    assert "p_shared" in repr(found)


def test_tracks_that_draw_their_accounts_by_chance_share_no_more_than_expected():
    rng, p, excess = np.random.default_rng(0), [], []
    everyone = [f"a{n}" for n in range(200)]
    for _ in range(200):
        drawn = [rng.permutation(everyone)[:n].tolist() for n in (60, 80)]
        found = compare_tracks(planted([[60], [80], [200]], accounts=[*drawn, everyone]), study_of(), "T000", "T001")
        p.append(found.p_shared)
        excess.append(found.shared_accounts - found.expected_shared)
    assert abs(np.mean(excess)) < 0.7
    assert np.mean(np.array(p) <= 0.05) <= 0.08
    assert kstest(p, "uniform", alternative="greater").pvalue > 0.01


def test_a_short_or_constant_volume_has_no_correlation():
    short = planted([[4, 5, 6], [3, 2, 1]], accounts=[list("abcdef")] * 2, windows=3)
    assert np.isnan(compare_tracks(short, study_of(), "T000", "T001").volume_correlation)
    flat = planted([[4] * 5, [3, 2, 1, 2, 3]], accounts=[list("abcdef")] * 2, windows=5)
    assert np.isnan(compare_tracks(flat, study_of(), "T000", "T001").volume_correlation)


def test_a_run_without_narratives_answers_too():
    made = planted([[2]], accounts=[["a", "b"]])
    for name in ("tracks", "clusters"):
        made[name] = tables.empty(name)
    made["membership"] = made["membership"].assign(cluster_id=None, strength=None, reason="noise")
    assert list_narratives(made, study_of()).empty
    assert select_posts(made, study_of())["track_id"].isna().all()
    with pytest.raises(NarrativesError, match="This run has no tracks"):
        track_life(made, study_of(), "T001")


def test_a_run_lists_its_tables_and_says_what_it_is(small_run):
    assert {"findings", "tracks", "posts", "search", "compare", "narratives"} <= set(dir(small_run))
    assert f"{small_run.summary['counts']['posts']:,} posts" in repr(small_run)
    with pytest.raises(AttributeError, match="a run has no 'finding'. Did you mean 'findings'"):
        small_run.finding  # noqa: B018
    with pytest.raises(KeyError, match="Did you mean 'posts'"):
        small_run.tables["post"]


def test_stance_of_a_cohort_by_window():
    frames, study = report_tables.frames(), report_tables.study()
    cohort = stance_of(frames, study, "zh", of="C01")
    assert cohort["mean"].round(6).tolist() == [0.8, -0.8, 0.0]
    assert cohort["n_accounts"].tolist() == [3, 3, 3]
    assert cohort["start"].dt.tz.key == ZONE
    assert stance_of(frames, study, "zh", of="others")["mean"].round(6).tolist() == [0.2, 0.2, 0.2]
    assert stance_of(frames, study, "zh", of="T001")["n_posts"].tolist() == [3, 3, 3]


def test_stance_of_windows_in_which_nobody_speaks():
    frames = report_tables.frames()
    frames["stance_series"] = frames["stance_series"][frames["stance_series"]["window_id"].ne(1)]
    row = stance_of(frames, report_tables.study(), "zh", of="all").loc[1]
    assert row["n_accounts"] == 0
    assert np.isnan(row["mean"])


@pytest.mark.parametrize(
    ("target", "of", "message"),
    [("xh", "all", "there is no target 'xh'.* zh"), ("zh", "C02", "nobody called 'C02' speaks of 'zh'.* 'C01'")],
)
def test_stance_of_what_is_not_there(target, of, message):
    with pytest.raises(NarrativesError, match=message):
        stance_of(report_tables.frames(), report_tables.study(), target, of=of)
