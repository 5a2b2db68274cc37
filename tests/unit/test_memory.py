"""Answers are kept as long as there is room; the ones not asked for go first."""

from __future__ import annotations

from lm_lint.memory import Memory


def test_an_answer_is_worked_out_once() -> None:
    memory: Memory[int] = Memory(10)
    calls: list[str] = []

    def ask(key: str) -> int:
        def work() -> int:
            calls.append(key)
            return len(key)

        return memory.get(key, len(key), work)

    assert [ask("abc"), ask("abc"), ask("ab")] == [3, 3, 2]
    assert calls == ["abc", "ab"]


def test_the_answer_not_asked_for_longest_goes_first() -> None:
    memory: Memory[str] = Memory(3)
    for key in "abc":
        memory.get(key, 1, lambda key=key: key)  # type: ignore[misc]
    memory.get("a", 1, lambda: "again")
    memory.get("d", 1, lambda: "d")
    assert memory.get("b", 1, lambda: "anew") == "anew"
    assert memory.get("a", 1, lambda: "anew") == "a"


def test_one_answer_stays_however_dear_it_is() -> None:
    memory: Memory[str] = Memory(3)
    memory.get("a", 100, lambda: "a")
    assert len(memory) == 1
    assert memory.get("a", 100, lambda: "anew") == "a"
    memory.get("b", 100, lambda: "b")
    assert len(memory) == 1


def test_none_is_an_answer() -> None:
    memory: Memory[None] = Memory(3)
    calls: list[int] = []
    for _ in range(2):
        assert memory.get("a", 1, lambda: calls.append(1)) is None
    assert calls == [1]
