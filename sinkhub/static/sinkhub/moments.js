"use strict";
// Keeps relative times up to date, and tells the server the browser's time zone for the pages that follow.
(() => {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone) document.cookie = `sinkhub_time_zone=${zone}; path=/admin/; max-age=31536000; samesite=lax`;

  const units = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];

  function relative(seconds) {
    const size = Math.floor(Math.abs(seconds));
    if (seconds < 2 && seconds > -1) return "just now";
    const [unit, name] = units.find(([least]) => size >= least) ?? [1, "s"];
    const text = `${Math.floor(size / unit)} ${name}`;
    return seconds < 0 ? `in ${text}` : `${text} ago`;
  }

  function exact(at) {
    const parts = new Intl.DateTimeFormat("en-CA", {
      year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit",
      hourCycle: "h23", timeZoneName: "short",
    }).formatToParts(at);
    const part = (type) => parts.find((each) => each.type === type).value;
    return `${part("year")}-${part("month")}-${part("day")} ${part("hour")}:${part("minute")}:${part("second")} ${part("timeZoneName")}`;
  }

  function update(root = document) {
    for (const element of root.querySelectorAll("time[data-moment]")) {
      const at = new Date(element.dateTime), seconds = (Date.now() - at) / 1000;
      const title = exact(at);
      if (element.title !== title) element.title = title;
      const text = Math.abs(seconds) >= 7 * 86400 ? title.slice(0, 10) : relative(seconds);
      if (element.textContent !== text) element.textContent = text;
    }
  }

  window.sinkhubMoments = update;  // for scripts that add times to a page
  document.addEventListener("DOMContentLoaded", () => update());
  setInterval(() => { if (!document.hidden) update(); }, 1000);
})();
