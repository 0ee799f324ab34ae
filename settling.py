"""The job edge of settlement: what the banks have closed is fetched, matched, posted and paid out.

Each piece of work is claimed or guarded by a row's version, so that any number of workers may run at once
and any of them may die at any line. No transaction is open while a bank is asked.
"""

import logging
from collections.abc import Callable
from functools import partial

from sqlalchemy import func, select

from kit import bulk, clock, database, jobs
from kit.bulk import Step
from kit.database import db
from payments.balance import announcing, folding, matching, missing, posting, settlements
from payments.balance.settlement_files import FileLine, FileReader, Unreadable
from payments.balance.settlements import SettledAccount, Settlement, SettlementSource, State
from payments.bank import Unknown
from payments.charging import follow_dispute, follow_refund
from payments.contracts import Contract
from payments.scope import acting_as, system
from payments.treasury import Listing, treasuries

logger = logging.getLogger("florin.settling")

SETTLE, QUEUE = "settling.settle", "settlement"
# (seconds between runs, dotted path)
SWEEPS: tuple[tuple[float, str], ...] = (
    (10.0, "settling.kick"),
    (15.0, "settling.fold"),
)
STAGED_AT_ONCE = 1000
ANNOUNCED_AT_ONCE = 100
PATIENCE_SECONDS = 3600  # so long a settlement waits for our own open questions
ASKED_EVERY_SECONDS = 60  # as often the time of the last look is written down, where nothing else is new
RACES = 5
STAGE = """
    INSERT INTO settlement_lines (settlement_id, download, number, kind, reference, "authorization",
        presentment_minor, presentment_currency, gross_minor, interchange_minor, scheme_minor, margin_minor,
        net_minor)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
FORGET = "DELETE FROM settlement_lines WHERE settlement_id = ? AND download <> ?"
STAGED = """
    UPDATE settlements SET status = ?, staged_at = ?, due_at = ?, version = version + 1
    WHERE id = ? AND version = ? AND status = ?
"""
# Whom to ask about what the bank does by itself, by the kind of its line.
FOLLOWERS: dict[str, Callable[[str, str], None]] = {
    "chargeback": follow_dispute.follow,
    "chargeback_reversal": follow_dispute.follow,
    "refund_failure": follow_refund.follow,
}
Problems = tuple[list[str], str]  # kinds of differences (none where only the line failed), and words


def kick() -> None:
    """Wake a worker: banks may be slow, and must not hold up the other sweeps."""
    jobs.kick(SETTLE, queue=QUEUE)


def on_closed(_acquirer: str, _subject: str) -> None:
    """Take a bank's notice that it has closed a settlement as what it is, a wake-up."""
    kick()


def settle() -> int:
    """Do all that is due, from the banks' lists to the merchants' payouts; return how many were posted."""
    for acquirer in list(treasuries):
        _guarded(partial(look, acquirer), f"the list of {acquirer}")
    for settlement_id in settlements.due(State.FOUND):
        _guarded(partial(fetch, settlement_id), settlement_id)
    posted = sum(_guarded(partial(post, name), name) for name in settlements.due(State.STAGED))
    for acquirer in list(treasuries):
        _guarded(partial(look_for_missing, acquirer), f"what {acquirer} lacks")
    while settled_ids := announcing.due(ANNOUNCED_AT_ONCE):
        done = sum(_guarded(partial(announce, name), name) for name in settled_ids)
        if done < len(settled_ids):
            break
    return posted


def fold() -> int:
    """Take what has become available into the folded balances; return how many of them changed."""
    return sum(_guarded(partial(_fold, key), f"the balance of {key[0]}") for key in folding.due())


def look(acquirer: str) -> bool:
    """Take in what a bank has closed since the last look; tell whether it answered."""
    while True:
        source = SettlementSource.of(acquirer)
        after = source.seq
        database.commit()
        asked_at = clock.now()
        listing = treasuries[acquirer].settlements(after)
        if isinstance(listing, Unknown):
            logger.warning("the settlements of %s can't be listed: %s", acquirer, listing.reason)
            return False
        _take_in(source, listing, asked_at)
        database.commit()
        if not listing.has_more:
            return True
        if source.seq == after:
            logger.warning("the list of %s does not go on behind %s", acquirer, after)
            return False


def fetch(settlement_id: str) -> bool:
    """Download a settlement's file into lines of its own and check it; tell whether it is staged now."""
    settlement = database.load(Settlement, settlement_id)
    if settlement is None or settlement.status != State.FOUND or settlement.due_at > clock.now():
        return False
    settlement.claim()
    database.commit()
    kinds, words = _download(settlement) or ([], "")
    if not kinds and not words:
        now = clock.now()
        staged = (State.STAGED.value, now, now, settlement.id, settlement.version, State.FOUND.value)
        bulk.run([Step(STAGED, staged, 1), Step(FORGET, (settlement.id, settlement.download))])
        return True
    logger.error("settlement %s: %s: %s", settlement_id, ", ".join(kinds) or "not fetched", words)
    if kinds and settlement.download >= settlements.MAXIMUM_DOWNLOADS:
        posting.refuse(settlement, kinds, words)
    else:
        settlement.put_off()
        database.commit()
    return False


def post(settlement_id: str) -> bool:
    """Match a staged settlement and post it; tell whether it is in the ledger now."""
    settlement = database.load(Settlement, settlement_id)
    if settlement is None or settlement.status != State.STAGED:
        return False
    patient = clock.now() - (settlement.staged_at or 0) < PATIENCE_SECONDS
    outcome = matching.match(settlement, patient=patient)
    if outcome.waiting:
        logger.info("settlement %s waits for %s open questions", settlement_id, outcome.waiting)
        settlement.put_off()
        database.commit()
        for kind, reference in sorted(outcome.unheard):
            _guarded(partial(_follow, kind, settlement.acquirer, reference), reference)
        return False
    posting.post(settlement, outcome)
    for found in outcome.differences:
        logger.error("settlement %s, line %s: %s", settlement_id, found.number, found.kind)
    return True


def take_up_again(settlement_id: str) -> bool:
    """Let a refused file be fetched once more, as a person wishes; tell whether it was refused."""
    settlement = database.load(Settlement, settlement_id)
    if settlement is None or settlement.status != State.REFUSED:
        return False
    settlement.move(State.FOUND)
    database.commit()
    return True


def look_for_missing(acquirer: str) -> bool:
    """Name what the acquirer ought to have settled and has not, once all that it did settle is posted."""
    waiting = select(func.count()).where(
        Settlement.acquirer == acquirer, Settlement.status.in_((State.FOUND.value, State.STAGED.value))
    )
    if db.session.scalar(waiting):
        return False
    return missing.note_missing(SettlementSource.of(acquirer)) > 0


def announce(settled_id: str) -> bool:
    """Fold a merchant's balance, tell that it is available and pay it out, once for each settlement."""
    settled = database.load(SettledAccount, settled_id)
    if settled is None or settled.announced_at is not None:
        return True
    with acting_as(system(settled.account_id, livemode=settled.livemode)):
        for key in folding.due(settled.account_id):
            folding.fold(key)
        announcing.announce(settled)
        database.commit()
    return True


def _follow(kind: str, acquirer: str, reference: str) -> bool:
    """Look up what the bank did by itself and no notice has told us yet."""
    FOLLOWERS[kind](acquirer, reference)
    database.commit()
    return True


def _fold(key: folding.Key) -> bool:
    folding.fold(key)
    return True


def _take_in(source: SettlementSource, listing: Listing, asked_at: int) -> None:
    """Collect what the list names, and how far that lets us see."""
    ours = set(
        db.session.scalars(
            select(Contract.merchant_id).where(
                Contract.acquirer == source.acquirer,
                Contract.merchant_id.in_({closed.merchant_id for closed in listing.settlements}),
            )
        )
    )
    for closed in listing.settlements:
        Settlement.found(source.acquirer, closed, ours=closed.merchant_id in ours)
        source.seq = max(source.seq, closed.seq)
    if listing.has_more:
        return
    if listing.cut_offs > source.cut_offs:
        # At the last look this cut-off was still to come: what we had recorded by then is in it or before it.
        source.complete_until = max(source.complete_until, source.asked_at)
        source.cut_offs = listing.cut_offs
        source.asked_at = asked_at
    elif asked_at - source.asked_at >= ASKED_EVERY_SECONDS:
        source.asked_at = asked_at


def _download(settlement: Settlement) -> Problems | None:
    reader = FileReader()
    waiting: list[tuple[object, ...]] = []
    renewed_at = clock.now()

    def flush() -> None:
        nonlocal renewed_at
        renewed_at = clock.now()
        bulk.run([Step(STAGE, many=waiting), settlement.renewal()])
        waiting.clear()

    def take(piece: bytes) -> None:
        for line in reader.feed(piece):
            waiting.append(_row(settlement, line))
            if len(waiting) >= STAGED_AT_ONCE:
                flush()
        if clock.now() - renewed_at >= settlements.RENEW_SECONDS:
            flush()

    try:
        answer = treasuries[settlement.acquirer].read_file(settlement.bank_id, take)
        if isinstance(answer, Unknown):
            return [], answer.reason
        flush()
        kinds = reader.problems()
    except Unreadable as error:
        return ["unreadable"], str(error)
    if reader.sha256 != settlement.sha256 and "wrong_hash" not in kinds:
        kinds.append("wrong_hash")
    told = (reader.settlement_id, reader.merchant_id, reader.currency, reader.count, reader.gross_minor,
            reader.net_minor)  # fmt: skip
    listed = (settlement.bank_id, settlement.merchant_id, settlement.currency, settlement.line_count,
              settlement.gross_minor, settlement.net_minor)  # fmt: skip
    if told != listed and "wrong_totals" not in kinds:
        kinds.append("wrong_totals")
    return (kinds, f"{told} instead of {listed}") if kinds else None


def _row(settlement: Settlement, line: FileLine) -> tuple[object, ...]:
    return (
        settlement.id, settlement.download, line.number, line.kind, line.reference, line.authorization,
        line.presentment_minor, line.presentment_currency, line.gross_minor, line.interchange_minor,
        line.scheme_minor, line.margin_minor, line.net_minor,
    )  # fmt: skip


def _guarded(work: Callable[[], bool], what: str) -> bool:
    """Do one piece of work; what can't be done now must not keep the others waiting."""
    for _ in range(RACES):
        try:
            return work()
        except (database.StaleWrite, database.DuplicateRow):
            logger.info("%s met somebody who was faster", what)
        except Exception:
            logger.exception("%s can't be settled now", what)
            return False
        finally:
            database.rollback()
    return False
