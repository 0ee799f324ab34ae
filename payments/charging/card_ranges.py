"""Which leading digits belong to which scheme, how long its numbers are, how they are embossed.

The facts are those that the npm package `credit-card-type` collects, compared with it by a test
(tests/cards/test_the_ranges_are_those_of_credit_card_type.py), and Diners Club's 3095, of ISO/IEC 7812.
"""

from dataclasses import dataclass

USUAL_GROUPS = (4, 4, 4, 4, 3)


@dataclass(frozen=True, slots=True)
class CardBrand:
    """One scheme. `ranges` are inclusive: `51-55 2720`; the longest prefix that fits a number decides.

    `groups` is how its cards are embossed; `taken` tells whether any acquirer of ours can be paid with it.
    """

    name: str
    label: str
    ranges: str
    lengths: tuple[int, ...]
    groups: tuple[int, ...] = USUAL_GROUPS
    cvc_length: int = 3
    taken: bool = True


def _elsewhere(name: str, label: str, lengths: tuple[int, ...], ranges: str) -> CardBrand:
    return CardBrand(name, label, ranges, lengths, taken=False)


BRANDS = (
    CardBrand("visa", "Visa", "4", (16, 18, 19)),
    CardBrand("mastercard", "Mastercard", "51-55 2221-2229 223-229 23-26 270-271 2720", (16,)),
    CardBrand("amex", "American Express", "34 37", (15,), (4, 6, 5), 4),
    CardBrand("diners", "Diners Club", "300-305 3095 36 38 39", (14, 16, 19), (4, 6, 4)),
    CardBrand("jcb", "JCB", "2131 1800 3528-3589", (16, 17, 18, 19)),
    CardBrand("discover", "Discover", "6011 644-649 65", (16, 19)),
    CardBrand(
        "unionpay", "UnionPay",
        "620 62100-62182 62184-62187 62185-62197 62200-62205 622010-622999 622018 62207-62209 623-626 "
        "6270 6272 6276 627700-627779 627781-627799 6282-6289 6291 6292 810 8110-8131 8132-8151 "
        "8152-8163 8164-8171",
        (14, 15, 16, 17, 18, 19),
    ),
)  # fmt: skip
# Named on the page, so that its customer sees why such a card is not taken. Where two prefixes of one length
# fit, the scheme that stands first has the number.
BRANDS_ELSEWHERE = (
    _elsewhere("naranja", "Naranja", (16,), "589562 402918 527572"),
    _elsewhere(
        "verve", "Verve", (16, 18, 19),
        "506099-506127 506129 506133-506150 506158-506163 506166 506168 506170 506173 506176-506180 "
        "506184 506187-506188 506191 506195 506197 507865 507866 507868-507877 507880-507888 507900 "
        "507941",
    ),
    _elsewhere(
        "troy", "Troy", (16,),
        "9792 650052 650082-650083 650092 650161 650170 650173 650175 650268 650271 650273-650274 "
        "650456-650457 650836 650846-650850 650923 650987 650990 654997 657366 657998 658758 "
        "658767-658768 65083700-65083704 65085800-65085804 65085900-65085901 65086000 65086100-65086105 "
        "65086200-65086203 65875000-65875003 65875009 65875101-65875104 65875200 65875501 65875601 "
        "65875900 65876000-65876002 65876100-65876103 65876110 65876115-65876116 65876200-65876201 "
        "65876500 65876504-65876505 65876600-65876602 65877100-65877101 65877600-65877602 65877700 "
        "65877801-65877802 65878200-65878202 65878300-65878311 65878400-65878405 65878500-65878505 "
        "65878600-65878601 65879800 65880800 65880900",
    ),
    _elsewhere(
        "maestro", "Maestro", (12, 13, 14, 15, 16, 17, 18, 19),
        "493698 500000-504174 504176-506698 506779-508999 56-59 63 67 6",
    ),
    _elsewhere(
        "elo", "Elo", (16,),
        "401178 401179 438935 457631 457632 431274 451416 457393 504175 506699-506778 509000-509999 "
        "627780 636297 636368 650031-650033 650035-650051 650405-650439 650485-650538 650541-650598 "
        "650700-650718 650720-650727 650901-650978 651652-651679 655000-655019 655021-655058",
    ),
    _elsewhere("mir", "Mir", (16, 17, 18, 19), "2200-2204"),
    _elsewhere("hiper", "Hiper", (16,), "637095 63737423 63743358 637568 637599 637609 637612"),
    _elsewhere("hipercard", "Hipercard", (16,), "606282"),
)  # fmt: skip
