// The digest of a report's file, computed here: the file itself is never sent. Without this the reader types it.
(() => {
  "use strict";

  const box = document.querySelector("[data-drop]");
  // Browsers compute digests only where nobody on the way could change this script.
  if (!box || !window.crypto?.subtle) return;
  const input = box.querySelector("input[type=file]");
  const form = document.getElementById(box.dataset.drop);
  const say = (words) => {
    box.querySelectorAll("[data-words]").forEach((part) => { part.hidden = part.dataset.words !== words; });
  };

  const digest = async (file) => {
    say("working");
    try {
      const found = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
      form.elements.sha256.value = [...new Uint8Array(found)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
      form.requestSubmit(form.querySelector("[data-check]"));
    } catch {
      say("unreadable");
    }
  };

  box.hidden = false;
  input.addEventListener("change", () => { if (input.files[0]) digest(input.files[0]); });
  // Wherever on the page it is let go: a browser would open it instead.
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    box.classList.add("over");
  });
  document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) box.classList.remove("over"); });
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    box.classList.remove("over");
    if (event.dataTransfer.files[0]) digest(event.dataTransfer.files[0]);
  });
})();
