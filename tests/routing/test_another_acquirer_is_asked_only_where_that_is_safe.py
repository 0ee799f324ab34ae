"""Failing over: after a soft decline or a bank that was not reached; never after a hard no or in the dark."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from typing import Any

import pytest
import stripe
import time_machine
from sqlalchemy import select

from kit.database import db
from kit.limits import Limit
from payments.bank import Authorize, Declined, Unavailable, Unknown
from payments.charging import open_tries
from payments.charging.open_tries import Noted, OpenTry
from payments.charging.settle_tries import settle_late
from tests.routing.conftest import CRASH_SECONDS, UNKNOWN_SECONDS, Lines, Shop, sweep
from tests.support.unreliable import (
    PowerCut,
    dies_before_the_question,
    dies_before_the_record,
    lost_answer,
    says,
)

pytestmark = pytest.mark.slow

SOFT = Declined("processing_error", "processing_error", "96", "try_again_later")
CLOSED = Unavailable("refused: nobody listens")
PIGGY, CUCKOO = "piggy_bank", "cuckoo_bank"


@pytest.mark.parametrize("first", [SOFT, CLOSED], ids=["soft decline", "not reached"])
def test_the_next_acquirer_takes_the_payment(shop: Shop, lines: Lines, first: Any) -> None:
    lines.piggy.expect(says(first))
    intent = shop.pay()
    assert (intent.status, intent.amount_received) == ("succeeded", 2000)
    assert shop.tries() == [(PIGGY, "failed"), (CUCKOO, "succeeded")]
    failed, paid = shop.charges()
    assert (failed.status, failed.failure_code, paid.status) == ("failed", "processing_error", "succeeded")
    assert intent.latest_charge == paid.id
    assert len({attempt.reference for attempt in shop.attempts()}) == 2


def test_a_merchant_hears_of_each_charge_and_of_one_end(shop: Shop, lines: Lines) -> None:
    lines.piggy.expect(says(SOFT))
    shop.pay()
    types = shop.event_types()
    assert types.count("charge.failed") == types.count("charge.succeeded") == 1
    assert types.count("payment_intent.succeeded") == 1
    assert "payment_intent.payment_failed" not in types


def test_the_card_comes_to_the_next_acquirer_with_its_security_code(shop: Shop, lines: Lines) -> None:
    lines.piggy.expect(says(CLOSED))
    shop.pay()
    (question,) = [asked for asked in lines.cuckoo.asked if isinstance(asked, Authorize)]
    assert question.card.cvc == "123"


def test_the_audit_rows_say_why(shop: Shop, lines: Lines) -> None:
    lines.piggy.expect(says(SOFT))
    shop.pay()
    (claimed,) = shop.audited("payment_intent.processing")
    (rerouted,) = shop.audited("payment_intent.rerouted")
    first, second = shop.attempts()
    assert (claimed["acquirer"], claimed["attempt"]) == (PIGGY, first.id)
    assert claimed["why"] == "2 fit usd/visa/card; priority 10"
    assert (rerouted["acquirer"], rerouted["attempt"], rerouted["after"]) == (CUCKOO, second.id, first.id)
    assert rerouted["because"] == "piggy_bank declined softly: processing_error"
    assert rerouted["why"] == "1 fit usd/visa/card; priority 20"


def test_a_limited_try_that_goes_on_elsewhere_is_settled_by_the_last_answer(
    shop: Shop, lines: Lines, later: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the first acquirer said ends nothing; it counts until the second one's answer is known."""
    lines.piggy.expect(says(SOFT))
    lines.cuckoo.expect(lost_answer)
    noted = Noted(session={f"test:session:{shop.account_id}": Limit(4, 14_400)})
    monkeypatch.setattr(open_tries, "_under_way", ContextVar("try", default=noted))
    assert shop.pay().status == "processing"
    first, second = shop.attempts()
    with shop.house.app_context():
        (row,) = db.session.scalars(select(OpenTry).where(OpenTry.id == first.id))
        assert (row.attempt_id, settle_late()) == (second.id, 0)
        db.session.remove()
    later.shift(UNKNOWN_SECONDS)
    sweep(shop.house)
    with shop.house.app_context():
        assert settle_late() == 1
        assert db.session.get(OpenTry, first.id) is None


@pytest.mark.parametrize(
    "hard",
    [
        Declined("card_declined", "insufficient_funds", "51", "try_again_later"),
        Declined("card_declined", "generic_decline", "05", "try_again_later"),
        Declined("card_declined", "stolen_card", "43", "do_not_try_again"),
        Declined("incorrect_cvc", "incorrect_cvc", "82", "confirm_card_data"),
        Declined("card_declined", "a_code_that_nobody_knows"),
        Declined("processing_error", "processing_error", "96", "do_not_try_again"),
    ],
    ids=lambda declined: str(declined.decline_code),
)
def test_a_hard_decline_is_the_end(shop: Shop, lines: Lines, hard: Declined) -> None:
    lines.piggy.expect(says(hard))
    with pytest.raises(stripe.CardError) as refused:
        shop.pay()
    assert refused.value.code == hard.code
    assert shop.tries() == [(PIGGY, "failed")]
    assert lines.cuckoo.asked == []


@pytest.mark.parametrize("answer", [lost_answer, says(Unknown("HTTP 503"))], ids=["lost", "garbage"])
def test_nobody_else_is_asked_while_an_answer_is_unknown(
    shop: Shop, lines: Lines, later: time_machine.Traveller, answer: Any
) -> None:
    lines.piggy.expect(answer)
    intent = shop.pay()
    assert intent.status == "processing"
    assert lines.cuckoo.asked == []
    later.shift(UNKNOWN_SECONDS)
    sweep(shop.house)
    assert lines.cuckoo.asked == []
    assert shop.only_intent().status in ("succeeded", "requires_payment_method")


def test_nor_once_the_unknown_has_turned_out_to_be_a_soft_decline(
    shop: Shop, lines: Lines, later: time_machine.Traveller
) -> None:
    lines.piggy.expect(lost_answer)
    shop.pay(payment_method="pm_card_chargeDeclinedProcessingError")
    later.shift(UNKNOWN_SECONDS)
    sweep(shop.house)
    intent = shop.only_intent()
    assert intent.status == "requires_payment_method"
    assert intent.last_payment_error is not None
    assert intent.last_payment_error.code == "processing_error"
    assert lines.cuckoo.asked == []  # the security code is gone, so nobody could ask as the first was asked


def test_where_every_acquirer_fails_the_last_one_is_told(shop: Shop, lines: Lines) -> None:
    lines.piggy.expect(says(CLOSED))
    lines.cuckoo.expect(says(Declined("card_declined", "card_not_supported", "58")))
    with pytest.raises(stripe.CardError) as refused:
        shop.pay()
    assert refused.value.error is not None
    assert refused.value.error.decline_code == "card_not_supported"
    intent = shop.only_intent()
    assert intent.status == "requires_payment_method"
    assert [charge.status for charge in shop.charges()] == ["failed", "failed"]
    assert shop.event_types().count("payment_intent.payment_failed") == 1
    paid = shop.sdk.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    assert paid.status == "succeeded"


def test_a_bank_of_the_house_that_takes_no_such_card_is_passed_by(shop: Shop, lines: Lines) -> None:
    lines.piggy.expect(says(CLOSED))
    with pytest.raises(stripe.CardError) as refused:
        shop.pay(
            payment_method="pm_card_diners"
        )  # Cuckoo Bank's contract names Diners; the bank itself doesn't
    assert refused.value.error is not None
    assert refused.value.error.decline_code == "card_not_supported"
    lines.piggy.expect(says(CLOSED))
    with pytest.raises(stripe.CardError):
        shop.pay(payment_method="pm_card_jcb")  # not even the contract names JCB: nobody is left to ask
    assert shop.tries()[2:] == [(PIGGY, "failed")]


def test_a_death_after_the_first_answer_leaves_no_second_try(
    shop: Shop, lines: Lines, later: time_machine.Traveller
) -> None:
    lines.piggy.expect(dies_before_the_record)
    with pytest.raises(PowerCut):
        shop.pay(payment_method="pm_card_chargeDeclinedProcessingError")
    assert shop.only_intent().status == "processing"
    assert shop.tries() == [(PIGGY, "asked")]
    later.shift(CRASH_SECONDS)
    assert sweep(shop.house) == 1
    assert shop.only_intent().status == "requires_payment_method"
    assert shop.tries() == [(PIGGY, "failed")]
    assert lines.cuckoo.asked == []


@pytest.mark.parametrize(
    ("death", "end"),
    [(dies_before_the_question, "requires_payment_method"), (dies_before_the_record, "succeeded")],
)
def test_a_death_in_the_second_try_leaves_the_first_one_settled(
    shop: Shop, lines: Lines, later: time_machine.Traveller, death: Any, end: str
) -> None:
    lines.piggy.expect(says(SOFT))
    lines.cuckoo.expect(death)
    with pytest.raises(PowerCut):
        shop.pay()
    intent = shop.only_intent()
    assert intent.status == "processing"  # as one that is being asked about, which it is
    assert shop.tries() == [(PIGGY, "failed"), (CUCKOO, "asked")]
    with pytest.raises(stripe.RateLimitError):
        shop.sdk.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    later.shift(CRASH_SECONDS)
    assert sweep(shop.house) == 1
    assert shop.only_intent().status == end
    assert len(shop.charges()) == 2


def test_a_sweep_between_the_tries_ends_the_payment_with_the_first(
    shop: Shop, lines: Lines, later: time_machine.Traveller
) -> None:
    def slow(ask: Any) -> Any:
        answer = ask()
        later.shift(CRASH_SECONDS)
        assert sweep(shop.house) == 1
        return answer

    lines.piggy.expect(slow)
    with pytest.raises(stripe.StripeError):
        shop.pay(payment_method="pm_card_chargeDeclinedProcessingError")
    assert shop.tries() == [(PIGGY, "failed")]
    assert lines.cuckoo.asked == []
    assert shop.only_intent().status == "requires_payment_method"


def test_two_requests_at_once_make_one_chain_of_tries(shop: Shop, lines: Lines) -> None:
    intent = shop.sdk.v1.payment_intents.create(
        {"amount": 2000, "currency": "usd", "payment_method": "pm_card_visa"}
    )
    refusals = []

    def second_click(_: Any) -> Any:
        with pytest.raises(stripe.RateLimitError) as refused:
            shop.sdk.v1.payment_intents.confirm(intent.id)
        refusals.append(refused)
        return SOFT

    lines.piggy.expect(second_click)

    def third_click(ask: Any) -> Any:
        with pytest.raises(stripe.RateLimitError) as refused:
            shop.sdk.v1.payment_intents.confirm(intent.id)
        refusals.append(refused)
        return ask()

    lines.cuckoo.expect(third_click)
    assert shop.sdk.v1.payment_intents.confirm(intent.id).status == "succeeded"
    assert len(refusals) == 2
    assert shop.tries() == [(PIGGY, "failed"), (CUCKOO, "succeeded")]


def test_captures_and_refunds_go_to_the_bank_that_approved(shop: Shop, lines: Lines) -> None:
    lines.piggy.expect(says(CLOSED))
    intent = shop.pay(capture_method="manual")
    shop.sdk.v1.payment_intents.capture(intent.id)
    assert shop.sdk.v1.refunds.create({"payment_intent": intent.id}).status == "succeeded"
    assert [attempt.acquirer for attempt in shop.attempts()] == [PIGGY, CUCKOO, CUCKOO, CUCKOO]
    assert len(lines.piggy.asked) == 1


def test_of_many_confirmations_at_once_one_is_rerouted_and_pays(shop: Shop, lines: Lines) -> None:
    callers = 8
    intent = shop.sdk.v1.payment_intents.create({"amount": 2000, "currency": "usd"})
    lines.piggy.expect(*[says(CLOSED)] * callers)
    start = threading.Barrier(callers)

    def confirm(_: int) -> str:
        start.wait(30)
        try:
            given: Any = {"payment_method": "pm_card_visa"}
            return str(shop.sdk.v1.payment_intents.confirm(intent.id, given).status)
        except stripe.StripeError as error:
            return f"{error.http_status}"

    with ThreadPoolExecutor(callers) as pool:
        told = list(pool.map(confirm, range(callers)))
    assert told.count("succeeded") == 1
    assert set(told) <= {"succeeded", "429", "400"}
    assert shop.tries() == [(PIGGY, "failed"), (CUCKOO, "succeeded")]
    assert [charge.status for charge in shop.charges()] == ["failed", "succeeded"]
