"""Thousands of random and malformed messages for the language server: it survives, and its text stays the client's.

    python -m bench.fuzz --messages 20000

Edits of all kinds (in part and whole, several at once, reversed, outside the text, emoji, CR, form feeds) go to several
documents at once; between them requests, and messages that are no JSON, no requests, out of turn or nonsense. Every
now and then the server is asked for its text. Status 1 when a text differs, a request stays unanswered, the server ends,
or logs an error.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import click

from bench.lsp_client import (
    FULL,
    PULLING,
    Client,
    Message,
    Pipes,
    ServerError,
    Text,
    start,
)

ERROR = 1  # the type of a logged message
LANGUAGES = ("c", "html", "python", "latex")
PIECES = (
    *(
        "int x = f(1);\n",
        "def f(x):\n    return x\n",
        "<div>\n<p>a</p>\n</div>\n",
        "(",
        ")",
        "{",
        "}",
    ),
    *("\r\n", "\r", "\n", "\x0c", "\x0b", "\u2028", "\x85", "\x00", "\t", " ", "\ufeff"),
    *("\U0001f600", "e\u0301", "é", "漢字", "\U00010348", "\ud800", "\u200d", "'", '"', "\\"),
)
METHODS = (
    "textDocument/hover",
    "textDocument/codeAction",
    "codeAction/resolve",
    "textDocument/diagnostic",
    "workspace/executeCommand",
    "workspace/diagnostic",
    "lmLint/surprisal",
    "lmLint/showTokens",
    "lmLint/text",
    "textDocument/didOpen",
    "textDocument/didChange",
    "textDocument/didClose",
    "workspace/didChangeConfiguration",
    "workspace/didChangeWatchedFiles",
    "$/cancelRequest",
    "$/setTrace",
    "window/workDoneProgress/cancel",
    "no/such/method",
    "initialize",
    "",
)


class Mismatch(Exception):
    """The server's text is not the client's."""


class Mistake(Exception):
    """The server logged an error: something failed inside that no answer tells of."""


class Fuzz:
    """One run; the same seed does the same."""

    def __init__(self, client: Client, seed: int) -> None:
        self.client = client
        self.random = random.Random(seed)
        self.counts: Counter[str] = Counter()
        self._n_opened = 0

    def step(self) -> None:
        """Send one thing, or look whether the texts agree."""
        kinds: dict[Callable[[], None], int] = {
            self.edit: 60,
            self.nonsense: 12,
            self.ask: 12,
            self.noise: 4,
            self.compare: 4,
            self.open: 3,
            self.close: 2,
            self.replace: 2,
            self.cancel: 1,
        }
        (chosen,) = self.random.choices(list(kinds), list(kinds.values()))
        if not self.client.texts:
            chosen = self.open
        chosen()
        self.counts[chosen.__name__] += 1

    def text(self) -> Text:
        return self.random.choice(list(self.client.texts.values()))

    def piece(self, most: int = 3) -> str:
        return "".join(self.random.choices(PIECES, k=self.random.randint(0, most)))

    def open(self) -> None:
        self._n_opened += 1
        language = self.random.choice(LANGUAGES)
        self.client.open(f"untitled:{self._n_opened}", self.piece(30), language)

    def close(self) -> None:
        self.client.close(self.text())

    def replace(self) -> None:
        text = self.text()
        self.client.replace(text, self.piece(30))

    def edit(self) -> None:
        """One to three edits at once; now and then with a range that a client should not send."""
        text, changes = self.text(), []
        for _ in range(self.random.choice((1, 1, 1, 2, 3))):
            start = _between_characters(text.text, self.random.randint(0, len(text.text)))
            length = self.random.choice((0, 0, 1, 2, 20))
            end = _between_characters(text.text, min(start + length, len(text.text)))
            new = self.piece()
            where = self.client.range(text.text, start, max(start, end))
            if self.random.random() < 0.1:
                where = {"start": where["end"], "end": where["start"]}
            elif end == len(text.text) and self.random.random() < 0.3:
                far = {"line": 10**6, "character": 10**6}
                where = {"start": where["start"], "end": far}
            changes.append({"range": where, "text": new})
            text.text = text.text[:start] + new + text.text[max(start, end) :]
        self.client.change(text, changes)

    def ask(self) -> None:
        """A sensible request; whatever the answer is, there is one."""
        text = self.text()
        where = {"line": self.random.randint(0, 40), "character": self.random.randint(0, 40)}
        about: Message = {"textDocument": {"uri": text.uri}, "position": where}
        about["range"] = {"start": where, "end": where}
        about["context"] = {"diagnostics": []}
        self.answered(self.client.begin(self.random.choice(METHODS[:2] + METHODS[6:9]), about))

    def cancel(self) -> None:
        number = self.client.begin("lmLint/surprisal", {"textDocument": {"uri": self.text().uri}})
        self.client.notify("$/cancelRequest", {"id": number})
        self.answered(number)

    def nonsense(self) -> None:
        """Well-formed JSON with params that mean nothing."""
        method, params = self.random.choice(METHODS), self.junk(3)
        if self.random.random() < 0.5:
            self.client.notify(method, params)
        else:
            self.answered(self.client.begin(method, params))

    def answered(self, number: int) -> None:
        try:
            self.client.end(number)
        except ServerError as error:
            self.counts[f"error {error.code}"] += 1

    def junk(self, depth: int) -> Any:
        pick = self.random.random()
        if depth and pick < 0.4:
            names = (
                "textDocument",
                "uri",
                "position",
                "range",
                "command",
                "arguments",
                "type_name",
            )
            keys = self.random.choices((*names, "contentChanges", "version", "a-b", "class"), k=3)
            return {key: self.junk(depth - 1) for key in keys}
        if depth and pick < 0.6:
            return [self.junk(depth - 1) for _ in range(3)]
        # The texts that are open are left alone: nobody could say what they should be then.
        plain = (None, True, -1, 10**30, 1.5, "", "file:///%", "untitled:0", self.piece())
        return self.random.choice(plain)

    def noise(self) -> None:
        """What is no message at all."""
        wire = self.client.wire
        assert isinstance(wire, Pipes)
        bodies = (
            b"",
            b"{",
            b"[]",
            b"null",
            b"[1]",
            b'{"jsonrpc": "1.0"}',
            b"\xff\xfe",
            b"[" * 5000,
        )
        odd = (b'{"jsonrpc": "2.0", "id": {}, "method": "x"}', b'{"jsonrpc": "2.0", "id": 7}')
        if self.random.random() < 0.3:
            wire.send_raw(self.random.choice((b"\r\n", b"noise\r\n", b"Content-Length: x\r\n\r\n")))
        else:
            wire.send(self.random.choice(bodies + odd))

    def compare(self) -> None:
        text = self.text()
        there = self.client.text_at_server(text.uri)
        if (there["text"], there["version"]) != (text.text, text.version):
            raise Mismatch(f"{text.uri}, version {text.version}: {there!r} for {text.text!r}")
        self.client.forget_unread()


def _between_characters(text: str, offset: int) -> int:
    """Not between CR and LF, where no position of the protocol is."""
    return offset + (text[max(0, offset - 1) : offset + 1] == "\r\n")


def run(n_messages: int, seed: int, encoding: str, pulls: bool = False) -> Counter[str]:
    """Raises Mismatch, Mistake, and AssertionError for a server that ends or does not answer."""
    process = start()
    assert process.stdin
    assert process.stdout
    client = Client(Pipes(process.stdout, process.stdin), process)
    try:
        capabilities = (PULLING if pulls else FULL) | {"general": {"positionEncodings": [encoding]}}
        client.initialize(capabilities)
        client.until_ready()
        fuzz = Fuzz(client, seed)
        for _ in range(n_messages):
            fuzz.step()
        for text in list(client.texts.values()):
            there = client.text_at_server(text.uri)["text"]
            if there != text.text:
                raise Mismatch(f"{text.uri}: {there!r} for {text.text!r}")
        client.forget_unread()
        if errors := [log["message"] for log in client.logs if log["type"] == ERROR]:
            raise Mistake(f"{len(errors)} errors in the server's log, first: {errors[0]}")
        client.request("shutdown")
        client.notify("exit")
        assert process.wait(60) == 0
        return fuzz.counts
    finally:
        client.kill()


@click.command(help=__doc__)
@click.option("--messages", default=20_000, show_default=True)
@click.option("--seed", default=0, show_default=True)
def main(messages: int, seed: int) -> None:
    encodings = ("utf-8", "utf-16", "utf-32")
    for idx, encoding in enumerate(encodings):
        started = time.perf_counter()
        counts = run(messages // len(encodings), seed + idx, encoding, pulls=idx == 1)
        elapsed_s = time.perf_counter() - started
        click.echo(
            f"{encoding}: {elapsed_s:.0f} s; "
            + ", ".join(f"{kind} {n}" for kind, n in counts.most_common())
        )


if __name__ == "__main__":
    main()
