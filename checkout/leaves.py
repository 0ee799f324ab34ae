"""What of an order is only written on its page, apart from what decides how the page is made.

The leaves are texts and amounts that no template looks into: it writes them, or writes nothing where they are
empty. All else of an order is its frame, which belongs to a shape's key in full (checkout/shapes.py).
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from checkout.presentation import Line, Order
from checkout.sums import Delivery


def leaves_of(order: Order) -> list[str]:
    """Return the leaves in the order in which `with_leaves` puts others in their places."""
    found = [order.total, order.button, order.code or "", _digits(order.shown_minor)]
    for line in (*order.lines, *order.offers):
        found += (
            line.name, line.description or "", line.unit, line.total, line.image or "", line.id, line.mark,
            line.pieces, line.pack, line.typed_amount, line.limits, _digits(line.quantity),
        )  # fmt: skip
    for row in order.sums:
        found += row
    for way in order.deliveries:
        found += (way.rate, way.name, way.cost, way.note or "")
    return found


def frame_of(order: Order) -> tuple[Any, ...]:
    """Return what is no leaf, how many there are of each kind, and the number that a template looks at."""
    return (
        order.merchant, order.face, order.test_mode, order.title, order.keeps_card, order.is_free,
        order.takes_code, len(order.sums),
        tuple([(min(line.quantity, 2), line.choice) for line in order.lines]),
        tuple([(min(line.quantity, 2), line.choice) for line in order.offers]),
        tuple([way.chosen for way in order.deliveries]),
    )  # fmt: skip


class Marked(int):
    """A number that is compared as itself and written as the mark in its place."""

    mark: str

    def __str__(self) -> str:
        """Return the mark."""
        return self.mark


def with_leaves(order: Order, marks: Iterator[str]) -> Order:
    """Return the order with a mark for each leaf; an empty mark leaves what is empty as it is."""
    return replace(
        order,
        total=next(marks) or order.total,
        button=next(marks) or order.button,
        code=next(marks) or order.code,
        shown_minor=_marked(order.shown_minor, next(marks)),
        lines=tuple([_line(line, marks) for line in order.lines]),
        offers=tuple([_line(line, marks) for line in order.offers]),
        sums=tuple([(next(marks) or words, next(marks) or amount) for words, amount in order.sums]),
        deliveries=tuple([_way(way, marks) for way in order.deliveries]),
    )


def _line(line: Line, marks: Iterator[str]) -> Line:
    return replace(
        line,
        name=next(marks) or line.name,
        description=next(marks) or line.description,
        unit=next(marks) or line.unit,
        total=next(marks) or line.total,
        image=next(marks) or line.image,
        id=next(marks) or line.id,
        mark=next(marks) or line.mark,
        pieces=next(marks) or line.pieces,
        pack=next(marks) or line.pack,
        typed_amount=next(marks) or line.typed_amount,
        limits=next(marks) or line.limits,
        quantity=_marked(line.quantity, next(marks)) or line.quantity,
    )


def _way(way: Delivery, marks: Iterator[str]) -> Delivery:
    return replace(
        way,
        rate=next(marks) or way.rate,
        name=next(marks) or way.name,
        cost=next(marks) or way.cost,
        note=next(marks) or way.note,
    )


def _digits(number: int | None) -> str:
    return "" if number is None else str(number)


def _marked(number: int | None, mark: str) -> Any:
    if number is None:
        return None
    marked = Marked(number)
    marked.mark = mark
    return marked
