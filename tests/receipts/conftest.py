"""A merchant's till, and a mail server that gets what live mode and `MAIL_TEST_MODE=send` would send."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

import mailing
from config import Settings
from kit.database import db
from payments.receipts.letters import Letter
from tests.support.buyer import Till
from tests.support.factories import create_merchant
from tests.support.mail_server import Inbox, mail_server


@pytest.fixture
def till(app: Flask) -> Till:
    """A merchant of the test's own."""
    _, secret_key = create_merchant(app, "Rosie's Roses")
    return Till(app, secret_key)


@pytest.fixture
def folder(app: Flask, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where letters are kept as files, empty at first."""
    monkeypatch.setitem(app.config, "FLORIN", replace(settings, data_dir=tmp_path))
    return tmp_path / "mail"


@pytest.fixture
def inbox(app: Flask, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Inbox]:
    """A mail server to which test mode's letters are sent, too."""
    with mail_server() as running:
        mail = replace(
            settings.mail, server="127.0.0.1", port=running.port, security="none", test_mode="send"
        )
        monkeypatch.setitem(app.config, "FLORIN", replace(settings, data_dir=tmp_path, mail=mail))
        mailman = app.extensions["mailman"]
        for name, value in (("server", "127.0.0.1"), ("port", running.port), ("use_tls", False)):
            monkeypatch.setattr(mailman, name, value)
        yield running


@pytest.fixture(autouse=True)
def _nothing_is_due_yet(app: Flask) -> None:
    """What other tests have left to be sent is not this one's."""
    with app.app_context():
        db.session.execute(db.update(Letter).values(due_at=None))
        db.session.remove()


def send(app: Flask) -> int:
    """Let a worker send what is due; returns how many letters left."""
    with app.app_context():
        left = mailing.send_due()
        db.session.remove()
        return left


def letters_about(app: Flask, object_id: str) -> list[Letter]:
    with app.app_context():
        found = list(db.session.scalars(db.select(Letter).where(Letter.object_id == object_id)))
        db.session.expunge_all()
        return found
