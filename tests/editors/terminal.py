"""A program in a terminal: what it shows, and what is typed. Nothing sleeps: it reads until the screen is as expected."""

import os
import re
import time
from collections.abc import Callable, Mapping, Sequence

import pexpect
import pyte

BOUND_S = 60.0
# Strings for the terminal itself (DCS, APC), which pyte would show.
DEVICE_STRING = re.compile(rb"\x1b[P_].*?\x1b\\", re.DOTALL)
OPEN_STRING = re.compile(rb"\x1b(?:[P_].*)?\Z", re.DOTALL)


class _Screen(pyte.Screen):
    """pyte's, but for queries and modes of newer terminals, which it would take for others or not at all."""

    def report_device_status(self, mode: int = 0, private: bool = False) -> None:
        if not private:
            super().report_device_status(mode)

    def select_graphic_rendition(self, *attributes: int, private: bool = False) -> None:
        if not private:
            super().select_graphic_rendition(*attributes)


class Terminal:
    def __init__(
        self, command: Sequence[str], env: Mapping[str, str], rows: int = 30, columns: int = 100
    ) -> None:
        self.screen = _Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        whole = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", **env}
        self._rest = b""
        self._process = pexpect.spawn(
            command[0], list(command[1:]), env=whole, dimensions=(rows, columns)
        )
        # What a program asks the terminal is answered, or it waits.
        self.screen.write_process_input = lambda text: self._process.send(text.encode())

    def text(self) -> str:
        return "\n".join(self.screen.display)

    def type(self, keys: str) -> None:
        self._process.send(keys.encode())

    def until(self, what: str, is_so: Callable[[str], bool]) -> None:
        """Reads what the program writes until the screen is so."""
        deadline = time.monotonic() + BOUND_S
        while not is_so(self.text()):
            if time.monotonic() > deadline:
                raise AssertionError(f"it did not happen: {what}. The screen:\n{self.text()}")
            self.read()

    def read(self, timeout_s: float = 0.2) -> bool:
        """Takes what is there, or waits a moment for it; was there something?"""
        try:
            self._feed(self._process.read_nonblocking(65536, timeout_s))
        except pexpect.TIMEOUT:
            return False
        except pexpect.EOF as error:
            raise AssertionError(f"the program ended. The screen:\n{self.text()}") from error
        return True

    def _feed(self, received: bytes) -> None:
        whole = DEVICE_STRING.sub(b"", self._rest + received)
        found = OPEN_STRING.search(whole)
        end = found.start() if found else len(whole)
        self._rest = whole[end:]
        self._stream.feed(whole[:end])

    def settle(self) -> None:
        """Reads until nothing more comes for a moment."""
        while self.read(0.5):
            pass

    def close(self) -> None:
        self._process.close(force=True)
