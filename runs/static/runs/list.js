"use strict";
// The list of runs: new ones appear, and those that are there change, while it is looked at and none is chosen.
(() => {
  const rows = document.getElementById("rows");
  const every = 1000 * Number(rows.dataset.refreshInterval);
  const live = document.getElementById("live");
  let pause = every;

  const bodies = (of) => [...of.querySelectorAll("#result_list tbody")];
  const idOf = (body) => body.querySelector("[data-run]").dataset.run;

  function say(text, state) {
    if (live.textContent !== text) live.textContent = text;
    live.dataset.state = state;
    live.hidden = false;
  }

  // Cell by cell, so that whoever stands on a link goes on standing there.
  function change(old, body) {
    old.className = body.className;
    const cells = old.querySelectorAll("td, th");
    body.querySelectorAll("td, th").forEach((cell, place) => {
      const other = cells[place];
      if (!cell.querySelector("input") && other.innerHTML !== cell.innerHTML) other.replaceChildren(...cell.childNodes);
    });
  }

  function merge(fetched) {
    const table = rows.querySelector("#result_list");
    if (!table || !fetched.querySelector("#result_list")) {
      const news = [...fetched.body.childNodes];
      if (table || rows.textContent.trim() !== fetched.body.textContent.trim()) rows.replaceChildren(...news);
      return;
    }
    const known = new Map(bodies(rows).map((body) => [idOf(body), body]));
    let arrived = 0;
    let before = null;
    for (const body of bodies(fetched)) {
      let shown = known.get(idOf(body));
      known.delete(idOf(body));
      if (shown) {
        change(shown, body);
      } else {
        shown = document.adoptNode(body);
        shown.classList.add("run-arrived");
        arrived += 1;
      }
      const place = before ? before.nextElementSibling : bodies(rows)[0];
      if (place !== shown) table.insertBefore(shown, place && place.tagName === "TBODY" ? place : null);
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
    if (rows.querySelector("input.action-select:checked")) return;  // chosen in the meantime
    merge(fetched);
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
  const asked = new URLSearchParams(location.search);
  if (asked.get("q") || asked.get("before")) {
    say("Search results and older pages are not updated.", "still");  // a search reads many bodies
    return;
  }
  document.addEventListener("visibilitychange", () => { look().catch(() => {}); });
  say("Live", "");
  setTimeout(keepLooking, every);
})();
