"""What each page is given to show: the order summary, the form with its rules, the ways on."""

from http import HTTPStatus
from typing import Any

from babel import Locale
from flask import Response, make_response, render_template, request

from checkout import frames, typed, visits
from checkout.card_fields import ascii_digits
from checkout.countdown import countdown_of
from checkout.countries import home_country
from checkout.declines import Problem
from checkout.forms import PaymentForm
from checkout.i18n import N_, Words, gettext, language, spoken
from checkout.locales import choose_locale
from checkout.looks import face_of
from checkout.methods import Choice, choices, others
from checkout.order_lines import order_lines
from checkout.panel import panel_of
from checkout.presentation import SAVE_WORDS, Order, button_words
from checkout.rich_text import parts_of
from checkout.saved import shown_cards
from checkout.script_rules import rules, today
from checkout.sums import Refused, deliveries, promotion_code, sums_of
from checkout.ways_out import success_address, web_address
from kit.readable import format_amount
from payments.branding import look_of
from payments.charging.card_brands import scheme_of
from payments.charging.methods.sepa_debit import MANDATE
from payments.charging.payment_intents import PaymentIntent
from payments.charging.setup_intents import SetupIntent
from payments.hosted.checkout_sessions import CheckoutSession
from payments.hosted.payment_links import PaymentLink
from payments.hosted.saved_cards import saved_cards
from payments.merchants import present_name

CLOSED_LINK = N_("The link is no longer active.")
PAY, HTML = "checkout/pay.html", "text/html; charset=utf-8"
AGAIN_SECONDS = 2  # between two looks at a payment whose answer is not known


def locale_of(session: CheckoutSession) -> Locale:
    """Return the locale that the session's page is written in."""
    return choose_locale(session.details.get("locale"), request.accept_languages)


def order_of(session: CheckoutSession, locale: Locale | None = None) -> Order:
    """Return the session's order, its amounts written out; in the browser's locale unless one is named."""
    locale = locale or locale_of(session)

    def written(amount_minor: int) -> str:
        return format_amount(amount_minor, session.currency, locale)

    face = face_of(session.look, livemode=session.livemode)
    merchant = face.name
    if session.keeps_card:
        return Order(
            merchant=merchant,
            face=face,
            test_mode=not session.livemode,
            title=gettext("Save a card with %(merchant)s", merchant=merchant),
            total="",
            lines=(),
            sums=(),
            button=str(SAVE_WORDS),
            keeps_card=True,
        )
    lines, offers = order_lines(session, written)
    total = written(session.amount_total)
    takes_code = bool(session.details.get("allow_promotion_codes"))
    return Order(
        merchant=merchant,
        face=face,
        test_mode=not session.livemode,
        title=gettext("Pay %(merchant)s", merchant=merchant)
        if session.amount_total
        else gettext("Your order at %(merchant)s", merchant=merchant),
        total=total,
        lines=lines,
        offers=offers,
        sums=sums_of(session, written),
        button=button_words(session.details.get("submit_type"), total if session.amount_total else None),
        shown_minor=session.amount_total
        if takes_code
        or session.adjustments is not None
        or offers
        or any(line.choice or line.typed_amount for line in lines)
        else None,
        is_free=not session.amount_total,
        takes_code=takes_code,
        code=promotion_code(session),
        deliveries=tuple(deliveries(session, written)),
    )


def payment_form(session: CheckoutSession, given: Any) -> PaymentForm:
    """Return the session's form, filled with what is given or, for None, with what is known."""
    return PaymentForm(
        given,
        language().locale,
        country=home_country(locale_of(session), request.accept_languages),
        fixed_email=visits.known_email(session),
        types=session.types,
        ships_to=ships_to(session),
        is_free=not session.keeps_card and not session.amount_total,
        asks=session.details,
        known=visits.known_details(session) | (typed.again(session) if given is None else {}),
        saved=[card.id for card in saved_cards(session)],
    )


def words_of(session: CheckoutSession) -> dict[str, Any]:
    """Return the merchant's own words for the page, taken apart, and what is said of using a card again."""
    given = session.details.get("custom_text") or {}
    texts = {place: parts_of(text["message"]) for place, text in given.items() if text}
    agreement = (session.details.get("consent_collection") or {}).get("payment_method_reuse_agreement") or {}
    reused = session.intent_data.get("setup_future_usage") and not session.keeps_card
    shown = reused and agreement.get("position") != "hidden"
    words = gettext(
        "By paying you allow %(merchant)s to charge your payment method for later payments, on the terms "
        "that you have agreed with it.",
        merchant=session.look.business,
    )
    return {"texts": texts, "reuse_agreement": words if shown else None}


def methods_of(session: CheckoutSession) -> list[Choice]:
    """Return the ways to pay in the order of the customer's country and the session's currency."""
    country = home_country(locale_of(session), request.accept_languages)
    return choices(session.types, country, session.currency)


def ships_to(session: CheckoutSession) -> list[str]:
    """Return the countries that the order may go to; none where no address is asked."""
    collection = session.details.get("shipping_address_collection") or {}
    return list(collection.get("allowed_countries") or ())


def form_page(
    session: CheckoutSession,
    form: PaymentForm,
    problem: Problem | None,
    status: HTTPStatus,
    refused: Refused | None = None,
    *,
    declined: bool = False,
) -> Response:
    """Return the payment page; the security code is never sent back. A decline has other ways offered."""
    values = form_values(session, order_of(session), form, problem, refused, declined=declined)
    return make_response(render_template(PAY, **values), status)


def form_values(
    session: CheckoutSession,
    order: Order,
    form: PaymentForm,
    problem: Problem | None = None,
    refused: Refused | None = None,
    *,
    declined: bool = False,
) -> dict[str, Any]:
    """Return what the template of the payment page is given."""
    form.forget_code()
    methods = methods_of(session)
    return {
        "order": order,
        "form": form,
        "problem": problem,
        "brand": scheme_of(ascii_digits(form.card_number.data) or ""),
        "cancel_url": web_address(session.cancel_url),
        "challenge_url": web_address(visits.challenge_address(session)),
        "action": frames.address("checkout.submit", session),
        "change_action": frames.address("checkout_changes.change", session),
        "refused": refused,
        "rules": rules(language()),
        "today": today(),
        "methods": methods,
        "others": others(methods, form.method.data) if declined else (),
        "saved_cards": shown_cards(session),
        "mandate": gettext(MANDATE, merchant=present_name()),
        "panel": panel_of(session),
        "countdown": countdown_of(session),
        **words_of(session),
    }


def paid_page(session: CheckoutSession, *, already: bool, onward_seconds: int | None) -> Response:
    """Return the page of a completed session, which goes on to the shop by itself after a while or never."""
    link, frame = visits.confirming_link(session), frames.present()
    stays = frame is not None and not frame.goes_on
    html = render_template(
        "checkout/paid.html",
        order=order_of(session),
        already=already and link is None,
        on_its_way=visits.on_its_way(session),
        onward_seconds=None if link else onward_seconds,
        success_url=None if link or stays else success_address(session.success_url, session.id),
        message=link.message if link else None,
        panel=panel_of(session),
    )
    return make_response(html)


def challenge_page(session: CheckoutSession, challenge_url: str) -> Response:
    """Return the page that sends the buyer on to the bank's own."""
    html = render_template(
        "checkout/challenge.html",
        order=order_of(session),
        method=visits.other_means(session),
        challenge_url=web_address(challenge_url),
        again_seconds=AGAIN_SECONDS,
        again_url=frames.address("checkout.show", session, waiting=""),
        other_url=frames.address("checkout.show", session),
    )
    return make_response(html)


def waiting_page(session: CheckoutSession) -> Response:
    """Return the page that asks again by itself until the bank's answer is known."""
    again_url = frames.address("checkout.show", session, waiting="")
    html = render_template(
        "checkout/waiting.html", order=order_of(session), again_seconds=AGAIN_SECONDS, again_url=again_url
    )
    return make_response(html)


def returned_page(
    intent: PaymentIntent | SetupIntent,
    title: Words,
    words: Words,
    status: HTTPStatus,
    *,
    good: bool,
    why: Words | None,
    onward: str | None,
) -> Response:
    """Return the page of a customer who came back from a bank and goes on to nowhere by themselves."""
    html = render_template(
        "checkout/returned.html",
        order=None,
        face=face_of(look_of(intent.account_id), livemode=intent.livemode),
        test_mode=not intent.livemode,
        sum=format_amount(intent.amount, intent.currency, spoken())
        if isinstance(intent, PaymentIntent)
        else None,
        title=title,
        words=words,
        good=good,
        why=why,
        onward=onward,
    )
    return make_response(html, status)


def expired_page(session: CheckoutSession) -> Response:
    """Return the page of a session whose time is over, with the way to a new one if there is one."""
    html = render_template(
        "checkout/expired.html",
        order=order_of(session),
        recovery_url=visits.recovery_address(session),
        cancel_url=web_address(session.cancel_url),
    )
    return make_response(html, HTTPStatus.GONE)


def sold_out_page(link: PaymentLink) -> Response:
    """Return the page of a payment link that takes no more payments, in its merchant's words if any."""
    words = link.details.get("inactive_message") or CLOSED_LINK
    return message_page(N_("This link can't be paid"), words, HTTPStatus.GONE)


def message_page(title: Words, words: Words | str, status: HTTPStatus) -> Response:
    """Return a page that says one thing and belongs to no session."""
    html = render_template("checkout/message.html", order=None, title=title, words=words)
    return make_response(html, status)
