"""What a person is shown and asked, and what follows from the answers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lm_lint.findings import Repair
from lm_lint.plans import Plan
from lm_lint.prompts import interactive
from lm_lint.results import Result
from tests.repairing import diagnostic, insertion, source_of

TEXT = "int a\nint b\nint c\nint d\n"
FOUND = tuple(insertion(TEXT, f"\nint {name}", ";") for name in "bcd")


class Person:
    """Gives answers one by one and goes away after the last; keeps what was shown and asked."""

    def __init__(self, *answers: str) -> None:
        self._answers: Iterator[str] = iter(answers)
        self.shown: list[str] = []
        self.asked: list[str] = []

    def ask(self, question: str) -> str:
        self.asked.append(question)
        for answer in self._answers:
            return answer
        raise EOFError

    def decide(
        self, text: str = TEXT, found: tuple[object, ...] = FOUND, **options: object
    ) -> Plan:
        result = Result(source_of(text), found)  # type: ignore[arg-type]
        return interactive(result, self.ask, self.shown.append, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("answers", "text", "is_end", "n_asked"),
    [
        ("yyy", "int a;\nint b;\nint c;\nint d\n", False, 3),
        ("nyn", "int a\nint b;\nint c\nint d\n", False, 3),
        ("na", "int a\nint b;\nint c;\nint d\n", False, 2),
        ("yd", "int a;\nint b\nint c\nint d\n", False, 2),
        ("yq", "int a;\nint b\nint c\nint d\n", True, 2),
        ("y", "int a;\nint b\nint c\nint d\n", True, 2),  # Ctrl-D
        ("?xYd", "int a;\nint b\nint c\nint d\n", False, 4),
    ],
)
def test_answers(answers: str, text: str, is_end: bool, n_asked: int) -> None:
    person = Person(*answers)
    planned = person.decide()
    assert (planned.text, planned.is_end, len(person.asked)) == (text, is_end, n_asked)
    assert len(planned.applied) + len(planned.left) == 3


def test_words_and_blanks_are_answers_too() -> None:
    assert len(Person("yes", "", " No ", "y ").decide().applied) == 2


def test_what_is_shown() -> None:
    person = Person("n", "?", "q")
    person.decide()
    assert person.shown[0] == (
        "a.c:1:6: something is missing here [missing-token, 95% sure]\n-int a\n+int a;\n int b\n int c"
    )
    assert person.shown[1].endswith(" int a\n-int b\n+int b;\n int c\n int d")
    assert person.shown[2].startswith("y  make this repair\n")
    assert person.asked[0] == "Make this repair (1/3) [y,n,a,d,q,?]? "


def test_colours_only_if_asked_for() -> None:
    person = Person("q")
    person.decide(in_colour=True)
    assert "\x1b[31m-int a\x1b[0m\n\x1b[32m+int a;\x1b[0m\n int b" in person.shown[0]


def test_a_linted_file_does_not_rule_the_terminal() -> None:
    text = 'f("\x1b[2J\u202e\x9b"\r\n\tg();\r\n'
    person = Person("y")
    planned = person.decide(text, (insertion(text, "\r\n\t", ");"),))
    shown = person.shown[0].split("\n")[1:]
    assert shown == ['-f("\ufffd[2J\ufffd\ufffd"', '+f("\ufffd[2J\ufffd\ufffd");', " \tg();"]
    assert planned.text == text.replace('"\r', '");\r')


def test_one_that_does_not_fit_a_chosen_one_is_not_asked() -> None:
    over = diagnostic(TEXT, Repair(4, 6, "x", 0.99))
    person = Person("y", "y", "y")
    planned = person.decide(found=(over, *FOUND))
    assert planned.text == "int xint b;\nint c;\nint d\n"
    assert len(person.asked) == 3
    # Of all the rest the surest come first.
    assert Person("n", "a").decide(found=(FOUND[0], over, *FOUND[1:])).applied == (over, *FOUND[1:])


def test_only_what_is_sure_enough_and_can_be_written_is_asked() -> None:
    text = "\ufeffint a"
    unsure = insertion(text, "a", "b ", confidence=0.6)
    mark = diagnostic(text, Repair(0, 1, "", 0.99))
    person = Person("y")
    assert person.decide(text, (mark, unsure), least_confidence=0.9).applied == ()
    assert person.asked == []
    assert person.decide(text, (mark, unsure)).applied == (unsure,)


def test_in_a_notebook_the_cell_is_named() -> None:
    data = (
        b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{"cell_type": "code", "source": ["a\\n"]},'
        b'{"cell_type": "code", "source": ["b\\n", "f(c"]}]}'
    )
    source = source_of(data, "a.ipynb")
    person = Person("y")
    missing = insertion(source.text, "c", "(")
    planned = interactive(Result(source, (missing,)), person.ask, person.shown.append)
    assert person.shown[0].startswith("a.ipynb: cell 2, line 2, column 3: something")
    assert planned.repaired_source.data == data.replace(b"f(c", b"f((c")
