"""The bank's three tables, with the rules of money and of the append-only journal built into them."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Connection,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    event,
)

metadata = MetaData()

# One row for each card and currency: what the issuer owes its holder, and what is held for merchants.
accounts = Table(
    "bank_accounts",
    metadata,
    Column("fingerprint", String(64), primary_key=True),
    Column("currency", String(3), primary_key=True),
    Column("balance_minor", BigInteger, nullable=False),
    Column("held_minor", BigInteger, nullable=False),
    Column("window_started", BigInteger, nullable=False),
    Column("window_count", BigInteger, nullable=False),
    CheckConstraint("held_minor >= 0 AND held_minor <= balance_minor", name="never_holds_more_than_it_has"),
)

# The acquirer's books. `outcome` is approved, declined or voided, before that challenge_required or pending;
# a tombstone is a void that came first.
authorizations = Table(
    "bank_authorizations",
    metadata,
    Column("reference", String(64), primary_key=True),
    Column("merchant_id", String(64)),
    Column("outcome", String(32), nullable=False),
    Column("tombstone", Boolean, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("captured_minor", BigInteger, nullable=False),
    Column("refunded_minor", BigInteger, nullable=False),
    Column("currency", String(3)),
    Column("authorization_code", String(6)),
    Column("network_transaction_id", String(15)),
    Column("network", String(16)),
    Column("response_code", String(2)),
    Column("card_brand", String(16)),
    Column("card_masked", String(19)),
    Column("card_fingerprint", String(64)),
    Column("card_country", String(2)),
    Column("card_funding", String(16)),
    Column("check_cvc", String(16)),
    Column("check_address_line1", String(16)),
    Column("check_address_postal_code", String(16)),
    Column("risk_level", String(16), nullable=False),
    Column("risk_score", Integer, nullable=False),
    Column("risk_blocked", Boolean, nullable=False),
    Column("three_d_secure", Text),
    Column("challenge_url", String(2000)),
    Column("sets_up", Boolean, nullable=False),
    Column("created", BigInteger, nullable=False),
    CheckConstraint(
        "outcome IN ('approved', 'declined', 'voided', 'challenge_required', 'pending')",
        name="has_a_known_outcome",
    ),
    Index("ix_bank_authorizations_network_transaction", "network_transaction_id"),
    CheckConstraint("amount_minor >= 0", name="amount_is_not_negative"),
    CheckConstraint("captured_minor BETWEEN 0 AND amount_minor", name="captures_at_most_what_was_authorised"),
    CheckConstraint("refunded_minor BETWEEN 0 AND captured_minor", name="refunds_at_most_what_was_captured"),
    CheckConstraint("captured_minor = 0 OR outcome = 'approved'", name="captures_only_what_was_approved"),
)

journal = Table(
    "bank_journal",
    metadata,
    # SQLite counts only an INTEGER key by itself; on PostgreSQL the journal may outgrow 32 bits.
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("reference", String(64), nullable=False, unique=True),
    Column("kind", String(32), nullable=False),
    Column("authorization", String(64), nullable=False),
    Column("outcome", String(32), nullable=False),
    Column("reason", String(32)),
    Column("response_code", String(2)),
    Column("amount_minor", BigInteger, nullable=False),
    Column("currency", String(3)),
    Column("card_masked", String(19)),
    Column("card_fingerprint", String(64)),
    Column("content_digest", String(64), nullable=False),
    Column("answer", Text, nullable=False),
    Column("created", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)


_GUARDS: dict[str, tuple[str, ...]] = {
    # REPLACE deletes without a DELETE trigger on SQLite, hence the guard on INSERT as well.
    "sqlite": (
        """CREATE TRIGGER bank_journal_no_update BEFORE UPDATE ON bank_journal
            BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END""",
        """CREATE TRIGGER bank_journal_no_delete BEFORE DELETE ON bank_journal
            BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END""",
        """CREATE TRIGGER bank_journal_no_replace BEFORE INSERT ON bank_journal
            WHEN EXISTS (SELECT 1 FROM bank_journal WHERE reference = NEW.reference OR seq = NEW.seq)
            BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END""",
    ),
    "postgresql": (
        """CREATE OR REPLACE FUNCTION bank_journal_is_append_only() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION 'the journal is append-only'; END $$""",
        """CREATE TRIGGER bank_journal_no_change BEFORE UPDATE OR DELETE ON bank_journal
            FOR EACH ROW EXECUTE FUNCTION bank_journal_is_append_only()""",
        """CREATE TRIGGER bank_journal_no_truncate BEFORE TRUNCATE ON bank_journal
            FOR EACH STATEMENT EXECUTE FUNCTION bank_journal_is_append_only()""",
    ),
}


@event.listens_for(journal, "after_create")
def _guard_journal(_table: Table, connection: Connection, **_: Any) -> None:
    for statement in _GUARDS[connection.dialect.name]:
        connection.exec_driver_sql(statement)
