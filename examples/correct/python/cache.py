"""A cache with a time limit, as a decorator and as a mapping."""

from __future__ import annotations

import functools
import threading
import time
from collections.abc import Callable, Iterator, MutableMapping
from typing import Any, Generic, ParamSpec, TypeVar, overload

K = TypeVar("K")
V = TypeVar("V")
P = ParamSpec("P")


class TimedCache(MutableMapping[K, V], Generic[K, V]):
    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._entries: dict[K, tuple[float, V]] = {}
        self._lock = threading.RLock()

    def __getitem__(self, key: K) -> V:
        with self._lock:
            expires, value = self._entries[key]
            if self._clock() >= expires:
                del self._entries[key]
                raise KeyError(key)
            return value

    def __setitem__(self, key: K, value: V) -> None:
        with self._lock:
            self._entries[key] = self._clock() + self._seconds, value

    def __delitem__(self, key: K) -> None:
        del self._entries[key]

    def __iter__(self) -> Iterator[K]:
        return iter([key for key, (expires, _) in self._entries.items() if self._clock() < expires])

    def __len__(self) -> int:
        return sum(1 for _ in self)


@overload
def cached(function: Callable[P, V]) -> Callable[P, V]: ...
@overload
def cached(*, seconds: float) -> Callable[[Callable[P, V]], Callable[P, V]]: ...
def cached(function: Any = None, *, seconds: float = 60.0) -> Any:
    if function is None:
        return functools.partial(cached, seconds=seconds)

    memory: TimedCache[Any, Any] = TimedCache(seconds)

    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        key = args, tuple(sorted(kwargs.items()))
        try:
            return memory[key]
        except KeyError:
            res = memory[key] = function(*args, **kwargs)
            return res

    return wrapper
