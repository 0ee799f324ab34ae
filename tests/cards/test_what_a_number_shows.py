"""What the leading digits of a number show, while it is typed and when it is whole."""

import pytest

from payments.charging.card_brands import as_json, brand_of, scheme_of


@pytest.mark.parametrize(
    ("digits", "label"),
    [
        ("4", "Visa"),
        ("401178", "Elo"),
        ("402918", "Naranja"),
        ("34", "American Express"),
        ("3095", "Diners Club"),
        ("6", None),
        ("60", None),
        ("6011", "Discover"),
        ("606282", "Hipercard"),
        ("62", None),
        ("620", "UnionPay"),
        ("65", "Discover"),
        ("650052", "Troy"),
        ("2200", "Mir"),
        ("2221", "Mastercard"),
        ("2720", "Mastercard"),
        ("2721", None),
        ("56", "Maestro"),
        ("58", None),
        ("561", "Maestro"),
        ("9", None),
        ("", None),
    ],
)
def test_the_longest_prefix_that_fits_decides(digits: str, label: str | None) -> None:
    scheme = scheme_of(digits)
    assert (scheme.label if scheme else None) == label


@pytest.mark.parametrize("digits", ["401178", "561", "2200", "9792", "506099", "637095", "606282", "402918"])
def test_a_scheme_that_no_acquirer_takes_is_no_brand_of_ours(digits: str) -> None:
    assert scheme_of(digits.ljust(16, "0")) is not None
    assert brand_of(digits.ljust(16, "0")) is None


def test_the_pages_table_is_the_same_one() -> None:
    table = as_json()
    assert [brand["label"] for brand in table if brand["taken"]][:2] == ["Visa", "Mastercard"]
    assert all({"label", "ranges", "taken"} <= brand.keys() for brand in table)
