"""The indexes of payment methods: a customer's, the copies of one card, numbers that were lost."""

from sqlalchemy import Index, text

# As its index has it, to the letter; SQLite knows PostgreSQL's arrow since version 3.38 only.
FINGERPRINT = {
    "postgresql": "(card ->> 'fingerprint')",
    "sqlite": "json_extract(card, '$.fingerprint')",
}


def method_indexes() -> tuple[Index, ...]:
    """Return them; a customer's methods are listed newest first."""
    sealed, kept = text("sealed_number IS NOT NULL"), text("customer_id IS NOT NULL")
    copies = ("account_id", "livemode", text(FINGERPRINT["postgresql"]), "id")
    return (
        Index("ix_payment_methods_customer", "customer_id", "id"),
        Index(
            "ix_payment_methods_lost", "customer_id", "created", postgresql_where=sealed, sqlite_where=sealed
        ),
        Index("ix_payment_methods_fingerprint", *copies, postgresql_where=kept, sqlite_where=kept),
    )
