"use strict";
// A checkbox in the head of a table that selects all rows of the page.
document.addEventListener("DOMContentLoaded", () => {
  for (const all of document.querySelectorAll("[data-select-all]")) {
    const boxes = [...all.form.elements].filter((one) => one.type === "checkbox" && one.name === all.dataset.selectAll);
    const update = () => {
      const count = boxes.filter((box) => box.checked).length;
      all.checked = count > 0 && count === boxes.length;
      all.indeterminate = count > 0 && count < boxes.length;
    };
    all.hidden = false;
    all.addEventListener("change", () => { for (const box of boxes) box.checked = all.checked; });
    for (const box of boxes) box.addEventListener("change", update);
    update();
  }
});
