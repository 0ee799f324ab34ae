"""Reads what callers send: bodies, references and paging, each refused in clear words where it is wrong."""

import json
import re
from dataclasses import dataclass
from typing import Any, NoReturn

from bank_simulator.errors import InvalidRequest

BODY_BYTES = 64 * 1024
AMOUNT_MINOR = 999_999_999_999  # twelve digits, the width of ISO 8583's amount field
SEQ = 2**63 - 1
PAGE_ROWS = 500
LONGEST_CHALLENGED = 64 - len("_completion")  # its end has a reference made of it
LONGEST_ADVANCE_SECONDS = 10 * 366 * 86_400
ACTS = ("approve", "refuse", "cancel", "lapse", "leave")

# [0-9] and never \d: other scripts have digits too, and int() would take them.
REFERENCE = re.compile(r"[A-Za-z0-9_-]{1,64}")
CARD_NUMBER = re.compile(r"[0-9]{8,19}")
CVC = re.compile(r"[0-9]{3,4}")
CURRENCY = re.compile(r"[A-Za-z]{3}")
COUNTRY = re.compile(r"[A-Za-z]{2}")
WEB_ADDRESS = re.compile(r"https?://[!-~]{1,1000}")
NETWORK_TRANSACTION = re.compile(r"[0-9]{15}")
EVIDENCE_NAME = re.compile(r"[a-z0-9_]{1,64}")
LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")  # BCP 47, as 3-D Secure's browserLanguage
WORDS = re.compile(r"[^\x00-\x1f\x7f]{0,500}")


@dataclass(frozen=True)
class AuthorizationForm:
    reference: str
    merchant_id: str
    amount_minor: int
    currency: str
    capture: bool
    number: str
    exp_month: int
    exp_year: int
    cvc: str | None
    holder_name: str | None
    line1: str | None
    postal_code: str | None
    country: str | None
    customer_present: bool
    return_url: str | None = None
    three_d_secure: str = "automatic"
    sets_up: bool = False
    set_up_by: str | None = None
    descriptor: str | None = None
    browser_language: str | None = None

    def content(self) -> dict[str, Any]:
        """All that tells this request from another one, save the CVC: no trace of that may be kept."""
        told = {**vars(self), "cvc": self.cvc is not None}
        return without_language(told)


@dataclass(frozen=True)
class MoneyForm:
    """A capture or a refund of `authorization`."""

    reference: str
    authorization: str
    amount_minor: int
    currency: str | None

    def content(self) -> dict[str, Any]:
        return dict(vars(self))


@dataclass(frozen=True)
class VoidForm:
    reference: str
    authorization: str

    def content(self) -> dict[str, Any]:
        return dict(vars(self))


def authorization_form(body: bytes) -> AuthorizationForm:
    fields = Fields(json_object(body))
    card = fields.inner("card")
    address = fields.inner("billing_address", optional=True)
    form = AuthorizationForm(
        reference=fields.matching("reference", REFERENCE),
        merchant_id=fields.matching("merchant_id", REFERENCE),
        amount_minor=fields.integer("amount_minor", 0, AMOUNT_MINOR),
        currency=fields.matching("currency", CURRENCY).lower(),
        capture=fields.flag("capture"),
        number=card.matching("number", CARD_NUMBER),
        exp_month=card.integer("exp_month", 1, 12),
        exp_year=card.integer("exp_year", 1970, 2199),
        cvc=card.matching_or_none("cvc", CVC),
        holder_name=card.matching_or_none("holder_name", WORDS),
        line1=address.matching_or_none("line1", WORDS),
        postal_code=address.matching_or_none("postal_code", WORDS),
        country=address.matching_or_none("country", COUNTRY),
        customer_present=fields.one_of("initiator", ("customer", "merchant")) == "customer",
        return_url=fields.matching_or_none("return_url", WEB_ADDRESS),
        three_d_secure=fields.one_of_or("three_d_secure", ("automatic", "any", "challenge"), "automatic"),
        sets_up=fields.flag_or("sets_up", otherwise=False),
        set_up_by=fields.matching_or_none("set_up_by", NETWORK_TRANSACTION),
        descriptor=fields.matching_or_none("descriptor", WORDS),
        browser_language=fields.matching_or_none("browser_language", LANGUAGE),
    )
    for group in (fields, card, address):
        group.no_others()
    if form.capture and form.amount_minor == 0:
        raise InvalidRequest("A verification of zero cannot be captured.", "capture")
    if form.return_url is not None and len(form.reference) > LONGEST_CHALLENGED:
        raise InvalidRequest(
            f"With a return_url it has at most {LONGEST_CHALLENGED} characters.", "reference"
        )
    return form


def without_language(content: dict[str, Any]) -> dict[str, Any]:
    """The content of a request but for the customer's language, which says nothing of what is asked."""
    return {name: value for name, value in content.items() if name != "browser_language"}


def money_form(body: bytes, authorization: str) -> MoneyForm:
    fields = Fields(json_object(body))
    currency = fields.matching_or_none("currency", CURRENCY)
    form = MoneyForm(
        reference=fields.matching("reference", REFERENCE),
        authorization=path_reference(authorization),
        amount_minor=fields.integer("amount_minor", 1, AMOUNT_MINOR),
        currency=currency.lower() if currency is not None else None,
    )
    fields.no_others()
    return form


def void_form(body: bytes, authorization: str) -> VoidForm:
    fields = Fields(json_object(body))
    form = VoidForm(fields.matching("reference", REFERENCE), path_reference(authorization))
    fields.no_others()
    if form.reference == form.authorization:
        raise InvalidRequest("A void has a reference of its own.", "reference")
    return form


def clock_form(body: bytes) -> int:
    fields = Fields(json_object(body))
    seconds = fields.integer("advance_seconds", 0, LONGEST_ADVANCE_SECONDS)
    fields.no_others()
    return seconds


def act_form(body: bytes) -> str:
    fields = Fields(json_object(body))
    act = fields.one_of("act", ACTS)
    fields.no_others()
    return act


def reference_form(body: bytes) -> str:
    fields = Fields(json_object(body))
    reference = fields.matching("reference", REFERENCE)
    fields.no_others()
    return reference


def evidence_form(body: bytes) -> tuple[str, dict[str, str]]:
    """The reference, and the evidence: texts by names of the caller's choice."""
    fields = Fields(json_object(body))
    reference = fields.matching("reference", REFERENCE)
    evidence = fields.inner("evidence").texts(EVIDENCE_NAME)
    fields.no_others()
    return reference, evidence


def path_reference(value: str) -> str:
    if REFERENCE.fullmatch(value) is None:
        raise InvalidRequest("A reference is 1 to 64 of A-Z, a-z, 0-9, _ and -.", "reference")
    return value


def page_number(value: str | None, name: str, default: int, lowest: int, highest: int) -> int:
    if value is None:
        return default
    if re.fullmatch(r"[0-9]{1,19}", value) is None or not lowest <= int(value) <= highest:
        raise InvalidRequest(f"{name} is a whole number from {lowest} to {highest}.", name)
    return int(value)


class Fields:
    """One JSON object, read field by field; `no_others` refuses what no one has read."""

    def __init__(self, values: dict[str, Any], path: str = "") -> None:
        self._values = values
        self._path = path
        self._read: set[str] = set()

    def inner(self, name: str, *, optional: bool = False) -> "Fields":
        value = self._take(name)
        if value is None and optional:
            value = {}
        if not isinstance(value, dict):
            self._refuse(name, "has to be an object")
        return Fields(value, f"{self._path}{name}.")

    def matching(self, name: str, pattern: re.Pattern[str]) -> str:
        value = self._take(name)
        if not isinstance(value, str):
            self._refuse(name, "has to be a string" if value is not None else "is missing")
        if pattern.fullmatch(value) is None or not _encodable(value):
            self._refuse(name, f"has to match {pattern.pattern}")
        return value

    def matching_or_none(self, name: str, pattern: re.Pattern[str]) -> str | None:
        """An empty string is nothing sent, as an empty field of a page is."""
        if self._values.get(name) in (None, ""):
            self._read.add(name)
            return None
        return self.matching(name, pattern)

    def texts(self, names: re.Pattern[str]) -> dict[str, str]:
        """All that is there, each a string under a name of this form."""
        for name, value in self._values.items():
            if names.fullmatch(name) is None or not isinstance(value, str) or not _encodable(value):
                raise InvalidRequest("Evidence is texts by their names.", self._path[:-1])
        return dict(self._values)

    def integer(self, name: str, lowest: int, highest: int) -> int:
        value = self._take(name)
        if type(value) is not int:  # True is an int to isinstance
            self._refuse(name, "has to be a whole number" if value is not None else "is missing")
        if not lowest <= value <= highest:
            self._refuse(name, f"has to be from {lowest} to {highest}")
        return value

    def flag(self, name: str) -> bool:
        value = self._take(name)
        if not isinstance(value, bool):
            self._refuse(name, "has to be true or false")
        return value

    def flag_or(self, name: str, *, otherwise: bool) -> bool:
        return self.flag(name) if name in self._values else otherwise

    def one_of_or(self, name: str, choices: tuple[str, ...], otherwise: str) -> str:
        return self.one_of(name, choices) if name in self._values else otherwise

    def one_of(self, name: str, choices: tuple[str, ...]) -> str:
        value = self._take(name)
        if value not in choices:
            self._refuse(name, f"has to be one of {', '.join(choices)}")
        return str(value)

    def no_others(self) -> None:
        if self._values.keys() - self._read:
            # The name is the caller's text and may be anything, so it is not repeated.
            raise InvalidRequest(
                "The body has a field that this operation does not know.", self._path[:-1] or None
            )

    def _take(self, name: str) -> Any:
        self._read.add(name)
        return self._values.get(name)

    def _refuse(self, name: str, reason: str) -> NoReturn:
        raise InvalidRequest(f"{self._path}{name} {reason}.", f"{self._path}{name}")


def json_object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body.decode(), object_pairs_hook=_distinct, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        # Not chained: the parser's exception holds the whole body, and with it the card.
        raise InvalidRequest("The body has to be a JSON object in UTF-8, without a name twice.") from None
    if not isinstance(value, dict):
        raise InvalidRequest("The body has to be a JSON object.")
    return value


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        raise ValueError("a name stands twice")
    return values


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _encodable(value: str) -> bool:
    """JSON can spell half a surrogate pair, which no database takes."""
    return not any("\ud800" <= character <= "\udfff" for character in value)
