"""A payment ends days later, and the look that its notice causes gets no answer: the next one is soon."""

import time_machine

from kit import database
from payments import notices
from tests.payments.conftest import Shop, sweep
from tests.payments.without_a_card import DAY_SECONDS, IBAN, debit, time_passes
from tests.support.unreliable import Unreliable, lost_answer

SOON_SECONDS = 30


def test_a_late_ending_is_looked_at_again_soon(
    shop: Shop, line: Unreliable, later: time_machine.Traveller
) -> None:
    """By its age it would have waited for an hour, and the notice is not told twice."""
    intent = debit(shop, IBAN)
    later.shift(2 * DAY_SECONDS)
    sweep(shop.house)
    assert shop.intent(intent.id).status == "processing"
    time_passes(shop, 6 * DAY_SECONDS)
    line.expect(lost_answer)
    (attempt,) = shop.attempts()
    with shop.house.app_context():
        notices.HANDLERS["authorization.updated"](attempt.acquirer, attempt.id)
        database.commit()
    assert shop.intent(intent.id).status == "processing"
    later.shift(SOON_SECONDS)
    assert sweep(shop.house) == 1
    assert shop.intent(intent.id).status == "succeeded"
    shop.check_books()
