// Keeps the figures fresh: asks for the page again and puts into place what has changed. Nothing that has the focus, is
// scrolled or is open is replaced.
(() => {
  "use strict";
  const EVERY = 5000;
  const here = location.origin + location.pathname + location.search;
  const button = document.getElementById("pause");
  const told = document.getElementById("connection");
  let paused = false;
  let timer;

  const text = (node, words) => { if (node.textContent !== words) node.textContent = words; };

  function morph(old, fresh) {
    if (old.nodeName !== fresh.nodeName) return old.replaceWith(document.importNode(fresh, true));
    if (old.nodeType === Node.TEXT_NODE) return old.data === fresh.data || (old.data = fresh.data);
    if (old.nodeType !== Node.ELEMENT_NODE) return;
    for (const { name, value } of fresh.attributes) {
      if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    }
    for (const { name } of [...old.attributes]) {
      if (name !== "open" && !fresh.hasAttribute(name)) old.removeAttribute(name);
    }
    const [before, after] = [[...old.childNodes], [...fresh.childNodes]];
    after.forEach((node, at) => before[at] ? morph(before[at], node) : old.append(document.importNode(node, true)));
    before.slice(after.length).forEach((node) => node.remove());
  }

  async function refresh() {
    clearTimeout(timer);
    if (paused || document.hidden) return;
    try {
      const answer = await fetch(here, { cache: "no-store", signal: AbortSignal.timeout(20000) });
      if (!answer.ok) throw new Error(answer.statusText);
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const region of document.querySelectorAll("[data-live]")) {
        const its = fresh.getElementById(region.id);
        if (its && !paused) morph(region, its);
      }
      text(told, "");
    } catch {
      text(told, "The gateway does not answer: these figures are the last that it told.");
    }
    clearTimeout(timer);
    if (!paused) timer = setTimeout(refresh, EVERY);
  }

  button.hidden = false;
  button.addEventListener("click", () => {
    paused = !paused;
    button.setAttribute("aria-pressed", String(paused));
    text(button, paused ? "Paused" : "Pause");
    refresh();
  });
  document.addEventListener("visibilitychange", refresh);
  timer = setTimeout(refresh, EVERY);
})();
