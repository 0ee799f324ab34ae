"""What the bank keeps of a payment by another method than a card, beside its row among the authorisations."""

from sqlalchemy import BigInteger, Boolean, Column, String, Table, Text

from bank_simulator.tables import metadata

payments = Table(
    "bank_method_payments",
    metadata,
    Column("reference", String(64), primary_key=True),
    Column("token", String(64), nullable=False, unique=True),
    Column("url", String(2000), nullable=False),
    Column("method", String(32), nullable=False),
    Column("step", String(32), nullable=False),
    Column("capture", Boolean, nullable=False),
    Column("merchant", String(500), nullable=False),
    Column("return_url", String(2000)),
    Column("facts", Text, nullable=False),
    Column("ending", Text),  # how it ends by itself, once the schedule says so
    Column("created", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)
