"use strict";
// The overview's figures are kept up to date, and the arrow keys move between the columns of its chart.
(() => {
  const overview = document.getElementById("overview");

  // Element by element, so that focus, open parts and scrolled tables stay. Those with a key may have moved.
  function update(old, fresh) {
    for (const {name, value} of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    for (const {name} of [...old.attributes]) {
      if (!fresh.hasAttribute(name) && !["open", "tabindex"].includes(name)) old.removeAttribute(name);
    }
    const known = new Map();
    for (const child of old.children) if (child.dataset.key) known.set(child.dataset.key, child);
    const fits = (one, other) => one && one.nodeName === other.nodeName && (one.dataset?.key ?? "") === (other.dataset?.key ?? "");
    let place = old.firstChild;
    for (const child of [...fresh.childNodes]) {
      const same = known.get(child.dataset?.key) ?? (fits(place, child) ? place : null);
      if (!fits(same, child)) {
        old.insertBefore(child, place);
        continue;
      }
      while (place && place !== same && !fresh.querySelector(`:scope > [data-key="${CSS.escape(place.dataset?.key ?? "")}"]`)) {
        const gone = place;
        place = place.nextSibling;
        gone.remove();
      }
      if (place === same) place = same.nextSibling;
      else old.insertBefore(same, place);
      if (same.nodeType === Node.ELEMENT_NODE) update(same, child);
      else if (same.data !== child.data) same.data = child.data;
    }
    while (place) {
      const gone = place;
      place = place.nextSibling;
      gone.remove();
    }
  }

  async function refresh() {
    if (document.hidden) return;
    try {
      const answer = await fetch(location.href, {headers: {Accept: "text/html"}});
      if (!answer.ok || answer.redirected) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      update(overview, document.adoptNode(page.getElementById("overview")));
      rove();
      window.sinkhubMoments?.(overview);
    } catch {
      // The server is away: the figures stay, and the next time they are new.
    }
  }

  // The chart is one stop of the tab key.
  const links = (lane) => [...overview.querySelectorAll(`.overview-column a.overview-${lane}`)];
  const lanes = ["runs", "refused"];

  function rove(to) {
    const every = lanes.flatMap(links);
    const current = to ?? every.find((link) => link === document.activeElement) ?? every.find((link) => link.tabIndex === 0 && link.hasAttribute("tabindex")) ?? links("runs").at(-1) ?? every.at(-1);
    for (const link of every) link.tabIndex = link === current ? 0 : -1;
    to?.focus({preventScroll: true});
  }

  function move(event) {
    const link = event.target.closest?.("a.overview-runs, a.overview-refused");
    if (!link || event.ctrlKey || event.metaKey || event.altKey) return;
    const lane = link.classList.contains("overview-runs") ? "runs" : "refused";
    const along = links(lane);
    const at = along.indexOf(link);
    const across = link.parentElement.querySelector(`a.overview-${lane === "runs" ? "refused" : "runs"}`);
    const to = {
      ArrowLeft: along[at - 1], ArrowRight: along[at + 1], Home: along[0], End: along.at(-1),
      ArrowDown: lane === "runs" && across, ArrowUp: lane === "refused" && across,
    }[event.key];
    if (to === undefined && !["ArrowLeft", "ArrowRight"].includes(event.key)) return;
    event.preventDefault();
    if (to) rove(to);
  }

  overview.addEventListener("keydown", move);
  rove();
  setInterval(refresh, 1000 * Number(overview.dataset.every));
})();
