"""Who did what to which object: append-only rows, readable by the merchant."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Index, Select, select
from sqlalchemy.orm import Mapped, mapped_column

from kit import clock
from kit.database import Base, Id, Sequence64, collect, db
from payments.scope import Caller, caller


class AuditRow(Base):
    """One change, query or refused request. Never updated, never deleted (triggers on both databases)."""

    __tablename__ = "audit_rows"
    __table_args__ = (
        Index("ix_audit_rows_account", "account_id", "livemode", "seq"),
        Index("ix_audit_rows_object", "object_id", "seq"),
        Index("ix_audit_rows_request", "request_id"),
    )

    seq: Mapped[Sequence64]
    account_id: Mapped[Id]
    livemode: Mapped[bool]
    created: Mapped[int]
    actor: Mapped[str]
    action: Mapped[str]
    object_id: Mapped[Id | None]
    outcome: Mapped[str]
    request_id: Mapped[str | None]
    address: Mapped[str | None]
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the row as the merchant reads it."""
        return {
            "object": "audit_row", "seq": self.seq, "created": self.created, "actor": self.actor,
            "action": self.action, "object_id": self.object_id, "outcome": self.outcome,
            "request_id": self.request_id, "address": self.address, "details": self.details,
        }  # fmt: skip


def row(
    action: str,
    object_id: str | None,
    outcome: str,
    *,
    who: Caller | None = None,
    **details: Any,
) -> AuditRow:
    """Return an audit row of the present caller, not yet collected."""
    who = who or caller()
    return AuditRow.made(
        account_id=who.account_id, livemode=who.livemode, created=clock.now(), actor=who.actor, action=action,
        object_id=object_id, outcome=outcome, request_id=who.request_id, address=who.address, details=details,
    )  # fmt: skip


def record(action: str, object_id: str | None, outcome: str = "succeeded", **details: Any) -> None:
    """Collect an audit row, to be committed together with what it tells of."""
    collect(row(action, object_id, outcome, **details))


def of_caller() -> Select[AuditRow]:
    """Return the select of the rows that the present caller may see."""
    who = caller()
    return select(AuditRow).where(AuditRow.account_id == who.account_id, AuditRow.livemode == who.livemode)


def rows_of_caller(object_id: str | None, before: int | None, limit: int) -> list[AuditRow]:
    """Return the caller's newest audit rows, of one object or all, older than row `before`."""
    query = of_caller()
    if object_id is not None:
        query = query.where(AuditRow.object_id == object_id)
    if before is not None:
        query = query.where(AuditRow.seq < before)
    return list(db.session.scalars(query.order_by(AuditRow.seq.desc()).limit(limit)))


def rows_of_objects(object_ids: Collection[str], limit: int) -> list[AuditRow]:
    """Return the caller's newest audit rows about any of some objects."""
    query = of_caller().where(AuditRow.object_id.in_(object_ids))
    return list(db.session.scalars(query.order_by(AuditRow.seq.desc()).limit(limit)))


def rows_of_request(request_id: str) -> list[AuditRow]:
    """Return the audit rows of one of the caller's requests, oldest first."""
    query = of_caller().where(AuditRow.request_id == request_id)
    return list(db.session.scalars(query.order_by(AuditRow.seq)))
