"""What a merchant may have its customer asked on the hosted page, and the limits of each question."""

import re
from typing import Any

from payments.errors import InvalidRequest

# What a session and a payment link may ask; kept as given, and read by the page.
QUESTIONS = (
    "billing_address_collection", "consent_collection", "custom_fields", "custom_text", "name_collection",
    "phone_number_collection", "shipping_address_collection", "tax_id_collection",
)  # fmt: skip
TEXT, NUMERIC, DROPDOWN = "text", "numeric", "dropdown"
MAXIMUM_FIELDS = 3
LONGEST_KEY = 200
LONGEST_LABEL = 100
LONGEST_ANSWER = 255
MOST_OPTIONS = 200
LONGEST_OPTION = 100
LONGEST_CUSTOM_TEXT = 1200
ALPHANUMERIC = re.compile("[A-Za-z0-9]+")
DIGITS = re.compile("[0-9]+")


def check_questions(params: dict[str, Any]) -> None:
    """Refuse questions that the page can't ask; raises InvalidRequest naming the parameter."""
    fields = params.get("custom_fields") or []
    if len(fields) > MAXIMUM_FIELDS:
        raise InvalidRequest(
            f"You may only specify up to {MAXIMUM_FIELDS} custom fields.", param="custom_fields"
        )
    for number, field in enumerate(fields):
        _check_field(field, f"custom_fields[{number}]")
    _check_unique([field["key"] for field in fields], "custom_fields[{}][key]", "key")
    for place, text in (params.get("custom_text") or {}).items():
        if text:
            _check_length(text["message"], LONGEST_CUSTOM_TEXT, f"custom_text[{place}][message]")
    texts, consent = params.get("custom_text") or {}, params.get("consent_collection") or {}
    if texts.get("terms_of_service_acceptance") and consent.get("terms_of_service") != "required":
        raise InvalidRequest(
            "You can only set `custom_text[terms_of_service_acceptance]` with "
            "`consent_collection[terms_of_service]` set to `required`.",
            param="custom_text[terms_of_service_acceptance]",
        )
    if texts.get("shipping_address") and not params.get("shipping_address_collection"):
        raise InvalidRequest(
            "You can only set `custom_text[shipping_address]` with `shipping_address_collection`.",
            param="custom_text[shipping_address]",
        )


def check_customer_options(params: dict[str, Any]) -> None:
    """Refuse what is about a customer in a session that has none."""
    if params.get("customer_update") and not params.get("customer"):
        message = "`customer_update` can only be used with `customer`."
        raise InvalidRequest(message, param="customer_update")
    if (params.get("customer_update") or {}).get("shipping") == "auto" and not params.get(
        "shipping_address_collection"
    ):
        raise InvalidRequest(
            "`customer_update[shipping]` can only be `auto` with `shipping_address_collection`.",
            param="customer_update[shipping]",
        )
    saved = params.get("saved_payment_method_options") or {}
    keeps = params.get("customer") or params.get("customer_creation") == "always"
    if saved.get("payment_method_save") == "enabled" and not keeps:
        raise InvalidRequest(
            "`saved_payment_method_options[payment_method_save]` needs a `customer`, or `customer_creation` "
            "set to `always`.",
            param="saved_payment_method_options[payment_method_save]",
        )
    asks_tax_id = (params.get("tax_id_collection") or {}).get("enabled")
    keeps_name = (params.get("customer_update") or {}).get("name") == "auto"
    if asks_tax_id and params.get("customer") and not keeps_name:
        raise InvalidRequest(
            "Tax ID collection requires updating business name on the customer. To enable tax ID "
            "collection for an existing customer, please set `customer_update[name]` to `auto`.",
            param="customer_update[name]",
        )


def _check_field(field: dict[str, Any], param: str) -> None:
    kind = field["type"]
    _check_alphanumeric(field["key"], LONGEST_KEY, f"{param}[key]")
    _check_length(field["label"]["custom"], LONGEST_LABEL, f"{param}[label][custom]")
    for other in (TEXT, NUMERIC, DROPDOWN):
        if other != kind and field.get(other):
            message = f"You can only set `{other}` for a custom field of the type {other}."
            raise InvalidRequest(message, param=f"{param}[{other}]")
    if kind == DROPDOWN:
        if not field.get(DROPDOWN):
            name = f"{param}[dropdown]"
            raise InvalidRequest(f"Missing required param: {name}.", code="parameter_missing", param=name)
        _check_options(field[DROPDOWN], f"{param}[dropdown]")
    else:
        _check_lengths(field.get(kind) or {}, f"{param}[{kind}]", digits=kind == NUMERIC)


def _check_options(dropdown: dict[str, Any], param: str) -> None:
    options = dropdown["options"]
    if not 1 <= len(options) <= MOST_OPTIONS:
        message = f"A dropdown has from 1 to {MOST_OPTIONS} options."
        raise InvalidRequest(message, param=f"{param}[options]")
    for number, option in enumerate(options):
        _check_length(option["label"], LONGEST_OPTION, f"{param}[options][{number}][label]")
        _check_alphanumeric(option["value"], LONGEST_OPTION, f"{param}[options][{number}][value]")
    values = [option["value"] for option in options]
    _check_unique(values, param + "[options][{}][value]", "value")
    if "default_value" in dropdown and dropdown["default_value"] not in values:
        message = "The default value must be the value of one of the options."
        raise InvalidRequest(message, param=f"{param}[default_value]")


def _check_lengths(given: dict[str, Any], param: str, *, digits: bool) -> None:
    least, most = given.get("minimum_length", 1), given.get("maximum_length", LONGEST_ANSWER)
    for name, length in (("minimum_length", least), ("maximum_length", most)):
        if not 1 <= length <= LONGEST_ANSWER:
            raise InvalidRequest(
                f"This value must be between 1 and {LONGEST_ANSWER}.",
                code="parameter_invalid_integer",
                param=f"{param}[{name}]",
            )
    if least > most:
        message = "`minimum_length` must not be greater than `maximum_length`."
        raise InvalidRequest(message, param=f"{param}[minimum_length]")
    default = given.get("default_value")
    if default is None:
        return
    if not least <= len(default) <= most:
        message = "The default value must be as long as `minimum_length` and `maximum_length` say."
        raise InvalidRequest(message, param=f"{param}[default_value]")
    if digits and DIGITS.fullmatch(default) is None:
        message = "The default value of a numeric field must be of digits alone."
        raise InvalidRequest(message, param=f"{param}[default_value]")


def _check_alphanumeric(text: str, longest: int, param: str) -> None:
    _check_length(text, longest, param)
    if ALPHANUMERIC.fullmatch(text) is None:
        raise InvalidRequest("Invalid string: it must be alphanumeric.", param=param)


def _check_length(text: str, longest: int, param: str) -> None:
    if len(text) > longest:
        raise InvalidRequest(f"Invalid string: it must have at most {longest} characters.", param=param)


def _check_unique(values: list[str], param: str, name: str) -> None:
    for number, value in enumerate(values):
        if value in values[:number]:
            message = f"Each {name} must be unique; this one stands there twice."
            raise InvalidRequest(message, param=param.format(number))
