// On a page in a shop's frame: tells the loader around it how high the page is, and where the window is to go.
// Only the shop's own origin hears it. Without this script the links of the page lead there as well.

const { parent: shop, told, onward } = document.body.dataset;

if (shop && window.parent !== window) {
  const say = (words) => window.parent.postMessage(words, shop);
  const main = document.querySelector("main");
  const tell = () => say({ florin: "size", height: main.getBoundingClientRect().bottom + window.scrollY, title: document.title });
  new ResizeObserver(tell).observe(main);
  if (told) say({ florin: told, url: onward || null });
}
