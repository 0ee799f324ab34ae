"""docs/testing.md shows the table as it stands, and the table keeps to what is published."""

from bank_simulator.cards import TABLE
from payments.hosted.outcomes import BY_NAME, OUTCOMES
from tests.support.outcomes_page import PAGE, written

DECLINED = {"declined", "invalid_number", "risk"}


def test_the_page_is_up_to_date() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == written(page), "run python -m tests.support.outcomes_page"


def test_each_outcome_has_a_name_of_its_own() -> None:
    assert len(BY_NAME) == len(OUTCOMES)
    assert len({(outcome.group, outcome.label) for outcome in OUTCOMES}) == len(OUTCOMES)


def test_every_decline_of_the_banks_card_table_is_an_outcome() -> None:
    codes = {
        card.decline_code or card.code
        for card in TABLE
        if card.behaviour in DECLINED and (card.code or card.blocked)
    }
    after = {card.refusal_after for card in TABLE if card.refusal_after}
    assert codes <= BY_NAME.keys()
    assert {f"challenge_passed_{code}" for code in after} <= BY_NAME.keys()
