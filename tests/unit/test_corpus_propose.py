"""Proposals for the manifest, from small indexes and a small mirror made here."""

from __future__ import annotations

import io
import subprocess
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner

pytest.importorskip("zstandard", reason="the pipeline needs the packages of lm-lint[train]")

from models.corpus.propose import (
    command,
    languages_of,
    licence_of_copyright,
    licence_of_text,
    read_indexes,
    wheel_licence,
)

SOURCES = """\
Package: mailer
Binary: mailer
Version: 1:2.0-1
Section: mail
Files:
 0123 1500 mailer_2.0-1.dsc
 0123 400000 mailer_2.0.orig.tar.gz
 0123 300000 mailer_2.0.orig-docs.tar.xz
 0123 9000 mailer_2.0-1.debian.tar.xz

Package: python-tiny
Version: 0.1-1
Section: python
Files:
 0123 4000 python-tiny_0.1.orig.tar.gz

Package: curl
Version: 7-1
Files:
 0123 400000 curl_7.orig.tar.gz
"""
PACKAGES = """\
Package: mailer
Source: mailer (1:2.0-1)
Section: mail
Description: reads mail
Tag: implemented-in::{c,perl}, interface::commandline,
 web::cgi

Package: python3-tiny
Source: python-tiny
Section: python

Package: curl
Section: web
Tag: implemented-in::c
"""
COPYRIGHT = """\
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Files: *
License: GPL-2+

Files: lib/*
License: LGPL-2.1+

License: GPL-2+
 This program is free software.
"""
MIT = "MIT License\n\nCopyright (c) 2020 Somebody\n\nPermission is hereby granted, free of\ncharge, to any person obtaining a copy of this software"


@pytest.fixture
def indexes(tmp_path: Path) -> tuple[Path, Path]:
    sources, packages = tmp_path / "Sources", tmp_path / "Packages"
    sources.write_text(SOURCES)
    packages.write_text(PACKAGES)
    return sources, packages


def proposed(*arguments: str | Path) -> list[dict[str, object]]:
    result = CliRunner().invoke(command, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.output
    entries: list[dict[str, object]] = tomllib.loads(f"e = [\n{result.stdout}]")["e"]
    return entries


def test_indexes_tell_size_and_languages(indexes: tuple[Path, Path]) -> None:
    found = {source.name: source for source in read_indexes(*indexes)}
    assert found["mailer"].n_bytes == 700_000
    assert found["mailer"].version == "1:2.0-1"
    assert languages_of(found["mailer"]) == {"c", "html"}
    assert languages_of(found["python-tiny"]) == {"python"}


def test_packages_of_a_language_are_proposed(indexes: tuple[Path, Path], tmp_path: Path) -> None:
    (entry,) = proposed("debian", *indexes, "--language", "c", "--cap", "c=3", "--data", tmp_path)
    assert entry == {
        "kind": "debian",
        "package": "mailer",
        "version": "1:2.0-1",
        "licence": "see debian/copyright",
        "languages": ["c", "html", "python"],
        "role": "train",
        "cap_mb": {"c": 3, "html": 2, "python": 2},
    }
    assert not proposed("debian", *indexes, "--language", "c", "--most-kb", "600")
    assert not proposed("debian", *indexes, "--language", "python")


def test_the_licence_comes_from_the_packaging(indexes: tuple[Path, Path], tmp_path: Path) -> None:
    folder = tmp_path / "sources" / "debian"
    folder.mkdir(parents=True)
    with tarfile.open(folder / "mailer_2.0-1.debian.tar.xz", "w:xz") as archive:
        info = tarfile.TarInfo("debian/copyright")
        info.size = len(COPYRIGHT)
        archive.addfile(info, io.BytesIO(COPYRIGHT.encode()))
    (entry,) = proposed("debian", *indexes, "--language", "html", "--data", tmp_path)
    assert entry["licence"] == "GPL-2+, LGPL-2.1+"


def test_a_report_tells_which_gave_enough(indexes: tuple[Path, Path], tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    report.write_text(
        '{"c": {"train": {"projects": {"mailer": {"mb": 0.2}}}},'
        ' "html": {"train": {"projects": {}}}, "python": {"train": {"projects": {}}}}'
    )
    options = ("debian", *indexes, "--language", "c", "--report", report, "--least-mb")
    assert [entry["package"] for entry in proposed(*options, "0.2")] == ["mailer"]
    assert not proposed(*options, "0.3")


def test_only_free_repositories_are_proposed(tmp_path: Path) -> None:
    names = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
    for name, files in {
        "someone+free": {"LICENSE.md": MIT},
        "someone+silent": {"a.html": "<p>x</p>"},
        "tidyverse.org+x": {"LICENSE": MIT},
    }.items():
        place = tmp_path / name
        place.mkdir()
        for path, text in files.items():
            (place / path).write_text(text)
        for step in (["init", "-q"], ["add", "."], [*names, "commit", "-q", "-m", "first"]):
            subprocess.run(["git", *step], cwd=place, check=True)
    done = subprocess.run(
        ["git", "rev-parse", "HEAD"],
        cwd=tmp_path / "someone+free",
        check=True,
        capture_output=True,
        text=True,
    )
    all_names = ("someone/silent", "someone/free", "someone/lost", "tidyverse.org/x")
    (entry,) = proposed("git", tmp_path, *all_names)
    assert (entry["package"], entry["licence"]) == ("someone/free", "MIT")
    assert entry["version"] == done.stdout.strip()


def test_a_wheel_tells_its_licence(tmp_path: Path) -> None:
    folder = tmp_path / "sources" / "pypi"
    folder.mkdir(parents=True)
    for name, said in (("some_thing", "License-Expression: MIT\n"), ("silent", "")):
        with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as wheel:
            wheel.writestr(f"{name}-1.0.dist-info/METADATA", f"Name: {name}\n{said}\nA text\n")
    names = ("Some-Thing==1.0", "silent==1.0", "lost==1.0", "httpx==1.0")
    (entry,) = proposed("pypi", *names, "--data", tmp_path)
    assert entry["package"] == "Some-Thing"
    assert entry["project"] == "pypi-some-thing"
    assert entry["licence"] == "MIT"


@pytest.mark.parametrize(
    ("metadata", "licence"),
    [
        ("License: BSD\nLicense-Expression: MIT\n", "MIT"),
        ("License: BSD\nClassifier: License :: OSI Approved :: MIT License\n", "BSD"),
        (
            f"License: {'word ' * 20}\nClassifier: License :: OSI Approved :: MIT License\n",
            "MIT License",
        ),
        ("Name: x\n", ""),
    ],
)
def test_metadata_names_licences_in_three_ways(metadata: str, licence: str) -> None:
    assert wheel_licence(metadata) == licence


@pytest.mark.parametrize(
    ("text", "licence"),
    [
        (MIT, "MIT"),
        ("Apache License\n   Version 2.0, January 2004", "Apache-2.0"),
        ("GNU AFFERO GENERAL PUBLIC LICENSE\n  Version 3, 19 November 2007", "AGPL-3.0"),
        ("under the GNU Affero General Public License as published, version 3.0", "AGPL-3.0"),
        (
            "GNU GENERAL PUBLIC LICENSE\n Version 3 ... only occasionally and noncommercially",
            "GPL-3.0",
        ),
        (
            "GNU GENERAL PUBLIC LICENSE\n Version 3 ... 13. Use with the GNU Affero General Public License"
            " ... under version 3 of the GNU Affero General Public License",
            "GPL-3.0",
        ),
        (
            "GNU LESSER GENERAL PUBLIC LICENSE\n Version 3 ... the terms of version 3 of the GNU General Public License",
            "LGPL-3.0",
        ),
        (
            "Eclipse Public License - v 2.0 ... Secondary License: the GNU General Public License, Version 2.0",
            "EPL-2.0",
        ),
        ("Eclipse Public License - v 1.0", "EPL-1.0"),
        ("This software is provided 'as-is', without any express or implied warranty.", "Zlib"),
        ("GNU Lesser General Public License, version 2.1", "LGPL-2.1"),
        ("This work is under the W3C Software and Document License.", "W3C"),
        ("licensed under the W3C Document License", None),
        ("Creative Commons Attribution-NonCommercial-ShareAlike 4.0 International", None),
        ("All rights reserved.", None),
    ],
)
def test_licences_are_known_by_their_words(text: str, licence: str | None) -> None:
    assert licence_of_text(text) == licence


def test_a_copyright_file_in_prose_is_only_named() -> None:
    assert licence_of_copyright("This package is free.\nLicense: GPL") == "see debian/copyright"
    assert licence_of_copyright(COPYRIGHT) == "GPL-2+, LGPL-2.1+"
