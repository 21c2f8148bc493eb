"use strict";
// The page of a run: follows the run's own stream, and asks for its state, until it is over.
// All that a run says goes onto the page as text.
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
    line.querySelector("time").textContent = new Date(Date.now() + offset).toISOString().slice(11, 19);
    line.querySelector(".run-kind").textContent = kind;
    line.querySelector(".run-text").textContent = text.slice(0, 2000);
    const place = find("lines");
    const follows = place.scrollHeight - place.scrollTop - place.clientHeight < 40;  // unless who reads went up
    lines.append(line);
    while (lines.children.length > mostLines) {
      lines.firstElementChild.remove();
      find("earlier").hidden = false;
    }
    if (follows) place.scrollTop = place.scrollHeight;
    find("no-events").hidden = true;
  }

  function showProgress(percent) {
    find("progress").value = percent;
    find("percent").textContent = `${percent} %`;
  }

  function showSteps(steps) {
    const rows = find("step-rows");
    find("steps").hidden = !steps.length;
    steps.forEach((step, place) => {
      let row = rows.children[place];
      if (!row) {
        row = find("step").content.firstElementChild.cloneNode(true);
        rows.append(row);
      }
      for (const part of row.querySelectorAll("[data-part]")) {
        const text = String(step[part.dataset.part]);
        if (part.textContent !== text) part.textContent = text;
        if (part.dataset.part === "status") part.dataset.status = text;
        if (part.dataset.part === "child" && text) part.href = `../../${text}/change/`;
      }
    });
  }

  function showState(state) {
    for (const field of page.querySelectorAll("[data-field]")) {
      const text = String(state[field.dataset.field] || (field.tagName === "PRE" ? "" : "-"));
      if (field.textContent !== text) field.textContent = text;
    }
    const badge = find("status");
    if (badge.textContent !== state.status) badge.textContent = state.status;
    badge.dataset.status = find("progress").dataset.status = state.status;
    say("note", state.note);
    showSteps(state.steps);
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
    over = state.over;
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

  find("lines").scrollTop = find("lines").scrollHeight;
  if (!over) {
    follow();
    askIn(every / 2);
  }
})();
