"""How often the detector is right about slips that people made, and how often it speaks about text that is right.

    python -m bench.accuracy                        the tuning part, all rows
    python -m bench.accuracy --limit 60 --clean 30  a quick look: 60 rows a source, 30 correct files a language
    python -m bench.accuracy --part report          the figures to publish; never look at these while tuning

The rows come from --data (or LM_LINT_SLIPS, or ../shared/data beside the checkout), those of repositories from
--git-rows, a folder made by rebuild.py of the same place. Control-C ends a run early with a report on what it has
seen, which is a fair sample; --resume goes on from there.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol, TextIO

import click
from tqdm import tqdm

from bench import others, slips
from bench.accuracy_report import Result, as_markdown, report_of, share, show
from bench.slips import Slip, Verdict
from lm_lint.findings import Finding
from lm_lint.text import LANGUAGES, Document, Language


class Detects(Protocol):
    """What is asked of lm_lint.detector.Detector."""

    def detect(self, text: str, language: Language) -> list[Finding]: ...


# --- Running --------------------------------------------------------------------------------------------------------


def run(
    detector: Detects,
    chosen: Iterable[Slip],
    tools: dict[Language, dict[str, others.FirstError]],
    min_confidence: float,
    log: TextIO,
) -> Iterator[Result]:
    """Each slip in turn; what was found goes to `log`, a JSON line each, before the result is handed on."""
    for slip in chosen:
        began = time.perf_counter()
        findings = kept(detector.detect(slip.broken, slip.language), min_confidence)
        verdict = slips.judge(slip, findings, time.perf_counter() - began)
        lines = {name: first(slip.broken) for name, first in tools[slip.language].items()}
        record = {
            "verdict": asdict(verdict),
            "others": lines,
            "findings": [summary(slip.broken, finding) for finding in findings],
        }
        log.write(json.dumps(record) + "\n")
        log.flush()
        yield Result(slip, verdict, lines)


def kept(findings: Iterable[Finding], min_confidence: float) -> list[Finding]:
    return [finding for finding in findings if finding.confidence >= min_confidence]


def summary(text: str, finding: Finding) -> dict[str, Any]:
    """A finding as one can read it in the log."""
    return {
        "line": Document.of(text).position(finding.start)[0] + 1,
        "code": finding.code,
        "confidence": round(finding.confidence, 4),
        "surprisal_bits": round(finding.surprisal_bits, 2),
        "repairs": [
            {
                "removed": text[r.start : r.end],
                "added": r.text,
                "offset": r.start,
                "confidence": round(r.confidence, 4),
            }
            for r in finding.repairs[:3]
        ],
    }


def remembered(path: Path, chosen: Iterable[Slip]) -> list[Result]:
    """The results of an interrupted run over the same rows."""
    if not path.exists():
        return []
    by_id = {slip.id: slip for slip in chosen}
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [
        Result(by_id[record["verdict"]["id"]], Verdict(**record["verdict"]), record["others"])
        for record in records
        if record["verdict"]["id"] in by_id
    ]


def run_clean(
    detector: Detects,
    documents: Iterable[tuple[Language, str, str]],
    min_confidence: float,
    log: TextIO,
) -> dict[str, dict[str, float]]:
    """False findings on correct text: (language, path, text) in, figures by language out."""
    res: dict[str, dict[str, float]] = {}
    for language, path, text in documents:
        findings = kept(detector.detect(text, language), min_confidence)
        figures = res.setdefault(
            language,
            {"files": 0, "lines": 0, "findings": 0, "files_with": 0, "at_0.5": 0, "at_0.9": 0},
        )
        figures["files"] += 1
        figures["lines"] += text.count("\n") + 1
        figures["findings"] += len(findings)
        figures["files_with"] += bool(findings)
        figures["at_0.5"] += len(kept(findings, 0.5))
        figures["at_0.9"] += len(kept(findings, 0.9))
        record = {
            "language": language,
            "path": path,
            "findings": [summary(text, f) for f in findings],
        }
        log.write(json.dumps(record) + "\n")
        log.flush()
    for figures in res.values():
        for key in ("findings", "at_0.5", "at_0.9"):
            figures[f"{key}_per_1000_lines"] = 1000 * figures[key] / figures["lines"]
    return res


# --- The command ----------------------------------------------------------------------------------------------------


def default_data() -> Path:
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    return Path(os.environ.get("LM_LINT_SLIPS") or beside)


def clean_documents(
    corpus: Path, n_files: int, max_bytes: int, seed: int
) -> list[tuple[Language, str, str]]:
    """Correct files of the validation projects, `n_files` a language, none larger than `max_bytes`."""
    from models import heldout
    from models.records import corpus_file, read_records

    res: list[tuple[Language, str, str]] = []
    for language in LANGUAGES:
        source = corpus_file(corpus, language, "valid")
        if source.exists():
            records = (r for r in read_records(source) if len(r["text"]) <= max_bytes)
            drawn = heldout.draw(records, n_files * max_bytes, seed)[:n_files]
            res += [(language, f"{d.project}: {d.path}", d.text) for d in drawn]
    return res


@click.command()
@click.option("--data", type=click.Path(path_type=Path), default=default_data, show_default="above")
@click.option("--git-rows", type=click.Path(path_type=Path), help="Folder of {language}_git.jsonl.")
@click.option("--part", type=click.Choice(["tune", "report"]), default="tune", show_default=True)
@click.option("--language", "languages", type=click.Choice(LANGUAGES), multiple=True)
@click.option("--limit", type=int, help="Rows of each language and source, drawn by seed.")
@click.option("--seed", default=0, show_default=True)
@click.option("--clean", "n_clean", default=0, show_default=True, help="Correct files a language.")
@click.option("--clean-max-bytes", default=40_000, show_default=True)
@click.option(
    "--corpus", type=click.Path(path_type=Path), default=Path("data/corpus"), show_default=True
)
@click.option("--others", "with_others", is_flag=True, help="gcc, CPython, tidy, html5lib as well.")
@click.option("--model", type=click.Path(path_type=Path), help="Released folder; the default one.")
@click.option("--device", default="auto", show_default=True)
@click.option("--no-parser", is_flag=True, help="Judge by surprise alone.")
@click.option("--min-confidence", default=0.0, show_default=True, help="Drop findings below.")
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path("runs/accuracy"), show_default=True
)
@click.option("--resume", is_flag=True, help="Go on with the rows of an interrupted run.")
def main(
    data: Path,
    git_rows: Path | None,
    part: str,
    languages: tuple[Language, ...],
    limit: int | None,
    seed: int,
    n_clean: int,
    clean_max_bytes: int,
    corpus: Path,
    with_others: bool,
    model: Path | None,
    device: str,
    no_parser: bool,
    min_confidence: float,
    out: Path,
    resume: bool,
) -> None:
    """Accuracy on real slips, and false findings on correct text."""
    wanted = languages or LANGUAGES
    rows = [slip for slip in slips.read(data, git_rows) if slip.language in wanted]
    if not rows and not n_clean:
        click.echo(
            f"Skipped: no slips in {data}. Give --data or LM_LINT_SLIPS, a folder with {' or '.join(slips.FILES)}."
        )
        return
    chosen = slips.choose(rows, part, limit, seed)
    tools = others.available() if with_others else {language: {} for language in LANGUAGES}
    documents = [d for d in clean_documents(corpus, n_clean, clean_max_bytes, seed) if n_clean]
    documents = [d for d in documents if d[0] in wanted]
    detector = default_detector(model, device, parser=not no_parser)
    out.mkdir(parents=True, exist_ok=True)
    name = f"{part}-no-parser" if no_parser else part
    log_path = out / f"{name}.jsonl"
    found = remembered(log_path, chosen) if resume else []
    seen = {result.slip.id for result in found}
    todo = [slip for slip in chosen if slip.id not in seen]
    clean: dict[str, dict[str, float]] = {}
    try:
        with (
            log_path.open("a" if resume else "w", encoding="utf-8") as log,
            tqdm(total=len(chosen), initial=len(found), unit="row", desc=part) as bar,
        ):
            for result in run(detector, todo, tools, min_confidence, log):
                found.append(result)
                right = share(r.verdict.accepting for r in found)
                bar.set_postfix_str(f"line {right:.0%}", refresh=False)
                bar.update()
        if documents:
            with (out / f"{name}.clean.jsonl").open("w", encoding="utf-8") as log:
                bar = tqdm(documents, unit="file", desc="correct files")
                clean = run_clean(detector, bar, min_confidence, log)
    except KeyboardInterrupt:
        click.echo("\nStopped; the report is on what was seen.", err=True)
    title = f"{len(found)} of {len(chosen)} slips of the {part} part, seed {seed}"
    title += ", no parser" if no_parser else ""
    report = report_of(found, clean)
    (out / f"{name}.report.json").write_text(json.dumps(report, indent=1), encoding="utf-8")
    (out / f"{name}.report.md").write_text(as_markdown(report, title), encoding="utf-8")
    show(report, title)


def default_detector(model: Path | None, device: str, parser: bool) -> Detects:
    from lm_lint import weights
    from lm_lint.detector import Detector
    from lm_lint.scorer import Scorer

    release = weights.load(model or weights.default_folder(), device)
    detector: Detects = Detector(Scorer(release), parser=parser)
    return detector


if __name__ == "__main__":
    main()
