"""Paying without a card: one small file for each method, and this table of them.

    kinds.py      what a method is, and the moves that it may make
    books.py      begins a payment, takes a customer's step, ends it: the rules that all methods share
    pages.py      the bank's pages and the caller's counter; templates/methods/
    reasons.py    why a payment was refused

A further method is a file with a `Method` in it, its pages, and a row here.
"""

from bank_simulator.methods.amazon_pay import AMAZON_PAY
from bank_simulator.methods.ideal import IDEAL
from bank_simulator.methods.kinds import Method
from bank_simulator.methods.klarna import KLARNA
from bank_simulator.methods.netbanking import NETBANKING
from bank_simulator.methods.sepa_debit import SEPA_DEBIT
from bank_simulator.methods.upi import UPI

METHODS: dict[str, Method] = {
    method.type: method for method in (UPI, NETBANKING, AMAZON_PAY, KLARNA, IDEAL, SEPA_DEBIT)
}
