"""Fetches pictures from merchants' servers: small ones, soon, from public addresses, kept for a while.

A web process has some sixteen threads, and its payments need them. So no more than a few are ever busy with
pictures, each for a few seconds at most; a picture beyond that is simply not shown this time. None of them
keeps a request's place meanwhile: two slow pictures would otherwise keep every payment waiting.
"""

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field

from kit import urls
from kit.addresses import Reach
from kit.admission import Outside
from kit.deadline import ReplyTooLarge
from kit.download import download
from kit.http import Failure

MAXIMUM_BYTES = 512 * 1024
TIMEOUT_SECONDS = 2.5  # of everything: lookup, connecting, the whole picture
MOST_AT_ONCE = 8
SHELF_BYTES = 8 * 1024 * 1024
SHELF_PLACES = 4096  # of failures too, which weigh nothing
GOOD_SECONDS = 3600.0
BAD_SECONDS = 60.0
# In live mode, at the doors of web servers: no merchant's address makes the house knock at mail or databases.
PUBLIC_PORTS = frozenset((80, 443))
BUSY = "too many pictures are being fetched"

HEADERS = {"Accept": "image/webp, image/png, image/jpeg, image/gif", "Accept-Encoding": "identity"}


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of one of the kinds that browsers only draw."""

    media_type: str
    body: bytes


@dataclass(slots=True)
class _Kept:
    until: float
    found: Picture | str
    weight: int


@dataclass(slots=True)
class _Shelf:
    """What was fetched lately, good or bad; the longest untouched goes first."""

    places: OrderedDict[tuple[str, Reach], _Kept] = field(default_factory=OrderedDict)
    weight: int = 0
    guard: threading.Lock = field(default_factory=threading.Lock)
    fetching: dict[tuple[str, Reach], threading.Lock] = field(default_factory=dict)

    def get(self, key: tuple[str, Reach]) -> Picture | str | None:
        with self.guard:
            kept = self.places.get(key)
            if kept is None or kept.until <= time.monotonic():
                return None
            self.places.move_to_end(key)
            return kept.found

    def put(self, key: tuple[str, Reach], found: Picture | str) -> None:
        good = isinstance(found, Picture)
        weight = len(found.body) if isinstance(found, Picture) else 0
        kept = _Kept(time.monotonic() + (GOOD_SECONDS if good else BAD_SECONDS), found, weight)
        with self.guard:
            self.weight += weight
            before = self.places.pop(key, None)
            self.places[key] = kept
            self.weight -= before.weight if before else 0
            while self.weight > SHELF_BYTES or len(self.places) > SHELF_PLACES:
                self.weight -= self.places.popitem(last=False)[1].weight

    def turn(self, key: tuple[str, Reach]) -> threading.Lock:
        """Return the lock that those who want the same picture take one after another."""
        with self.guard:
            return self.fetching.setdefault(key, threading.Lock())

    def done(self, key: tuple[str, Reach]) -> None:
        with self.guard:
            self.fetching.pop(key, None)


_shelf = _Shelf()
_busy = threading.BoundedSemaphore(MOST_AT_ONCE)


def fetched(url: str, reach: Reach) -> Picture | str:
    """Return a picture, or in words why there is none."""
    target = urls.parse(url)
    if reach == "public" and not isinstance(target, str) and target.port not in PUBLIC_PORTS:
        return f"denied: port {target.port} is asked for no pictures in live mode"
    key = (url, reach)
    known = _shelf.get(key)
    if known is not None:
        return known
    if not _busy.acquire(blocking=False):
        return BUSY
    try:
        # In this order: whoever comes back in waits for a place, and must not hold the turn meanwhile.
        with Outside(), _shelf.turn(key):
            known = _shelf.get(key)
            if known is None:
                known = _fetch(url, reach)
                _shelf.put(key, known)
        return known
    finally:
        _shelf.done(key)
        _busy.release()


def _fetch(url: str, reach: Reach) -> Picture | str:
    pieces: list[bytes] = []

    def take(piece: bytes) -> None:
        pieces.append(piece)
        if sum(map(len, pieces)) > MAXIMUM_BYTES:
            raise ReplyTooLarge(f"the picture is larger than {MAXIMUM_BYTES} bytes")

    answer = download(
        url, HEADERS, take, timeout_seconds=TIMEOUT_SECONDS, most_bytes=MAXIMUM_BYTES, reach=reach
    )
    if isinstance(answer, Failure):
        return f"{answer.kind}: {answer.detail}"
    if answer.status != 200:
        return f"its server answers {answer.status}"
    body = b"".join(pieces)
    media_type = media_type_of(body)
    return Picture(media_type, body) if media_type else "it is no PNG, JPEG, WebP or GIF"


def media_type_of(body: bytes) -> str | None:
    """Return the kind of picture that bytes are by how they begin, None for anything else."""
    if body.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if body.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if body.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if body.startswith(b"RIFF") and body[8:12] == b"WEBP":
        return "image/webp"
    return None


def forget() -> None:
    """Empty the shelf."""
    with _shelf.guard:
        _shelf.places.clear()
        _shelf.weight = 0
