"""What every noun on the wire has in common: id, account, mode, creation, metadata, version."""

from typing import Any, ClassVar, Self, TypeVar

from sqlalchemy import Index, Select, select
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from kit import clock
from kit.database import Base, Id, collect, collected, db, load
from kit.ids import new_id
from payments.errors import InvalidRequest, NotFound
from payments.scope import caller
from payments.shapes import shaped

MAXIMUM_METADATA_KEYS = 50

COMMON = ("id", "livemode", "created")

NounType = TypeVar("NounType", bound="Resource")

_nouns: dict[str, type["Resource"]] = {}
_forms: list[type[Any]] = []


class Resource(Base):
    """A noun of Stripe's API: `prefix` of its ids, `object_name` on the wire, `stripe_class` as its shape."""

    __abstract__ = True

    prefix: ClassVar[str]
    object_name: ClassVar[str]
    stripe_class: ClassVar[type]
    expandable: ClassVar[frozenset[str]] = frozenset()  # fields that hold another noun's id
    path_param: ClassVar[str] = "id"  # what errors call the id in an operation's path
    includes: ClassVar[dict[str, str]] = {}  # fields left out by default -> the method that fills them

    id: Mapped[Id] = mapped_column(primary_key=True)
    account_id: Mapped[Id]
    livemode: Mapped[bool]
    created: Mapped[int]
    version: Mapped[int]

    def __init_subclass__(cls, **options: Any) -> None:
        """Register the noun by its ids' prefix."""
        super().__init_subclass__(**options)
        if "prefix" in cls.__dict__:
            _nouns[cls.prefix] = cls

    @declared_attr.directive
    @classmethod
    def __table_args__(cls) -> tuple[Any, ...]:
        return (Index(f"ix_{cls.__tablename__}_list", "account_id", "livemode", "id"), *cls.table_extras())

    @classmethod
    def table_extras(cls) -> tuple[Any, ...]:
        """Return further indexes and constraints of the noun's table."""
        return ()

    @classmethod
    def mint(cls) -> str:
        """Return a fresh id for this noun."""
        return new_id(cls.prefix)

    @classmethod
    def new(cls, **values: Any) -> Self:
        """Return a new row of the present caller's account and mode, collected for the next commit."""
        who = caller()
        if not values.get("id"):
            values["id"] = cls.mint()
        row = cls.made(
            account_id=who.account_id, livemode=who.livemode, created=clock.now(), version=1, **values
        )
        collect(row)
        return row

    @classmethod
    def mine(cls) -> Select[Self]:
        """Return the select of this noun's rows that the present caller may see."""
        who = caller()
        return select(cls).where(cls.account_id == who.account_id, cls.livemode == who.livemode)

    @classmethod
    def peek(cls, object_id: str) -> Self | None:
        """Return the caller's row of that id, or None."""
        if not object_id.isascii() or "\0" in object_id:
            return None
        row = _collected(cls, object_id) or load(cls, object_id)
        who = caller()
        if row is None or row.account_id != who.account_id or row.livemode != who.livemode:
            return None
        return row

    @classmethod
    def find(cls, object_id: str, *, param: str | None = None) -> Self:
        """Return the caller's row of that id; raises the same NotFound for a foreign and an absent one."""
        row = cls.peek(object_id)
        if row is None:
            raise NotFound(
                cls.wire_name(), object_id, param=param or cls.path_param, hint=cls._other_mode(object_id)
            )
        return row

    @classmethod
    def _other_mode(cls, object_id: str) -> str:
        """Return what a caller is told whose own object of that id is of the other mode: the wrong key."""
        row = load(cls, object_id) if object_id.isascii() and "\0" not in object_id else None
        who = caller()
        if row is None or row.account_id != who.account_id or row.livemode == who.livemode:
            return ""
        there, here = ("live", "test") if row.livemode else ("test", "live")
        return (
            f"; a similar object exists in {there} mode, but a {here} mode key was used to make this request."
        )

    @property
    def is_shown(self) -> bool:
        """Tell whether merchants know of the row: no event is about one that they don't."""
        return True

    def reread(self) -> Self:
        """Return this row as the database has it now."""
        db.session.refresh(self)
        return self

    @classmethod
    def wire_name(cls) -> str:
        """Return the name that messages use for the noun, as `payment_intent`."""
        return cls.object_name

    def shape(self, **values: Any) -> dict[str, Any]:
        """Return the wire object with the common keys and `values`, null where neither has one."""
        wire = shaped(self.stripe_class)
        for key in COMMON:
            if key in wire:
                wire[key] = getattr(self, key)
        wire["object"] = self.object_name
        wire.update(values)
        return wire

    def as_stripe(self) -> dict[str, Any]:
        """Return the noun as it goes over the wire; one with fields of its own gives them to shape()."""
        return self.shape()


def _collected(noun: type[NounType], object_id: str) -> NounType | None:
    """Return a row that this request has made and not yet committed; the identity map doesn't know it."""
    return next((row for row in collected() if isinstance(row, noun) and row.id == object_id), None)


def nouns() -> list[type[Resource]]:
    """Return every noun of the wire that has been imported, by the name of its table."""
    return sorted(_nouns.values(), key=lambda noun: noun.__tablename__)


def noun_of_id(object_id: str) -> type[Resource]:
    """Return the noun whose ids begin as this one does; raises NotFound for none."""
    prefix = object_id[: object_id.find("_") + 1]
    noun = _nouns.get(prefix)
    if noun is None:
        raise NotFound("object", object_id)
    return noun


def noun_of_field(field: str) -> type[Any] | None:
    """Return the noun, or its other form, that a field is named after; else None. Its ids may be anything."""
    return next((noun for noun in (*_nouns.values(), *_forms) if noun.object_name == field), None)


def show_as(form: type[Any]) -> None:
    """Let another form that a noun's rows are shown in be known by its name on the wire."""
    _forms.append(form)


class WithMetadata:
    """The merchant's own key-value pairs."""

    metadata_: Mapped[dict[str, Any]] = mapped_column("metadata", default=dict)


def merged_metadata(present: dict[str, Any], change: dict[str, str] | str | None) -> dict[str, Any]:
    """Return metadata after an update: an empty value unsets a key, an empty string or null all keys."""
    if not change:
        return {} if change in ("", None) else present
    merged = present | change  # type: ignore[operator]
    kept = {key: value for key, value in merged.items() if value != ""}
    if len(kept) > MAXIMUM_METADATA_KEYS:
        raise InvalidRequest(
            f"You can only have up to {MAXIMUM_METADATA_KEYS} metadata keys; this would make {len(kept)}.",
            param="metadata",
        )
    return kept
