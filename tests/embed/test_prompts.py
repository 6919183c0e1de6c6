import pytest

from narratives.embed.prompts import TASK, choose_prompt

NONE = {"query": "", "document": ""}
INSTRUCT = f"Instruct: {TASK}\nQuery: "


@pytest.mark.parametrize(
    ("name", "saved", "prompt"),
    [
        ("intfloat/multilingual-e5-small", NONE, "query: "),
        ("intfloat/multilingual-e5-base", {"query": "query: ", "passage": "passage: "}, "query: "),
        ("models--intfloat--multilingual-e5-large/snapshots/0a1b", NONE, "query: "),
        ("intfloat/multilingual-e5-large-instruct", NONE, INSTRUCT),
        (
            "microsoft/harrier-oss-v1-270m",
            {"web_search_query": "Instruct: search\nQuery: "},
            f"Instruct: {TASK}\nQuery: ",
        ),
        ("Qwen/Qwen3-Embedding-0.6B", {"query": "Instruct: search\nQuery:"}, INSTRUCT.rstrip()),
        ("nomic-ai/nomic-embed-text-v1.5", NONE, "clustering: "),
        ("BAAI/bge-m3", NONE, ""),
        ("sentence-transformers/LaBSE", NONE, ""),
        ("sentence-transformers/paraphrase-multilingual-mpnet-base-v2", NONE, ""),
    ],
)
def test_known_families(name, saved, prompt):
    assert choose_prompt(name, saved, None) == prompt


@pytest.mark.parametrize(
    ("saved", "default", "prompt"),
    [
        ({"query": "q: ", "document": "d: ", "Clustering": "c: "}, "query", "c: "),
        ({"query": "q: ", "document": "d: "}, "query", "q: "),
        ({"query": "q: ", "document": "d: "}, None, "d: "),
        ({"query": "q: ", "document": "", "passage": "p: "}, None, "p: "),
        ({"query": "q: ", "document": ""}, None, ""),
        ({}, None, ""),
    ],
    ids=["clustering first", "its default", "documents", "passages", "queries alone", "none"],
)
def test_saved_prompts(saved, default, prompt):
    assert choose_prompt("acme/model", saved, default) == prompt


def test_own_prompt_for_clustering_comes_before_the_family():
    assert choose_prompt("acme/multilingual-e5-base-tuned", {"clustering": "topic: "}, None) == "topic: "
