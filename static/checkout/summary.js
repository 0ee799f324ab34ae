// The list of what is to be corrected, above the form, as the server makes it (templates/checkout/_problem.html). Its
// place is there before it speaks, so that a screen reader reads it out.

const place = document.getElementById("mistakes");

function made(tag, properties, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

/** The field's name as the server's own list has it. */
const nameOf = (input) => input.dataset.label || input.labels[0].textContent.trim();

/** Lists each field with what is wrong with it, in the place of whatever was said before. */
export function showSummary(mistakes, title) {
  document.getElementById("problem")?.remove();
  const rows = mistakes.map(([input, problem]) =>
    made("li", {}, made("a", { href: `#${input.id}`, textContent: nameOf(input) }), `: ${problem}`));
  const words = made("p", { className: "problem-title", textContent: title });
  place.replaceChildren(made("div", { className: "problem", id: "problem", tabIndex: -1 }, words, made("ul", {}, ...rows)));
}
