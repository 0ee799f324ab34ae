// Makes the payment page kinder: grouping, the brand's name, early warnings, one submit only.
// Nothing depends on it; the server checks everything again.

import { brandOf, cvcProblem, digitsOf, expiryProblem, formatExpiry, groupNumber, numberProblem } from "./card.js";

const form = document.getElementById("payment-form");
const { brands, messages, postal, words: said } = JSON.parse(form.dataset.rules);
const field = (name) => document.getElementById(name);
const number = field("cardNumber");
const expiry = field("cardExpiry");
const cvc = field("cardCvc");
const country = field("billingCountry");
const currentBrand = () => brandOf(digitsOf(number.value), brands);

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
  const shown = field("cardBrand");
  if (shown.dataset.brand === (brand ? brand.name : "")) return;
  shown.dataset.brand = brand ? brand.name : "";
  shown.textContent = brand ? brand.label : "";
  cvc.placeholder = brand && brand.cvc_length === 4 ? said.cvc_of_four : said.cvc_of_three;
}

function showProblem(input, problem) {
  const line = field(`${input.id}-error`);
  line.textContent = problem;
  line.hidden = !problem;
  if (problem) input.setAttribute("aria-invalid", "true");
  else input.removeAttribute("aria-invalid");
}

const missing = (name, message) => [field(name), (text) => (text.trim() ? "" : message)];
const cardChecks = () => [
  [number, (text) => numberProblem(text, brands, messages)],
  [expiry, (text) => expiryProblem(text, new Date(), messages)],
  [cvc, (text) => cvcProblem(text, currentBrand(), messages)],
  missing("billingName", messages.name_missing),
  [country, (code) => (code ? "" : messages.country_missing)],
  [field("billingPostalCode"), (text) => (text.trim() ? "" : postal[country.value] || "")],
];
const debitChecks = () => [missing("iban", messages.iban_missing), missing("accountHolderName", messages.holder_missing)];
// What each way to pay asks for, of those that this page has.
const asked = { card: number ? cardChecks() : [], sepa_debit: field("iban") ? debitChecks() : [] };
const always = [missing("email", messages.email_missing)];
const checks = [...always, ...Object.values(asked).flat()];
const wanted = () => [...always, ...(asked[new FormData(form).get("paymentMethod")] || [])];

for (const [input, problemOf] of checks) {
  // A field left empty on the way through is no mistake yet; leaving a wrong number is.
  input.addEventListener("blur", () => {
    if (input.value.trim()) showProblem(input, problemOf(input.value));
  });
  input.addEventListener("input", () => {
    if (input.getAttribute("aria-invalid") && !problemOf(input.value)) showProblem(input, "");
  });
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

form.addEventListener("submit", (event) => {
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
if (window.matchMedia("(max-width: 899px)").matches && details.querySelectorAll(".line").length > 3) details.open = false;

if (country) hintPostalCode();
field("problem")?.focus();
if (number?.value) number.dispatchEvent(new Event("input"));
