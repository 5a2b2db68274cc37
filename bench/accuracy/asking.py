"""Asking every tool about every text, once: answers are remembered on disk.

A rival's answers hold as long as its version, so a changed detector does not pay for them again; lm-lint's own hold for
one run and its --resume.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.accuracy.texts import Text
from bench.reports import Looked, Report, Tool

_AT_ONCE = 48  # texts between two looks at the clock; slow starters read them in one go
_SINGLE = "single-ms"
_TIMED = 5  # texts on which a slow starter is timed alone


class Memory:
    """A dictionary that lives in a file: one JSON line for each thing that was put into it."""

    def __init__(self, path: Path, keep: bool = True) -> None:
        self.path = path
        self._values: dict[str, Any] = {}
        path.parent.mkdir(parents=True, exist_ok=True)
        if not keep:
            path.unlink(missing_ok=True)
        elif path.exists():
            for line in path.read_text(encoding="utf-8").splitlines():
                try:
                    key, value = json.loads(line)
                except ValueError:  # half a line: the run was killed while it wrote
                    continue
                self._values[key] = value

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def __getitem__(self, key: str) -> Any:
        return self._values[key]

    def put(self, key: str, value: Any, on_disk: bool = True) -> None:
        self._values[key] = value
        if not on_disk:
            return
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps([key, value]) + "\n")


def key_of(*texts: str) -> str:
    return hashlib.sha1("\0".join(texts).encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True)
class Answers:
    """A text and what each tool of its language says of it, by the tool's name."""

    text: Text
    by_tool: dict[str, Looked]


class Asked:
    """The tools with their memories."""

    def __init__(self, tools: Sequence[Tool], out: Path, part: str, resume: bool) -> None:
        self.tools = list(tools)
        self._memories: dict[str, Memory] = {}
        for tool in tools:
            if tool.ours:
                path, keep = out / f"{part}-{_slug(tool.name)}-{tool.language}.jsonl", resume
            else:
                path, keep = out / "cache" / f"{_slug(tool.key)}-{tool.language}.jsonl", True
            self._memories[_name(tool)] = Memory(path, keep)

    def ask(self, texts: Sequence[Text]) -> Iterator[Answers]:
        """Text by text, in order; the rivals have read the next few already when lm-lint begins with the first."""
        for start in range(0, len(texts), _AT_ONCE):
            some = texts[start : start + _AT_ONCE]
            answers: list[dict[str, Looked]] = [{} for _ in some]
            for tool in self.tools:
                mine = [i for i, text in enumerate(some) if not tool.ours and _is_asked(tool, text)]
                looks = self._look(tool, [some[i].text for i in mine])
                for i, looked in zip(mine, looks, strict=True):
                    answers[i][tool.name] = looked
            for text, by_tool in zip(some, answers, strict=True):
                mine_now = [tool for tool in self.tools if tool.ours and _is_asked(tool, text)]
                ours = {tool.name: self._look(tool, [text.text])[0] for tool in mine_now}
                yield Answers(text, ours | by_tool)

    def _look(self, tool: Tool, texts: Sequence[str]) -> list[Looked]:
        memory = self._memories[_name(tool)]
        keys = [key_of(text) for text in texts]
        new = {key: text for key, text in zip(keys, texts, strict=True) if key not in memory}
        for key, looked in zip(new, tool.look(list(new.values())) if new else [], strict=True):
            reports = [report.as_json() for report in looked.reports]
            record = {"ms": looked.ms, "failure": looked.failure, "reports": reports}
            memory.put(key, record, on_disk=not looked.failure)  # the next run may do better
        return [_looked(memory[key]) for key in keys]

    def time_alone(self, tool: Tool, texts: Sequence[Text]) -> list[float]:
        """Milliseconds for one file, as somebody at a terminal waits, of a tool that is slow to start."""
        memory = self._memories[_name(tool)]
        if _SINGLE not in memory:
            sample = [text.text for text in texts if _is_asked(tool, text)][:_TIMED]
            memory.put(_SINGLE, [tool.look([text])[0].ms for text in sample])
        res: list[float] = memory[_SINGLE]
        return res


def _is_asked(tool: Tool, text: Text) -> bool:
    """What always names a place has nothing to say about text that is right."""
    return tool.language == text.language and not (tool.ranks and text.slip is None)


def _looked(record: dict[str, Any]) -> Looked:
    reports = tuple(Report.of_json(each) for each in record["reports"])
    return Looked(reports, record["ms"], record.get("failure", ""))


def failures(answers: Sequence[Answers]) -> list[str]:
    """A sentence for each tool and exception: how many texts it died of, and one of them."""
    found: dict[tuple[str, str], list[str]] = {}
    for each in answers:
        for name, looked in each.by_tool.items():
            if looked.failure:
                found.setdefault((name, looked.failure), []).append(each.text.path)
    return [
        f"{name} failed on {len(paths)} texts, one of them {paths[0]}: {failure}."
        for (name, failure), paths in sorted(found.items())
    ]


def _name(tool: Tool) -> str:
    return f"{tool.key} {tool.language}"


def _slug(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9.]+", "-", name).strip("-").lower()
