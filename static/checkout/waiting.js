// Asks again while the bank is silent, and goes on only once there is something new to say. A page that
// reloads itself is read out from its beginning each time; without scripts it has to.

const again = document.getElementById("again");
const pauseMilliseconds = Number(again.dataset.seconds) * 1000;

async function somethingNew() {
  const answer = await fetch(again.href, { cache: "no-store" });
  if (answer.status >= 500) return false;
  // Only looked through: the page's policy lets no script make a document of text.
  return !(await answer.text()).includes('id="again"');
}

async function look() {
  // A line that is down says nothing about the payment: it is asked again, as the page would be.
  const isNew = await somethingNew().catch(() => false);
  if (isNew) window.location.replace(again.href);
  else setTimeout(look, pauseMilliseconds);
}

setTimeout(look, pauseMilliseconds);
