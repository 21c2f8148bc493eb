"use strict";
// Sends the form, and shows the answer as it arrives: the server tells of it in lines of JSON.
// It is loaded before the page, and listens on the document: a button that is pressed at once is not lost.
const part = (id) => document.getElementById(id);
let listening = null;

document.addEventListener("change", ({ target }) => {
  if (target.id !== "example" || !target.value) return;
  const example = JSON.parse(part("examples").textContent)[target.value];
  target.form.elements.query.value = example.query;
  target.form.elements.headers.value = example.headers;
  target.form.elements.body.value = example.body;
});

function show(line) {
  if ("status" in line) {
    part("status").textContent = `${line.status} ${line.reason}`;
    part("status").className = line.status < 400 ? "text-green-700 dark:text-green-400" : "text-red-700 dark:text-red-400";
    part("headers").textContent = line.headers.map(([name, value]) => `${name}: ${value}`).join("\n");
    part("fields").hidden = false;
    const run = line.headers.find(([name]) => name.toLowerCase() === "x-run-id");
    if (run) {
      part("run").href = part("console").dataset.runs.replace("RUN", encodeURIComponent(run[1]));
      part("run").hidden = false;
    }
  } else if ("part" in line) {
    part("answer").append(line.part);
    if (line.part.startsWith("data: ")) {
      const event = JSON.parse(line.part.slice(6));
      part("progress").hidden = false;
      if (event.type === "progress") part("progress").value = event.progress;
      if (event.type === "complete") part("progress").value = 100;
    }
  } else if ("cut" in line) {
    part("answer").append(`\n(only the first ${line.cut} bytes are shown)`);
  } else {
    part("status").textContent = line.error;
    part("status").className = "text-red-700 dark:text-red-400";
  }
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.id !== "console") return;
  event.preventDefault();
  if (document.readyState === "loading") await new Promise((loaded) => document.addEventListener("DOMContentLoaded", loaded));
  listening?.abort();
  const mine = listening = new AbortController();
  part("status").className = "text-important";
  part("status").textContent = "Sending…";
  part("headers").textContent = part("answer").textContent = "";
  part("fields").hidden = part("run").hidden = part("progress").hidden = true;
  part("progress").value = 0;
  part("stop").hidden = false;
  try {
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), signal: mine.signal });
    if (!answer.ok || !answer.headers.get("content-type").startsWith("application/x-ndjson")) {
      throw new Error(answer.redirected ? "You are signed out: sign in again." : `The server answered ${answer.status}.`);
    }
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      const lines = (rest + read.value).split("\n");
      rest = lines.pop();
      lines.forEach((line) => show(JSON.parse(line)));
    }
  } catch (error) {
    if (error.name !== "AbortError") show({ error: `The server does not answer: ${error.message}` });
    else part("status").textContent += " (stopped listening; the run continues)";
  } finally {
    if (listening === mine) part("stop").hidden = true;
  }
});

document.addEventListener("click", ({ target }) => {
  if (target.id === "stop") listening?.abort();
});
