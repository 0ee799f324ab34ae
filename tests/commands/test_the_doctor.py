"""`florin doctor`: nothing to say of a sound house, and the right thing of each one that is not."""

from dataclasses import dataclass
from typing import Any

import pytest
import stripe
import time_machine

from kit import clock
from payments.bank import acquirers
from tests.commands.conftest import Ward
from tests.support.ports import free_port
from tests.support.unreliable import Unreliable, lost_answer

pytestmark = pytest.mark.slow

MORNING = 1_795_300_000


@pytest.fixture
def paid(ward: Ward) -> stripe.PaymentIntent:
    """A day in a shop: paid, captured later, refunded, cancelled, declined, charged as of old."""
    ward.sdk.v1.charges.create({"amount": 700, "currency": "eur", "source": "tok_visa"})
    intent = ward.pay()
    later = ward.pay(capture_method="manual")
    ward.sdk.v1.payment_intents.capture(later.id, {"amount_to_capture": 1500})
    ward.sdk.v1.refunds.create({"payment_intent": intent.id, "amount": 500})
    given_up = ward.pay(capture_method="manual")
    ward.sdk.v1.payment_intents.cancel(given_up.id)
    with pytest.raises(stripe.CardError):
        ward.pay(payment_method="pm_card_chargeDeclined")
    return intent


def test_a_sound_house_has_nothing_to_tell(ward: Ward, paid: stripe.PaymentIntent) -> None:
    told = ward.run("doctor")
    assert told.code == 0, told.said
    assert "all is well" in told.said
    assert "FOUND" not in told.said
    assert paid.id not in told.said


@dataclass(frozen=True)
class Defect:
    """What somebody did to the database, how it is undone, and the check that has to notice."""

    check: str
    table: str
    change: str
    undo: str
    where: str

    def statement(self, change: str) -> str:
        return f"UPDATE {self.table} SET {change} WHERE {self.where}"  # noqa: S608 - the table below


APPROVAL = "charge_id = :charge AND kind = 'authorize'"
TOLD = "object_id = :charge AND type LIKE 'charge.%succeeded'"
DEFECTS = {
    "refunded": Defect(
        "charges", "charges", "amount_refunded = 501", "amount_refunded = 500", "id = :charge"
    ),
    "received": Defect(
        "intents", "payment_intents", "amount_received = 1999", "amount_received = 2000", "id = :intent"
    ),
    "locked": Defect(
        "locks", "payment_intents", "attempt_id = 'att_none'", "attempt_id = NULL", "id = :intent"
    ),
    "status": Defect(
        "trail of payment_intent",
        "payment_intents",
        "status = 'requires_capture'",
        "status = 'succeeded'",
        "id = :intent",
    ),
    "event": Defect(
        "trail of charge", "events", "type = 'charge.notsucceeded'", "type = 'charge.succeeded'", TOLD
    ),
    "amount": Defect(
        "books of piggy_bank", "attempts", "amount_minor = 2001", "amount_minor = 2000", APPROVAL
    ),
    "approval": Defect(
        "books of piggy_bank", "attempts", "status = 'failed'", "status = 'succeeded'", APPROVAL
    ),
    "delivery": Defect("deliveries", "events", "pending_webhooks = 1", "pending_webhooks = 0", TOLD),
    "movement": Defect(
        "balance", "balance_transactions", "id = 'txn_0'", "id = :movement", "source_id = :charge"
    ),
}


@pytest.mark.parametrize("name", DEFECTS)
def test_each_defect_is_named(ward: Ward, paid: stripe.PaymentIntent, name: str) -> None:
    charge = ward.sdk.v1.charges.retrieve(str(paid.latest_charge))
    known = {"intent": paid.id, "charge": charge.id, "movement": str(charge.balance_transaction)}
    defect = DEFECTS[name]

    def tamper(statement: str) -> None:
        ward.tamper(statement, **{key: value for key, value in known.items() if f":{key}" in statement})

    tamper(defect.statement(defect.change))
    try:
        told = ward.run("doctor")
    finally:
        tamper(defect.statement(defect.undo))  # the next test wants a sound house
    assert told.code == 1
    assert told.found(defect.check), told.said


def test_an_unbalanced_ledger_is_named(ward: Ward, paid: stripe.PaymentIntent) -> None:
    charge = ward.sdk.v1.charges.retrieve(str(paid.latest_charge))
    add = (
        "INSERT INTO ledger_entries (transaction_id, account_id, livemode, book, currency, amount_minor, "
        "created) VALUES (:txn, :account, false, 'fee_income', 'usd', :amount, 0)"
    )
    told = {"txn": str(charge.balance_transaction), "account": ward.account_id}
    ward.tamper(add, **told, amount=7)
    found = ward.run("doctor", "--only", "ledger")
    ward.tamper(add, **told, amount=-7)  # rows of the ledger can't be taken back
    assert found.code == 1
    assert f"{charge.balance_transaction}: its ledger entries sum to 7 usd, not to zero" in found.said
    assert ward.run("doctor", "--only", "ledger").code == 0


def test_a_question_that_grows_old_is_named_and_reconcile_ends_it(ward: Ward, line: Unreliable) -> None:
    with time_machine.travel(MORNING, tick=True) as later:
        line.expect(lost_answer)
        intent = ward.pay()
        assert ward.run("doctor", "--only", "unsettled").code == 0  # that happens
        later.shift(121)
        told = ward.run("doctor", "--only", "unsettled")
        assert told.code == 1
        assert "is unknown for 12" in told.said
        assert ward.sdk.v1.payment_intents.retrieve(intent.id).status == "processing"  # nothing was mended
        told = ward.run("reconcile")
        assert told.code == 0
        assert told.said.startswith("1 open questions came to their end. 0 have no answer yet")
        assert ward.sdk.v1.payment_intents.retrieve(intent.id).status == "succeeded"
        assert ward.run("doctor", "--only", "unsettled").code == 0


def test_reconcile_says_what_stays_open(ward: Ward, line: Unreliable) -> None:
    with time_machine.travel(clock.now(), tick=True):
        line.expect(lost_answer, lost_answer)
        ward.pay()
        told = ward.run("reconcile")
        assert told.code == 1
        assert "authorize at piggy_bank, unknown for" in told.said
        assert ward.run("reconcile").code == 0


def test_a_question_that_a_request_is_asking_is_left_alone(ward: Ward, line: Unreliable) -> None:
    said = []

    def meanwhile(ask: Any) -> Any:
        said.append(ward.run("reconcile").said)
        return ask()

    line.expect(meanwhile)
    assert ward.pay().status == "succeeded"
    assert "0 open questions came to their end. 1 have no answer yet" in said[0]


def test_a_bank_that_does_not_answer_is_a_finding(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acquirers["piggy_bank"], "url", f"http://127.0.0.1:{free_port()}")
    told = ward.run("doctor", "--only", "books of")
    assert told.code == 1
    assert "its journal can't be read: refused" in told.said


def test_a_check_that_is_none_is_refused_with_the_names_of_those_that_are(ward: Ward) -> None:
    told = ward.run("doctor", "--only", "everything")
    assert told.code == 2
    assert "ledger, balance, charges" in told.said
