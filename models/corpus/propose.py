"""Lines for the manifest, proposed: Debian packages by the archive's indexes, others by name.

    /usr/lib/apt/apt-helper cat-file /var/lib/apt/lists/*_source_Sources.lz4 > Sources
    /usr/lib/apt/apt-helper cat-file /var/lib/apt/lists/*_binary-amd64_Packages.lz4 > Packages
    python -m models.corpus.propose debian Sources Packages --language c > candidates.toml
    python -m models.corpus.propose git MIRROR OWNER/NAME ... >> candidates.toml
    python -m models.corpus.propose pypi NAME==VERSION ... >> candidates.toml
    python -m models corpus --manifest candidates.toml --out data/candidates
    python -m models.corpus.propose debian ... --report data/candidates/report.json --least-mb 0.1

An index tells the size and the language of a package, not how much of it is worth learning from; so
the candidates are extracted once, and those whose text is enough are proposed again, with their
licences. Whoever puts them into the manifest has the last word.
"""

from __future__ import annotations

import email
import json
import lzma
import re
import subprocess
import tarfile
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path

import click

from lm_lint.text import LANGUAGES, Language
from models.corpus import fetch, manifest

MANIFEST = Path(__file__).resolve().parents[1] / "manifest.toml"
UNREAD = "see debian/copyright"

# The one that a text names first; of two at the same place the one that is first here.
_LICENCES: tuple[tuple[str, str], ...] = (
    ("AGPL-3.0", r"gnu affero general public license\b[^.]{0,200}?\bversion 3"),
    ("LGPL-3.0", r"gnu lesser general public license\W+version 3"),
    ("LGPL-2.1", r"gnu lesser general public license\W+version 2\.1"),
    ("GPL-3.0", r"gnu general public license\W+version 3|gnu gpl (?:license )?v(?:ersion )?3"),
    ("GPL-2.0", r"gnu general public license\W+version 2"),
    ("Apache-2.0", r"apache license,?\W+version 2\.0"),
    ("MPL-2.0", r"mozilla public license,?\W+version 2\.0"),
    ("EPL-2.0", r"eclipse public license\W+v(?:ersion)? ?2\.0"),
    ("EPL-1.0", r"eclipse public license\W+v(?:ersion)? ?1\.0"),
    ("CC0-1.0", r"cc0 1\.0 universal"),
    ("CC-BY-4.0", r"(?:creative commons )?attribution 4\.0 international"),
    ("Unlicense", r"this is free and unencumbered software released into the public domain"),
    ("W3C", r"w3c(?:®|\(r\))? software (?:and document )?(?:notice and )?licen[sc]e"),
    ("BSD-3-Clause", r"redistribution and use in source and binary forms.*\bneither the name"),
    ("BSD-2-Clause", r"redistribution and use in source and binary forms"),
    ("ISC", r"permission to use, copy, modify, and(?:/or)? distribute this software for any purpose"),
    ("MIT", r"permission is hereby granted, free of charge, to any person obtaining a copy"),
    ("Zlib", r"this software is provided 'as-is', without any express or implied warranty"),
)  # fmt: skip
# Of Creative Commons, what forbids to sell or to change.
_NOT_FREE = re.compile(r"\bcc[- ]by-n[cd]|attribution-no[nd]|noncommercial-|noderivatives")


@dataclass(frozen=True)
class Source:
    """A source package as the archive's indexes tell of it."""

    name: str
    version: str
    n_bytes: int  # of the upstream archives, compressed
    tags: frozenset[str]  # debtags of its binary packages
    sections: frozenset[str]


def languages_of(source: Source) -> set[Language]:
    """What tags, sections and name promise; a package may hold other languages besides."""
    res: set[Language] = set()
    if "implemented-in::c" in source.tags and "implemented-in::c++" not in source.tags:
        res.add("c")
    if (
        "implemented-in::python" in source.tags
        or "python" in source.sections
        or source.name.startswith(("python-", "django-"))
    ):
        res.add("python")
    web = {"web", "php", "httpd", "javascript", "doc"} & source.sections
    if web or "made-of::html" in source.tags or any(t.startswith("web::") for t in source.tags):
        res.add("html")
    return res


def read_indexes(sources: Path, packages: Path) -> list[Source]:
    """The archive's source packages, of each the last version that Sources lists."""
    tags: dict[str, set[str]] = defaultdict(set)
    sections: dict[str, set[str]] = defaultdict(set)
    for fields in _stanzas(packages):
        name = (fields.get("Source") or fields["Package"]).split()[0]
        tags[name].update(_tags(fields.get("Tag", "")))
        sections[name].add(fields.get("Section", ""))
    found: dict[str, Source] = {}
    for fields in _stanzas(sources):
        name = fields["Package"]
        about = frozenset(tags[name]), frozenset(sections[name] | {fields.get("Section", "")})
        found[name] = Source(name, fields["Version"], _n_upstream_bytes(fields), *about)
    return list(found.values())


def _stanzas(index: Path) -> Iterator[dict[str, str]]:
    fields: dict[str, str] = {}
    key = ""
    with index.open(encoding="utf-8") as lines:
        for line in lines:
            if line == "\n":
                if fields:
                    yield fields
                fields = {}
            elif line[0] in " \t":
                fields[key] += line
            else:
                key, _, value = line.partition(":")
                fields[key] = value.strip()
    if fields:
        yield fields


def _tags(field: str) -> Iterator[str]:
    """`implemented-in::{c,c++}` stands for two tags."""
    for prefix, several, one in re.findall(r"([a-z-]+::)(?:\{([^}]*)\}|([^\s,]+))", field):
        yield from (prefix + name.strip() for name in (several or one).split(","))


def _n_upstream_bytes(fields: dict[str, str]) -> int:
    files = re.findall(r"^ \w+ (\d+) (\S+)$", fields.get("Files", ""), re.MULTILINE)
    is_upstream = re.compile(r"\.tar\.\w+$")
    return sum(
        int(size) for size, name in files if is_upstream.search(name) and ".debian.tar" not in name
    )


def licence_of_copyright(text: str) -> str:
    """At most three licences, which debian/copyright names most often; UNREAD where it is prose."""
    named = re.findall(r"^License:[ \t]*(\S[^\n]*)", text, re.MULTILINE)
    if not text.lstrip().startswith("Format") or not named:
        return UNREAD
    common = [name.strip() for name, _ in Counter(named).most_common(3)]
    return ", ".join(common)[:80].replace('"', "'").replace("\\", "/")


def licence_of_text(text: str) -> str | None:
    """The free licence whose words these are, or None."""
    plain = " ".join(text.lower().split())
    if _NOT_FREE.search(plain):
        return None
    # Licences name others further down: the GPL the AGPL, the EPL the GPL.
    found = [
        (match.start(), name)
        for name, words in _LICENCES
        if (match := re.search(words, plain)) is not None
    ]
    return min(found, key=itemgetter(0))[1] if found else None


def debian_licence(source: Source, folder: Path) -> str:
    """From the packaging, where it was fetched into `folder`."""
    version = source.version.split(":", 1)[-1]
    for archive in folder.glob(f"{source.name}_{version}.debian.tar.*"):
        try:
            with tarfile.open(archive) as packaging:
                file = packaging.extractfile("debian/copyright")
                if file:
                    return licence_of_copyright(file.read().decode("utf-8", "replace"))
        except (KeyError, tarfile.TarError, lzma.LZMAError, EOFError, OSError):
            return UNREAD
    return UNREAD


def wheel_licence(metadata: str) -> str:
    """The licence by a wheel's METADATA, of whose three ways to say it the newest counts."""
    said = email.message_from_string(metadata)
    if expression := said["License-Expression"]:
        return str(expression)
    named = str(said["License"] or "").strip().split("\n")[0]
    if 1 < len(named) <= 60 and named != "UNKNOWN":
        return named.replace('"', "'").replace("\\", "/")
    classifiers = [str(value) for value in said.get_all("Classifier", [])]
    return ", ".join(c.rsplit(" :: ", 1)[1] for c in classifiers if c.startswith("License :: OSI"))


def pypi_about(name: str, version: str, folder: Path) -> str | None:
    """The licence of a wheel that was fetched into `folder`; None where there is none of either."""
    plain = manifest.plain(name)
    for wheel in sorted(folder.glob(f"*-{version}-*.whl")):
        if manifest.plain(wheel.name.split("-")[0]) == plain:
            with zipfile.ZipFile(wheel) as files:
                about = next(n for n in files.namelist() if n.endswith(".dist-info/METADATA"))
                return wheel_licence(files.read(about).decode("utf-8", "replace")) or None
    return None


def git_about(package: str, mirror: Path) -> tuple[str, str | None]:
    """(commit, licence) of the mirror's HEAD; the licence is None where no free one is recognized."""
    git = ["git", "--git-dir", str(fetch.git_directory(package, mirror))]

    def told(*command: str) -> str:
        done = subprocess.run([*git, *command], capture_output=True, check=False)
        return done.stdout.decode("utf-8", "replace")

    commit = told("rev-parse", "HEAD").strip()
    names = told("ls-tree", "--name-only", commit).splitlines()
    likely = [
        name
        for name in names
        if re.match(r"(un|mit-)?licen[sc]e|copying|copyright|l?gpl", name.lower())
    ]
    found = (licence_of_text(told("show", f"{commit}:{name}")) for name in sorted(likely))
    return commit, next(filter(None, found), None)


def line(kind: str, package: str, version: str, licence: str, caps: dict[Language, float]) -> str:
    """One line of the manifest."""
    # A wheel and a source package may have one name, and are two projects.
    project = f'project = "pypi-{package.lower()}", ' if kind == "pypi" else ""
    named = ", ".join(f'"{language}"' for language in caps)
    limits = ", ".join(f"{language} = {cap:g}" for language, cap in caps.items())
    return (
        f'  {{kind = "{kind}", package = "{package}", version = "{version}", '
        f'licence = "{licence}", '
        f'{project}languages = [{named}], role = "train", cap_mb = {{{limits}}}}},'
    )


def _caps(values: tuple[str, ...]) -> dict[Language, float]:
    given = dict(value.split("=", 1) for value in values)
    return {language: float(given.get(language, 2)) for language in LANGUAGES}


def _is_enough(name: str, report: Path | None, least_mb: float) -> bool:
    if report is None:
        return True
    told = json.loads(report.read_text())
    return any(
        told[language]["train"]["projects"].get(name, {"mb": 0})["mb"] >= least_mb
        for language in LANGUAGES
    )


_cap = click.option("--cap", multiple=True, metavar="LANGUAGE=MB", help="At most so much text.")
_report = click.option(
    "--report",
    type=click.Path(path_type=Path, exists=True),
    help="Of a corpus of the candidates: propose only what gave enough.",
)
_least_mb = click.option(
    "--least-mb", default=0.1, show_default=True, help="What is enough, in any language."
)


@click.group()
def command() -> None:
    """Print lines for the manifest."""


@command.command()
@click.argument("sources", type=click.Path(path_type=Path, exists=True))
@click.argument("packages", type=click.Path(path_type=Path, exists=True))
@click.option("--language", type=click.Choice(LANGUAGES), required=True)
@click.option(
    "--least-kb", default=60.0, show_default=True, help="Compressed, of what upstream made."
)
@click.option("--most-kb", default=12_000.0, show_default=True)
@click.option(
    "--data", type=click.Path(path_type=Path), default=Path("data"), help="Where sources are kept."
)
@_cap
@_report
@_least_mb
def debian(
    sources: Path,
    packages: Path,
    language: Language,
    least_kb: float,
    most_kb: float,
    data: Path,
    cap: tuple[str, ...],
    report: Path | None,
    least_mb: float,
) -> None:
    """Packages of the archive that are not in the manifest yet."""
    known = {entry.package for entry in manifest.load(MANIFEST)}
    for source in sorted(read_indexes(sources, packages), key=lambda each: each.name):
        if source.name in known or manifest.is_never_trained(source.name):
            continue
        if language not in languages_of(source) or not least_kb <= source.n_bytes / 1e3 <= most_kb:
            continue
        if _is_enough(source.name, report, least_mb):
            licence = debian_licence(source, data / "sources" / "debian")
            click.echo(line("debian", source.name, source.version, licence, _caps(cap)))


@command.command()
@click.argument("mirror", type=click.Path(path_type=Path, exists=True))
@click.argument("names", nargs=-1)
@_cap
@_report
@_least_mb
def git(
    mirror: Path, names: tuple[str, ...], cap: tuple[str, ...], report: Path | None, least_mb: float
) -> None:
    """Repositories (OWNER/NAME) of the mirror, at its HEAD, under a licence known as free."""
    known = {entry.package for entry in manifest.load(MANIFEST)}
    for name in sorted(set(names) - known, key=str.lower):
        if manifest.is_never_trained(name) or not _is_enough(name, report, least_mb):
            continue
        try:
            commit, licence = git_about(name, mirror)
        except fetch.FetchError as error:
            click.echo(str(error), err=True)
            continue
        if licence is None:
            click.echo(f"{name}: no licence that is known as free.", err=True)
        else:
            click.echo(line("git", name, commit, licence, _caps(cap)))


@command.command()
@click.argument("names", nargs=-1)
@click.option(
    "--data", type=click.Path(path_type=Path), default=Path("data"), help="Where sources are kept."
)
@_cap
@_report
@_least_mb
def pypi(
    names: tuple[str, ...], data: Path, cap: tuple[str, ...], report: Path | None, least_mb: float
) -> None:
    """Wheels (NAME==VERSION) that were fetched; only those that name a licence."""
    known = {manifest.plain(entry.package) for entry in manifest.load(MANIFEST)}
    for requirement in sorted(names, key=str.lower):
        name, _, version = requirement.partition("==")
        if manifest.plain(name) in known or manifest.is_never_trained(name):
            continue
        licence = pypi_about(name, version, data / "sources" / "pypi")
        if licence is None:
            click.echo(f"{requirement}: not fetched, or without a licence.", err=True)
        elif _is_enough(f"pypi-{name.lower()}", report, least_mb):
            click.echo(line("pypi", name, version, licence, _caps(cap)))


if __name__ == "__main__":
    command(prog_name="python -m models.corpus.propose")
