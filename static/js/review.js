// A document on the screen: larger, smaller and turned, by buttons and keys. Conveniences only: without this it is a plain picture.
(() => {
  "use strict";

  const STEP = 1.25, LEAST = 0.25, MOST = 8, QUARTER = 90;
  const box = document.querySelector(".viewer");
  if (!box) return;
  const sheet = box.querySelector(".sheet"), picture = box.querySelector("img"), tools = document.querySelector("[data-viewer-tools]");
  const told = document.querySelector("[data-viewer-state]");
  let size = 1, turned = 0;

  // Turned by a quarter it is as high as it was wide, so that the box scrolls over the whole of it. At its plain size it is seen whole.
  const draw = () => {
    const ratio = picture.naturalHeight / picture.naturalWidth || 1, isAcross = turned % 180 !== 0;
    const high = parseFloat(getComputedStyle(box).maxBlockSize) - 32 || Infinity;
    const wide = Math.min(box.clientWidth - 32, high / ratio) * size;
    sheet.style.maxInlineSize = picture.style.maxBlockSize = "none";
    picture.style.inlineSize = "100%";
    sheet.style.inlineSize = `${wide}px`;
    sheet.style.transform = turned ? `rotate(${turned}deg)` : "";
    sheet.style.margin = isAcross ? `${(wide * (1 - ratio)) / 2}px ${(wide * (ratio - 1)) / 2}px` : "";
    told.textContent = `${Math.round(size * 100)} %${turned ? `, ${turned}°` : ""}`;
  };

  const ACTS = {
    in: () => { size = Math.min(MOST, size * STEP); },
    out: () => { size = Math.max(LEAST, size / STEP); },
    right: () => { turned = (turned + QUARTER) % 360; },
    left: () => { turned = (turned + 360 - QUARTER) % 360; },
    plain: () => { size = 1; turned = 0; },
  };
  const KEYS = { "+": "in", "=": "in", "-": "out", r: "right", R: "left", 0: "plain" };
  const act = (name) => {
    ACTS[name]();
    draw();
  };

  tools.hidden = false;
  tools.addEventListener("click", (event) => {
    const button = event.target.closest("[data-turn]");
    if (button) act(button.dataset.turn);
  });
  box.addEventListener("keydown", (event) => {
    if (!(event.key in KEYS) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    act(KEYS[event.key]);
  });
})();
