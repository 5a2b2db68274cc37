"""Arrays of JSON that are written while their items come, so that nothing has to lie in memory until the end."""

from __future__ import annotations

import json
from typing import Any, TextIO


class JsonArray:
    """To the letter what `json.dumps(..., indent=1)` writes of the whole; nothing before the first item is known.

    head   what stands before the array, its bracket left out
    depth  how deep the array stands
    """

    def __init__(self, stream: TextIO, head: str, depth: int) -> None:
        self._stream, self._head, self._depth = stream, head, depth
        self._is_empty = True

    def add(self, item: Any) -> None:
        self._stream.write(f"{self._head}[" if self._is_empty else ",")
        self._stream.write(_line_break(self._depth + 1) + dumped(item, self._depth + 1))
        self._is_empty = False

    def close(self) -> None:
        end = f"{self._head}[" if self._is_empty else _line_break(self._depth)
        self._stream.write(f"{end}]")


def dumped(item: Any, depth: int) -> str:
    """JSON in ASCII, indented as it stands `depth` deep."""
    return json.dumps(item, indent=1).replace("\n", _line_break(depth))


def _line_break(depth: int) -> str:
    return "\n" + " " * depth
