"""One page, however it is linked."""

from __future__ import annotations

import pytest

from narratives.coordination.links import canonical, links, site_of
from tests.coordination.planted import tabulate

PAGE = "site.example/news/1?id=7"


@pytest.mark.parametrize(
    "link",
    [
        "https://site.example/news/1?id=7",
        "http://www.site.example/news/1/?id=7&utm_source=tg&utm_medium=post",
        "https://m.site.example/news/1?fbclid=abc&id=7#comments",
        "https://vk.com/away.php?to=https%3A%2F%2Fsite.example%2Fnews%2F1%3Fid%3D7&post=1_2",
        "https://l.facebook.com/l.php?u=https%3A%2F%2Fvk.com%2Faway.php%3Fto%3Dhttps%253A%252F%252Fsite.example%252F"
        "news%252F1%253Fid%253D7",
        "https://www.google.com/amp/s/site.example/news/1/amp?id=7",
        "https://site-example.cdn.ampproject.org/c/s/site.example/news/1?id=7",
        "https://SITE.example/news/1?id=7).",
    ],
)
def test_one_page_has_one_name(link: str) -> None:
    assert canonical(link) == PAGE


@pytest.mark.parametrize(
    ("link", "other"),
    [
        ("https://site.example/news/1", "https://site.example/news/2"),
        ("https://site.example/?id=1", "https://site.example/?id=2"),
        ("https://youtu.be/abc?t=5", "https://youtu.be/abd"),
        ("https://short.example/x", "https://site.example/x"),
    ],
)
def test_other_pages_stay_apart(link: str, other: str) -> None:
    assert canonical(link) != canonical(other)


def test_a_video_and_a_channel_have_one_name() -> None:
    video = {canonical(f"https://{link}") for link in ("youtu.be/abc?si=1", "www.youtube.com/watch?v=abc&t=9s&list=L")}
    assert video == {"youtube.com/watch?v=abc"}
    assert canonical("t.me/s/qala/17") == canonical("https://t.me/qala/17") == "t.me/qala/17"
    assert canonical("https://t.me/salem/3") == "t.me/salem/3"


def test_what_is_no_link_is_left_as_it_is() -> None:
    assert canonical("http://[oops") == "http://[oops"


@pytest.mark.parametrize(
    ("url", "site"),
    [
        ("site.example/news/1", "site.example"),
        ("site.example?p=12", "site.example"),
        ("t.me/qala/17", "t.me/qala"),
        ("vk.com/wall-12_34", "vk.com/wall-12"),
        ("youtube.com/watch?v=abc", "youtube.com"),
    ],
)
def test_a_site_is_a_host_or_a_channel(url: str, site: str) -> None:
    assert site_of(url) == site


def test_links_of_posts() -> None:
    texts = [
        "гляньте https://site.example/a и www.site.example/a/",
        "қараңыз t.me/qala/5",
        "https://site.example",
        "https://site.example/?p=12",
    ]
    found = links(tabulate(list("abcd"), [0, 1, 2, 3], texts))
    assert found.to_numpy().tolist() == [
        ["p00000", "site.example/a", "site.example"],
        ["p00001", "t.me/qala/5", "t.me/qala"],
        ["p00003", "site.example?p=12", "site.example"],
    ]
