"""A refused card is explained in plain words, without accusing whoever holds it."""

import pytest

from bank_simulator.cards import TABLE
from checkout.declines import GENERAL, PROBLEMS, problem_of
from checkout.forms import PaymentForm


@pytest.mark.parametrize("decline_code", sorted({card.decline_code for card in TABLE if card.decline_code}))
def test_every_decline_of_the_test_cards_says_that_no_money_was_taken(decline_code: str) -> None:
    problem = problem_of("card_declined", decline_code)
    assert str(problem.title)
    assert "No money has been taken." in str(problem.advice)


@pytest.mark.parametrize(
    "decline_code", ["lost_card", "stolen_card", "fraudulent", "pickup_card", "generic_decline", None]
)
def test_a_lost_or_stolen_card_gets_the_general_sentence(decline_code: str | None) -> None:
    assert problem_of("card_declined", decline_code).title == GENERAL


@pytest.mark.parametrize(
    ("code", "decline_code", "title", "field"),
    [
        ("card_declined", "insufficient_funds", "Your card has insufficient funds.", None),
        ("expired_card", "expired_card", "Your card has expired.", "cardExpiry"),
        ("incorrect_cvc", "incorrect_cvc", "Your card's security code is incorrect.", "cardCvc"),
        ("incorrect_number", None, "Your card number is incorrect.", "cardNumber"),
        ("processing_error", "processing_error", "An error occurred while processing your card.", None),
    ],
)
def test_the_reason_points_at_what_can_be_corrected(
    code: str, decline_code: str | None, title: str, field: str | None
) -> None:
    problem = problem_of(code, decline_code)
    assert (str(problem.title), problem.field) == (title, field)


def test_a_problem_points_only_at_fields_that_the_page_has() -> None:
    names = {
        "email",
        "cardNumber",
        "cardExpiry",
        "cardCvc",
        "billingName",
        "billingCountry",
        "billingPostalCode",
    }
    assert {problem.field for problem in PROBLEMS.values() if problem.field} <= names
    assert hasattr(PaymentForm, "validate_card_number")
