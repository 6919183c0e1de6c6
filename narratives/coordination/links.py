"""Links in posts: found, freed of redirects and trackers, and written one way."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

import pandas as pd

from narratives.text import URL

TRAILING = ".,;:!?…'\"»”’)]}>"
DESTINATION = ("to", "u", "url", "q", "target", "link", "st.link", "redirect")  # parameters that hold the page meant
TRACKER = re.compile(r"utm_\w+|\w*clid|_openstat|from|ref|ref_src|igshid|igsh|si|feature|share|cmpid", re.IGNORECASE)
MIRROR = re.compile(r"^(?:www\d?|m|mobile|amp)\.")
AMP = re.compile(r"^https?://(?:(?:www\.)?google\.[\w.]+/amp|[\w-]+\.cdn\.ampproject\.org/[cv])/s/", re.IGNORECASE)
YOUTUBE, YOUTUBE_SHORT = "youtube.com", "youtu.be"
CHANNELS = {"t.me", "vk.com", "ok.ru", "twitter.com", "x.com", "facebook.com", "instagram.com", "tiktok.com"}
PAGE = re.compile(r"wall-?\d+|[^/?]+")  # `wall-12_34` is a post on VK's page wall-12


def links(posts: pd.DataFrame) -> pd.DataFrame:
    """Return one row per link in a post: `post_id`, `url` (see `canonical`) and `site` (see `site_of`).

    Links to the front page of a site or channel are left out: they are no story.
    """
    texts = posts.drop_duplicates("text_key").set_index("text_key")["text"]
    texts = texts[texts.str.contains(URL)]
    found = texts.map(
        lambda text: sorted({url for raw in URL.findall(text) if (url := canonical(raw)) != site_of(url)})
    )
    rows = posts[["post_id", "text_key"]].assign(url=posts["text_key"].map(found)).explode("url").dropna(subset="url")
    return rows[["post_id", "url"]].assign(site=rows["url"].map(site_of))


def site_or(posts: pd.DataFrame, other: str) -> pd.Series:
    """Return a code of the site that each post links to, the first one of several, else of its `other` column."""
    sites = links(posts).drop_duplicates("post_id").set_index("post_id")["site"]
    named = posts["post_id"].map(sites).astype(object).fillna(posts[other])
    return pd.Series(pd.factorize(named)[0], index=posts.index)


def canonical(raw: str) -> str:
    """Return host, path and query of the page that a link leads to.

    Redirects that name their destination are followed (``vk.com/away.php?to=…``, sharing buttons, AMP pages); short
    links that do not are kept as they are, for nothing is asked of the web. Scheme, ``www.`` and mobile hosts,
    fragments, trackers and a closing slash go; parameters are sorted.
    """
    url = raw.rstrip(TRAILING)
    for _ in range(3):  # a redirect may lead to another
        url = AMP.sub("https://", url if "://" in url else f"https://{url}")
        try:
            parts = urlsplit(url)
            query = parse_qsl(parts.query)
        except ValueError:  # as in "http://[oops"
            return raw
        onwards = [value for key, value in query if key.lower() in DESTINATION and re.match("https?://", value)]
        if not onwards:
            break
        url = onwards[0]
    host = MIRROR.sub("", parts.netloc.lower())
    path = unquote(parts.path).rstrip("/").removesuffix("/amp")
    kept = sorted((key, value) for key, value in query if not TRACKER.fullmatch(key))
    if host == YOUTUBE_SHORT:
        host, path, kept = YOUTUBE, "/watch", [("v", path.removeprefix("/"))]
    if host == YOUTUBE and path == "/watch":
        kept = [(key, value) for key, value in kept if key == "v"]
    if host == "t.me" and path.startswith("/s/"):  # a channel's preview
        path = path.removeprefix("/s")
    return host + path + (f"?{urlencode(kept)}" if kept else "")


def site_of(url: str) -> str:
    """Return where a canonical link's page stands: its host, on social networks with the page or channel."""
    host = re.split("[/?]", url, maxsplit=1)[0]
    page = PAGE.match(url.removeprefix(f"{host}/")) if host in CHANNELS else None
    return f"{host}/{page[0]}" if page else host
