"use strict";
// The list of runs: new ones appear, and those that are there change, while it is visible and no run is selected.
(() => {
  const rows = document.getElementById("rows");
  const every = 1000 * Number(rows.dataset.refreshInterval);
  const live = document.getElementById("live");
  let pause = every;

  const lines = (of) => [...of.querySelectorAll("#result_list tbody > tr")];

  function say(text, state) {
    if (live.textContent !== text) live.textContent = text;
    live.dataset.state = state;
    live.hidden = false;
  }

  // Cell by cell, so that a link with the focus keeps it.
  function change(old, line) {
    line.querySelectorAll("td").forEach((cell, place) => {
      const other = old.children[place];
      if (cell.dataset.since) other.dataset.since = cell.dataset.since;
      else delete other.dataset.since;
      if (cell.querySelector("input, time") && other.querySelector("input, time")) return;
      if (other.innerHTML !== cell.innerHTML) other.replaceChildren(...cell.childNodes);
    });
  }

  function merge(fetched) {
    const body = rows.querySelector("#result_list tbody");
    if (!body || !fetched.querySelector("#result_list")) {
      const news = [...fetched.body.childNodes];
      if (body || rows.textContent.trim() !== fetched.body.textContent.trim()) rows.replaceChildren(...news);
      return;
    }
    const known = new Map(lines(rows).map((line) => [line.dataset.run, line]));
    let arrived = 0;
    let before = null;
    for (const line of lines(fetched)) {
      let shown = known.get(line.dataset.run);
      known.delete(line.dataset.run);
      if (shown) {
        change(shown, line);
      } else {
        shown = document.adoptNode(line);
        shown.classList.add("run-arrived");
        arrived += 1;
      }
      const place = before ? before.nextElementSibling : body.firstElementChild;
      if (place !== shown) body.insertBefore(shown, place);
      before = shown;
    }
    for (const gone of known.values()) gone.remove();
    if (arrived) document.getElementById("arrived").textContent = arrived === 1 ? "1 new run" : `${arrived} new runs`;
  }

  async function look() {
    if (document.hidden) return;
    const begun = Date.now();
    if (rows.querySelector("input.action-select:checked")) {
      say("Paused while runs are selected.", "still");
      return;
    }
    const answer = await fetch(location.href, {headers: {"X-Rows": "1"}});
    if (answer.redirected) {
      say("You are signed out: reload the page.", "lost");
      pause = 60000;
      return;
    }
    if (!answer.ok) throw new Error(answer.status);
    const fetched = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (rows.querySelector("input.action-select:checked")) return;  // selected in the meantime
    merge(fetched);
    window.sinkhubMoments?.();
    say("Live", "");
    pause = Math.max(every, 5 * (Date.now() - begun));
  }

  async function keepLooking() {
    try {
      await look();
    } catch {
      say("Server unavailable. Reconnecting…", "lost");
      pause = Math.min(pause * 2, 30000);
    }
    setTimeout(keepLooking, pause);
  }

  // As runs/history/durations.py writes it.
  function duration(seconds) {
    if (seconds < 1) return `${Math.round(1000 * seconds)} ms`;
    if (seconds < 59.95) return `${Math.round(10 * seconds) / 10} s`;
    const whole = Math.round(seconds);
    const units = [[Math.floor(whole / 86400), "d"], [Math.floor(whole / 3600) % 24, "h"], [Math.floor(whole / 60) % 60, "min"], [whole % 60, "s"]];
    const first = units.findIndex(([number]) => number);
    return units.slice(first, first + 2).filter(([number]) => number).map(([number, unit]) => `${number} ${unit}`).join(" ");
  }

  setInterval(() => {
    if (document.hidden) return;
    for (const cell of rows.querySelectorAll("[data-since]")) {
      cell.textContent = duration(Math.max(0, (Date.now() - new Date(cell.dataset.since)) / 1000));
    }
  }, 1000);

  // Django's script knows only the boxes that were there when it began.
  rows.addEventListener("change", ({target}) => {
    const boxes = [...rows.querySelectorAll("input.action-select")];
    if (target.id === "action-toggle") for (const box of boxes) box.checked = target.checked;
    const chosen = boxes.filter((box) => box.checked).length;
    const toggle = document.getElementById("action-toggle");
    if (toggle) toggle.checked = chosen > 0 && chosen === boxes.length;
    for (const box of boxes) box.closest("tr").classList.toggle("selected", box.checked);
    const counter = document.querySelector(".action-counter");
    if (counter) counter.textContent = `${chosen} of ${boxes.length} selected`;
  });

  // Empty fields stay out of the address.
  const filters = document.querySelector(".run-filters");
  filters.addEventListener("submit", () => {
    const empty = [...filters.elements].filter((field) => field.name && !field.value);
    for (const field of empty) field.disabled = true;
    setTimeout(() => { for (const field of empty) field.disabled = false; });  // for the page that Back shows
  });

  // The apps and sinks to choose from are searched while the user types.
  for (const field of filters.querySelectorAll("[data-choices]")) {
    let asked = null;
    const fill = async () => {
      const text = field.value.trim();
      if (text === asked) return;
      asked = text;
      try {
        const answer = await fetch(`choices/?kind=${field.dataset.choices}&q=${encodeURIComponent(text)}`);
        if (!answer.ok || asked !== text) return;
        const {choices} = await answer.json();
        field.list.replaceChildren(...choices.map(({value, label}) => Object.assign(new Option(label, value))));
      } catch {
        asked = null;  // the server is away
      }
    };
    field.addEventListener("focus", () => { asked = null; fill(); });
    field.addEventListener("input", fill);
  }

  // Single keys. Whoever uses speech or mistypes can turn them off.
  const help = document.getElementById("key-help"), on = document.getElementById("keys-on");
  const button = document.getElementById("keys");
  on.checked = localStorage.getItem("sinkhub-keys") !== "off";
  on.addEventListener("change", () => localStorage.setItem("sinkhub-keys", on.checked ? "on" : "off"));
  button.hidden = false;
  button.addEventListener("click", () => help.showModal());

  function move(step) {
    const all = lines(rows);
    const at = all.indexOf(document.activeElement?.closest("tr"));
    const next = at < 0 ? all[0] : all[Math.min(Math.max(at + step, 0), all.length - 1)];
    next?.querySelector(".run-id > a").focus();
    next?.scrollIntoView({block: "nearest"});
  }

  const keys = {
    j: () => move(1),
    k: () => move(-1),
    x: () => document.activeElement.closest("tr")?.querySelector("input.action-select")?.click(),
    "/": () => document.getElementById("search").select(),
    "?": () => help.showModal(),
  };
  document.addEventListener("keydown", (event) => {
    const {target, key} = event;
    const isTyping = target.matches("input:not([type=checkbox]), select, textarea, [contenteditable]");
    if (!on.checked || isTyping || help.open || event.ctrlKey || event.metaKey || event.altKey || !keys[key]) return;
    event.preventDefault();
    keys[key]();
  });

  const asked = new URLSearchParams(location.search);
  if (asked.get("q") || asked.get("before")) {
    say("Search results and older pages are not updated.", "still");  // a search reads many bodies
    return;
  }
  document.addEventListener("visibilitychange", () => { look().catch(() => {}); });
  say("Live", "");
  setTimeout(keepLooking, every);
})();
