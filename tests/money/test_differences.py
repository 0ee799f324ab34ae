"""What an acquirer's books and ours don't agree on is named and put aside; no difference mends money."""

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
import time_machine

import settling
from kit.database import db
from payments.balance import matching
from payments.balance.settlements import MAXIMUM_DOWNLOADS, State
from payments.charging.attempts import Attempt
from payments.ledger import Account, LedgerEntry
from tests.money.conftest import MINUTE_SECONDS, Faulty, Shop

pytestmark = pytest.mark.slow

Lines = list[list[str]]


def rewritten(change: Callable[[Lines], None]) -> Callable[[bytes], bytes]:
    """A file that somebody has changed and made whole again: totals and hash are right for what it says."""

    def spoil(text: bytes) -> bytes:
        rows = [row.split(",") for row in text.decode().splitlines()]
        lines = [row for row in rows if row[0] == "L"]
        change(lines)
        for line in lines:
            line[15] = str(int(line[8]) - sum(map(int, line[12:15])))
        gross, net = (sum(int(line[column]) for line in lines) for column in (8, 15))
        totals = ["T", str(len(lines)), str(gross), str(gross - net), str(net)]
        body = "".join(",".join(row) + "\n" for row in [*rows[:2], *lines, totals])
        return body.encode() + b"S," + hashlib.sha256(body.encode()).hexdigest().encode() + b"\n"

    return spoil


def the_bank_itself_says_so(shop: Shop, line: Faulty, change: Callable[[Lines], None]) -> None:
    """The bank's list agrees with its changed file, so that only our own books can tell."""
    shop.banks.end_the_day()
    line.spoil = rewritten(change)
    original = line.inner.settlements

    def settlements(after: int) -> Any:
        listing = original(after)
        closed = [one for one in listing.settlements if one.merchant_id == shop.account_id]  # type: ignore[union-attr]
        for one in closed:
            whole: list[bytes] = []
            line.inner.read_file(one.id, whole.append)
            text = rewritten(change)(b"".join(whole)).decode().splitlines()
            totals = [int(cell) for cell in text[-2].split(",")[1:]]
            for name, value in zip(
                ("line_count", "gross_minor", "costs_minor", "net_minor"), totals, strict=True
            ):
                object.__setattr__(one, name, value)
            object.__setattr__(one, "sha256", text[-1][2:])
        return listing

    line.settlements = settlements  # type: ignore[method-assign]
    shop.work()


def suspense(shop: Shop) -> int:
    """What stands in suspense because of this shop's settlements."""
    ids = [settlement.id for settlement in shop.settlements()]
    with shop.house.app_context():
        query = db.select(db.func.coalesce(db.func.sum(LedgerEntry.amount_minor), 0)).where(
            LedgerEntry.transaction_id.in_(ids), LedgerEntry.book == Account.SUSPENSE.value
        )
        return -int(db.session.scalar(query) or 0)


def flip_a_digit(text: bytes) -> bytes:
    return text.replace(b",2000,usd,", b",2001,usd,", 1)


def cut_off(text: bytes) -> bytes:
    return text[: len(text) // 2]


def forge_the_hash(text: bytes) -> bytes:
    body = b"".join(line + b"\n" for line in flip_a_digit(text).splitlines()[:-1])
    return body + b"S," + hashlib.sha256(body).hexdigest().encode() + b"\n"


def drop_a_line(text: bytes) -> bytes:
    lines = text.splitlines(keepends=True)
    return b"".join(lines[:2] + lines[3:])


@pytest.mark.parametrize(
    ("spoil", "kind"),
    [
        (flip_a_digit, "wrong_hash"),
        (forge_the_hash, "wrong_hash"),
        (drop_a_line, "wrong_totals"),
        (rewritten(lambda lines: lines.append(list(lines[0]))), "wrong_totals"),
        (cut_off, "unreadable"),
        (lambda _: b"<html>502</html>\n", "unreadable"),
    ],
)
def test_a_file_that_was_tampered_with_is_refused_whole(
    shop: Shop, line: Faulty, later: time_machine.Traveller, spoil: Callable[[bytes], bytes], kind: str
) -> None:
    shop.pay(2000)
    shop.pay(3000)
    line.spoil = spoil
    shop.settle()
    assert (shop.settlements()[0].status, shop.differences()) == (State.FOUND, []), (
        "it may be the line's fault"
    )
    for _ in range(MAXIMUM_DOWNLOADS):
        later.shift(MINUTE_SECONDS)
        shop.work()
    assert shop.settlements()[0].status == State.REFUSED
    assert kind in shop.kinds()
    assert (shop.book("bank_cash"), shop.book("acquirer_receivable")) == (0, 5000)


def test_a_file_that_is_whole_again_on_the_next_attempt_is_posted(
    shop: Shop, line: Faulty, later: time_machine.Traveller
) -> None:
    shop.pay(2000)
    line.spoil = cut_off
    shop.settle()
    line.spoil = None
    later.shift(MINUTE_SECONDS)
    assert shop.work() == 1
    assert shop.book("acquirer_receivable") == 0
    assert shop.differences() == []


def test_a_list_that_never_ends_holds_nobody_up(
    shop: Shop, line: Faulty, later: time_machine.Traveller
) -> None:
    shop.pay(2000)
    line.endless = True
    shop.banks.end_the_day()
    shop.work()
    line.endless = False
    later.shift(MINUTE_SECONDS)
    shop.work()
    assert [settlement.status for settlement in shop.settlements()] == [State.POSTED]


def change_amount(lines: Lines) -> None:
    lines[0][5] = lines[0][8] = "1999"


def change_currency(lines: Lines) -> None:
    lines[0][6] = "eur"


def change_fee(lines: Lines) -> None:
    lines[0][14] = str(int(lines[0][14]) + 1)


def lose_the_first(lines: Lines) -> None:
    del lines[0]


def double(lines: Lines) -> None:
    lines.append(list(lines[0]))


def invent(lines: Lines) -> None:
    lines.append([*lines[0][:2], "att_nobody_knows", "att_nobody_knows", *lines[0][4:]])


@pytest.mark.parametrize(
    ("change", "kind", "still_owed"),
    [
        (change_amount, "amount", 2000),
        (change_currency, "currency", 2000),
        (change_fee, "fee", 2000),
        (double, "duplicate", 0),
        (invent, "missing_here", 0),
    ],
)
def test_each_difference_of_a_line_is_named_and_its_money_put_aside(
    shop: Shop, line: Faulty, change: Callable[[Lines], None], kind: str, still_owed: int
) -> None:
    shop.pay(2000)
    shop.pay(3000)
    the_bank_itself_says_so(shop, line, change)
    (settlement,) = shop.settlements()
    assert settlement.status == State.POSTED
    assert shop.kinds() == [kind]
    assert shop.book("acquirer_receivable") == still_owed, "nothing but what agrees is taken off"
    assert suspense(shop) > 0
    (difference,) = shop.differences()
    assert difference["reference"]
    assert difference["explanation"]


def test_a_line_that_is_missing_is_named_once_the_next_cut_off_has_passed(
    shop: Shop, line: Faulty, later: time_machine.Traveller
) -> None:
    shop.pay(2000)
    shop.pay(3000)
    shop.work()  # a look at the list, before the cut-off and after both payments
    later.shift(MINUTE_SECONDS)
    shop.work()
    later.shift(MINUTE_SECONDS)
    the_bank_itself_says_so(shop, line, lose_the_first)
    assert shop.kinds() == ["missing_there"]
    (difference,) = shop.differences()
    assert (difference["ours"], difference["transaction_id"][:4]) == ("2000 usd", "txn_")
    assert difference["reference"].startswith("att_")
    assert shop.book("acquirer_receivable") == 2000
    later.shift(MINUTE_SECONDS)
    shop.settle()
    assert shop.kinds() == ["missing_there"], "it is named once"


def test_a_settlement_waits_for_our_own_open_questions(
    shop: Shop, later: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bank took the money and its answer was lost: that is no difference, the sweep will know soon."""
    shop.pay(2000)
    attempt_id = hide_from_our_books(shop, monkeypatch)
    shop.settle()
    assert (shop.settlements()[0].status, shop.differences()) == (State.STAGED, [])
    monkeypatch.undo()
    later.shift(MINUTE_SECONDS)
    assert attempt_id
    assert shop.work() == 1
    assert (shop.book("acquirer_receivable"), shop.differences()) == (0, [])


def test_a_question_that_stays_open_becomes_a_difference(
    shop: Shop, later: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.pay(2000)
    hide_from_our_books(shop, monkeypatch)
    shop.settle()
    later.shift(3700)
    assert shop.work() == 1
    assert shop.kinds() == ["open_here"]


def hide_from_our_books(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> str:
    """Let matching see the shop's only payment as a question that nobody has answered yet."""
    with shop.house.app_context():
        attempt_id: str = db.session.scalars(
            db.select(Attempt.id).where(Attempt.account_id == shop.account_id)
        ).one()
    seen = matching._our_side

    def blind(references: list[str]) -> dict[tuple[str, str], matching.Ours]:
        known = seen(references)
        for (reference, kind), ours in list(known.items()):
            if reference == attempt_id:
                del known[reference, kind]
                known[reference, ""] = matching.Ours(
                    "unknown", ours.acquirer, ours.owner, None, None, None, {}
                )
        return known

    monkeypatch.setattr(matching, "_our_side", blind)
    return attempt_id


def test_a_refused_file_can_be_taken_up_again(
    shop: Shop, line: Faulty, later: time_machine.Traveller
) -> None:
    shop.pay(2000)
    line.spoil = cut_off
    shop.settle()
    for _ in range(MAXIMUM_DOWNLOADS):
        later.shift(MINUTE_SECONDS)
        shop.work()
    line.spoil = None
    with shop.house.app_context():
        assert settling.take_up_again(shop.settlements()[0].id)
    later.shift(MINUTE_SECONDS)
    assert shop.work() == 1
    assert shop.book("acquirer_receivable") == 0
