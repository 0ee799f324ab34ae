// Puts Florin's payment page into a frame on a shop's page. Named as in Stripe.js:
//
//   const checkout = await Florin("pk_test_...").initEmbeddedCheckout({clientSecret, onComplete});
//   checkout.mount("#checkout");
//
// It listens to its own frame alone, by origin and by window, and tells it nothing.

(function () {
  "use strict";

  if (window.Florin) return;
  const HOUSE = new URL(document.currentScript.src).origin;
  const SECRET = /^cs_(test|live)_[0-9A-Za-z]+_secret_[0-9A-Za-z]+$/;
  const FIRST_HEIGHT = "640px"; // until the page has said its own
  let present = null; // one at a time, as at Stripe's

  function found(place) {
    const element = typeof place === "string" ? document.querySelector(place) : place;
    if (!(element instanceof HTMLElement)) throw new Error(`Florin: there is no element ${place} to mount on.`);
    return element;
  }

  /** An address that a window may be sent to; null for anything else, such as javascript: */
  function webAddress(text) {
    try {
      const address = new URL(text);
      return ["http:", "https:"].includes(address.protocol) ? address.href : null;
    } catch {
      return null;
    }
  }

  /**
   * The colours that the page is to have: those of the shop's page where it is mounted, by CSS's `color-scheme`. A page
   * that says nothing is light in every browser; one that says `light dark` follows the customer, and so does the frame.
   */
  function schemeAt(element) {
    const said = getComputedStyle(element).colorScheme.split(" ");
    const isDark = said.includes("dark");
    return isDark && said.includes("light") ? null : isDark ? "dark" : "light";
  }

  function makeFrame(secret, scheme) {
    const frame = document.createElement("iframe");
    const asked = new URLSearchParams({ site: window.location.origin, ...(scheme && { scheme }) });
    frame.src = `${HOUSE}/c/pay/${secret}?${asked}`;
    frame.title = "Checkout";
    frame.allow = "payment";
    frame.referrerPolicy = "strict-origin";
    Object.assign(frame.style, { width: "100%", height: FIRST_HEIGHT, border: "0", display: "block", borderRadius: "10px", colorScheme: "light" });
    return frame;
  }

  class EmbeddedCheckout {
    #secret;
    #onComplete;
    #frame = null;
    #destroyed = false;

    constructor(secret, onComplete) {
      this.#secret = secret;
      this.#onComplete = onComplete;
    }

    mount(place) {
      if (this.#destroyed) throw new Error("Florin: this checkout has been destroyed.");
      if (this.#frame) throw new Error("Florin: this checkout is already mounted.");
      const element = found(place);
      this.#frame = makeFrame(this.#secret, schemeAt(element));
      window.addEventListener("message", this.#hear);
      element.append(this.#frame);
    }

    unmount() {
      window.removeEventListener("message", this.#hear);
      this.#frame?.remove();
      this.#frame = null;
    }

    destroy() {
      this.unmount();
      this.#destroyed = true;
      if (present === this) present = null;
    }

    #hear = (event) => {
      if (event.origin !== HOUSE || event.source !== this.#frame?.contentWindow) return;
      const { florin, height, title, url } = event.data || {};
      if (florin === "size" && Number.isFinite(height) && height > 0) {
        this.#frame.style.height = `${Math.ceil(height)}px`;
        if (title) this.#frame.title = String(title);
      }
      const onward = url ? webAddress(url) : null;
      if (florin === "complete" && !onward) this.#onComplete?.();
      if ((florin === "complete" || florin === "redirect") && onward) window.location.assign(onward);
    };
  }

  window.Florin = function Florin(publishableKey) {
    const mode = /^pk_(test|live)_/.exec(publishableKey || "")?.[1];
    if (!mode) throw new Error("Florin: give your publishable key, which begins with pk_test_ or pk_live_.");

    async function initEmbeddedCheckout(options = {}) {
      if (present) throw new Error("Florin: there is an embedded checkout already; destroy() it first.");
      const { clientSecret, fetchClientSecret, onComplete } = options;
      if (!clientSecret && typeof fetchClientSecret !== "function") {
        throw new Error("Florin: give clientSecret, or fetchClientSecret that returns a promise of it.");
      }
      const reserved = {}; // held while the secret is fetched, so that a second call does not slip in between
      present = reserved;
      try {
        const secret = clientSecret || (await fetchClientSecret());
        const of = SECRET.exec(String(secret))?.[1];
        if (!of) throw new Error("Florin: this is not the client_secret of an embedded Checkout Session.");
        if (of !== mode) throw new Error(`Florin: the key is for ${mode} mode, the client_secret for ${of} mode.`);
        present = new EmbeddedCheckout(String(secret), onComplete);
        return present;
      } catch (error) {
        if (present === reserved) present = null;
        throw error;
      }
    }

    // Newer versions of Stripe.js call it createEmbeddedCheckoutPage.
    return { initEmbeddedCheckout, createEmbeddedCheckoutPage: initEmbeddedCheckout };
  };
})();
