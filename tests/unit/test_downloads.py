"""A file from the web is had whole, or a sentence says why not."""

from __future__ import annotations

import hashlib
import os
import threading
from pathlib import Path

import pytest

from lm_lint import downloads
from lm_lint.errors import NotFetched
from tests import web

DATA = bytes(range(256)) * 1000
MOST = 1 << 20


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    web.without_proxies(monkeypatch)


def fetched(pages: dict[str, web.Answer], folder: Path, path: str = "/m") -> str:
    with web.site(pages) as url:
        return downloads.fetch(url + path, folder / "got", MOST)


def test_what_is_there_is_had_and_told(tmp_path: Path) -> None:
    told: list[tuple[int, int | None]] = []
    with web.site({"/m": web.body(DATA)}) as url:
        sha256 = downloads.fetch(
            f"{url}/m#sha256=00", tmp_path / "got", MOST, lambda *how_far: told.append(how_far)
        )
    assert (tmp_path / "got").read_bytes() == DATA
    assert sha256 == hashlib.sha256(DATA).hexdigest()
    assert told[-1] == (len(DATA), len(DATA))
    assert [n_bytes for n_bytes, _ in told] == sorted({n_bytes for n_bytes, _ in told})


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (web.body(DATA, len(DATA) + 1), "broke off after 256,000 of 256,001 bytes"),
        (web.raw(CHUNKED + b"10\r\nabc"), "the connection broke off"),
        (web.raw(b""), "the connection broke off"),
        (web.raw(b"nonsense\r\n\r\n"), "the connection broke off"),
        (web.raw(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * (MOST + 1)), "is larger than"),
        (web.body(b"", MOST + 1), "is larger than"),
        (web.raw(b"HTTP/1.1 503 \x1b[31mNo\r\n\r\n"), "answers 503 \ufffd[31mNo; try again later"),
        (web.raw(b"HTTP/1.1 403 No\r\n\r\n"), "answers 403 No; it is not for everybody"),
        (web.redirect("https://127.0.0.1:1/m"), "only https that leads to https is followed"),
        (web.redirect("file:///etc/hostname"), "is not allowed"),
    ],
)
def test_less_than_a_whole_file_is_told(tmp_path: Path, answer: web.Answer, words: str) -> None:
    with pytest.raises(NotFetched, match=r"127\.0\.0\.1.*/m: ") as raised:
        fetched({"/m": answer}, tmp_path)
    assert words in str(raised.value)


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(NotFetched, match=r"answers 404 .*; check the address"):
        fetched({}, tmp_path)


def test_nobody_there(tmp_path: Path) -> None:
    with pytest.raises(NotFetched, match=r"cannot be fetched .*refused"):
        downloads.fetch(f"http://127.0.0.1:{web.closed_port()}/m", tmp_path / "got", MOST)


def test_a_server_that_says_nothing_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloads, "TIMEOUT_S", 0.2)
    over = threading.Event()
    pages = {"/m": lambda request: over.wait(), "/half": web.endless(DATA, threading.Event(), over)}
    with web.site(pages) as url:
        try:
            for page in pages:
                with pytest.raises(NotFetched, match=r"says nothing for 0\.2 s"):
                    downloads.fetch(url + page, tmp_path / "got", MOST)
        finally:
            over.set()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("ftp://127.0.0.1/m", "is no address"),
        ("https:///m", "is no address"),
        ("https://me:secret@127.0.0.1/m", "a name or a password"),
        ("https://[::1/m", "Invalid IPv6 URL"),
        ("http://127.0.0.1:99999999/m", "cannot be fetched"),
        ("http://127.0.0.1/\r\nX: y", "is no address"),
    ],
)
def test_an_address_that_is_none(tmp_path: Path, url: str, words: str) -> None:
    with pytest.raises(NotFetched, match=words) as raised:
        downloads.fetch(url, tmp_path / "got", MOST)
    assert "secret" not in str(raised.value).partition(":")[0]
    assert "\n" not in str(raised.value)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no disk here is always full")
def test_a_full_disk_is_no_trouble_of_the_network() -> None:
    with web.site({"/m": web.body(DATA)}) as url, pytest.raises(OSError, match="No space left"):
        downloads.fetch(f"{url}/m", Path("/dev/full"), MOST)


@web.needs_openssl
def test_who_cannot_be_trusted_is_not_listened_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = web.certificate(tmp_path)
    pages = {"/m": web.body(DATA), "/there": web.redirect("/m")}
    with web.site(pages, certificate) as secret, web.site(pages) as open_to_all:
        with pytest.raises(NotFetched, match="certificate cannot be trusted"):
            downloads.fetch(f"{secret}/m", tmp_path / "got", MOST)
        with pytest.raises(NotFetched, match="there is no secure connection"):
            downloads.fetch(f"{open_to_all}/m".replace("http", "https"), tmp_path / "got", MOST)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        sha256 = downloads.fetch(f"{secret}/there", tmp_path / "got", MOST)
        assert sha256 == hashlib.sha256(DATA).hexdigest()
        pages["/away"] = web.redirect(f"{open_to_all}/m")
        with pytest.raises(NotFetched, match=f"leads to {open_to_all}/m"):
            downloads.fetch(f"{secret}/away", tmp_path / "got", MOST)
