"""`florin contracts`: which acquirers take a merchant's payments, and on what terms."""

import click
from flask.cli import AppGroup
from sqlalchemy import select

from kit import database
from kit.database import db
from payments import bank
from payments.contracts import PRIORITY, WEIGHT, Contract, Terms
from payments.merchants import Merchant
from payments.scope import acting_as, system

contracts = AppGroup("contracts", short_help="Which acquirers take a merchant's payments.")


@contracts.command("list")
@click.argument("account", required=False)
def list_command(account: str | None) -> None:
    """Show the contracts of one ACCOUNT, or of all."""
    query = select(Contract).order_by(Contract.account_id, Contract.priority, Contract.id)
    for contract in db.session.scalars(query.where(Contract.account_id == account) if account else query):
        click.echo(_line(contract))


@contracts.command("sign")
@click.argument("account")
@click.argument("acquirer")
@click.option("--merchant-id", help="The merchant's id at the acquirer; the account's own by default.")
@click.option("--currency", "currencies", multiple=True, help="May be repeated; all without it.")
@click.option("--brand", "brands", multiple=True, help="May be repeated; all without it.")
@click.option("--method", "methods", multiple=True, help="May be repeated; all without it.")
@click.option(
    "--priority", type=click.IntRange(min=0), default=PRIORITY, show_default=True, help="Lowest first."
)
@click.option(
    "--weight", type=click.IntRange(min=1), default=WEIGHT, show_default=True, help="Share among equals."
)
def sign(
    account: str,
    acquirer: str,
    *,
    merchant_id: str | None,
    currencies: tuple[str, ...],
    brands: tuple[str, ...],
    methods: tuple[str, ...],
    priority: int,
    weight: int,
) -> None:
    """Let ACQUIRER take payments of ACCOUNT from now on."""
    if acquirer not in bank.acquirers:
        raise click.UsageError(f"no acquirer is called so; there are {', '.join(sorted(bank.acquirers))}")
    if db.session.get(Merchant, account) is None:
        raise click.UsageError(f"there is no account {account}")
    terms = Terms(
        acquirer, merchant_id, frozenset(map(str.lower, currencies)), frozenset(map(str.lower, brands)),
        frozenset(methods), priority, weight,
    )  # fmt: skip
    with acting_as(system(account, livemode=False)):
        contract = Contract.sign(account, terms)
        database.commit()
    click.echo(_line(contract))


@contracts.command("suspend")
@click.argument("contract_id", metavar="CONTRACT")
def suspend(contract_id: str) -> None:
    """Let no new payment take this way; captures and refunds of earlier ones still do."""
    _change(contract_id, active=False)


@contracts.command("resume")
@click.argument("contract_id", metavar="CONTRACT")
def resume(contract_id: str) -> None:
    """Let payments take this way again."""
    _change(contract_id, active=True)


def _change(contract_id: str, *, active: bool) -> None:
    contract = Contract.find(contract_id)
    with acting_as(system(contract.account_id, livemode=False)):
        contract.switch(active=active)
        database.commit()
    click.echo(_line(contract))


def _line(contract: Contract) -> str:
    limits = [
        f"{name}: {', '.join(values) or 'all'}"
        for name, values in (
            ("currencies", contract.currencies), ("brands", contract.brands), ("methods", contract.methods)
        )
    ]  # fmt: skip
    state = "active" if contract.active else "suspended"
    return (
        f"{contract.id}  {contract.account_id}  {contract.acquirer} as {contract.merchant_id}, {state}, "
        f"priority {contract.priority}, weight {contract.weight}; {'; '.join(limits)}"
    )
