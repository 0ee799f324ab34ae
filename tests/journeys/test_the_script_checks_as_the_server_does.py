"""What the page's script says of each field is what the server says of it, and in the same words."""

from typing import Any

import pytest
import stripe
from babel import Locale
from flask import Flask
from playwright.sync_api import Page, expect
from werkzeug.datastructures import MultiDict

from checkout.forms import PaymentForm
from checkout.i18n import speaking
from tests.support.asked import ANSWERS, EVERYTHING
from tests.support.browser import Shop, Watched
from tests.support.hosted_page import GOOD_CARD, TYPED, session_params

# What a browser shows does not depend on the database.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.parametrize("served_database", ["sqlite"], indirect=True, scope="session"),
]

TYPES = ["card", "sepa_debit"]
ASKED: dict[str, Any] = {**EVERYTHING, "tax_id_collection": {"enabled": True, "required": "if_supported"}}
ALL = {"paymentMethod": "card", "iban": "DE89 3704 0044 0532 0130 00", "accountHolderName": "Asha Rao"}
LINES = [
    "",
    "Ashã-Rao d'Été",
    "x" * 150,
    "x" * 151,
    "😀" * 200,
    "😀" * 201,
    "a\u202eb",
    "a\u0007b",
    GOOD_CARD,
]
POSTAL = [
    "",
    "560001",
    "94103",
    "94103-1234",
    "9410",
    "k1a 0b1",
    "SW1A 1AA",
    "sw1a1aa",
    "!",
    "1" * 17,
    GOOD_CARD,
]
CODES = ["", "7", "123", "1234", "12345", "x", "১২৩"]
# Field -> what is typed into it, each alone on a page that is right otherwise.
TYPED_INTO: dict[str, list[str]] = {
    "email": ["", "asha", "a@b", "a@b.c", "asha@exämple.de", "a@b.co_", "a@-b.co", " asha@example.com ",
              "a b@c.de", "x" * 65 + "@example.com", "a@" + "b." * 130 + "de", f"{GOOD_CARD}@example.com"],
    "phoneNumber": ["", "+49 (30) 901-820", "0049 30 901820", "030 901820", "+0 12345678", "+1234567",
                    "+1234567890123456", "+91 98450 12345", "+" + GOOD_CARD, "+49.30/901820", "phone"],
    "cardNumber": ["", "4", "42", "4242 4242 4242 4242", "4242-4242-4242-4242", "4242424242424241", "4242",
                   "6759 0000 0000 0001", "0000", "9" * 20, "x", "3782 822463 10005", "\uff16\uff14"],
    "cardExpiry": ["", "4", "04/40", "4 / 40", "0440", "042040", "04-2040", "04 2040", "13/40", "00/40",
                   "01/20", "11/26", "10/26", "12/99", "1/2", "04.40"],
    "cardCvc": CODES,
    "iban": ["", "DE89370400440532013000", "de89 3704 0044 0532 0130 00", "DE88370400440532013000", "DE"],
    "taxId": ["", "DE123456789", "de 123.456-789", "DE12345678", GOOD_CARD, "DE\u202e123456789", "x" * 41],
    "customField1": ["", "x", "xy", "x" * 20, "x" * 21, "a\u0007b", "😀", GOOD_CARD],
    "customField2": ["", "1", "12345678", "123456789", "12a", "১২", GOOD_CARD],
    "customField3": ["", "S"],
    "billingPostalCode": POSTAL,
    "shippingPostalCode": POSTAL,
    "termsOfServiceConsentCheckbox": ["", "yes"],
    **dict.fromkeys(
        ("billingName", "individualName", "businessName", "accountHolderName", "shippingName",
         "shippingAddressLine1", "shippingAddressLine2", "shippingLocality", "shippingAdministrativeArea",
         "billingAddressLine1", "billingAddressLine2", "billingLocality", "billingAdministrativeArea"), LINES,
    ),
}  # fmt: skip
# What another field decides: where a code belongs, whose card it is, whether there is a business.
TOGETHER: list[tuple[str, dict[str, str]]] = [
    *(("billingPostalCode", {"billingPostalCode": code, "billingCountry": country})
      for country in ("US", "CA", "GB", "DE", "AE", "SG") for code in POSTAL),
    *((f"{part}{name}", {f"{part}{name}": text, f"{part}Country": country})
      for part in ("billing", "shipping") for name in ("PostalCode", "Locality", "AdministrativeArea")
      for country in ("DE", "IN") for text in ("", "Pune")),
    *((f"billing{name}", {f"billing{name}": "", "billingCountry": country})
      for country in ("AE", "JP", "SG", "UG") for name in ("PostalCode", "Locality", "AdministrativeArea")),
    *(("cardCvc", {"cardCvc": code, "cardNumber": "378282246310005"}) for code in CODES),
    *(("taxId", {"taxId": number, "taxIdType": kind})
      for kind in ("", "in_gst", "gb_vat", "au_wpn", "ch_vat")
      for number in ("27AAPFU0939F1ZV", "GB GD 001", "CHE-123.456.789 MWST", "abcd", "123")),
    ("taxIdType", {"taxIdType": ""}),
    ("taxIdType", {"taxIdType": "", "taxId": ""}),
    ("taxId", {"taxId": "", "billingCountry": "US"}),
    ("taxId", {"taxId": "", "billingCountry": "AQ"}),
    ("businessName", {"businessName": "", "taxId": ""}),
]  # fmt: skip
CASES = [
    *((name, {name: text}) for name, texts in TYPED_INTO.items() for text in texts),
    *TOGETHER,
]
OF_A_DEBIT = ("iban", "accountHolderName")
ASK_THE_SCRIPT = """async ([address, cases]) => {
  const { checksOf } = await import(address);
  const form = document.getElementById("payment-form");
  const problemOf = checksOf(form, JSON.parse(form.dataset.rules), new Date(form.dataset.today));
  return cases.map(([name, typed]) => {
    for (const [id, text] of Object.entries(typed)) {
      const input = document.getElementById(id);
      if (input?.type === "checkbox") input.checked = text === "yes";
      else if (input) input.value = text;
    }
    return problemOf(document.getElementById(name));
  });
}"""


@pytest.fixture
def opened(merchant: stripe.StripeClient, shop: Shop, page: Page) -> Page:
    """A page that asks for everything, in euros, so that a debit is one of its ways to pay."""
    tea: Any = {"currency": "eur", "unit_amount": 2000, "product_data": {"name": "Tea"}}
    line_items = [{"quantity": 1, "price_data": tea}]
    given: Any = session_params(shop.url, **ASKED, line_items=line_items, allowed_payment_method_types=TYPES)
    page.goto(merchant.v1.checkout.sessions.create(given).url or "")
    return page


def by_the_server(app: Flask, name: str, typed: dict[str, str]) -> str:
    """Return what the server says of the field, "" for nothing."""
    locale = Locale.parse("en_IN")
    kept = {field: text for field, text in typed.items() if text or not field.endswith("Checkbox")}
    with app.test_request_context(method="POST"), speaking(locale):
        form = PaymentForm(MultiDict(kept), locale, types=TYPES, ships_to=["DE", "IN", "US"], asks=ASKED)
        form.validate()
        errors = next(field.errors for field in form if field.name == name)
        return str(errors[0]) if errors else ""


def test_the_script_and_the_server_say_the_same_of_every_field(app: Flask, opened: Page) -> None:
    cases = []
    for name, typed in CASES:
        method = "sepa_debit" if name in OF_A_DEBIT else "card"
        cases.append((name, {**ANSWERS, **TYPED, **ALL, **typed, "paymentMethod": method}))
    source = opened.evaluate("document.querySelector('script[type=module]').src")
    address = source.rpartition("/")[0] + "/fields.js"
    said = opened.evaluate(ASK_THE_SCRIPT, [address, cases])
    differences = [
        (name, CASES[place][1], theirs, ours)
        for place, ((name, typed), theirs) in enumerate(zip(cases, said, strict=True))
        if theirs != (ours := by_the_server(app, name, typed))
    ]
    assert differences == []
    assert len(set(said)) > 25, "nearly nothing was found wrong, so that little was compared"


def test_mistakes_are_listed_as_the_server_lists_them_and_the_first_has_the_focus(
    opened: Page, watched: Watched
) -> None:
    page = opened
    for name in ("shippingPostalCode", "customField1"):
        page.locator(f"#{name}").press_sequentially("!")
        expect(page.locator(f"#{name}-error")).to_be_hidden()  # nothing while one types
    page.locator("#customField1").blur()
    expect(page.locator("#customField1-error")).to_have_text("Enter at least 2 characters.")
    expect(page.locator("#shippingPostalCode-error")).to_contain_text("for example")
    page.locator("#phoneNumber").focus()
    page.locator("#phoneNumber").blur()
    expect(page.locator("#phoneNumber-error")).to_be_hidden()  # nor of a field that was left empty
    page.fill("#customField1", "For Mira")
    expect(page.locator("#customField1-error")).to_be_hidden()
    page.fill("#email", TYPED["email"])
    page.fill("#taxId", "DE1")
    page.select_option("#taxIdType", "eu_vat")
    page.click("#submit")
    expect(page.locator("#shippingName")).to_be_focused()
    expect(page).to_have_title("Problem: Pay Rosie's Roses · €20.00")
    by_the_script = page.locator("#problem").inner_text()
    expect(page.locator("#mistakes[aria-live]")).to_contain_text("You have not been charged.")
    page.evaluate("HTMLFormElement.prototype.submit.call(document.getElementById('payment-form'))")
    expect(page.locator("#problem")).to_be_focused()
    assert by_the_script == page.locator("#problem").inner_text()
    assert by_the_script.count("\n") > 12
    assert watched.complaints == []
