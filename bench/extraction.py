"""Links, text and bold words of pages: the heads of a model beside a regular expression and three parsers.

    python -m bench.extraction --choose          # prices, on validation projects and the tuning part
    python -m bench.extraction                   # the page of results, on test projects and the report part

The truth is what html5lib reads in the page before the slip, so on clean pages html5lib is right by construction. Made
slips are those of bench/made_slips.py, and signs of markup that are lost or doubled; real ones are of repositories.
"""

from __future__ import annotations

import functools
import hashlib
import itertools
import platform
import random
import re
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import click
import numpy as np
from tqdm import tqdm

from bench import made_slips, slips
from bench.options import default_data
from bench.page_readers import RIVALS, Reader, Said, by_html5lib, of_reading
from lm_lint import extraction, heads, light_scorer, release
from lm_lint.markup import PRICES, Prices
from models.heldout import Heldout
from models.records import Split, corpus_file, normalised, read_records

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "bench" / "results" / "extraction.md"
OURS, GRAMMAR = "lm-lint", "lm-lint, grammar alone"
PARSERS = ("lxml", "html5lib", "selectolax")
WHAT = ("links", "hrefs", "words", "bold")
SAID = {"links": "links", "hrefs": "addresses", "words": "words", "bold": "bold words"}
MOST_CHARS = 60_000
_TEMPLATE = re.compile(r"\{\{|\{%|<%|<\?php")
_IN_TAG = re.compile(r"<[/!a-zA-Z][^<>]*>")


@dataclass(frozen=True)
class Page:
    """A page before and after its slips; the same text twice where there is none."""

    clean: str
    broken: str
    project: str = ""


# --- Pages --------------------------------------------------------------------------------------------------------------


def drawn(records: Iterable[Heldout], n: int, per_project: int, seed: int) -> list[Heldout]:
    """At most `n` pages that are no templates, and of one project at most so many; by seed, in any order of records."""
    by_project: dict[str, list[Heldout]] = defaultdict(list)
    for each in sorted(records, key=lambda r: (r.project, r.path, r.text)):
        if len(each.text) <= MOST_CHARS and not _TEMPLATE.search(each.text):
            by_project[each.project].append(each)
    draw = random.Random(seed)
    for own in by_project.values():
        draw.shuffle(own)
    # Projects take turns, so that small ones are all there.
    turns = itertools.zip_longest(*(by_project[name][:per_project] for name in sorted(by_project)))
    return [page for turn in turns for page in turn if page is not None][:n]


def heldout(corpus: Path, split: Split) -> Iterator[Heldout]:
    for record in read_records(corpus_file(corpus, "html", split)):
        yield Heldout(normalised(record["text"]), record.get("project", ""), record.get("path", ""))


def with_lost_signs(text: str, draw: random.Random) -> str | None:
    """One to three signs of tags are lost or doubled; None where the page has no tag."""
    places = [
        match.start() + at
        for match in _IN_TAG.finditer(text)
        for at, sign in enumerate(match[0])
        if sign in "<>\"'/="
    ]
    if not places:
        return None
    for at in sorted(draw.sample(places, min(draw.randint(1, 3), len(places))), reverse=True):
        sign = text[at] * 2 if draw.random() < 0.25 else ""
        text = text[:at] + sign + text[at + 1 :]
    return text


def sets(pages: Sequence[Heldout], rows: Sequence[slips.Slip], seed: int) -> dict[str, list[Page]]:
    """What is measured, by name."""
    draw = random.Random(f"signs {seed}")
    signs = [(page, with_lost_signs(page.text, draw)) for page in pages]
    shaped = made_slips.made(pages, "html", "made-shaped", len(pages), seed)
    return {
        "clean": [Page(page.text, page.text, page.project) for page in pages],
        "slips like real ones": [Page(slip.fixed, slip.broken) for slip in shaped],
        "signs lost or doubled": [Page(p.text, broken, p.project) for p, broken in signs if broken],
        "real slips": [Page(row.fixed, row.broken) for row in rows],
    }


# --- Readers ------------------------------------------------------------------------------------------------------------


class Ours:
    """The heads of a model. What they say of a page is kept in memory, as prices are tried many times."""

    def __init__(self, folder: Path) -> None:
        self._scorer = light_scorer.load(folder)
        self._heads = heads.load(folder)
        self._said: dict[str, heads.Said] = {}
        self.name = self._scorer.release.name
        self.prices = PRICES
        self.network_s = 0.0

    def said(self, text: str) -> heads.Said:
        key = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
        if key not in self._said:
            start = time.process_time()
            self._said[key] = self._heads.of_text(self._scorer, text, "html")
            self.network_s += time.process_time() - start
        return self._said[key]

    def __call__(self, text: str) -> Said:
        said = self.said(text)
        return of_reading(extraction.read(text, said.bounds, {**said.of}, self.prices))


def by_grammar(text: str) -> Said:
    """The same way through the page, with nothing said by the network."""
    return of_reading(extraction.read(text, np.array([0, len(text)]), {}))


# --- Figures ------------------------------------------------------------------------------------------------------------


@dataclass
class Figures:
    """Of one reader on one set: what it said, what was true, and both; milliseconds a page."""

    hits: Counter[str] = field(default_factory=Counter)
    said: Counter[str] = field(default_factory=Counter)
    true: Counter[str] = field(default_factory=Counter)
    ms: float = 0.0

    def add(self, truth: Said, said: Said) -> None:
        for what in WHAT:
            expected, found = getattr(truth, what), getattr(said, what)
            self.hits[what] += (expected & found).total()
            self.said[what] += found.total()
            self.true[what] += expected.total()

    def precision(self, what: str) -> float:
        return self.hits[what] / max(self.said[what], 1)

    def recall(self, what: str) -> float:
        return self.hits[what] / max(self.true[what], 1)

    def f1(self, what: str) -> float:
        return 2 * self.hits[what] / max(self.said[what] + self.true[what], 1)


@dataclass
class Measured:
    """One set. `affected`: the pages where some parser reads the broken page otherwise than the truth.

    hard        links of the truth that some parser loses, and of these what each reader has
    against     by parser: links that lm-lint has and it loses, and the other way round
    """

    n_pages: int = 0
    n_affected: int = 0
    all: dict[str, Figures] = field(default_factory=lambda: defaultdict(Figures))
    clean: dict[str, Figures] = field(default_factory=lambda: defaultdict(Figures))
    affected: dict[str, Figures] = field(default_factory=lambda: defaultdict(Figures))
    n_hard: int = 0
    hard: Counter[str] = field(default_factory=Counter)
    against: dict[str, tuple[int, int]] = field(default_factory=dict)


def measure(pages: Sequence[Page], readers: dict[str, Reader]) -> Measured:
    res = Measured(len(pages))
    for page in tqdm(pages, unit="page", leave=False):
        truth = by_html5lib(page.clean)
        found: dict[str, Said] = {}
        for name, reader in readers.items():
            start = time.process_time()
            found[name] = reader(page.broken)
            res.all[name].ms += 1000 * (time.process_time() - start) / len(pages)
            res.all[name].add(truth, found[name])
            if page.broken != page.clean:
                res.clean[name].add(truth, reader(page.clean))
        parsers = [found[name] for name in PARSERS]
        if any(getattr(each, what) != getattr(truth, what) for each in parsers for what in WHAT):
            res.n_affected += 1
            for name, said in found.items():
                res.affected[name].add(truth, said)
        kept = truth.links & parsers[0].links & parsers[1].links & parsers[2].links
        lost = truth.links - kept
        res.n_hard += lost.total()
        for name, said in found.items():
            # Of a link that stands there several times, the copies that every parser keeps count first.
            res.hard[name] += (lost & (said.links - kept)).total()
            if OURS in found:
                ours, theirs = truth.links & found[OURS].links, truth.links & said.links
                won, lost_to = res.against.get(name, (0, 0))
                res.against[name] = (
                    won + (ours - theirs).total(),
                    lost_to + (theirs - ours).total(),
                )
    return res


# --- Choosing -----------------------------------------------------------------------------------------------------------

# Tried one after the other, each with the best of those before.
TRIED: tuple[tuple[str, tuple[float, ...]], ...] = (
    ("weight", (0.0, 0.1, 0.2, 0.5)),
    ("doubt", (4.0, 5.0, 6.0, 8.0)),
    ("slip", (5.5, 7.0)),
    ("doubt_inside", (2.0, 4.0, 6.0)),
    ("stray_end", (3.0, 5.0)),
    ("block", (3.5, 5.0)),
    ("most_nats", (1.0, 2.0, 4.0)),
)


def choose(ours: Ours, found: dict[str, list[Page]]) -> Prices:
    """The prices with the best mean F1 of links and words over the sets; prints what each of them gave."""
    best, tried = PRICES, dict[Prices, float]()
    for name, values in TRIED:
        for value in (getattr(best, name), *values):
            prices = replace(best, **{name: value})
            if prices not in tried:
                ours.prices = prices
                figures = {each: _quick(ours, pages) for each, pages in found.items()}
                tried[prices] = float(np.mean(list(figures.values())))
                told = ", ".join(f"{each} {value:.4f}" for each, value in figures.items())
                print(f"{tried[prices]:.4f} {prices} ({told})", flush=True)
        best = max(tried, key=tried.__getitem__)
    return best


def _quick(reader: Reader, pages: Sequence[Page]) -> float:
    figures = Figures()
    for page in pages:
        figures.add(_truth(page.clean), reader(page.broken))
    return (figures.f1("links") + figures.f1("words")) / 2


_truth = functools.lru_cache(maxsize=4096)(by_html5lib)


# --- The page -----------------------------------------------------------------------------------------------------------


def page(facts: dict[str, object], found: dict[str, Measured]) -> str:
    """What was measured, as Markdown."""
    res = [
        "# Links and text of pages, clean and broken",
        "",
        "`{command}`, weights `{weights}`, heads `{heads}`; {machine}.".format(**facts),
        "",
        *NOTES,
    ]
    for name, measured in found.items():
        res += ["", f"## {name.capitalize()}: {measured.n_pages} pages", ""]
        res += _table(measured.all, measured.clean, with_ms=True)
        if not measured.clean:
            continue
        res += [
            "",
            f"Of these, the {measured.n_affected} pages where a parser reads something else than the truth:",
            "",
            *_table(measured.affected, {}, with_ms=False),
            "",
            f"{measured.n_hard} links are lost by one of the parsers or more. In the whole set, lm-lint against each:",
            "",
            "| | of the lost links it has | lm-lint has, it loses | it has, lm-lint loses |",
            "|---|--:|--:|--:|",
        ]
        for reader, (won, lost) in measured.against.items():
            has = f"{measured.hard[reader]}"
            res.append(
                f"| {reader} | {has} |" + (" | |" if reader == OURS else f" {won} | {lost} |")
            )
    return "\n".join(res) + "\n"


NOTES = (
    "- The truth is html5lib's reading of the page before the slip. On clean pages html5lib is right by construction, and as "
    "nearly all of these are correct HTML, the parsers agree there to the last word: that table only says what heads cost.",
    "- Cells are precision / recall / F1 in percent, over all pages together. A link counts with its address and its text; "
    "an address alone; words with how often they occur.",
    "- Loss: points of F1 that links and words have less than on the same pages without the slip.",
    "- Grammar alone: lm-lint's way through the page with nothing said by the network, which shows what the heads add. It "
    "too has a price for slips and knows what a lost sign leaves behind.",
    "- In code shown as text and in markup within comments heads err for hundreds of tokens, so they are believed only where "
    "the grammar pays little for what they say. Without that they cost more than they gave on the tuning side.",
    "- The affected pages and lost links are chosen by what parsers get wrong, so no parser can be perfect there. The last "
    "columns count both ways and are not chosen so.",
    "- Heads were trained on pages of other projects, half of them with signs of markup lost or doubled. Prices were chosen on "
    "validation projects and the tuning part. No templates; at most 60,000 characters.",
    "- ms: processor time for a page, the network included.",
)


def _table(figures: dict[str, Figures], clean: dict[str, Figures], with_ms: bool) -> list[str]:
    heads_ = ["", *(SAID[what] for what in WHAT)]
    heads_ += ["loss: links", "loss: words"] if clean else []
    heads_ += ["ms"] if with_ms else []
    res = ["| " + " | ".join(heads_) + " |", "|---|" + "--:|" * (len(heads_) - 1)]
    for name, each in figures.items():
        cells = [
            f"{100 * each.precision(w):.1f} / {100 * each.recall(w):.1f} / {100 * each.f1(w):.1f}"
            for w in WHAT
        ]
        if clean:
            cells += [f"{100 * (clean[name].f1(w) - each.f1(w)):.1f}" for w in ("links", "words")]
        cells += [f"{each.ms:.0f}"] if with_ms else []
        res.append(f"| {name} | " + " | ".join(cells) + " |")
    return res


@click.command()
@click.option("--model", type=click.Path(path_type=Path), default=ROOT / "models" / "small")
@click.option("--corpus", type=click.Path(path_type=Path), default=ROOT / "data" / "corpus")
@click.option("--data", type=click.Path(path_type=Path), default=default_data)
@click.option("--git-rows", type=click.Path(path_type=Path), default=ROOT / "data" / "git_rows")
@click.option("--pages", "n_pages", type=int, default=150, show_default=True)
@click.option("--per-project", type=int, default=40, show_default=True)
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--choose", "is_choosing", is_flag=True, help="Choose prices on the tuning side.")
@click.option("--out", type=click.Path(path_type=Path), default=RESULTS)
def main(
    model: Path,
    corpus: Path,
    data: Path,
    git_rows: Path,
    n_pages: int,
    per_project: int,
    seed: int,
    is_choosing: bool,
    out: Path,
) -> None:
    """Measure on the report side, or choose on the tuning side."""
    ours = Ours(model)
    split: Split = "valid" if is_choosing else "test"
    part = "tune" if is_choosing else "report"
    rows = [
        row
        for row in slips.read(data, git_rows)
        if row.language == "html" and row.part == part and len(row.broken) <= MOST_CHARS
    ]
    found = sets(drawn(heldout(corpus, split), n_pages, per_project, seed), rows[:n_pages], seed)
    if is_choosing:
        print("chosen:", choose(ours, found))
        return
    readers = {**RIVALS, GRAMMAR: by_grammar, OURS: ours}
    measured = {name: measure(pages, readers) for name, pages in found.items()}
    facts = {
        "command": f"python -m bench.extraction --pages {n_pages} --per-project {per_project} --seed {seed}",
        "weights": release.sha256_of(model / "model.safetensors")[:12],
        "heads": release.sha256_of(model / "heads.safetensors")[:12],
        "machine": f"{platform.machine()}, numpy {np.__version__}",
    }
    out.write_text(page(facts, measured), encoding="utf-8")
    print(out)


if __name__ == "__main__":
    main()
