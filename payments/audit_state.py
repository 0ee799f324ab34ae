"""How far the audit trail's chain can be trusted, as a merchant is told: what is sealed, anchored, verified.

Walking the whole chain is the operator's (`florin audit verify`), who leaves a note of it. What a page can
do is to verify the seals of the rows that it shows: each is computed again from its rows, follows the seal
before it, and is the one in the head's file.
"""

import mmap
from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson
from sqlalchemy import select

from kit.database import db
from payments import audit_chain
from payments.audit_chain import BEGINNING, HEAD_FILE, AuditSeal, Broken

MOST_SEALS = 20  # verified for one page; each has at most BATCH_ROWS rows
NOTE_FILE = "audit_verified.json"  # in the data folder

OTHERWISE = "the seal is not the one in the head's file"


@dataclass(frozen=True, slots=True)
class Verified:
    """One walk along the whole chain: when, over how many seals, and the seal that was broken, if one was."""

    at: int
    seals: int
    broken_seal: int | None


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of verifying some rows: in how many seals they lie, and which of them was wrong.

    `anchored` seals were compared with the head's file; `young` rows are in no seal yet; `left` rows were not
    looked at, since they lie in too many seals.
    """

    rows: int
    seals: int
    anchored: int
    young: int
    left: int
    broken: Broken | None


def newest_seal() -> AuditSeal | None:
    """Return the head of the chain, None while nothing is sealed."""
    return db.session.scalars(select(AuditSeal).order_by(AuditSeal.seq.desc()).limit(1)).first()


def anchored_digest(seal_seq: int, data_dir: Path) -> str | None:
    """Return what the head's file says of a seal, None where it says nothing or is not here."""
    path = data_dir / HEAD_FILE
    if not path.exists() or path.stat().st_size == 0:
        return None
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
        start = text.rfind(b'{"seal":%d,' % seal_seq)
        if start < 0:
            return None
        end = text.find(b"\n", start)
        line = text[start : end if end >= 0 else len(text)]
    try:
        return str(orjson.loads(line)["digest"])
    except (orjson.JSONDecodeError, KeyError):
        return None  # torn by a crash: it anchors nothing


def check(seqs: Collection[int], data_dir: Path) -> Checked:
    """Verify the seals of some rows, the newest first, until one is broken or MOST_SEALS are done."""
    waiting, young, seals, anchored, done = sorted(seqs, reverse=True), 0, 0, 0, 0
    while waiting and seals < MOST_SEALS:
        seal = _seal_of(waiting[0])
        if seal is None:
            young += 1
            waiting.pop(0)
            continue
        told = anchored_digest(seal.seq, data_dir)
        problem = _problem(seal) or (OTHERWISE if told not in (None, seal.digest) else None)
        if problem is not None:
            broken = Broken(seal.seq, seal.first_seq, seal.last_seq, problem)
            return Checked(done, seals, anchored, young, len(waiting), broken)
        after = _seal_before(seal)
        rest = [seq for seq in waiting if after is not None and seq <= after.last_seq]
        done, seals, anchored = done + len(waiting) - len(rest), seals + 1, anchored + (told is not None)
        waiting = rest
    return Checked(done, seals, anchored, young, len(waiting), None)


def note(verified: Verified, data_dir: Path) -> None:
    """Keep what a walk along the whole chain has found, outside the database as its head is."""
    path = data_dir / NOTE_FILE
    fresh = path.with_suffix(".new")
    fresh.write_bytes(orjson.dumps(asdict(verified)))
    fresh.replace(path)


def noted(data_dir: Path) -> Verified | None:
    """Return the last walk along the whole chain, None where none is known here."""
    try:
        return Verified(**orjson.loads((data_dir / NOTE_FILE).read_bytes()))
    except (FileNotFoundError, orjson.JSONDecodeError, TypeError):
        return None


def _seal_of(seq: int) -> AuditSeal | None:
    query = select(AuditSeal).where(AuditSeal.last_seq >= seq).order_by(AuditSeal.last_seq).limit(1)
    return db.session.scalars(query).first()


def _seal_before(seal: AuditSeal) -> AuditSeal | None:
    return db.session.get(AuditSeal, seal.seq - 1)


def _problem(seal: AuditSeal) -> str | None:
    before = _seal_before(seal)
    if before is None:
        return (
            audit_chain.problem_of(seal, 1, BEGINNING, 0)
            if seal.seq == 1
            else f"seal {seal.seq - 1} is missing"
        )
    return audit_chain.problem_of(seal, before.seq + 1, before.digest, before.last_seq)
