"use strict";
// The page of a new sink: search the senders, and enter the path of the chosen one. Styles show the fields that it needs.
const senders = document.getElementById("senders");
const path = document.getElementById("id_path");
const find = document.getElementById("sender-search");
const options = [...senders.querySelectorAll("label")];
const appIds = JSON.parse(document.getElementById("app-ids").textContent);
let entered = path.value;  // the path that was entered here, and not typed

function choose() {
  const chosen = senders.querySelector("input:checked");
  const { name, secret, docs, notes, path: own } = chosen.dataset;
  const link = document.getElementById("sender-docs");
  link.hidden = !docs;
  link.href = docs || "";
  link.textContent = `${name}'s documentation`;
  document.getElementById("sender-notes").textContent = notes || "";
  document.getElementById("sender-secret").textContent = secret || "";
  if (path.value === entered || !path.value) {
    path.value = entered = own || "";
    path.dispatchEvent(new Event("input", { bubbles: true }));
  }
  show();
}

function show() {
  const id = appIds[document.getElementById("id_app").value] || "APP";
  const typed = path.value.trim();
  document.getElementById("new-url").textContent = `${location.origin}/${id}${typed.startsWith("/") ? "" : "/"}${typed}`;
}

function search() {
  const words = find.value.trim().toLowerCase();
  let none = true;
  for (const option of options) {
    const input = option.firstElementChild;
    option.hidden = !`${input.dataset.name} ${input.value}`.toLowerCase().includes(words);
    if (!option.hidden) none = false;
  }
  document.getElementById("sender-none").hidden = !none;
}

find.closest("[hidden]").hidden = false;
find.addEventListener("input", search);
find.addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  event.preventDefault();  // it would submit the form
  const found = options.find((option) => !option.hidden && find.value.trim());
  if (!found) return;
  found.firstElementChild.checked = true;
  choose();
  found.firstElementChild.focus();
});
senders.addEventListener("change", choose);
document.addEventListener("input", (event) => { if (event.target === path) show(); });
document.addEventListener("change", (event) => { if (event.target.id === "id_app") show(); });
// What was typed for another sender is not sent. A page to which the browser goes back is as it was left.
const unsent = [];
addEventListener("pageshow", () => { for (const field of unsent.splice(0)) field.disabled = false; });
document.getElementById("sink_form").addEventListener("submit", () => {
  for (const row of document.querySelectorAll(".new-sink .field-line")) {
    if (getComputedStyle(row).display === "none" && !row.matches("[class*=field-option_]")) {
      for (const field of row.querySelectorAll("input, select, textarea")) {
        field.disabled = true;
        unsent.push(field);
      }
    }
  }
});
const first = senders.querySelector("input:checked");
senders.scrollTop = first.parentElement.offsetTop - senders.offsetTop - 2;
if (first.value && !path.value) choose();
document.getElementById("new-url").parentElement.hidden = false;
show();
if (!document.querySelector("#sink_form .errors")) find.focus();
