// Makes the payment page kinder: grouping, the brand's name, early warnings, one submit only.
// Nothing depends on it; the server checks everything again.

import { brandOf, digitsOf, formatExpiry, groupNumber, schemeOf } from "./card.js";
import { suggestion } from "./email.js";
import { addressesOf, checksOf } from "./fields.js";

const form = document.getElementById("payment-form");
const rules = JSON.parse(form.dataset.rules);
const { brands, words: said } = rules;
const partsOf = addressesOf(form);
const problemOf = checksOf(form, rules, new Date(form.dataset.today));
const field = (name) => document.getElementById(name);
const number = field("cardNumber");
const expiry = field("cardExpiry");
const cvc = field("cardCvc");
const country = field("billingCountry");
const currentBrand = () => brandOf(digitsOf(number.value), brands);
const currentScheme = () => schemeOf(digitsOf(number.value), brands);

// The list of what is to be corrected, above the form, as the server makes it (templates/checkout/_problem.html).
// Its place is there before it speaks, so that a screen reader reads it out.
const mistakesPlace = field("mistakes");

function made(tag, properties, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

/** The field's name as the server's own list has it: where two addresses are asked, with whose it is. */
function nameOf(input) {
  const name = input.dataset.label || input.labels[0].textContent.trim();
  const isOf = (part) => form.elements.shippingCountry && input.id.startsWith(part) && input.id !== "billingName";
  if (isOf("shipping")) return said.of_delivery.replace("{field}", name);
  return isOf("billing") ? said.of_billing.replace("{field}", name) : name;
}

/** Lists each field with what is wrong with it, in the place of whatever was said before. */
function showSummary(mistakes, title) {
  document.getElementById("problem")?.remove();
  const rows = mistakes.map(([input, problem]) =>
    made("li", {}, made("a", { href: `#${input.id}`, textContent: nameOf(input) }), `: ${problem}`));
  const words = made("p", { className: "problem-title", textContent: title });
  mistakesPlace.replaceChildren(made("div", { className: "problem", id: "problem", tabIndex: -1 }, words, made("ul", {}, ...rows)));
}

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

// All that is typed and chosen on the page, in its order; of ways to pay only the chosen one's fields count.
const inputs = [...form.querySelectorAll("input, select")].filter((input) => field(`${input.id}-error`));
const isOfChosenMeans = (input) => input.closest(".method")?.querySelector("[name=paymentMethod]").checked ?? true;
const isWanted = (input) => !input.disabled && isOfChosenMeans(input);
const isBlank = (input) => input.type === "checkbox" || !input.value.trim();

/** Take complaints away that what stands there now gives no reason for. */
function forgive() {
  for (const input of inputs) {
    if (input.getAttribute("aria-invalid") && !problemOf(input)) showProblem(input, "");
  }
}

// A field that is left for a press of the button says what is wrong with it after that press: its line would
// else push the button away from under the pointer, and the press would be lost.
let pressing = false;
const afterwards = [];
document.addEventListener("pointerdown", () => { pressing = true; }, true);
for (const end of ["pointerup", "pointercancel"]) {
  document.addEventListener(end, () => {
    pressing = false;
    setTimeout(() => afterwards.splice(0).forEach((say) => say()));
  }, true);
}

for (const input of inputs) {
  // A field left empty on the way through is no mistake yet; leaving a wrong number is.
  const say = () => {
    if (!isBlank(input)) showProblem(input, problemOf(input));
  };
  input.addEventListener("blur", () => (pressing ? afterwards.push(say) : say()));
}
form.addEventListener("input", forgive);

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

/** Say of a part of an address that it may stay empty, and leave it out where the country has none. */
function dress(input, { isNeeded, isThere }) {
  if (!input) return;
  input.disabled = !isThere; // what is left out is not sent
  input.closest(".field").hidden = !isThere;
  const beside = field(`${input.id}-hint`);
  const words = isNeeded ? "" : said.optional;
  if (beside) beside.textContent = words;
  // Beside a half-wide field there is no room for it: it stands within.
  if (!beside || beside.closest(".card")) input.placeholder = words;
}

function dressAddress(prefix) {
  const { isWhole, needs, hasPostalCode } = partsOf(prefix);
  dress(field(`${prefix}PostalCode`), { isNeeded: needs("p"), isThere: !isWhole || hasPostalCode });
  dress(field(`${prefix}Locality`), { isNeeded: needs("c"), isThere: true });
  dress(field(`${prefix}AdministrativeArea`), { isNeeded: needs("r"), isThere: needs("R") });
}

for (const prefix of ["billing", "shipping"]) {
  field(`${prefix}Country`)?.addEventListener("change", () => {
    dressAddress(prefix);
    for (const input of inputs.filter((one) => one.id.startsWith(prefix) && isBlank(one))) showProblem(input, "");
  });
}

const button = field("submit");
const words = button.querySelector(".pay-words");
const buttonSays = words.textContent;
const titleOfProblem = field("problem") ? document.title : said.problem.replace("{title}", document.title);

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
  if (event.submitter?.formNoValidate) return; // more time or another order, whatever has been typed so far
  if (form.dataset.busy) {
    event.preventDefault();
    return;
  }
  const mistakes = [];
  for (const input of inputs.filter(isWanted)) {
    const problem = problemOf(input);
    showProblem(input, problem);
    if (problem) mistakes.push([input, problem]);
  }
  if (mistakes.length) {
    event.preventDefault();
    showSummary(mistakes, said.check);
    document.title = titleOfProblem;
    const [first] = mistakes[0];
    first.closest("details")?.setAttribute("open", "");
    first.focus();
    return;
  }
  setBusy(true);
});

// The answer to a form is kept nowhere, so going back to it, or loading it anew, would ask whether to send the card
// once more. From now on its entry in the history is that of the page itself, which says how things stand.
const own = new URL(form.action);
window.history.replaceState(window.history.state, "", window.location.pathname === own.pathname ? undefined : own);

// A page brought back by the back button shows an old truth; ask the server for the present one.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) window.location.replace(form.action); // the page's own address; in a frame with what the loader has added
});

// Enter in a field of the order changes the order; without a script it is applied before anything is paid.
for (const input of document.querySelectorAll(".order-change input:not([type=radio])")) {
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    input.closest(".order-change").querySelector("button").click();
  });
}

// Another way of delivery is another total: the page shows it at once.
document.body.classList.add("scripted");
for (const way of document.querySelectorAll('input[name="shippingRate"]')) {
  way.addEventListener("change", () => way.form.requestSubmit(field("chooseShipping")));
}

const details = document.querySelector(".order-details");
const isNarrow = window.matchMedia("(max-width: 899px)").matches;
if (isNarrow && details?.querySelectorAll(".line").length > 3) details.open = false; // a page that saves a card has none

if (country) dressAddress("billing");
if (form.elements.shippingCountry) dressAddress("shipping");
field("problem")?.focus();
if (number?.value) number.dispatchEvent(new Event("input"));
