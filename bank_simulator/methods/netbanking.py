"""Net banking: the customer pays at an Indian bank of their own. Stripe has no such type, hence `x_`."""

from functools import partial

from bank_simulator.methods import online_bank
from bank_simulator.methods.kinds import Facts, Method, Move, currencies
from bank_simulator.methods.online_bank import Bank

# Made up, all of them: no customer of a real bank is to type a password here.
BANKS = (
    Bank("lotus_bank", "Lotus Bank"),
    Bank("monsoon_bank", "Monsoon Bank of India"),
    Bank("banyan_cooperative", "Banyan Co-operative Bank"),
    Bank("marigold_bank", "Marigold Bank"),
    Bank("deccan_peoples_bank", "Deccan People's Bank"),
)


def _begin(details: Facts, _now: int) -> Move:
    return online_bank.begin(BANKS, details)


NETBANKING = Method(
    type="x_netbanking",
    name="Net banking",
    currencies=currencies("inr"),
    open_seconds=15 * 60,
    details=frozenset({"bank"}),
    told=("bank", "bank_name", "transaction_id"),
    begin=_begin,
    act=partial(online_bank.act, BANKS),
    view=partial(online_bank.view, BANKS),
)
