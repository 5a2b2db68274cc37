"""What a setting may be, and how a raw value of JSON or TOML is read: for editors and for files of a project alike."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Kind:
    """What a setting may be.

    json      its type as JSON schemas call it
    expected  the same for a person, to follow "expected"
    read      the value, or ValueError
    """

    json: str
    expected: str
    read: Callable[[object], Any]


def boolean() -> Kind:
    def read(raw: object) -> bool:
        if isinstance(raw, bool):
            return raw
        raise ValueError

    return Kind("boolean", "true or false", read)


def number(low: float, high: float) -> Kind:
    def read(raw: object) -> float:
        # Python counts True as 1; JSON does not. NaN is in no range.
        if isinstance(raw, (int, float)) and not isinstance(raw, bool) and low <= raw <= high:
            return float(raw)
        raise ValueError

    return Kind("number", f"a number from {low:g} to {high:g}", read)


def integer(low: int, high: int) -> Kind:
    def read(raw: object) -> int:
        value = number(low, high).read(raw)
        if value != int(value):
            raise ValueError
        return int(value)

    return Kind("integer", f"a whole number from {low:,} to {high:,}", read)


def choice(choices: tuple[str, ...]) -> Kind:
    def read(raw: object) -> str:
        if isinstance(raw, str) and raw in choices:
            return raw
        raise ValueError

    named = ", ".join(f'"{choice}"' for choice in choices[:-1])
    return Kind("string", f'{named} or "{choices[-1]}"', read)


def path() -> Kind:
    def read(raw: object) -> str | None:
        # Editors offer an empty field for what is not set.
        if isinstance(raw, str):
            return raw.strip() or None
        raise ValueError

    return Kind("string", "a path", read)


def strings() -> Kind:
    def read(raw: object) -> tuple[str, ...]:
        if isinstance(raw, (list, tuple)) and all(isinstance(item, str) for item in raw):
            return tuple(raw)
        raise ValueError

    return Kind("array", "a list of strings", read)


def closest(word: object, known: Iterable[str], least: float = 0.7) -> str | None:
    """The known word that was probably meant."""
    close = difflib.get_close_matches(str(word), list(known), 1, least)
    return close[0] if close else None
