// What is wrong with what was typed, in the server's words and by the server's rules, which come with the page
// (checkout/rendering.py). The server checks all of it again.

import { brandOf, cvcProblem, digitsOf, expiryProblem, hidesCardNumber, numberProblem, passesLuhn } from "./card.js";

// What the server takes for a blank, and takes off both ends.
const BLANK = "[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]";
const ENDS = new RegExp(`^${BLANK}+|${BLANK}+$`, "g");
const PHONE_SEPARATORS = new RegExp(`${BLANK}|[().\\-/]`, "g");
const TAX_SEPARATORS = new RegExp(`${BLANK}|[.\\-/]`, "g");
const BLANKS = new RegExp(BLANK, "g");
// Control characters, halves of letters, and the marks that turn the direction of writing.
const SPOILED = /[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]/u;
const LABEL = "[\\p{L}\\p{N}](?:[\\p{L}\\p{N}_-]{0,61}[\\p{L}\\p{N}])";
const EMAIL = new RegExp(`^[^\\s@,;:<>()\\[\\]\\\\"]{1,64}@(?:${LABEL}?\\.)+${LABEL}$`, "u");
const LONGEST_EMAIL = 254;
const PHONE = /^\+[1-9][0-9]{6,14}$/;
const IBAN = /^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$/;
const LONGEST_TAX_ID = 40;
// Fields whose own numbers may pass for a card's by chance; each has a check of its own.
const LOOK_LIKE_CARDS = new Set(["cardNumber", "iban", "phoneNumber", "taxId"]);

export const trimmed = (text) => text.replace(ENDS, "");
const lengthOf = (text) => [...text].length;

/** Whether a number of another kind is a card's after all: a brand owns it, and its length and check digit fit. */
function isCard(text, brands) {
  const digits = text.replace(/[^0-9]/g, "");
  const brand = brandOf(digits, brands);
  return Boolean(brand) && brand.lengths.includes(digits.length) && passesLuhn(digits);
}

function lineProblem(text, line, optional, messages) {
  if (!text) return line.missing && !optional ? messages[line.missing] : "";
  if (lengthOf(text) > line.longest) return messages[line.too_long];
  return SPOILED.test(text) ? messages.characters : "";
}

function emailProblem(text, messages) {
  if (!text) return messages.email_missing;
  const fits = lengthOf(text) <= LONGEST_EMAIL && EMAIL.test(text) && !SPOILED.test(text);
  return fits ? "" : messages.email_invalid;
}

function phoneProblem(text, { brands, messages }) {
  if (!text) return messages.phone_missing;
  const digits = text.replace(PHONE_SEPARATORS, "").replace(/^00/, "+");
  return PHONE.test(digits) && !isCard(text, brands) ? "" : messages.phone_invalid;
}

/** The check digits of ISO 13616: letters count from 10, the first four signs go last, the rest of 97 is 1. */
function ibanProblem(text, messages) {
  if (!text) return messages.iban_missing;
  const iban = text.replace(BLANKS, "").toUpperCase();
  if (!IBAN.test(iban)) return messages.iban_invalid;
  const digits = [...iban.slice(4), ...iban.slice(0, 4)].map((sign) => parseInt(sign, 36)).join("");
  return [...digits].reduce((rest, digit) => (rest * 10 + Number(digit)) % 97, 0) === 1 ? "" : messages.iban_invalid;
}

/**
 * Returns a function from `billing` or `shipping` to what an address there has, as checkout/addresses.py says it:
 * letters of what is needed (p postal code, r region, c city) or is there (R region), the form of its postal codes.
 */
export function addressesOf(form) {
  const { any, plain, card, parts } = JSON.parse(form.dataset.addresses);
  return (prefix) => {
    const country = form.elements[`${prefix}Country`]?.value ?? "";
    const isWhole = Boolean(form.elements[`${prefix}AddressLine1`]); // else a card's, of which less is asked
    const [letters, shape, example] = (isWhole || card.includes(country)) && parts[country] || [plain, "", ""];
    const needs = (letter) => letters.includes(letter);
    return { isWhole, needs, shape: new RegExp(`^(?:${shape || any})$`), example, hasPostalCode: Boolean(shape) };
  };
}

function postalProblem(text, { needs, shape, example }, said) {
  if (!text) return needs("p") ? said.missing.replace("{example}", example) : "";
  if (shape.test(text.toUpperCase())) return "";
  return example ? said.wrong.replace("{example}", example) : said.strange;
}

/** An answer to a question of the shop's; the rules for it stand on its field. */
function answerProblem(text, asked, messages) {
  const { type, optional, least, most, short, long } = asked.dataset;
  if (!text) return optional === undefined ? messages[type === "dropdown" ? "choice_missing" : "answer_missing"] : "";
  if (type === "dropdown") return "";
  if (type === "numeric" && !/^[0-9]+$/.test(text)) return messages.digits_only;
  if (lengthOf(text) < Number(least)) return short;
  if (lengthOf(text) > Number(most)) return long;
  return SPOILED.test(text) ? messages.characters : "";
}

const patterns = new Map();

/** How the numbers of a type of tax ID are written, null for no type: # is a digit, @ a letter, * either. */
function patternOf(type, formats) {
  if (!patterns.size) {
    for (const pair of formats.split(" ")) {
      const [name, form] = pair.split("=");
      const shape = form.replace(/#/g, "[0-9]").replace(/@/g, "[A-Z]").replace(/\*/g, "[A-Z0-9]");
      patterns.set(name, new RegExp(`^(?:${shape})$`));
    }
  }
  return patterns.get(type) || null;
}

function taxIdProblem(text, asked, type, country, { brands, messages }) {
  const { formats, neededIn = "" } = asked.dataset;
  if (!text) return country && neededIn.split(" ").includes(country) ? messages.tax_id_missing : "";
  if (SPOILED.test(text) || isCard(text, brands)) return messages.characters;
  const pattern = patternOf(type, formats);
  const fits = lengthOf(text) <= LONGEST_TAX_ID && pattern?.test(text.replace(TAX_SEPARATORS, "").toUpperCase());
  return pattern && !fits ? messages.tax_id_invalid : "";
}

/** Returns what says of a form's field what is wrong with it as it stands, "" for nothing. `today` is the server's. */
export function checksOf(form, rules, today) {
  const { brands, lines, messages } = rules;
  const partsOf = addressesOf(form);
  const valueOf = (name) => trimmed(form.elements[name]?.value ?? "");
  const chosen = (message) => (text) => (text ? "" : messages[message]);
  const own = {
    email: (text, input) => (input.readOnly ? "" : emailProblem(text, messages)),
    phoneNumber: (text) => phoneProblem(text, rules),
    cardNumber: (text) => numberProblem(text, brands, messages),
    cardExpiry: (text) => expiryProblem(text, today, messages),
    cardCvc: (text) => cvcProblem(text, brandOf(digitsOf(valueOf("cardNumber")), brands), messages),
    iban: (text) => ibanProblem(text, messages),
    billingCountry: chosen("country_missing"),
    shippingCountry: chosen("parcel_country_missing"),
    taxIdType: (type) => (type || !valueOf("taxId") ? "" : messages.tax_type_missing),
    taxId: (text, input) => taxIdProblem(text, input, valueOf("taxIdType"), valueOf("billingCountry"), rules),
    termsOfServiceConsentCheckbox: (_, input) => (input.checked ? "" : messages.terms_missing),
    // A tax ID is a business's, which then has a name.
    businessName: (text, { dataset }) =>
      lineProblem(text, lines.businessName, dataset.optional !== undefined && !valueOf("taxId"), messages),
  };

  for (const prefix of ["billing", "shipping"]) {
    own[`${prefix}PostalCode`] = (text) => postalProblem(text, partsOf(prefix), rules.postal);
    for (const [part, letter] of [["Locality", "c"], ["AdministrativeArea", "r"]]) {
      const line = lines[`${prefix}${part}`];
      own[`${prefix}${part}`] = (text) => lineProblem(text, line, !partsOf(prefix).needs(letter), messages);
    }
  }

  return function problemOf(input) {
    const text = trimmed(input.value);
    if (!LOOK_LIKE_CARDS.has(input.id) && hidesCardNumber(text)) {
      return messages[lines[input.id]?.card_number || "card_number_here"];
    }
    if (own[input.id]) return own[input.id](text, input);
    if (lines[input.id]) return lineProblem(text, lines[input.id], input.dataset.optional !== undefined, messages);
    return input.dataset.type ? answerProblem(text, input, messages) : "";
  };
}
