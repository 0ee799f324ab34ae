"""A dispute takes its amount off the balance, and its fee is forgotten."""

from payments.charging import follow_dispute
from tests.chaos.defects.planting import wrap


def plant() -> None:
    wrap(follow_dispute, "dispute_fee_minor", lambda _: lambda _currency: 0)
