"""What was found out about texts, remembered as long as there is room."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Memory(Generic[T]):
    """Answers by key; those that were not asked for longest are given up first.

    budget  what all answers together may cost, in the unit of `cost` below
    """

    def __init__(self, budget: int) -> None:
        self._budget = budget
        self._spent = 0
        self._answers: OrderedDict[Hashable, tuple[int, T]] = OrderedDict()

    def get(self, key: Hashable, cost: int, work: Callable[[], T]) -> T:
        """The answer to `key`: as it was, or by `work`, a function of the key alone."""
        if key in self._answers:
            self._answers.move_to_end(key)
            return self._answers[key][1]
        answer = work()
        self.keep(key, cost, answer)
        return answer

    def known(self, key: Hashable) -> T | None:
        """The answer to `key`, where there is one."""
        found = self._answers.get(key)
        if found is None:
            return None
        self._answers.move_to_end(key)
        return found[1]

    def keep(self, key: Hashable, cost: int, answer: T) -> None:
        """Remember an answer, in the place of an older one."""
        self._spent += cost - self._answers.pop(key, (0, answer))[0]
        self._answers[key] = (cost, answer)
        while self._spent > self._budget and len(self._answers) > 1:
            _, (spared, _) = self._answers.popitem(last=False)
            self._spent -= spared

    def recent(self) -> Iterator[T]:
        """The answers, from the one asked for last."""
        return (answer for _, answer in reversed(self._answers.values()))

    def clear(self) -> None:
        self._answers.clear()
        self._spent = 0

    def __len__(self) -> int:
        return len(self._answers)
