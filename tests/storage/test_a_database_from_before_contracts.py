"""A database from before contracts: its merchants keep their one bank, its open questions get a look."""

import secrets
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import create_engine, text

from migrations import alembic_config, upgrade

ATTEMPT = """
    INSERT INTO attempts (id, account_id, livemode, created, kind, status, acquirer, intent_id, charge_id,
        "authorization", amount_minor, currency, version)
    VALUES (:id, 'acct_old', false, 1000, 'authorize', :status, 'piggy_bank', 'pi_1', 'ch_1', :id, 1,
        'usd', 1)
"""


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_it_is_brought_up_to_date(request: pytest.FixtureRequest, tmp_path: Path, kind: str) -> None:
    url = f"sqlite:///{tmp_path}/old.sqlite3"
    if kind == "postgresql":
        url = request.getfixturevalue("empty_postgres_url")
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("BEGIN"))
        command.upgrade(alembic_config(connection), "0010")
        connection.execute(
            text(
                "INSERT INTO merchants (id, created, name, country, default_currency, payout_interval, "
                "version) VALUES ('acct_old', 1000, 'Old Shop', 'US', 'usd', 'daily', 1)"
            )
        )
        for status in ("asked", "unknown", "succeeded"):
            values = {"id": f"att_{status}{secrets.token_hex(2)}", "status": status}
            connection.execute(text(ATTEMPT), values)
        connection.execute(text("COMMIT"))
    upgrade(url)
    with engine.connect() as connection:
        contracts = connection.execute(
            text("SELECT id, acquirer, merchant_id, currencies, priority, weight, active FROM contracts")
        ).all()
        found = connection.execute(text("SELECT status, look_at FROM attempts"))
        looks: dict[str, int | None] = {row.status: row.look_at for row in found}
    engine.dispose()
    ((contract_id, acquirer, merchant_id, currencies, *terms),) = contracts
    assert (contract_id, acquirer, merchant_id, terms) == ("ctr_old", "piggy_bank", "florin", [10, 100, True])
    assert currencies in ("[]", [])
    assert looks == {"asked": 1030, "succeeded": None, "unknown": 1030}
