"""The first page: what is payable, what is on its way, who paid last."""

from dataclasses import dataclass

from dashboard import edge, rendering
from dashboard.edge import Body
from dashboard.payments import with_charges
from kit.database import db
from payments.balance import balance
from payments.charging.payment_intents import PaymentIntent
from payments.merchants import present_merchant

LATEST = 8


@dataclass(frozen=True, slots=True)
class Balance:
    """What one currency holds, in minor units."""

    currency: str
    available_minor: int
    pending_minor: int


@edge.page("")
def overview() -> Body:
    """Show the balance and the latest payments."""
    intents = db.session.scalars(PaymentIntent.mine().order_by(PaymentIntent.id.desc()).limit(LATEST))
    return rendering.page("overview", balances=_balances(), payments=with_charges(list(intents)))


def _balances() -> list[Balance]:
    """Return the sums by currency, the merchant's own first."""
    found = balance.retrieve()
    pending = {entry["currency"]: entry["amount"] for entry in found["pending"]}
    own = present_merchant().default_currency
    available = {entry["currency"]: entry["amount"] for entry in found["available"]}
    codes = sorted(available, key=lambda code: (code != own, code))
    return [Balance(code, available[code], pending[code]) for code in codes]
