"use strict";
// A button with data-copy puts the text of the element with that id into the clipboard.
for (const button of document.querySelectorAll("button[data-copy][hidden]")) button.hidden = false;
document.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-copy]");
  if (!button) return;
  const from = document.getElementById(button.dataset.copy);
  const text = "value" in from ? from.value : from.textContent;
  let copied = true;
  try {
    await navigator.clipboard.writeText(text.trim());
  } catch {
    // Over plain http:// there is no clipboard for scripts: selected, it takes one key.
    const range = document.createRange();
    range.selectNodeContents(from);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    copied = document.execCommand("copy");
  }
  const said = button.textContent;
  button.textContent = copied ? "Copied" : "Press Ctrl+C";
  setTimeout(() => { button.textContent = said; }, 1500);
});
