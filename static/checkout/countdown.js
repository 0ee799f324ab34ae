// Counts down on a page whose time is running out: seen near the end, read out at a few marks and not each second.
// Counted from the seconds that the server gave, since the customer's clock may be wrong.

const SHOWN_SECONDS = 600;
const box = document.getElementById("countdown");
const marks = Object.entries(JSON.parse(box.dataset.marks)).map(([seconds, words]) => [Number(seconds), words]);
const end = Date.now() + Number(box.dataset.seconds) * 1000;
const secondsLeft = () => Math.max(0, Math.ceil((end - Date.now()) / 1000));
const form = document.getElementById("payment-form");
let last = secondsLeft();

function clockOf(seconds) {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

function tick() {
  const left = secondsLeft();
  if (left <= SHOWN_SECONDS) {
    box.hidden = false;
    document.getElementById("countdown-sentence").hidden = true;
    document.getElementById("countdown-clock").hidden = false;
  }
  document.getElementById("countdown-left").textContent = clockOf(left);
  // Of the marks passed since the last look, as after a sleep, only the latest is still true.
  const passed = marks.filter(([seconds]) => left <= seconds && seconds < last).sort(([a], [b]) => a - b)[0];
  if (passed) document.getElementById("countdown-said").textContent = passed[1];
  last = left;
  if (left > 0) return;
  clearInterval(ticking);
  // The server says what has become of it; a payment that is under way says so by itself.
  if (!form.dataset.busy) window.location.replace(box.dataset.again);
}

if (box.hasAttribute("tabindex")) box.focus(); // just put off; in a frame no browser does it by itself
const ticking = setInterval(tick, 1000);
tick();
