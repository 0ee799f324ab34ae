// Makes the payment page kinder: grouping, the brand's name, early warnings, one submit only.
// Nothing depends on it; the server checks everything again.

import {
  brandOf, cvcProblem, digitsOf, expiryProblem, formatExpiry, groupNumber, hidesCardNumber, numberProblem, schemeOf,
} from "./card.js";
import { suggestion } from "./email.js";

const form = document.getElementById("payment-form");
const { brands, messages, postal, words: said } = JSON.parse(form.dataset.rules);
const field = (name) => document.getElementById(name);
const number = field("cardNumber");
const expiry = field("cardExpiry");
const cvc = field("cardCvc");
const country = field("billingCountry");
const currentBrand = () => brandOf(digitsOf(number.value), brands);
const currentScheme = () => schemeOf(digitsOf(number.value), brands);

/** Rewrite an input as it is typed and keep the caret behind the same digit. */
function rewrite(input, format) {
  const digitsBefore = input.value.slice(0, input.selectionStart).replace(/[^0-9]/g, "").length;
  const atEnd = input.selectionStart === input.value.length;
  const text = format(input.value);
  if (text === input.value) return;
  input.value = text;
  if (document.activeElement !== input) return;
  let caret = text.length;
  if (!atEnd) {
    caret = 0;
    for (let seen = 0; seen < digitsBefore && caret < text.length; caret += 1) {
      if (/[0-9]/.test(text[caret])) seen += 1;
    }
  }
  input.setSelectionRange(caret, caret);
}

function showBrand() {
  const brand = currentBrand();
  const scheme = currentScheme();
  const shown = field("cardBrand");
  if (shown.textContent === (scheme ? scheme.label : "")) return;
  shown.dataset.brand = brand ? brand.name : "";
  shown.textContent = scheme ? scheme.label : "";
  cvc.placeholder = brand && brand.cvc_length === 4 ? said.cvc_of_four : "CVC";
}

function showProblem(input, problem) {
  const line = field(`${input.id}-error`);
  line.textContent = problem;
  line.hidden = !problem;
  if (problem) input.setAttribute("aria-invalid", "true");
  else input.removeAttribute("aria-invalid");
}

// Where no card number belongs; an account number has its own check, and may look like one.
const noCard = (message, problemOf) => (text) => (hidesCardNumber(text) ? message : problemOf(text));
const missing = (name, message) => [field(name), noCard(messages.card_number_here, (text) => (text.trim() ? "" : message))];
const cardChecks = () => [
  [number, (text) => numberProblem(text, brands, messages)],
  [expiry, (text) => expiryProblem(text, new Date(), messages)],
  [cvc, (text) => cvcProblem(text, currentBrand(), messages)],
  [field("billingName"), noCard(messages.name_number, (text) => (text.trim() ? "" : messages.name_missing))],
  [country, (code) => (code ? "" : messages.country_missing)],
  [field("billingPostalCode"), noCard(messages.card_number_here, (text) => (text.trim() ? "" : postal[country.value] || ""))],
];
const debitChecks = () => [
  [field("iban"), (text) => (text.trim() ? "" : messages.iban_missing)],
  missing("accountHolderName", messages.holder_missing),
];
// What each way to pay asks for, of those that this page has.
const asked = { card: number ? cardChecks() : [], sepa_debit: field("iban") ? debitChecks() : [] };
const always = [missing("email", messages.email_missing)];
// What else is typed on this page, whatever the way to pay, is asked of the server alone, but for card numbers.
const known = new Set([...always, ...Object.values(asked).flat()].map(([input]) => input));
const rest = [...form.querySelectorAll("input[type=text], input[type=email], textarea")]
  .filter((input) => !known.has(input) && !input.closest(".method") && field(`${input.id}-error`))
  .map((input) => [input, noCard(messages.card_number_here, () => "")]);
const checks = [...always, ...rest, ...Object.values(asked).flat()];
const wanted = () => [...always, ...rest, ...(asked[new FormData(form).get("paymentMethod")] || [])];

for (const [input, problemOf] of checks) {
  // A field left empty on the way through is no mistake yet; leaving a wrong number is.
  input.addEventListener("blur", () => {
    if (input.value.trim()) showProblem(input, problemOf(input.value));
  });
  input.addEventListener("input", () => {
    if (input.getAttribute("aria-invalid") && !problemOf(input.value)) showProblem(input, "");
  });
}

const email = field("email");
const hint = field("email-suggestion");

/** Offer the address that was probably meant; nothing waits for an answer. */
function suggestAddress() {
  const meant = email.readOnly ? "" : suggestion(email.value);
  hint.replaceChildren();
  if (!meant) return;
  const offer = document.createElement("button");
  offer.type = "button";
  offer.textContent = said.did_you_mean.replace("{email}", meant);
  offer.addEventListener("click", () => {
    email.value = meant;
    hint.replaceChildren();
    showProblem(email, "");
    email.focus();
  });
  hint.append(offer);
}

if (hint) {
  email.addEventListener("blur", suggestAddress);
  email.addEventListener("input", () => hint.replaceChildren());
}

number?.addEventListener("input", () => {
  rewrite(number, (text) => {
    const digits = digitsOf(text);
    return /^[0-9]*$/.test(digits) ? groupNumber(digits, brandOf(digits, brands)) : text;
  });
  showBrand();
});

expiry?.addEventListener("input", (event) => {
  const deleting = (event.inputType || "").startsWith("delete");
  rewrite(expiry, (text) => (/^[0-9\s/.-]*$/.test(text) ? formatExpiry(text, deleting) : text));
});

function hintPostalCode() {
  field("billingPostalCode-hint").textContent = postal[country.value] ? "" : said.optional;
}

country?.addEventListener("change", () => {
  hintPostalCode();
  const postalCode = field("billingPostalCode");
  if (!postalCode.value.trim()) showProblem(postalCode, "");
});

const button = field("submit");
const words = button.querySelector(".pay-words");
const buttonSays = words.textContent;

function setBusy(busy) {
  form.dataset.busy = busy ? "yes" : "";
  button.setAttribute("aria-disabled", String(busy));
  button.classList.toggle("is-busy", busy);
  words.textContent = busy ? said.processing : buttonSays;
  field("progress").textContent = busy ? said.in_progress : "";
}

// Another way to pay is chosen here and now; without a script the server does it, and keeps what was typed.
for (const change of document.querySelectorAll("button[name=instead]")) {
  change.addEventListener("click", (event) => {
    const way = field(`paymentMethod-${change.value}`);
    if (!way) return;
    event.preventDefault();
    way.checked = true;
    way.focus();
  });
}

form.addEventListener("submit", (event) => {
  if (event.submitter?.name === "extend") return; // a wish for more time, whatever has been typed so far
  if (form.dataset.busy) {
    event.preventDefault();
    return;
  }
  for (const [input, problemOf] of wanted()) showProblem(input, problemOf(input.value));
  const wrong = wanted().find(([input]) => input.getAttribute("aria-invalid"));
  if (wrong) {
    event.preventDefault();
    wrong[0].focus();
    return;
  }
  setBusy(true);
});

// A page brought back by the back button shows an old truth; ask the server for the present one.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) window.location.replace(window.location.pathname);
});

// Another way of delivery is another total: the page shows it at once.
document.body.classList.add("scripted");
for (const way of document.querySelectorAll('input[name="shippingRate"]')) {
  way.addEventListener("change", () => way.form.requestSubmit());
}

const details = document.querySelector(".order-details");
const isNarrow = window.matchMedia("(max-width: 899px)").matches;
if (isNarrow && details?.querySelectorAll(".line").length > 3) details.open = false; // a page that saves a card has none

if (country) hintPostalCode();
field("problem")?.focus();
if (number?.value) number.dispatchEvent(new Event("input"));
