"""The issuer's pages of a 3-D Secure challenge: one address for each, and the page that its state calls for.

A form that was right ends in a redirect to the same address, so that loading it again sends nothing twice;
from there a refresh leads back to the shop's side. An ended challenge shows its end in every window.
"""

from dataclasses import dataclass
from http import HTTPStatus

from flask import Blueprint, Response, make_response, render_template, request, url_for
from sqlalchemy import Connection
from werkzeug.datastructures import MultiDict

from bank_simulator import challenge, completion, front
from bank_simulator.challenge import Challenge
from bank_simulator.challenge_endings import ending_of
from bank_simulator.desk import Bank, bank_at_hand
from bank_simulator.errors import NotFound
from bank_simulator.front import STRANGER
from bank_simulator.languages import N_, Words, ngettext

LOOK_AGAIN_SECONDS = 3  # of the page that waits for the banking app

PASSCODE = "424242"


@dataclass(frozen=True)
class Question:
    """What is asked by choosing: the options with their words, and the keys of the right ones."""

    title: Words
    words: Words
    options: tuple[tuple[str, Words | str], ...]
    right: frozenset[str]


QUESTIONS = {
    "single_select": Question(
        N_("Which of these do you have with us?"),
        N_("Choose the one account that is yours."),
        (
            ("savings", N_("A savings account in Mumbai")),
            ("current", N_("A current account in London")),
            ("loan", N_("A home loan in Berlin")),
            ("none", N_("None of these")),
        ),
        frozenset({"current"}),
    ),
    "multi_select": Question(
        N_("Which of these payments are yours?"),
        N_("Choose every payment that you made with this card last month."),
        (
            ("books", "Bookshop on the Corner, 14.50"),
            ("flight", "Northern Airways, 1,290.00"),
            ("coffee", "Coffee & Crumb, 3.80"),
            ("games", "Moonbeam Games, 59.99"),
        ),
        frozenset({"books", "coffee"}),
    ),
}

WRONG = {
    "otp": N_("That is not the code that we sent you."),
    "single_select": N_("That is not right."),
    "multi_select": N_("That is not right."),
}

pages = Blueprint("challenge", __name__)
pages.after_request(front.protect)
front.PUBLIC.add(pages.name)


@pages.get("/challenge/<token>")
def show(token: str) -> Response:
    """The page of the challenge as it stands."""
    return _page(_found(token))


@pages.post("/challenge/<token>")
def answer(token: str) -> Response:
    """Takes the holder's answer: what was asked for, or that they do not want to pay after all."""
    found = _found(token)
    if found.open and not front.form_is_ours(found.reference):
        return _page(found, str(STRANGER), HTTPStatus.BAD_REQUEST)
    now = _taken(found)
    if now.open:
        return _page(now, _problem(now), HTTPStatus.UNPROCESSABLE_ENTITY)
    address = url_for("challenge.show", token=token, done="")
    return Response(status=HTTPStatus.SEE_OTHER, headers={"Location": address})


@pages.errorhandler(NotFound)
def not_found(_problem: NotFound) -> tuple[Response, HTTPStatus]:
    """An address that no challenge has."""
    return make_response(render_template("challenge/unknown.html", bank=_house(bank_at_hand()))), HTTPStatus(
        404
    )


def _found(token: str) -> Challenge:
    found = bank_at_hand().storage.read(lambda tx: challenge.by_token(tx, token))
    if found is None:
        raise NotFound("There is no such page.")
    front.speak_to(found.reference)
    return found


def _taken(found: Challenge) -> Challenge:
    """Carries out what was sent, on the challenge as it is once no one else is at it."""
    bank = bank_at_hand()
    sent = request.form  # read here: another request's thread may carry the work out

    def work(tx: Connection) -> Challenge:
        present = challenge.of(tx, found.reference) or found
        now = bank.now()
        if not present.open:
            return present
        if present.expires_at <= now:
            completion.time_out(tx, present.reference, now)
        elif "cancel" in sent:
            completion.refused(tx, present.reference, "canceled", now)
        elif "refuse" in sent and present.kind == "out_of_band":
            completion.refused(tx, present.reference, "rejected", now)
        elif _right(present, sent):
            completion.passed(tx, present, bank.settings.limits, now)
        elif present.kind != "out_of_band":
            completion.answered_wrongly(tx, present, now)
        return challenge.of(tx, present.reference) or present

    return bank.storage.write(found.reference, work)


def _right(present: Challenge, sent: MultiDict[str, str]) -> bool:
    match present.kind:
        case "otp":
            return "".join(sent.get("code", "").split()) == PASSCODE
        case "out_of_band":
            return "approve" in sent
        case kind:
            return set(sent.getlist("choice")) == QUESTIONS[kind].right


def _problem(present: Challenge) -> str | None:
    if present.kind not in WRONG:
        return None
    tries = ngettext("You have %(count)s try left.", "You have %(count)s tries left.", present.tries_left)
    return f"{WRONG[present.kind]} {tries}"


def _page(found: Challenge, problem: str | None = None, status: HTTPStatus = HTTPStatus.OK) -> Response:
    bank = bank_at_hand()
    over = found.open and found.expires_at <= bank.now()  # the schedule is about to say so
    state = "timed_out" if over else found.state
    html = render_template(
        "challenge/ended.html" if state != "open" else f"challenge/{found.kind}.html",
        bank=_house(bank),
        taken=found,
        state=state,
        ending=ending_of(state, keeps_card=not found.amount_minor),
        amount=front.money(found.amount_minor, found.currency),
        card=f"{found.card_brand.title()} •••• {found.card_masked[-4:]}",
        problem=problem,
        question=QUESTIONS.get(found.kind),
        passcode=PASSCODE,
        minutes_left=max(1, (found.expires_at - bank.now()) // 60),
        form_token=front.form_token(found.reference) if state == "open" else "",
        here=url_for("challenge.show", token=found.token),
        again_seconds=LOOK_AGAIN_SECONDS,
        onward=front.return_address(found.return_url, found.reference, state),
        goes_on="done" in request.args,
    )
    return make_response(html, status)


def _house(bank: Bank) -> str:
    return bank.settings.name.replace("_", " ").title()
