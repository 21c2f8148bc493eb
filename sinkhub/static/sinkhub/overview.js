"use strict";
// The page is asked for again every few seconds while somebody may be looking, and its figures are put into this one.
async function refresh() {
  if (document.hidden) return;
  const overview = document.getElementById("overview");
  if (overview.contains(document.activeElement)) return;  // nobody loses the link that they are at
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!answer.ok || answer.redirected) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    overview.replaceChildren(...page.getElementById("overview").childNodes);
  } catch {
    // The server is away: the figures stay, and the next time they are new.
  }
}
setInterval(refresh, 1000 * Number(document.getElementById("overview").dataset.every));
