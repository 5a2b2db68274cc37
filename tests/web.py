"""Servers of HTTP and HTTPS in the tests' own process, on 127.0.0.1 alone, that answer as they are told."""

from __future__ import annotations

import contextlib
import shutil
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

Answer = Callable[[BaseHTTPRequestHandler], None]

needs_openssl = pytest.mark.skipif(
    shutil.which("openssl") is None,
    reason="openssl makes the certificate of the test, and is absent",
)


def body(data: bytes, length: int | None = None) -> Answer:
    """What is there; `length` is promised in place of the true one."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Length", str(len(data) if length is None else length))
        request.end_headers()
        request.wfile.write(data)

    return answer


def endless(data: bytes, begun: threading.Event, over: threading.Event) -> Answer:
    """The first half, a word that it is there, and no more until all is over."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Length", str(len(data)))
        request.end_headers()
        request.wfile.write(data[: len(data) // 2])
        request.wfile.flush()
        begun.set()
        over.wait()

    return answer


def raw(data: bytes) -> Answer:
    """Whatever the protocol says."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.wfile.write(data)

    return answer


def redirect(url: str) -> Answer:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(302)
        request.send_header("Location", url)
        request.send_header("Content-Length", "0")
        request.end_headers()

    return answer


@contextlib.contextmanager
def site(pages: Mapping[str, Answer], certificate: Path | None = None) -> Iterator[str]:
    """The address of a server with these pages, without a slash at its end; pages may be added meanwhile."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if (page := pages.get(self.path)) is None:
                self.send_error(404)
            else:
                page(self)

        def log_message(self, format: str, *_: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: Any) -> None:
            """Who asked has gone, or does not trust us: that is what is tried."""

    server = Server(("127.0.0.1", 0), Handler)
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"{'http' if certificate is None else 'https'}://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def certificate(folder: Path) -> Path:
    """A key and a certificate for 127.0.0.1 that nobody trusts by himself, in one file."""
    key, res = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-keyout", key, "-out", res),
            *("-addext", "subjectAltName=IP:127.0.0.1"),
        ],
        check=True,
        capture_output=True,
    )
    res.write_bytes(key.read_bytes() + res.read_bytes())
    return res


def closed_port() -> int:
    """Where nobody listens."""
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        return server.server_port


def without_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
