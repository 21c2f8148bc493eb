"use strict";
// Select2's boxes have no name for a screen reader: they get that of their field, and what is chosen.
(() => {
  function name(box) {
    const label = box.closest(".select2").previousElementSibling?.labels?.[0];
    const chosen = box.querySelector(".select2-selection__rendered");
    if (!label || !chosen) return;
    label.id ||= `${label.htmlFor}-label`;
    chosen.removeAttribute("role");  // it is no field, but text
    chosen.removeAttribute("aria-readonly");
    box.setAttribute("aria-labelledby", `${label.id} ${chosen.id}`);
  }

  // They are made whenever somebody's script comes to it.
  const observer = new MutationObserver((changes) => {
    for (const {addedNodes} of changes) {
      for (const node of addedNodes) {
        if (!node.classList?.contains("select2-container")) continue;
        node.querySelector(".select2-search__field")?.setAttribute("aria-label", "Search");  // of an open one
        const box = node.querySelector(".select2-selection");
        if (box) name(box);
      }
    }
  });
  observer.observe(document, {childList: true, subtree: true});
})();
