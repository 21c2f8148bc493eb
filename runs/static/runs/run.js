"use strict";
// The page of a run: follows the run's own stream, and asks for its state, until it is over. Everything from the run
// becomes text on the page.
(() => {
  const page = document.querySelector(".run-page");
  const find = (id) => document.getElementById(id);
  const offset = Number(page.dataset.now) * 1000 - Date.now();  // the times of events are the server's
  const every = 1000 * Number(page.dataset.refreshInterval);
  const mostLines = Number(page.dataset.mostLines);
  let last = Number(page.dataset.last);
  let over = page.dataset.over === "yes";
  let source = null;
  let pause = 1000;
  let asking = null;
  let countsFrom = page.dataset.countsFrom;
  let axis = null;  // of the newest state
  let waits = null;  // of the newest state, as JSON

  // A duration in at most two units, as the server writes it.
  function lasted(seconds) {
    if (seconds < 59.95) return `${(Math.floor(seconds * 10) / 10).toFixed(1)} s`;
    const whole = Math.round(seconds);
    const units = [[Math.floor(whole / 86400), "d"], [Math.floor(whole / 3600) % 24, "h"],
      [Math.floor(whole / 60) % 60, "min"], [whole % 60, "s"]];
    const first = units.findIndex(([number]) => number);
    return units.slice(first, first + 2).filter(([number]) => number).map((unit) => unit.join(" ")).join(" ");
  }

  const now = () => (Date.now() + offset) / 1000;  // the server's, in seconds

  function isJson(text) {
    try {
      return !text.trim() || JSON.parse(text) !== undefined;
    } catch {
      return false;
    }
  }

  function say(id, text) {
    const place = find(id);
    if (place.textContent !== text) place.textContent = text;
    place.hidden = !text;
  }

  function lineOf(event) {
    if (event.type === "log") return [event.level, event.message];
    if (event.type === "progress") {
      return [event.type, [`${event.progress} %`, event.step, event.message].filter(Boolean).join(" · ")];
    }
    if (event.type === "step") {
      return [event.type, [event.step, event.status, event.attempt > 1 && `attempt ${event.attempt}`,
        event.duration !== undefined && `${event.duration.toFixed(3)} s`].filter(Boolean).join(" · ")];
    }
    return [event.type, event.error ? `${event.error.type}: ${event.error.message}` : `The run is ${event.type}.`];
  }

  function addLine(number, event) {
    const lines = find("events");
    const line = find("line").content.firstElementChild.cloneNode(true);
    const [kind, text] = lineOf(event);
    line.dataset.kind = kind;
    line.querySelector(".run-number").textContent = number;
    showTime(line.querySelector("time"), new Date(Date.now() + offset));
    line.querySelector(".run-kind").textContent = kind;
    line.querySelector(".run-text").textContent = text.slice(0, 2000);
    const place = find("lines");
    const follows = place.scrollHeight - place.scrollTop - place.clientHeight < 40;  // unless who reads went up
    lines.append(line);
    while (lines.children.length > mostLines) {
      lines.firstElementChild.remove();
      find("earlier").hidden = false;
    }
    filterLine(line);
    if (follows) place.scrollTop = place.scrollHeight;
    find("no-events").hidden = true;
    count();
  }

  function showTime(place, at) {
    place.dateTime = at.toISOString();
    place.textContent = at.toLocaleTimeString("en-GB");
  }

  // The filter of the events: by kind, and by a text in them.
  const KINDS = {
    log: ["debug", "info", "warning", "error"],
    info: ["info", "warning", "error"],
    warning: ["warning", "error", "cancelled", "interrupted"],
    error: ["error"],
  };

  function filterLine(line) {
    const kinds = KINDS[find("level").value], text = find("find").value.trim().toLowerCase();
    line.hidden = Boolean((kinds && !kinds.includes(line.dataset.kind))
      || (text && !line.querySelector(".run-text").textContent.toLowerCase().includes(text)));
  }

  function count() {
    const lines = [...find("events").children];
    const isFiltered = find("level").value || find("find").value.trim();
    const shown = lines.filter((line) => !line.hidden).length;
    say("found", isFiltered ? `${shown} of ${lines.length} events` : "");
  }

  function filterLines() {
    for (const line of find("events").children) filterLine(line);
    count();
  }

  function showProgress(percent) {
    find("progress").value = percent;
    find("percent").textContent = `${percent} %`;
  }

  function showBars(track, bars) {
    while (track.children.length > bars.length) track.lastElementChild.remove();
    bars.forEach((bar, place) => {
      let shown = track.children[place];
      if (!shown || (shown.tagName === "A") !== Boolean(bar.run)) {
        const made = document.createElement(bar.run ? "a" : "span");
        if (shown) shown.replaceWith(made);
        else track.append(made);
        shown = made;
      }
      if (bar.run) {
        shown.href = `../../${bar.run}/change/`;
        shown.tabIndex = -1;
      }
      shown.className = bar.run ? "wf-bar wf-child" : "wf-bar";
      shown.dataset.status = bar.status;
      shown.title = bar.text;
      shown.bar = bar;
    });
  }

  // Until the run is over, the axis grows and open bars reach to its end.
  function layOut() {
    if (!axis) return;
    const seconds = over ? axis.seconds : Math.max(axis.seconds, now() - axis.from);
    const percent = (part) => `${Math.min(100, Math.max(0, 100 * part / seconds)).toFixed(3)}%`;
    for (const shown of document.querySelectorAll(".wf-bar")) {
      const {bar} = shown;
      if (!bar) continue;
      shown.style.left = percent(bar.at);
      shown.style.width = percent(bar.seconds === null ? seconds - bar.at : bar.seconds);
    }
    for (const tick of find("axis").children) tick.style.left = percent(tick.at);
  }

  function showAxis() {
    find("axis").replaceChildren(...axis.ticks.map(({at, text}) => {
      const tick = document.createElement("span");
      tick.className = "wf-tick";
      tick.textContent = text;
      tick.at = at;
      return tick;
    }));
  }

  function showSteps(steps) {
    const rows = find("step-rows");
    const shown = [...rows.children].filter((row) => !row.classList.contains("wf-detail"));
    for (const row of shown.slice(steps.length)) row.remove();
    steps.forEach((step, place) => {
      let row = shown[place];
      if (!row) {
        row = find("step").content.firstElementChild.cloneNode(true);
        rows.append(row);
      }
      for (const part of row.querySelectorAll("[data-part]")) {
        if (part.dataset.part === "bars") {
          showBars(part, step.bars);
          continue;
        }
        if (part.dataset.part === "result") {
          part.hidden = !step.result;
          part.href = `../documents/${step.result}/`;
          continue;
        }
        const text = String(step[part.dataset.part]);
        if (part.textContent !== text) part.textContent = text;
        if (part.dataset.part === "status") part.dataset.status = text;
        if (part.dataset.part === "child" && text) part.href = `../../${text}/change/`;
      }
    });
  }

  // The result of a step, under its row.
  async function showResult(link) {
    const row = link.closest("tr");
    if (row.nextElementSibling?.classList.contains("wf-detail")) {
      row.nextElementSibling.remove();
      link.setAttribute("aria-expanded", "false");
      return;
    }
    const detail = document.createElement("tr"), cell = document.createElement("td");
    const place = document.createElement("div"), raw = document.createElement("pre");
    detail.className = "wf-detail";
    cell.colSpan = 6;
    raw.className = "hub-code";
    raw.tabIndex = 0;
    place.className = "json";
    place.dataset.root = "result";
    place.append(raw);
    cell.append(place);
    detail.append(cell);
    row.after(detail);
    link.setAttribute("aria-expanded", "true");
    try {
      const answer = await fetch(link.href);
      raw.textContent = answer.ok && !answer.redirected ? await answer.text() : "The result is no longer available.";
    } catch {
      raw.textContent = "The server is unavailable. Try again.";
    }
    window.sinkhubJson(place);
  }

  // The signals for which the run waits. Forms stay as they are while the waits stay the same.
  function showWaits(found) {
    const text = JSON.stringify(found);
    if (text === waits) return;
    const isFirst = waits === null && find("waits").children.length === found.length;
    waits = text;
    find("waiting").hidden = !found.length;
    if (isFirst) return;
    find("waits").replaceChildren(...found.map((wait) => {
      const form = find("wait").content.firstElementChild.cloneNode(true);
      for (const field of ["name", "key"]) form.elements[field].value = wait[field];
      for (const part of form.querySelectorAll("[data-part=name]")) part.textContent = wait.name;
      form.querySelector("[data-part=key]").textContent = wait.key ? ` with the key ${wait.key}` : "";
      form.querySelector("[data-part=since]").dateTime = wait.since;
      const until = form.querySelector("[data-part=until]");
      if (wait.until) {
        const time = document.createElement("time");
        time.dateTime = wait.until;
        time.dataset.moment = "";
        until.replaceChildren("with a deadline ", time);
      } else until.textContent = "without a deadline";
      return form;
    }));
    window.sinkhubMoments?.();
  }

  function showState(state) {
    for (const field of page.querySelectorAll("[data-field]")) {
      if (field.dataset.field === "duration" && state.counts_from) continue;
      const text = String(state[field.dataset.field] || (field.tagName === "DD" ? "-" : ""));
      if (field.textContent !== text) field.textContent = text;
    }
    const badge = find("status");
    if (badge.textContent !== state.status) badge.textContent = state.status;
    badge.dataset.status = find("progress").dataset.status = state.status;
    find("run-badge").textContent = find("run-badge").dataset.status = state.status;
    find("run-attempt").textContent = state.attempt;
    say("note", state.note);
    over = state.over;
    axis = state.axis;
    showAxis();
    showBars(find("run-bars").firstElementChild, state.attempts);
    showSteps(state.steps);
    layOut();
    showWaits(state.waits);
    find("earlier-steps").hidden = !state.earlier_steps;
    find("progressing").hidden = state.over;
    find("failed-step").hidden = !state.failed_step;
    find("retry").hidden = !state.retry;
    const next = find("retry").querySelector("time");
    if (state.retry && next.dateTime !== state.retry) {
      next.dateTime = state.retry;
      next.dataset.moment = "";
      window.sinkhubMoments?.();
    }
    countsFrom = state.counts_from;
    tick();
    find("attempts").hidden = state.attempt === 1;
    find("failed").hidden = !state.error;
    find("traceback").hidden = !state.traceback;
    find("result").hidden = !state.output;
    find("responded").hidden = !state.response;
    const cancel = find("cancel");
    if (cancel) {
      cancel.hidden = state.over;
      const button = cancel.querySelector("button");
      button.disabled = state.cancelling;
      button.textContent = state.cancelling ? "Cancelling" : "Cancel";
    }
    for (const place of page.querySelectorAll("[data-json]")) window.sinkhubJson(place);
  }

  // What counts while the run goes on.
  function tick() {
    if (over) return;
    if (countsFrom) {
      const text = lasted(Math.max(0, now() - Date.parse(countsFrom) / 1000));
      page.querySelector("[data-field=duration]").textContent = text;
    }
    layOut();
  }

  async function ask() {
    const answer = await fetch(page.dataset.stateUrl, {headers: {Accept: "application/json"}});
    if (answer.redirected || answer.status === 403 || answer.status === 404) {
      // Nothing that time would mend.
      if (source) source.close();
      say("connection", answer.status === 404 ? "This run was pruned."
        : "You are signed out, or may no longer view this run: reload the page.");
      return true;
    }
    if (!answer.ok) throw new Error(answer.status);
    showState(await answer.json());
    return over;
  }

  // How it is: soon after an event, and every few seconds, since a start and a new attempt are no events.
  function askIn(milliseconds) {
    clearTimeout(asking);
    asking = setTimeout(async () => {
      let done = false;
      try {
        done = document.hidden ? false : await ask();
      } catch {
        milliseconds = every;
      }
      if (!done) askIn(Math.max(milliseconds, every));
    }, milliseconds);
  }

  function follow() {
    // From what the page was sent with. Where the connection is lost, the browser itself asks for the rest.
    source = new EventSource(`${page.dataset.eventsUrl}?after=${last}`);
    source.onopen = () => {
      pause = 1000;
      find("live").hidden = false;
      say("connection", "");
    };
    source.onerror = async () => {
      find("live").hidden = true;
      if (source.readyState !== EventSource.CLOSED) {
        say("connection", "Connection lost. Reconnecting…");
        return;
      }
      // It gives up where the answer is no stream: that of a proxy whose server starts again, or that there is no more.
      try {
        if (await ask()) {
          if (over) say("connection", "");
          return;
        }
      } catch {
        // The server is away; it is tried again like the stream.
      }
      say("connection", "The run's stream is unavailable. Reconnecting…");
      setTimeout(follow, pause);
      pause = Math.min(pause * 2, 30000);
    };
    source.onmessage = (message) => {
      const number = Number(message.lastEventId);
      if (number <= last) return;
      last = number;
      const event = JSON.parse(message.data);
      addLine(number, event);
      if (event.type === "progress") showProgress(event.progress);
      if (!["complete", "error", "cancelled"].includes(event.type)) {
        if (event.type === "step") askIn(100);
        if (find("status").dataset.status === "queued") askIn(0);
        return;
      }
      source.close();
      find("live").hidden = true;
      say("connection", "");
      if (event.type === "complete") showProgress(100);
      askIn(0);
    };
  }

  for (const time of page.querySelectorAll("#events time[datetime]")) showTime(time, new Date(time.dateTime));
  find("log-filter").hidden = false;
  find("level").addEventListener("change", filterLines);
  find("find").addEventListener("input", filterLines);
  page.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-part=result]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    showResult(link);
  });
  page.addEventListener("input", (event) => {
    const {target} = event;
    if (target.name === "payload") target.setCustomValidity(isJson(target.value) ? "" : 'Enter JSON, such as {"approved": true}.');
  });

  find("lines").scrollTop = find("lines").scrollHeight;
  if (!over) {
    follow();
    askIn(every / 2);
    setInterval(() => { if (!document.hidden) tick(); }, 200);
  }
})();
