"use strict";
// Ctrl+K opens a search from every page; the arrow keys choose a result, and Enter opens it.
(() => {
  const dialog = document.getElementById("command");
  if (!dialog) return;
  const field = dialog.querySelector("input");
  const found = document.getElementById("command-found");
  const status = dialog.querySelector("[role=status]");
  let timer = 0, asked = null, chosen = -1;

  const results = () => [...found.querySelectorAll(".hub-found a")];

  function choose(place) {
    const every = results();
    chosen = every.length ? (place + every.length) % every.length : -1;
    every.forEach((link, at) => link.setAttribute("aria-selected", String(at === chosen)));
    field.setAttribute("aria-activedescendant", every[chosen]?.id ?? "");
    every[chosen]?.scrollIntoView({block: "nearest"});
  }

  async function search() {
    asked?.abort();
    asked = new AbortController();
    const text = field.value;
    try {
      const answer = await fetch(`${dialog.dataset.url}?q=${encodeURIComponent(text)}`, {headers: {"X-Part": "1"}, signal: asked.signal});
      if (answer.redirected || !answer.ok) throw new Error("no results");
      found.innerHTML = await answer.text();
    } catch (error) {
      if (error.name === "AbortError") return;
      found.textContent = "The search is not available. Reload the page and try again.";
    }
    for (const group of found.querySelectorAll(".hub-found")) group.setAttribute("role", "group");
    results().forEach((link, place) => {
      link.id = `command-${place}`;
      link.role = "option";
      link.tabIndex = -1;
    });
    choose(0);
    const count = results().length;
    status.textContent = count === 1 ? "1 result" : `${count} results`;
  }

  function open() {
    if (!dialog.open) dialog.showModal();
    field.select();
    search();
  }

  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    event.preventDefault();
    open();
  });
  document.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
    if (!event.target.closest?.("[data-command]") || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    open();
  });
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(search, 120);
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      choose(chosen + (event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "Enter") {
      event.preventDefault();
      results()[chosen]?.dispatchEvent(new MouseEvent("click", {bubbles: true, cancelable: true, ctrlKey: event.ctrlKey, metaKey: event.metaKey}));
    }
  });
  // Where the browser's name for the key is another one, the hint has it.
  if (/Mac|iP(hone|ad)/.test(navigator.platform)) {
    for (const key of document.querySelectorAll("[data-command] .hub-key")) key.textContent = "⌘ K";
  }
})();
