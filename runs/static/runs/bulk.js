"use strict";
// The figures of a bulk action are fetched again until it has ended.
(() => {
  const every = 1000 * Number(document.getElementById("progress-page").dataset.refreshInterval);

  async function refresh() {
    if (document.hidden) return;
    const answer = await fetch(location.href);
    if (!answer.ok || answer.redirected) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fetched = page.getElementById("progress");
    document.getElementById("progress").replaceChildren(...fetched.childNodes);
    window.sinkhubMoments?.();
    if (page.querySelector("form[action='stop/']")) return;
    document.querySelector("form[action='stop/']")?.remove();
    clearInterval(timer);
  }

  const timer = setInterval(() => { refresh().catch(() => {}); }, every);
})();
