"""One package at a time: from its files to the texts that are kept, cached below data/extracted.

The files are taken in an order that looks random but is always the same, until the package's cap is reached: a cap
is then a sample over all its folders.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import zstandard

from lm_lint.text import LANGUAGES, Language
from models.corpus import fetch, filters, held_out
from models.corpus.manifest import Entry
from models.records import Record, read_records


@dataclass
class Extraction:
    """What became of a package: where its texts are, and what each filter dropped, by language."""

    entry: Entry
    path: Path
    kept: dict[Language, int] = field(default_factory=lambda: dict.fromkeys(LANGUAGES, 0))
    kept_bytes: dict[Language, int] = field(default_factory=lambda: dict.fromkeys(LANGUAGES, 0))
    dropped: dict[Language, Counter[str]] = field(
        default_factory=lambda: {name: Counter() for name in LANGUAGES}
    )
    dropped_bytes: dict[Language, Counter[str]] = field(
        default_factory=lambda: {name: Counter() for name in LANGUAGES}
    )

    def drop(self, language: Language, reason: str, n_bytes: int) -> None:
        self.dropped[language][reason] += 1
        self.dropped_bytes[language][reason] += n_bytes

    def records(self, language: Language) -> Iterator[Record]:
        """The package's texts up to its cap: the cache may hold more, from when the cap was higher."""
        left = self.entry.cap_bytes(language)
        for record in read_records(self.path):
            if record["language"] == language and left > 0:
                left -= len(record["text"].encode("utf-8", "surrogatepass"))
                yield record


def order_key(project: str, path: str) -> bytes:
    return hashlib.blake2b(f"{project}\0{path}".encode(errors="replace"), digest_size=8).digest()


def cache_path(entry: Entry, extracted: Path, without: Collection[str] = ()) -> Path:
    """Named after all that decides the result, so that a changed entry or rule is extracted anew."""
    # How often and for what the text is used does not change which text it is; a lower cap takes its first part.
    unimportant = ("repeat", "role", "licence", "cap_mb")
    described = {key: value for key, value in asdict(entry).items() if key not in unimportant}
    if without:
        described["without"] = sorted(without)
    if chosen := _chosen(entry):
        described["chosen"] = sorted(chosen)
    key = hashlib.blake2b(
        json.dumps([filters.VERSION, described]).encode(), digest_size=6
    ).hexdigest()
    name = entry.package.strip("/").replace("/", "+")[-80:]
    return extracted / f"{entry.kind}-{name}-{key}.jsonl.zst"


def _chosen(entry: Entry) -> frozenset[str] | None:
    return None if entry.role == "train" else held_out.chosen(entry.name)


def extract(
    entry: Entry, data: Path, git_mirror: Path | None, without: Collection[str] = ()
) -> Extraction:
    """The package's texts, read from the cache where they are there already.

    without   reasons of `filters` that do not count where the text is for training
    """
    # Copies among projects are seen by `build`; here it would only make a second cache.
    without = frozenset(without) - {"near-duplicate"} if entry.role == "train" else frozenset()
    path = cache_path(entry, data / "extracted", without)
    summary = path.with_suffix(".json")
    if entry.kind != "directory" and path.is_file() and summary.is_file():
        known = _read_summary(entry, path, json.loads(summary.read_text()))
        if all(_holds_enough(known, language) for language in entry.languages):
            return known
    res = Extraction(entry, path)
    texts = _texts(entry, _candidates(entry, data, git_mirror, res, without), res, without)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(f".{os.getpid()}.tmp")
    with (
        temporary.open("wb") as file,
        zstandard.ZstdCompressor(level=3).stream_writer(file) as stream,
    ):
        for record in texts:
            stream.write(
                json.dumps(record, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"
            )
    temporary.rename(path)
    counts = {
        "kept": res.kept,
        "kept_bytes": res.kept_bytes,
        "dropped": res.dropped,
        "dropped_bytes": res.dropped_bytes,
    }
    summary.write_text(json.dumps(counts))
    return res


def _read_summary(entry: Entry, path: Path, counts: dict[str, Any]) -> Extraction:
    dropped, dropped_bytes = (
        {language: Counter(counts[key][language]) for language in LANGUAGES}
        for key in ("dropped", "dropped_bytes")
    )
    return Extraction(entry, path, counts["kept"], counts["kept_bytes"], dropped, dropped_bytes)


def _holds_enough(known: Extraction, language: Language) -> bool:
    """Whether the cache was made with a cap as high as the entry's, or needed none."""
    is_whole = not known.dropped[language]["over the cap"]
    return is_whole or known.kept_bytes[language] >= known.entry.cap_bytes(language)


def _candidates(
    entry: Entry, data: Path, git_mirror: Path | None, res: Extraction, without: Collection[str]
) -> list[tuple[str, Language, bytes]]:
    """The files that their paths do not rule out, in the order in which they are looked at."""

    def wanted(path: str, n_bytes: int) -> bool:
        language = filters.language_in_corpus(path)
        if language not in entry.languages:
            return False
        if entry.include and not any(fnmatch(path, glob) for glob in entry.include):
            return False
        if any(fnmatch(path, glob) for glob in entry.exclude):
            return False
        reason = filters.path_reason(path, n_bytes, language, without)
        if reason:
            res.drop(language, reason, n_bytes)
        return reason is None

    found = []
    for path, raw in fetch.files(entry, data / "sources", git_mirror, wanted):
        language = filters.language_in_corpus(path)
        assert language is not None, path
        found.append((path, language, raw))
    found.sort(key=lambda file: order_key(entry.name, file[0]))
    return found


def _texts(
    entry: Entry,
    candidates: list[tuple[str, Language, bytes]],
    res: Extraction,
    without: Collection[str],
) -> list[dict[str, str]]:
    kept = []
    tool_bytes: Counter[Language] = Counter()
    seen: set[str] = set()
    chosen = _chosen(entry)
    for path, language, raw in candidates:
        is_full = not chosen and res.kept_bytes[language] > entry.cap_bytes(language)
        reason: str | None = "over the cap" if is_full else None
        text = None if reason else filters.decode(raw)
        if text is None:
            res.drop(language, reason or "not UTF-8", len(raw))
            continue
        digest = held_out.digest(text)
        is_tool_page = language == "html" and "pages of a tool" not in without
        is_tool_page = is_tool_page and filters.is_tool_page(text)
        if digest in seen and "duplicate" not in without:
            reason = "duplicate"
        elif chosen:
            reason = None if digest[:10] in chosen else "not of the yardstick"
        elif is_tool_page and tool_bytes[language] + len(raw) > entry.tool_docs_mb * 1e6:
            reason = "pages of a tool"
        else:
            reason = filters.text_reason(text, path, language, strict=entry.strict, without=without)
        if reason:
            res.drop(language, reason, len(raw))
            continue
        seen.add(digest)
        tool_bytes[language] += len(raw) if is_tool_page else 0
        res.kept[language] += 1
        res.kept_bytes[language] += len(raw)
        kept.append({"language": language, "path": path, "text": text})
    return kept
