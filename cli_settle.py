"""`florin settle`: fetch what the banks have closed, match it, post it, and say what differs."""

import logging
import sys
from collections.abc import Callable
from functools import partial

import click
from babel import Locale
from flask.cli import with_appcontext

import settling
from cli_output import progress
from kit import database
from kit.readable import format_amount
from payments.balance import reconciliation, settlements
from payments.balance.settlements import State
from payments.treasury import treasuries

ENGLISH = Locale("en")

logger = logging.getLogger("florin.settling")


@click.command("settle")
@with_appcontext
def settle() -> None:
    """Fetch the banks' settlement files now, match them line by line, post them, and report differences.

    What a bank has not closed yet is not settled by this; what is settled already is not settled again.

    Exits with 1 where a bank did not answer, a file could not be posted, or anything differs.
    """
    silent = [name for name in sorted(treasuries) if not _done(partial(settling.look, name), name)]
    for name in silent:
        click.echo(f"{name} did not answer.")
    left = _each("Fetching", State.FOUND, settling.fetch) + _each("Matching", State.STAGED, settling.post)
    settling.settle()  # what follows from the above: what is missing, balances, payouts
    clean = _report()
    sys.exit(0 if clean and not silent and not left else 1)


def _each(label: str, state: State, work: Callable[[str], bool]) -> int:
    """Do one step of every settlement that is due for it; return how many are left."""
    due = settlements.due(state)
    with progress(due, label) as bar:
        left = [name for name in bar if not _done(partial(work, name), name)]
    for name in left:
        click.echo(f"{name} is not settled yet.")
    return len(left)


def _done(work: Callable[[], bool], what: str) -> bool:
    try:
        return work()
    except (database.StaleWrite, database.DuplicateRow):
        return True  # a worker is at the same settlement and was faster
    except Exception:
        logger.exception("%s failed", what)
        return False
    finally:
        database.rollback()


def _report() -> bool:
    report = reconciliation.report()
    for row in report.settlements:
        sums = ", ".join(f"{name} {_money(row[name + '_minor'], row)}" for name in ("gross", "costs", "net"))
        what = f"{row['count']} settlements of {row['lines']} lines are {row['status']}"
        click.echo(f"{row['acquirer']}: {what}: {sums}.")
    for difference in report.differences:
        where = difference["settlement_id"] or difference["acquirer"]
        line = f", line {difference['number']}" if difference["number"] else ""
        told = f"ours {difference['ours']}, theirs {difference['theirs']}"
        click.echo(f"  {where}{line}: {difference['explanation']} ({difference['reference']}; {told})")
    if report.more_differences:
        click.echo("  and more.")
    click.echo("Nothing differs." if report.clean else f"{len(report.differences)} differences are open.")
    return report.clean


def _money(amount_minor: int, row: dict[str, object]) -> str:
    return format_amount(amount_minor, str(row["currency"]), ENGLISH)
