// Conveniences only: every page works without this file.
(() => {
  "use strict";

  const typing = (target) => target.closest("input, textarea, select, [contenteditable]");

  // Buttons that need script stay hidden until it runs.
  const reveal = (root) => {
    root.querySelectorAll("[data-copy], [data-dismiss], [data-print]").forEach((button) => { button.hidden = false; });
    root.querySelector("[data-focus]")?.focus();
  };

  const copy = async (button) => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent.trim());
    const label = button.textContent;
    button.textContent = button.dataset.done;
    setTimeout(() => { button.textContent = label; }, 2000);
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy], [data-dismiss], [data-print]");
    if (button?.dataset.copy) copy(button);
    else if (button && "print" in button.dataset) window.print();
    else if (button) button.closest(".notice").remove();
    document.querySelectorAll("details.menu[open]").forEach((menu) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
  });

  // j and k walk the rows of table[data-rows]; Enter opens the row's title.
  const walk = (step) => {
    const rows = [...document.querySelectorAll("table[data-rows] tbody tr")];
    if (!rows.length) return;
    const now = rows.findIndex((row) => row.classList.contains("current"));
    rows[now]?.classList.remove("current");
    const next = rows[Math.min(Math.max(now + step, 0), rows.length - 1)];
    next.classList.add("current");
    next.querySelector("a")?.focus();
  };

  // What carries data-key answers to that key: a field takes the focus, the rest is pressed.
  const press = (target, event) => {
    if (!target) return;
    event.preventDefault();
    if (target.matches("input")) target.focus();
    else target.click();
  };

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      document.querySelectorAll("details.menu[open]").forEach((menu) => {
        menu.open = false;
        menu.querySelector("summary").focus();
      });
    }
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (event.key === "j") walk(1);
    else if (event.key === "k") walk(-1);
    else press(document.querySelector(`[data-key="${CSS.escape(event.key)}"]`), event);
  });

  // One press, one submission.
  document.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (!button || event.target.method !== "post" || event.target.hasAttribute("hx-post")) return;
    setTimeout(() => { button.disabled = true; button.dataset.sent = ""; });
  });
  window.addEventListener("pageshow", () => {
    document.querySelectorAll("button[data-sent]").forEach((button) => { button.disabled = false; });
  });

  document.addEventListener("htmx:load", (event) => reveal(event.target));
  reveal(document);
})();
