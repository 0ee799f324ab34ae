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

from flask import Flask, Response, abort, request

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


def register(app: Flask, folder: Path) -> None:
    """Serve a folder's files; `url_for("static", filename=...)` gives an address with the hash."""
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
    response.set_etag(f"{file.etag}{'-gzip' if packed else ''}")
    response.make_conditional(request)
    return response
