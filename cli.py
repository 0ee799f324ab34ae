"""`flask --app wsgi florin ...`, or `./run florin ...`: what an operator asks a Florin to do or to tell.

All of it may run while Florin serves. Only `reconcile` and `settle` change anything, and only what the
sweeps would change by themselves a little later.
"""

import sys
from dataclasses import replace
from typing import Any, NoReturn

import click
from flask import Flask, current_app
from flask.cli import AppGroup, ScriptInfo
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

import config
import sweeps
from cli_contracts import contracts
from cli_output import progress, steps
from cli_scripts import scripts
from cli_settle import settle
from cli_words import words
from kit import clock, database, jobs
from kit.database import db
from payments import audit_chain, audit_state
from payments.audit_chain import AuditSeal
from payments.charging import reconcile
from payments.charging.attempts import Attempt
from payments.doctor import banks, books, card_numbers, disputes, open_questions, settled, trail
from payments.doctor.pages import Check, Finding
from payments.errors import StripeError
from webhooks import checks as deliveries

BAD_START = 2  # the exit code of a part that cannot start with its settings
TABLE_ABSENT = ("no such table", "does not exist")  # as SQLite and PostgreSQL say it
SHOWN = 20  # findings of one check, unless all are asked for


class Florin(AppGroup):
    """The group, which tells what is wrong with the database or an id in one line."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command within the app's context."""
        try:
            return super().invoke(ctx)
        except SQLAlchemyError as problem:
            reason = str(getattr(problem, "orig", None) or problem).partition("\n")[0]
            if any(words in reason for words in TABLE_ABSENT):
                reason = f"it lacks a table; ./run makes and migrates it (DATA_DIR, DATABASE_URL): {reason}"
            raise click.ClickException(f"the database can't be used: {reason}") from problem
        except StripeError as refusal:
            raise click.ClickException(refusal.message) from refusal


florin = Florin("florin", short_help="Look after Florin.")
florin.add_command(contracts)
florin.add_command(settle)
florin.add_command(words)
florin.add_command(scripts)


def register(app: Flask) -> None:
    """Give the app its commands."""
    app.cli.add_command(florin)


def main() -> NoReturn:
    """What `./run florin` starts; exits with 2 and one line where the settings are at fault."""
    try:
        settings = config.load()
    except config.BadSetting as bad:
        sys.stderr.write(f"florin: {bad}\n")
        sys.exit(BAD_START)
    from app import create_app  # noqa: PLC0415 - app.py imports this file

    app = create_app(replace(settings, run_jobs_here=False, spool_queries=False))
    florin.main(prog_name="./run florin", obj=ScriptInfo(create_app=lambda: app))


@florin.group("audit")
def audit() -> None:
    """The audit trail."""


@florin.command("reconcile")
def reconcile_command() -> None:
    """Ask the banks about everything that is open, now.

    What the sweeps do with patience is done at once: every question without an answer is looked up, and its
    true end recorded. A question that a request may still be waiting for is left alone.

    Exits with 1 where a question stays open.
    """
    _stop_jobs()
    attempt_ids = reconcile.all_open()
    ended = 0
    with progress(attempt_ids, "Asking the banks") as bar:
        for attempt_id in bar:
            ended += sweeps.reconciled(attempt_id, patiently=False)
    left = reconcile.unanswered()
    for attempt in left:
        click.echo(f"  {_described(attempt)}")
    waiting = len(attempt_ids) - ended - len({attempt.id for attempt in left} & set(attempt_ids))
    click.echo(
        f"{ended} open questions came to their end. {len(left)} have no answer yet, {waiting} wait for a "
        "customer or for a later end."
    )
    sys.exit(1 if left else 0)


@florin.command("doctor")
@click.option("--all", "show_all", is_flag=True, help=f"Show every finding, not only {SHOWN} of each check.")
@click.option(
    "--only", multiple=True, metavar="NAME", help="Run the checks whose name begins so; may be repeated."
)
def doctor(*, show_all: bool, only: tuple[str, ...]) -> None:
    """Check every invariant on the live database and at the banks. Reports, and mends nothing.

    The tables are walked page by page, so that their length costs time and no memory; what seems wrong is
    looked at again before it is told, since payments go on meanwhile.

    Exits with 1 where anything was found.
    """
    _stop_jobs()
    chosen = [check for check in _checks() if not only or check.name.startswith(only)]
    if not chosen:
        raise click.UsageError(
            f"no check is called so; there are {', '.join(check.name for check in _checks())}"
        )
    broken = sum(_examined(check, show_all=show_all) for check in chosen)
    click.echo(
        f"{len(chosen)} checks, {broken} findings." if broken else f"{len(chosen)} checks, all is well."
    )
    sys.exit(1 if broken else 0)


@audit.command("verify")
def audit_verify() -> None:
    """Walk the audit trail's hash chain and compare it with the head kept outside the database.

    The dashboard says when this was last done and what came of it, as DATA_DIR/audit_verified.json has it.

    Exits with 1 where a row was changed, removed or slipped in after it was sealed.
    """
    _stop_jobs()
    head_file = _settings().data_dir / audit_chain.HEAD_FILE
    head = audit_chain.read_head(head_file)
    seals = int(db.session.scalar(select(func.count()).select_from(AuditSeal)) or 0)
    with steps(seals, "Reading the chain") as bar:
        broken = audit_chain.verify(head_file, lambda _: bar.update(1))
    for number in head.torn_lines:
        click.echo(
            f"Line {number} of {head_file} is torn, as a crash in the middle of it leaves it; the seal "
            "that it named is checked by the database alone."
        )
    if not head.digests:
        click.echo(f"{head_file} anchors nothing yet: a chain that was rewritten as a whole would not show.")
    noted = audit_state.Verified(clock.now(), seals, None if broken is None else broken.seal_seq)
    audit_state.note(noted, _settings().data_dir)
    if broken is not None:
        click.echo(
            f"Seal {broken.seal_seq} (rows {broken.first_seq} to {broken.last_seq}): {broken.problem}."
        )
        sys.exit(1)
    newest = max(head.digests, default=0)
    click.echo(f"{seals} seals hold, {len(head.digests)} of them anchored, the last of these is {newest}.")


def _checks() -> list[Check]:
    head_file = _settings().data_dir / audit_chain.HEAD_FILE
    return [
        *books.checks(),
        *open_questions.checks(),
        *trail.checks(head_file),
        *deliveries.checks(),
        *settled.checks(),
        *banks.checks(_settings().acquirers),
        *disputes.checks(),
        *card_numbers.checks(),
    ]


def _examined(check: Check, *, show_all: bool) -> int:
    """Run one check and print what it finds; return how many rules are broken."""
    found: list[Finding] = []
    hidden = broken = 0
    with steps(check.steps(), check.name) as bar:
        for findings in check.run():
            bar.update(1)
            broken += sum(not finding.note for finding in findings)
            room = len(findings) if show_all else max(0, SHOWN - len(found))
            found += findings[:room]
            hidden += len(findings) - len(findings[:room])
            database.rollback()  # lets go of the rows of this page
    click.echo(f"{'FOUND' if broken else 'ok':<6}{check.name}: {check.sentence}")
    for finding in found:
        click.echo(f"        {'note: ' if finding.note else ''}{finding.object_id}: {finding.problem}")
    if hidden:
        click.echo(f"        and {hidden} more (--all shows them)")
    return broken


def _described(attempt: Attempt) -> str:
    said = str((attempt.answer or {}).get("unknown", "no answer"))
    waited = f"{attempt.status} for {clock.now() - attempt.created} s"
    return f"{attempt.id}: {attempt.kind} at {attempt.acquirer}, {waited}: {said}"


def _settings() -> config.Settings:
    settings: config.Settings = current_app.config["FLORIN"]
    return settings


def _stop_jobs() -> None:
    """End the jobs that an embedded gateway would run: they are the serving process's, not this command's."""
    if _settings().run_jobs_here:
        jobs.in_force().stop()


if __name__ == "__main__":
    main()
