"""A letter at which its worker dies each time, as one that takes all of its memory, is not tried for ever."""

import time

import pytest
from flask import Flask

import mailing
from kit import clock
from kit.database import db
from payments.audit import AuditRow
from payments.receipts.letters import CLAIM_SECONDS, ENDED_ITS_WORKERS, MOST_TRIES, PAUSES_SECONDS
from tests.receipts.conftest import letters_about, send
from tests.receipts.test_receipts_by_mail import pay
from tests.support.buyer import Till


def test_a_letter_that_ends_its_worker_each_time_is_given_up(
    app: Flask, till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each try waits as after a failure."""
    charge = pay(till)

    class Killed(BaseException):
        """The process ends here, without a word about the letter."""

    def dies(*_: object) -> None:
        raise Killed

    monkeypatch.setattr(mailing, "_composed", dies)
    now, ended = int(time.time()), 0
    for pause in (0, *PAUSES_SECONDS, *PAUSES_SECONDS):
        now += max(pause, CLAIM_SECONDS) + 1
        monkeypatch.setattr(clock, "now", lambda moment=now: moment)
        try:
            send(app)
        except Killed:
            ended += 1
    (letter,) = letters_about(app, charge["id"])
    assert (ended, letter.tries, letter.due_at, letter.sent_at) == (MOST_TRIES, MOST_TRIES, None, None)
    assert (letter.given_up_at is not None, letter.problem) == (True, ENDED_ITS_WORKERS)
    with app.app_context():
        told = db.select(AuditRow.action).where(AuditRow.object_id == charge["id"])
        assert list(db.session.scalars(told)).count("letter.given_up") == 1
