"""A file from the web, because somebody asked for it by its address: the one door to a network.

Only what is at the address, or where that leads to from https to https, whole or not at all. It knows nothing of
models: what came is as good as the hash that it is known by, and whoever asked for it checks that.
"""

from __future__ import annotations

import contextlib
import hashlib
import socket
import ssl
import urllib.request
from collections.abc import Callable, Iterator
from http.client import HTTPException, HTTPMessage, InvalidURL
from pathlib import Path
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.parse import urldefrag, urlsplit

from lm_lint import __version__
from lm_lint.errors import NotFetched

TIMEOUT_S = 30  # without a word from the other side
_CHUNK_BYTES = 1 << 16
_HINTS = {
    401: "it is not for everybody",
    403: "it is not for everybody",
    404: "check the address",
    410: "check the address",
}

Tell = Callable[[int, int | None], None]  # bytes so far, and in all if the other side says so


def silent(n_bytes: int, in_all: int | None) -> None:
    """For whoever does not want to know how far a download is."""


def fetch(url: str, target: Path, most_bytes: int, tell: Tell = silent) -> str:
    """What is at an address, written to a file; its SHA-256 in hexadecimal.

    Raises NotFetched, and OSError where the file cannot be written.
    """
    url = urldefrag(url).url
    shown = _visible(url)
    with _network(shown):
        parts = urlsplit(url)
        if parts.scheme not in ("https", "http") or not parts.hostname:
            raise NotFetched(f"{shown}: is no address such as https://HOST/FILE")
        if "@" in parts.netloc:
            raise NotFetched(
                f"{_visible(parts.hostname)}: an address with a name or a password in it is not "
                "used; fetch the file by other means, and name it"
            )
        request = urllib.request.Request(url, headers={"User-Agent": f"lm-lint/{__version__}"})
        answer = urllib.request.build_opener(_Redirects).open(request, timeout=TIMEOUT_S)
    n_bytes, res = 0, hashlib.sha256()
    with contextlib.closing(answer), open(target, "wb") as file:
        in_all = _length(answer)
        _refuse_more(in_all or 0, most_bytes, shown)
        for chunk in _chunks(answer, shown):
            n_bytes += len(chunk)
            _refuse_more(n_bytes, most_bytes, shown)
            res.update(chunk)
            file.write(chunk)
            tell(n_bytes, in_all)
    if in_all is not None and n_bytes != in_all:
        raise NotFetched(
            f"{shown}: the connection broke off after {n_bytes:,} of {in_all:,} bytes; try again"
        )
    return res.hexdigest()


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows from https to https alone: else whoever listens on the way could put something else there."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        if req.type != "https" or urlsplit(newurl).scheme != "https":
            fp.close()
            raise NotFetched(
                f"{_visible(req.full_url)}: leads to {_visible(newurl)}, and only https that leads "
                "to https is followed; name that address itself if it is the right one"
            )
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _chunks(answer: Any, shown: str) -> Iterator[bytes]:
    while True:
        with _network(shown):
            chunk = answer.read(_CHUNK_BYTES)
        if not chunk:
            return
        yield chunk


def _length(answer: Any) -> int | None:
    """How many bytes the other side promises."""
    said = answer.headers.get("Content-Length", "")
    return int(said) if said.isascii() and said.isdigit() else None


def _refuse_more(n_bytes: int, most_bytes: int, shown: str) -> None:
    if n_bytes > most_bytes:
        raise NotFetched(f"{shown}: is larger than {most_bytes / 1e6:,.0f} MB, which is the most")


@contextlib.contextmanager
def _network(shown: str) -> Iterator[None]:
    """Whatever goes wrong on the way becomes a sentence."""
    try:
        yield
    except HTTPError as error:
        error.close()
        said = f"{error.code} {_visible(str(error.reason))}".strip()
        hint = _HINTS.get(error.code, "try again later")
        raise NotFetched(f"{shown}: the server answers {said}; {hint}") from error
    except (OSError, HTTPException, ValueError) as error:
        raise NotFetched(f"{shown}: {_why(error)}") from error


def _why(error: Exception) -> str:
    cause = error.reason if isinstance(error, URLError) else error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"the server's certificate cannot be trusted ({cause.verify_message})"
    if isinstance(cause, ssl.SSLError):
        return f"there is no secure connection to the server ({cause.reason or cause})"
    if isinstance(cause, socket.gaierror):
        return "the host is not known, or there is no network; check the address"
    if isinstance(cause, TimeoutError):
        return f"the server says nothing for {TIMEOUT_S} s; try again later"
    if isinstance(cause, InvalidURL):
        return "is no address such as https://HOST/FILE"
    if isinstance(cause, HTTPException):
        return f"the connection broke off ({type(cause).__name__}); try again"
    said = getattr(cause, "strerror", None) or str(cause)
    return f"cannot be fetched ({_visible(said)})"


def _visible(text: str) -> str:
    """What somebody else may have written, fit to be printed."""
    return "".join(char if char.isprintable() else "\ufffd" for char in text)[:300]
