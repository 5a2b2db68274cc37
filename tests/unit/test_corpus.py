"""The corpus step through its command, on small projects made for each test. No network, nothing of the real manifest."""

from __future__ import annotations

import bz2
import io
import json
import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

pytest.importorskip("rensa", reason="the pipeline needs the packages of lm-lint[train]")
pytest.importorskip("zstandard", reason="the pipeline needs the packages of lm-lint[train]")

from models.corpus import command, held_out
from models.corpus.html_check import slips
from models.corpus.manifest import is_never_trained
from models.corpus.manifest import load as load_manifest
from models.records import SPLITS, corpus_file, read_records

C_PROGRAM = (
    '#include <stdio.h>\n\nint main(void)\n{\n\tprintf("a sum: %d\\n", 1 + 2);\n\treturn 0;\n}\n'
)
PYTHON_PROGRAM = (
    '"""Greets."""\n\n\ndef greet(name: str) -> None:\n    print(f"hello, {name}, how are you?")\n'
)
PAGE = "<!DOCTYPE html>\n<title>A page</title>\n<h1>Hello</h1>\n<p>One paragraph\n<p>and <b>another</b>.\n"


class Workshop:
    """Writes projects and a manifest below a folder, runs the command on them, reads what came out."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.entries: list[str] = []

    def project(self, name: str, files: dict[str, str | bytes], **settings: object) -> None:
        top = self.folder / "projects" / name
        for path, content in files.items():
            place = top / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content if isinstance(content, bytes) else content.encode())
        about = {
            "kind": "directory",
            "package": str(top),
            "project": name,
            "version": "1",
            "licence": "MIT",
            "languages": ["c", "html", "python"],
            "role": "train",
            **settings,
        }
        values = (f"{key} = {json.dumps(value)}" for key, value in about.items())
        self.entries.append("  {" + ", ".join(values) + "},\n")

    def run(self, *options: str) -> Result:
        manifest = self.folder / "manifest.toml"
        manifest.write_text("entries = [\n" + "".join(self.entries) + "]\n")
        arguments = [
            "--manifest",
            str(manifest),
            "--data",
            str(self.folder / "data"),
            "--jobs",
            "1",
            *options,
        ]
        return CliRunner().invoke(command, arguments)

    def kept(self, language: str) -> dict[str, list[str]]:
        """The paths that are in the corpus, by split."""
        res: dict[str, list[str]] = {}
        for split in SPLITS:
            path = corpus_file(self.folder / "data" / "corpus", language, split)  # type: ignore[arg-type]
            res[split] = sorted(f"{each['project']}/{each['path']}" for each in read_records(path))
        return res

    def dropped(self, language: str) -> dict[str, int]:
        report = json.loads((self.folder / "data" / "corpus" / "report.json").read_text())
        counts: dict[str, int] = report[language]["dropped"]
        return counts


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path)


def only_reason(
    workshop: Workshop, path: str, content: str | bytes, **settings: object
) -> dict[str, int]:
    """Why one file is dropped, beside one of each language that is kept."""
    workshop.project("good", {"a.c": C_PROGRAM, "a.py": PYTHON_PROGRAM, "a.html": PAGE})
    workshop.project("other", {path: content}, **settings)
    result = workshop.run()
    assert result.exit_code == 0, result.output
    language = {"c": "c", "h": "c", "py": "python", "html": "html"}[path.rsplit(".", 1)[1]]
    kept = workshop.kept(language)["train"]
    assert [each for each in kept if each.startswith("good/")], kept
    assert not [each for each in kept if each.startswith("other/")], kept
    return workshop.dropped(language)


@pytest.mark.parametrize(
    ("path", "content", "reason"),
    [
        ("a.c", "/* Automatically generated. */\n" + C_PROGRAM, "generated"),
        ("parser.tab.c", C_PROGRAM, "generated"),
        ("proto_pb2.py", PYTHON_PROGRAM, "generated"),
        ("a.html", "<p>" + "<b>word</b> " * 300 + "</p>\n", "long lines"),
        ("a.c", C_PROGRAM.replace("sum", "größe").encode("latin-1") + b"\x81", "not UTF-8"),
        ("a.c", ("/* Сумма двух чисел, */\n" * 9 + C_PROGRAM).encode("koi8-r"), "not UTF-8"),
        ("a.html", PAGE.encode() + b"<meta charset=klingon><p>\xff\n", "not UTF-8"),
        ("a.py", PYTHON_PROGRAM.encode("utf-16"), "not UTF-8"),
        (
            "a.h",
            "class Point {\npublic:\n  int x = 0, y = 0;\n  int sum() const { return x + y; }\n};\n",
            "C++",
        ),
        (
            "a.h",
            "#include <vector>\nstd::vector<int> all_the_numbers_that_there_are(int);\n",
            "C++",
        ),
        ("a.h", "#import <Foundation/Foundation.h>\n@interface Thing : NSObject\n@end\n", "C++"),
        (
            "a.py",
            "def greet(name:\n    print('hello', name, 'how are you today, my friend?')\n",
            "does not parse",
        ),
        (
            "a.py",
            "print 'this was right in Python 2, which nobody writes any more'\n",
            "does not parse",
        ),
        ("a.c", C_PROGRAM.replace("}", ""), "does not parse"),
        ("a.html", PAGE + "<div><span>never closed</div>\n", "does not parse"),
        ("a.html", PAGE + "</section>\n", "does not parse"),
        ("a.c", "// Code generated by protoc-gen-c.\n" + C_PROGRAM, "generated"),
        ("a.c", "/* A lexical scanner generated by flex */\n" + C_PROGRAM, "generated"),
        ("a.c", "/*\n * parse.y.h\n * WARNING: do not modify!\n */\n" + C_PROGRAM, "generated"),
        ("shop/migrations/a.py", PYTHON_PROGRAM, "generated"),
        ("vendor/a.c", C_PROGRAM, "vendored"),
        ("node_modules/x/a.html", PAGE, "vendored"),
        ("html/parsing/a.html", PAGE, "broken on purpose"),
        ("a.c", "int numbers[] = {\n" + "0x12, 0x34, 0x56, 0x78,\n" * 60 + "};\n", "data"),
        ("a.c", C_PROGRAM * 4000, "huge"),
        ("a.c", "int x;\n", "tiny"),
        ("lib/curl/a.c", C_PROGRAM, "never train"),
        ("toolkit/pdfjs/a.html", PAGE, "never train"),
        ("sympy-1.12/core/a.py", PYTHON_PROGRAM, "never train"),
    ],
)
def test_files_that_are_left_out(
    workshop: Workshop, path: str, content: str | bytes, reason: str
) -> None:
    assert only_reason(workshop, path, content) == {reason: 1}


def test_macros_that_confuse_the_parser_are_kept_unless_strict(workshop: Workshop) -> None:
    text = "public_(int) nothrow_ first(int number)\n{\n\treturn number;\n}\n\n" + C_PROGRAM
    workshop.project("tolerant", {"a.c": text})
    workshop.project("strict", {"b.c": text.replace("first", "second")}, strict=True)
    assert workshop.run().exit_code == 0
    assert workshop.kept("c")["train"] == ["tolerant/a.c"]
    assert workshop.dropped("c") == {"does not parse": 1}


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("a.c", "/* An event generated by the timer ends this. */\n" + C_PROGRAM),
        ("a.py", "# The title, if it is not auto generated from the name.\n" + PYTHON_PROGRAM),
        ("settings.py", '"""Generated by \'django-admin startproject\'."""\n' + PYTHON_PROGRAM),
        ("a.c", C_PROGRAM + "/* " + "one long remark " * 40 + "*/\n" + C_PROGRAM * 40),
        ("deep.c", C_PROGRAM.replace("\t", " " * 90)),
        ("a.c", C_PROGRAM * 20 + "static const int box[] = {\n" + "0x12, 0x34,\n" * 33 + "};\n"),
        ("a.c", "/* " + "net.host." * 140 + " */\n" + C_PROGRAM * 90),
        ("locale/a.c", C_PROGRAM),
        ("libraries/own/a.c", C_PROGRAM),
        ("pack/parser/a.py", PYTHON_PROGRAM),
        ("a.html", PAGE + ("<p>" + "A long <b>word</b>. " * 3 + "and more " * 60 + "\n") * 9),
        (
            "a.html",
            '{% extends "base.html" %}\n{% block body %}\n  {{ form.as_p }}\n{% endblock %}\n',
        ),
        (
            "a.html",
            PAGE + "<img src='data:image/png;base64," + "iVBORw0K" * 24 + "'>\n" + PAGE * 12,
        ),
    ],
)
def test_files_that_look_odd_but_are_kept(workshop: Workshop, path: str, content: str) -> None:
    workshop.project("odd", {path: content})
    assert workshop.run().exit_code == 0
    language = {"c": "c", "py": "python", "html": "html"}[path.rsplit(".", 1)[1]]
    assert workshop.kept(language)["train"] == [f"odd/{path}"], workshop.dropped(language)


@pytest.mark.parametrize(
    ("path", "raw", "text"),
    [
        ("a.c", f"/* Jörg */\n{C_PROGRAM}".encode("latin-1"), f"/* Jörg */\n{C_PROGRAM}"),
        (
            "a.html",
            f"{PAGE}<meta charset=iso-8859-1>\n<p>“größer”\n".encode("cp1252"),
            f"{PAGE}<meta charset=iso-8859-1>\n<p>“größer”\n",
        ),
        (
            "a.html",
            f"{PAGE}<meta charset='gb2312'>\n<p>标题标题标题\n".encode("gb2312"),
            f"{PAGE}<meta charset='gb2312'>\n<p>标题标题标题\n",
        ),
    ],
)
def test_old_encodings_are_read(workshop: Workshop, path: str, raw: bytes, text: str) -> None:
    workshop.project("old", {path: raw})
    assert workshop.run().exit_code == 0
    language = "html" if path.endswith("html") else "c"
    (record,) = read_records(corpus_file(workshop.folder / "data" / "corpus", language, "train"))  # type: ignore[arg-type]
    assert record["text"] == text


@pytest.mark.parametrize(
    "text",
    [
        "#include <stdarg.h>\nint sum(int n, ...)\n{\n\tva_list args;\n\tva_start(args, n);\n"
        "\tchar *first = va_arg(args, char *);\n\treturn first[0];\n}\n",
        "struct point {\n\tint x, y;\n} typedef point;\n\npoint origin(void);\npoint corner(void);\n",
        "MODULE_AUTHOR(somebody)\n\nEXPORT int first(int number)\n{\n\treturn number;\n}\nEND_DECLS\n",
    ],
)
def test_what_the_grammar_does_not_know_is_no_error(workshop: Workshop, text: str) -> None:
    workshop.project("macros", {"a.c": text}, strict=True)
    assert workshop.run().exit_code == 0
    assert workshop.kept("c")["train"] == ["macros/a.c"]


def _function(number: int) -> str:
    return f'def function_{number}(value):\n    """Adds."""\n    return value + {number}\n\n\n'


def test_filters_can_be_left_out_in_train_only(workshop: Workshop) -> None:
    broken = "def greet(name:\n    print('hello', name, 'how are you today, my friend?')\n"
    body = "".join(map(_function, range(40)))
    files = {
        "broken.py": broken,
        "vendor/a.py": PYTHON_PROGRAM,
        "copy.py": body,
        "near.py": body.replace("function_7(", "renamed("),
        "own.py": "".join(map(_function, range(50, 90))),
        "own_again.py": "".join(map(_function, range(50, 90))) + "\n",
    }
    workshop.project("train", dict(files))
    workshop.project("held-out", {"a.py": body, "broken.py": broken}, role="test")
    assert workshop.run().exit_code == 0
    assert workshop.kept("python") == {
        "train": ["train/own.py"],
        "valid": [],
        "test": ["held-out/a.py"],
    }
    without = ("duplicate", "near-duplicate", "vendored", "does not parse")
    options = [word for name in without for word in ("--without", name)]
    assert workshop.run(*options).exit_code == 0
    kept = workshop.kept("python")
    assert kept["test"] == ["held-out/a.py"]
    assert kept["train"] == [
        "train/broken.py",
        "train/own.py",
        "train/own_again.py",
        "train/vendor/a.py",
    ]


def test_the_yardstick_does_not_change_with_the_filters(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = "def greet(name:\n    print('hello', name, 'how are you today, my friend?')\n"
    files = {"a.py": PYTHON_PROGRAM, "b.py": _function(1) * 9, "c.py": broken}
    listed = workshop.folder / "held_out.json"
    listed.write_text(json.dumps({"old": held_out.digest(broken)[:10]}))
    monkeypatch.setattr(held_out, "PATH", listed)
    held_out._projects.cache_clear()
    try:
        workshop.project("old", dict(files), role="test", cap_mb=0.00001)
        workshop.project("new", dict(files), role="valid")
        assert workshop.run().exit_code == 0
    finally:
        held_out._projects.cache_clear()
    assert workshop.kept("python")["test"] == ["old/c.py"]
    assert workshop.kept("python")["valid"] == ["new/a.py", "new/b.py"]


def test_what_is_never_trained_on_cannot_be_let_in(workshop: Workshop) -> None:
    workshop.project("good", {"a.c": C_PROGRAM, "vendor/curl/b.c": C_PROGRAM + "/* b */\n"})
    assert workshop.run("--without", "never train").exit_code == 2
    assert workshop.run("--without", "vendored").exit_code == 0
    assert workshop.kept("c")["train"] == ["good/a.c"]


def test_fractions_are_parts_of_each_other(workshop: Workshop) -> None:
    for project in range(12):
        files = {f"{number}.py": _function(project * 1000 + number) * 3 for number in range(12)}
        workshop.project(f"project-{project}", dict(files))
    held_out = {"a.py": _function(99) * 3}
    workshop.project("held-out", dict(held_out), role="valid")
    kept = {}
    for options in ([], ["--fraction", "0.5"], ["--fraction", "0.25"], ["--most-mb", "0.002"]):
        assert workshop.run(*options).exit_code == 0
        assert workshop.kept("python")["valid"] == ["held-out/a.py"]
        kept[" ".join(options)] = set(workshop.kept("python")["train"])
    assert len(kept[""]) == 144
    assert 60 < len(kept["--fraction 0.5"]) < 84
    assert kept["--fraction 0.25"] < kept["--fraction 0.5"] < kept[""]
    assert kept["--most-mb 0.002"] < kept["--fraction 0.25"]
    assert len({name.split("/")[0] for name in kept["--fraction 0.25"]}) > 6


def test_a_fraction_of_the_projects_holds_them_whole(workshop: Workshop) -> None:
    for project in range(20):
        files = {f"{number}.py": _function(project * 1000 + number) * 3 for number in range(3)}
        workshop.project(f"project-{project}", dict(files))
    chosen = []
    for fraction in ("0.25", "0.6"):
        assert workshop.run("--project-fraction", fraction).exit_code == 0
        names = [name.split("/")[0] for name in workshop.kept("python")["train"]]
        assert all(names.count(name) == 3 for name in names)
        chosen.append(set(names))
    assert chosen[0] < chosen[1]
    assert len(chosen[1]) < 20


def test_the_report_says_how_much_each_filter_drops(workshop: Workshop) -> None:
    workshop.project("good", {"a.c": C_PROGRAM, "b.c": C_PROGRAM + "\n", "vendor/c.c": C_PROGRAM})
    workshop.project("other", {"a.c": C_PROGRAM})
    assert workshop.run().exit_code == 0
    report = json.loads((workshop.folder / "data" / "corpus" / "report.json").read_text())
    assert report["c"]["dropped"] == {"duplicate": 2, "vendored": 1}
    n_bytes = len(C_PROGRAM)
    assert report["c"]["dropped_mb"]["vendored"] == round(n_bytes / 1e6, 3)
    assert report["c"]["dropped_mb"]["duplicate"] == round(2 * n_bytes / 1e6, 3)


def test_packaging_that_is_lacking_does_not_matter(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    tar = workshop.folder / "pack_1.0.orig.tar.gz"
    with tarfile.open(tar, mode="w:gz") as archive:
        info = tarfile.TarInfo("pack-1.0/a.c")
        info.size = len(C_PROGRAM)
        archive.addfile(info, io.BytesIO(C_PROGRAM.encode()))
    checksums = f" {'0' * 64} 1 {tar.name}\\n {'0' * 64} 1 pack_1.0-1.debian.tar.xz\\n"
    apt = workshop.folder / "bin" / "apt-get"
    apt.parent.mkdir()
    lines = [
        "#!/bin/sh",
        f"cp {tar} .",
        f"printf 'Checksums-Sha256:\\n{checksums}' > pack_1.0-1.dsc",
        "echo 'E: Failed to fetch pack_1.0-1.debian.tar.xz' >&2",
        "exit 100",
    ]
    apt.write_text("\n".join(lines) + "\n")
    apt.chmod(0o755)
    monkeypatch.setenv("PATH", str(apt.parent), prepend=":")
    workshop.project("pack", {}, kind="debian", package="pack", version="1.0-1")
    workshop.project("lost", {}, kind="debian", package="lost", version="1.0-1")
    result = workshop.run()
    assert result.exit_code == 0, result.output
    assert workshop.kept("c")["train"] == ["pack/a.c"]
    assert "1 of 2 packages are not in it" in result.output


OLD_STYLE = (
    '#include <stdio.h>\nmain()\n{\n\tprintf("an old habit of beginners\\n");\n\tother();\n}\n'
)


@pytest.mark.parametrize(
    "addition",
    [
        "",
        "other()\n{\n\treturn 1;\n}\n",
        "other(count, name)\nint count;\nchar *name;\n{\n}\n",
        "char *\nother (count)\n     long count;\n{\n}\n",
        "int other(int x)\n{\n\tswitch (x) {\n\tcase 0 ... 9: return 1;\n\t}\n}\n",
    ],
)
def test_old_c_is_not_wrong(workshop: Workshop, addition: str) -> None:
    workshop.project("old", {"a.c": OLD_STYLE + addition}, strict=True)
    assert workshop.run().exit_code == 0
    assert workshop.kept("c")["train"] == ["old/a.c"]


def test_text_is_normalised_and_records_are_complete(workshop: Workshop) -> None:
    workshop.project(
        "dos", {"a.c": b"\xef\xbb\xbf" + C_PROGRAM.replace("\n", "\r\n").encode()}, repeat=3
    )
    assert workshop.run().exit_code == 0
    records = list(read_records(corpus_file(workshop.folder / "data" / "corpus", "c", "train")))
    assert records == [
        {"text": C_PROGRAM, "project": "dos", "path": "a.c", "licence": "MIT", "repeat": 3}
    ]


def test_held_out_text_wins_over_its_copies(workshop: Workshop) -> None:
    body = "".join(
        f"def function_{number}(value):\n    return value + {number}\n\n\n" for number in range(40)
    )
    changed = body.replace("function_7(", "renamed(")
    workshop.project(
        "train-copy", {"exact.py": body + "\n", "near.py": changed, "own.py": PYTHON_PROGRAM}
    )
    workshop.project("held-out", {"a.py": body}, role="test")
    assert workshop.run().exit_code == 0
    assert workshop.kept("python") == {
        "train": ["train-copy/own.py"],
        "valid": [],
        "test": ["held-out/a.py"],
    }
    assert workshop.dropped("python") == {"duplicate": 1, "near-duplicate": 1}


def test_a_cap_takes_a_sample_that_stays_the_same(workshop: Workshop) -> None:
    files = {
        f"folder{number % 5}/{number}.py": PYTHON_PROGRAM + f"\n\nANSWER = {number}\n" * 4
        for number in range(60)
    }
    workshop.project("large", dict(files), cap_mb=0.002)
    assert workshop.run().exit_code == 0
    first = workshop.kept("python")["train"]
    assert 0 < len(first) < 30
    assert len({path.split("/")[1] for path in first}) > 2
    assert workshop.run().exit_code == 0
    assert workshop.kept("python")["train"] == first


def test_caps_by_kind_take_less_of_each_project(workshop: Workshop) -> None:
    files = {f"{number}.py": _function(number) * 3 for number in range(40)}
    for name, role in (("one", "train"), ("other", "valid")):
        own = {path: text.replace("def ", f"def {name}_") for path, text in files.items()}
        workshop.project(name, dict(own), role=role)
    assert workshop.run().exit_code == 0
    everything = workshop.kept("python")
    assert workshop.run("--cap", "git.python=0.001", "--cap", "directory.c=0.001").exit_code == 0
    assert workshop.kept("python") == everything
    assert workshop.run("--cap", "directory.python=0.001").exit_code == 0
    few = workshop.kept("python")
    assert few["valid"] == everything["valid"]
    assert 0 < len(few["train"]) < len(everything["train"]) / 2
    assert set(few["train"]) < set(everything["train"])


@pytest.mark.parametrize("cap", ["python=1", "git.perl=1", "rpm.c=1", "git.c=much", "git.c=-1"])
def test_a_wrong_cap_is_told(workshop: Workshop, cap: str) -> None:
    result = workshop.run("--cap", cap)
    assert result.exit_code == 2
    assert "KIND.LANGUAGE=MB" in result.output


def test_a_project_that_cannot_be_read_is_named_and_skipped(workshop: Workshop) -> None:
    workshop.project("good", {"a.c": C_PROGRAM})
    workshop.project("lost", {}, package="/nowhere/at-all")
    workshop.project("mirrored", {}, kind="git", package="someone/something")
    result = workshop.run()
    assert result.exit_code == 0
    assert "2 of 3 packages are not in it" in result.output
    assert "/nowhere/at-all is not a directory" in result.output
    assert "--git-mirror" in result.output
    assert workshop.kept("c")["train"] == ["good/a.c"]


def test_a_debian_source_package_is_read_from_its_archive(workshop: Workshop) -> None:
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w") as archive:
        info = tarfile.TarInfo("pack-1.0/src/a.c")
        info.size = len(C_PROGRAM)
        archive.addfile(info, io.BytesIO(C_PROGRAM.encode()))
    # Parallel compressors write several streams into one file.
    halves = tar.getvalue()[:700], tar.getvalue()[700:]
    folder = workshop.folder / "data" / "sources" / "debian"
    folder.mkdir(parents=True)
    (folder / "pack_1.0.orig.tar.bz2").write_bytes(b"".join(map(bz2.compress, halves)))
    checksums = f" {'0' * 64} 1 pack_1.0.orig.tar.bz2\n {'0' * 64} 1 pack_1.0-1.debian.tar.xz\n"
    (folder / "pack_1.0-1.dsc").write_text("Checksums-Sha256:\n" + checksums)
    workshop.project("pack", {}, kind="debian", package="pack", version="2:1.0-1")
    assert workshop.run().exit_code == 0
    assert workshop.kept("c")["train"] == ["pack/src/a.c"]


def test_a_wheel_is_read(workshop: Workshop) -> None:
    folder = workshop.folder / "data" / "sources" / "pypi"
    folder.mkdir(parents=True)
    with zipfile.ZipFile(folder / "Some_Thing-2.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("some_thing/__init__.py", PYTHON_PROGRAM)
    workshop.project("wheel", {}, kind="pypi", package="some-thing", version="2.0")
    assert workshop.run().exit_code == 0
    assert workshop.kept("python")["train"] == ["wheel/some_thing/__init__.py"]


def test_a_commit_is_read_from_the_mirror(workshop: Workshop) -> None:
    place = workshop.folder / "mirror" / "someone+exercises"
    place.mkdir(parents=True)
    (place / "Übung 1.c").write_text(C_PROGRAM)
    names = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
    for step in (["init", "-q"], ["add", "."], [*names, "commit", "-q", "-m", "first"]):
        subprocess.run(["git", *step], cwd=place, check=True)
    done = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=place, check=True, capture_output=True, text=True
    )
    about = {"kind": "git", "package": "someone/exercises", "project": ""}
    workshop.project("mirrored", {}, version=done.stdout.strip(), **about)
    assert workshop.run("--git-mirror", str(workshop.folder / "mirror")).exit_code == 0
    assert workshop.kept("c")["train"] == ["someone/exercises/Übung 1.c"]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"wieght": 2}, "unknown key 'wieght'"),
        ({"role": "training"}, "role is 'training'"),
        ({"languages": ["c", "rust"]}, "known are c, html, python"),
        ({"cap_mb": "large"}, "cap_mb is 'large'"),
        ({"repeat": 0}, "repeat is 0"),
        ({"kind": "svn"}, "kind is 'svn'"),
        ({"project": "curl"}, "never trained on"),
        ({"kind": "git", "package": "TheAlgorithms/C", "project": ""}, "never trained on"),
        ({"kind": "pypi", "package": "jquery_ui", "project": ""}, "never trained on"),
    ],
)
def test_a_wrong_manifest_is_told(
    workshop: Workshop, settings: dict[str, object], said: str
) -> None:
    workshop.project("wrong", {"a.c": C_PROGRAM}, **settings)
    result = workshop.run()
    assert result.exit_code == 1
    assert said in result.output
    assert "Traceback" not in result.output


def test_one_project_has_one_role(workshop: Workshop) -> None:
    workshop.project("both", {"a.c": C_PROGRAM})
    workshop.project("both", {"b.c": C_PROGRAM}, role="valid")
    result = workshop.run()
    assert result.exit_code == 1
    assert "both is both train and valid" in result.output


def test_the_real_manifest_is_valid_and_holds_out_whole_projects() -> None:
    entries = load_manifest(Path(__file__).parents[2] / "models" / "manifest.toml")
    for language in ("c", "html", "python"):
        for role in ("valid", "test"):
            projects = [
                each.name for each in entries if each.role == role and language in each.languages
            ]
            assert len(projects) >= 3, (language, role)
            assert all(map(held_out.chosen, projects))


@pytest.mark.parametrize(
    ("name", "never"),
    [
        ("curl", True),
        ("libuv1", False),
        ("src/libuv-1.44.2/unix/core.c", True),
        ("geekcomputers/Python", True),
        ("python-youtube_dl", False),
        ("youtube_dl/extractor/common.py", True),
        ("gitlint/git.py", False),
        ("jquery.ui/index.html", True),
        ("dojo-release-1.9/dojo.html", True),
        ("pycurl/src/easy.c", False),
    ],
)
def test_never_train_names(name: str, never: bool) -> None:
    assert is_never_trained(name) is never


@pytest.mark.parametrize(
    ("page", "n_slips"),
    [
        ("<ul><li>one<li>two</ul><p>a<p>b", 0),
        ("<table><tr><td>a<td>b<tr><td>c</table>", 0),
        ("<img src=a.png><br><input value='a > b'>", 0),
        ("<svg><path d='M0 0'/><g><circle/></g></svg>", 0),
        ("<script>if (a < b) document.write('</div>')</script>", 0),
        ("<textarea><b></textarea><!-- <div> --><title><i></title>", 0),
        ("<a href=http://example.org/>x</a>", 0),
        ("{% if wide %}<div class='{{ a > b }}'>{% endif %}</div>", 0),
        ("text with a < b and c > d", 0),
        ("<div><span>a</div>", 1),
        ("<div></div></div>", 1),
        ("<b><i>x</b></i>", 2),
        ("<p>a</p", 1),
        ("<div/>", 1),
        ("</br>", 1),
        ('<a href="x>one</a>\n<a href="y">two</a>', 2),
        ("<script>never closed", 1),
    ],
)
def test_the_stack_of_open_elements(page: str, n_slips: int) -> None:
    assert slips(page)[0] == n_slips
