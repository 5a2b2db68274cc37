"""`lm-lint extract`: links, text, bold and Markdown of pages, with heads whose answers are scripted."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from lm_lint import heads
from lm_lint.text import Language
from lm_lint.text_scorer import TextScorer
from tests import folders
from tests.command import Run, write

PAGE = '<h1>News</h1>\n<p>See <a href="a.html?x=1&amp;y">the <b>first</b>\npage</a>,\x1b[31m <a href="b.html>so</a> on.\n'


class Scripted:
    """Sees what stands between `>` and `<` as text, and addresses up to a quote or a `>`."""

    def of_text(self, scorer: TextScorer, text: str, language: Language) -> heads.Said:
        assert language == "html"
        bounds = scorer.tokenizer.encode(text).bounds
        spans = {
            "text": [m.span() for m in re.finditer(r"(?<=>)[^<>]+", text)],
            "href": [m.span(1) for m in re.finditer(r'href="([^">]+)', text)],
            "link": [m.span(1) for m in re.finditer(r"<a [^>]*>(.*?)</a>", text, re.DOTALL)],
            "bold": [m.span(1) for m in re.finditer(r"<b>(.*?)</b>", text)],
            "comment": [],
        }
        of: dict[str, heads.Floats] = {}
        for name, own in spans.items():
            inside = np.zeros(len(text) + 1, dtype=bool)
            for start, end in own:
                inside[start:end] = True
            of[name] = np.where(inside[bounds[:-1]], 0.97, 0.03).astype(np.float32)
        return heads.Said(bounds, of)  # type: ignore[arg-type]


@pytest.fixture
def model(tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    folder = folders.copied(tiny_folder, tmp_path / "known" / "tiny")
    monkeypatch.setattr(heads, "load", lambda folder: Scripted())
    return str(folder)


def test_links_are_lines(run: Run, model: str) -> None:
    write("a.html", PAGE)
    res = run("extract", "links", "a.html", "--model", model)
    assert (res.status, res.err) == (0, "")
    assert res.out == "a.html?x=1&y\tthe first page\nb.html\tso\n"


def test_links_have_places_in_the_file(run: Run, model: str) -> None:
    write("a.html", "\ufeff" + PAGE.replace("\n", "\r\n"))
    res = run("extract", "links", "--format", "json", "a.html", "--model", model)
    assert json.loads(res.out) == [
        {"href": "a.html?x=1&y", "text": "the first page", "line": 2, "column": 8},
        {"href": "b.html", "text": "so", "line": 3, "column": 16},
    ]
    write("b.html", '<a href="c">c</a>')
    res = run("extract", "links", "--format", "json", "b.html", "b.html", "--model", model)
    assert [(each["path"], each["line"]) for each in json.loads(res.out)] == [("b.html", 1)] * 2


def test_text_is_harmless_to_a_terminal(run: Run, model: str) -> None:
    write("a.html", PAGE)
    res = run("extract", "text", "a.html", "--model", model)
    assert res.out == "News\nSee the first page,\u241b[31m so on.\n"


def test_bold_and_markdown(run: Run, model: str) -> None:
    write("a.html", PAGE)
    assert run("extract", "bold", "a.html", "--model", model).out == "first\n"
    res = run("extract", "markdown", "a.html", "--output-file", "a.md", "--model", model)
    assert (res.status, res.out, res.err) == (0, "", "")
    found = Path("a.md").read_text(encoding="utf-8")
    assert found.startswith("# News\n\nSee [the **first** page](a.html?x=1&y),")


def test_standard_input_is_html(run: Run, model: str) -> None:
    res = run("extract", "links", "-", "--model", model, stdin=b'<a href="c">d</a>')
    assert (res.status, res.out) == (0, "c\td\n")


def test_a_page_that_cannot_be_read_does_not_stop_the_others(run: Run, model: str) -> None:
    write("a.html", PAGE)
    write("a.c")
    res = run("extract", "bold", "no.html", "a.c", "a.html", "--model", model)
    assert (res.status, res.out) == (2, "first\n")
    assert "no.html: no such file" in res.err
    assert "a.c: is c, and only HTML has links and text to extract" in res.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["text", "a.html", "--format", "json"], "--format json is for links alone"),
        (["titles", "a.html"], "'titles' is not one of"),
        (["links"], "Missing argument"),
        (["links", "a.html", "--output-file", "no/such/file"], "cannot be written"),
    ],
)
def test_what_cannot_be_done_is_a_sentence(
    run: Run, model: str, arguments: list[str], said: str
) -> None:
    write("a.html", PAGE)
    res = run("extract", *arguments, "--model", model)
    assert (res.status, res.out) == (2, "")
    assert said in res.err


def test_a_model_without_heads_says_so(run: Run, tiny_folder: Path) -> None:
    write("a.html", PAGE)
    res = run("extract", "links", "a.html", "--model", str(tiny_folder))
    assert (res.status, res.out) == (2, "")
    assert "this model has no heads.safetensors" in res.err
