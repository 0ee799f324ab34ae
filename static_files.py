"""Files that never change while a process lives: read once, addressed by their content, kept for ever.

All of them stand under one hash (`/static/<hash>/checkout/checkout.js`), so that what a script or a sheet
names relative to itself is under the same hash, and a page never mixes the files of two versions. What gains
by it is kept compressed as well. Nothing here is anybody's secret, nor does it repeat anything of a request,
so its length tells nobody anything (BREACH).
"""

from __future__ import annotations

import gzip
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Flask, Response, abort, request

from kit.encodings import GZIP, takes_gzip
from kit.page_headers import FILE_HEADERS, transport_headers

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from merchant_api.short_way import ShortWay

MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".ico": "image/x-icon",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webp": "image/webp",
}
FOR_EVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"  # kept, and asked after before each use
HASH_CHARS = 12
CONDITIONS = ("HTTP_IF_NONE_MATCH", "HTTP_IF_MATCH", "HTTP_IF_RANGE", "HTTP_RANGE", "HTTP_IF_MODIFIED_SINCE")
WORTH = 0.9  # of its size, from which on a file stays as it is

_ANY_HASH = re.compile(rf"[0-9a-f]{{{HASH_CHARS}}}/(.+)")


@dataclass(frozen=True, slots=True)
class File:
    """One file as it goes out; `packed` is its gzip, None where that gains nothing."""

    body: bytes
    packed: bytes | None
    media_type: str
    etag: str


def read(folder: Path) -> dict[str, File]:
    """Return the files of a folder and of those beneath it; a kind without a row raises LookupError."""
    return {
        path.relative_to(folder).as_posix(): _file(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _file(path: Path) -> File:
    body = path.read_bytes()
    packed = gzip.compress(body, compresslevel=9, mtime=0)
    if path.suffix not in MEDIA_TYPES:
        raise LookupError(f"{path} is of a kind that has no media type in static_files.py")
    return File(
        body,
        packed if len(packed) < WORTH * len(body) else None,
        MEDIA_TYPES[path.suffix],
        hashlib.sha256(body).hexdigest()[:32],
    )


def version_of(files: dict[str, File]) -> str:
    """Return the hash that the files stand under: another name or another byte is another hash."""
    summed = hashlib.sha256()
    for name, file in files.items():
        summed.update(f"{name}\0{file.etag}\n".encode())
    return summed.hexdigest()[:HASH_CHARS]


def register(app: Flask, folder: Path) -> ShortWay:
    """Serve a folder's files; `url_for("static", filename=...)` gives an address with the hash.

    Returns the short way to those under their hash, past Flask's steps.
    """
    files = read(folder)
    version = version_of(files)

    def hashed(filename: str) -> Response:
        return _answer(files.get(filename), FOR_EVER)

    def plain(filename: str) -> Response:
        # A page of another version, while a new one is rolled out, gets what there is, and does not keep it.
        other = _ANY_HASH.fullmatch(filename)
        return _answer(files.get(other[1] if other else filename), ASK_AGAIN)

    app.add_url_rule(f"/static/{version}/<path:filename>", "static", hashed)
    app.add_url_rule("/static/<path:filename>", "static_plain", plain)
    return _short_way(files, f"/static/{version}/")


def _short_way(files: dict[str, File], prefix: str) -> ShortWay:
    """Return what answers a file that is asked for whole, and not whether it has changed, as Flask would."""
    kept: dict[tuple[str, bool], list[tuple[str, str]]] = {}

    def answer(app: Flask, environ: WSGIEnvironment) -> tuple[list[tuple[str, str]], bytes] | None:
        path = environ["PATH_INFO"]
        if not path.startswith(prefix) or environ["REQUEST_METHOD"] != "GET" or _asks_more(environ):
            return None
        name = path[len(prefix) :]
        file = files.get(name)
        if file is None:
            return None
        packed = file.packed if takes_gzip(environ.get("HTTP_ACCEPT_ENCODING", "")) else None
        key = (name, packed is not None)
        if key not in kept:
            kept[key] = _headers(app, file, packed=packed is not None)
        return kept[key], packed or file.body

    return answer


def _asks_more(environ: WSGIEnvironment) -> bool:
    """Tell whether a request asks for a part, or for what has changed."""
    return any(name in environ for name in CONDITIONS)


def _headers(app: Flask, file: File, *, packed: bool) -> list[tuple[str, str]]:
    """Return what `_answer` and the hook of app.py come to."""
    headers = {
        "Content-Type": file.media_type,
        **transport_headers(app.config["FLORIN"].public_url),
        **FILE_HEADERS,
        "Cache-Control": FOR_EVER,
        "Vary": "Accept-Encoding",
        "ETag": f'"{_tag(file, packed=packed)}"',
    }
    return [*headers.items(), *([("Content-Encoding", GZIP)] if packed else [])]


def _tag(file: File, *, packed: bool) -> str:
    return f"{file.etag}{'-gzip' if packed else ''}"


def _answer(file: File | None, kept: str) -> Response:
    if file is None:
        abort(404)
    packed = file.packed if request.accept_encodings.quality("gzip") else None
    response = Response(packed or file.body, content_type=file.media_type)
    if packed:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Cache-Control"] = kept
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.vary.add("Accept-Encoding")
    response.set_etag(_tag(file, packed=packed is not None))
    response.make_conditional(request)
    return response
