"""A shop whose payments have a later life, and the bank's notices in the test's own hand."""

import itertools
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextvars import Context
from dataclasses import dataclass, field
from typing import Any

import orjson
import requests
import stripe
import time_machine
from flask import Flask
from sqlalchemy import select

import sweeps
from kit import signing
from kit.database import db
from payments.balance.balance_transactions import BalanceTransaction
from payments.bank import NotFound, Unknown
from payments.cases import CardFacts, Desk, DisputeFacts, Evidence, NoticePage, RefundFacts, WarningFacts
from payments.charging.attempts import Attempt
from payments.charging.disputes import Dispute
from payments.events import Event
from tests.support import bank as bank_server
from tests.support.bank import Bank
from tests.support.books import assert_the_books_agree, at_the_bank
from webhooks import bank_notices

DAY = 86_400
LATER = 3600  # the bank's seconds after which it opens a dispute or ends a slow refund
SOON = LATER + 10  # within so many it has done so, or decided by a magic word
LATER_SECONDS = 4000  # after so long every sweep looks again
_sweeps = itertools.count(1)


@dataclass(frozen=True)
class Shop:
    """A merchant of the test's own, with the official SDK, and the clockwork of house and bank."""

    house: Flask
    bank: Bank
    account_id: str
    secret_key: str
    sdk: stripe.StripeClient

    def pay(self, token: str, amount: int = 2000, currency: str = "usd", **more: Any) -> stripe.PaymentIntent:
        params = {"amount": amount, "currency": currency, "payment_method": f"pm_card_{token}"}
        return self.sdk.v1.payment_intents.create({**params, "confirm": True, **more})  # type: ignore[typeddict-item]

    def disputed(self, token: str = "createDispute", **more: Any) -> stripe.Dispute:
        """A payment with the dispute that it got."""
        intent = self.pay(token, **more)
        self.advance(SOON)
        self.follow()
        return self.disputes(intent)[0]

    def disputes(self, intent: stripe.PaymentIntent) -> list[stripe.Dispute]:
        return self.sdk.v1.disputes.list({"payment_intent": intent.id}).data

    def dispute(self, dispute_id: str) -> stripe.Dispute:
        return self.sdk.v1.disputes.retrieve(dispute_id)

    def submit(self, dispute_id: str, text: str, **more: Any) -> stripe.Dispute:
        given: Any = {"evidence": {"uncategorized_text": text}, **more}
        return self.sdk.v1.disputes.update(dispute_id, given)

    def advance(self, seconds: int) -> None:
        """Move the bank's clock; what is due by then has happened when this returns."""
        self.call_the_bank("POST", "/v1/clock", {"advance_seconds": seconds})

    def follow(self) -> None:
        """Read all notices that the bank ever gave, and handle those that are new."""
        self.catch_up()
        self.drain()

    def catch_up(self) -> int:
        return self._in_the_house(bank_notices.catch_up)

    def drain(self) -> int:
        return self._in_the_house(bank_notices.drain)

    def sweep(self) -> int:
        """Run the sweeps over open questions, when all of them are due."""
        with time_machine.travel(time.time() + LATER_SECONDS * next(_sweeps)):
            return self._in_the_house(sweeps.reconcile_attempts) + self._in_the_house(sweeps.settle_filings)

    def told(self) -> list[dict[str, Any]]:
        """All notices of the bank, in order."""
        found: list[dict[str, Any]] = []
        while True:
            after = found[-1]["seq"] if found else 0
            page = self.call_the_bank("GET", f"/v1/notices?after={after}&limit=500")
            found += page["data"]
            if not page["has_more"]:
                return found

    def deliver(self, notice: dict[str, Any]) -> int:
        """Post one notice as the bank would; returns the status of the answer."""
        body = orjson.dumps({**notice, "bank": "piggy_bank"})
        key = bank_notices.key_of(bank_server.SECRET)
        now = int(time.time())
        header = signing.signature_header(body, [key], now)
        client = self.house.test_client()
        answer = Context().run(client.post, "/webhooks/bank", data=body, headers={"Bank-Signature": header})
        return answer.status_code

    def event_types(self, prefix: str = "") -> list[str]:
        """What happened, oldest first."""
        with self.house.app_context():
            query = select(Event.type).where(Event.account_id == self.account_id).order_by(Event.id)
            return [type for type in db.session.scalars(query) if type.startswith(prefix)]

    def movements(self) -> list[tuple[str, int, int]]:
        """The balance transactions, oldest first: type, amount, fee."""
        with self.house.app_context():
            row = BalanceTransaction
            query = select(row).where(row.account_id == self.account_id).order_by(row.id)
            return [(row.type, row.amount, row.fee) for row in db.session.scalars(query)]

    def balance(self) -> int:
        """What the merchant has altogether, in cents."""
        balance = self.sdk.v1.balance.retrieve()
        waiting = sum(part.amount for part in balance.pending if part.currency == "usd")
        return waiting + sum(part.amount for part in balance.available if part.currency == "usd")

    def check_books(self) -> None:
        assert_the_books_agree(self.house, self.bank, self.account_id)

    def at_the_bank(self, path: str) -> dict[str, Any]:
        told = at_the_bank(self.bank, path)
        assert told is not None
        return told

    def bank_dispute_id(self, dispute: stripe.Dispute) -> str:
        with self.house.app_context():
            row = db.session.get(Dispute, dispute.id)
            assert row is not None
            return row.bank_dispute_id

    def authorization(self, intent: stripe.PaymentIntent | stripe.SetupIntent) -> str:
        """The reference under which the bank knows a payment or a setup."""
        with self.house.app_context():
            query = select(Attempt.authorization).where(Attempt.intent_id == intent.id)
            return db.session.scalars(query).one()

    def disputes_at_the_bank(self, intent: stripe.PaymentIntent) -> list[str]:
        """The bank's own ids of a payment's disputes, which it opened among the last things it told."""
        authorization = self.authorization(intent)
        told = [notice["subject"] for notice in self.told() if notice["kind"] == "dispute.updated"]
        recent = list(dict.fromkeys(reversed(told)))[:20]
        return [
            one for one in recent if self.at_the_bank(f"/v1/disputes/{one}")["authorization"] == authorization
        ]

    def reference_of(self, refund: stripe.Refund) -> str:
        """The reference under which the bank knows a refund."""
        with self.house.app_context():
            return db.session.scalars(select(Attempt.id).where(Attempt.refund_id == refund.id)).one()

    def call_the_bank(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.bank.secret}"}
        answer = requests.request(method, self.bank.url + path, json=body, headers=headers, timeout=30)
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    def _in_the_house(self, job: Callable[[], int]) -> int:
        def run() -> int:
            with self.house.app_context():
                return job()

        return Context().run(run)


class PowerCut(BaseException):
    """No handler of the house sees the end of its own process."""


Step = Callable[[Callable[[], Any]], Any]


def lost_answer(ask: Callable[[], Any]) -> Any:
    """The bank acts, and its answer never comes back."""
    ask()
    return Unknown("timeout: the answer was lost")


def lost_question(_: Callable[[], Any]) -> Any:
    """The question may have been sent; the bank never sees it."""
    return Unknown("timeout: the question was lost")


def dies_after(ask: Callable[[], Any]) -> Any:
    """Florin's process ends when the bank has answered, before anything of it was written."""
    ask()
    raise PowerCut


def dies_before(_: Callable[[], Any]) -> Any:
    raise PowerCut


@dataclass
class UnreliableDesk:
    """Behaves by plan, then reliably; `asked` has the name of each question."""

    inner: Desk
    plan: deque[Step] = field(default_factory=deque)
    asked: list[str] = field(default_factory=list)

    def expect(self, *steps: Step) -> None:
        self.plan.extend(steps)

    def _step(self, name: str, ask: Callable[[], Any]) -> Any:
        self.asked.append(name)
        return self.plan.popleft()(ask) if self.plan else ask()

    def dispute(self, dispute_id: str) -> DisputeFacts | NotFound | Unknown:
        return self._step("dispute", lambda: self.inner.dispute(dispute_id))  # type: ignore[no-any-return]

    def fraud_warning(self, warning_id: str) -> WarningFacts | NotFound | Unknown:
        return self._step("fraud_warning", lambda: self.inner.fraud_warning(warning_id))  # type: ignore[no-any-return]

    def card_update(self, update_id: str) -> CardFacts | NotFound | Unknown:
        inner: Any = self.inner
        return self._step("card_update", lambda: inner.card_update(update_id))  # type: ignore[no-any-return]

    def refund(self, reference: str) -> RefundFacts | NotFound | Unknown:
        return self._step("refund", lambda: self.inner.refund(reference))  # type: ignore[no-any-return]

    def move(self, evidence: Evidence) -> Any:
        return self._step("move", lambda: self.inner.move(evidence))

    def notices(self, after: int) -> NoticePage | Unknown:
        return self.inner.notices(after)


def of_subject(notices: Sequence[dict[str, Any]], subject: str) -> list[dict[str, Any]]:
    return [notice for notice in notices if notice["subject"] == subject]
