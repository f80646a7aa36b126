// The ownership picture: zoom, pan, and a file of points. Conveniences only: its box scrolls, and its file is a link, without this.
(() => {
  "use strict";

  const STEP = 1.25, LEAST = 0.08, MOST = 4, REM = 16;
  // Smaller than this its words are not read any more.
  const READABLE = 0.6;
  // What every browser draws on a canvas.
  const LONGEST = 16_000, AREA = 100_000_000;

  const drawn = (box) => box.querySelector("svg");
  const zoomed = (box) => Number(box.dataset.zoomed ?? 1);
  const boxOf = (part) => part.closest(".card").querySelector(".picture");

  // To a size, so that what is at a point of the window stays there; by default in the middle.
  const zoom = (box, wanted, x, y) => {
    const svg = drawn(box), place = box.getBoundingClientRect(), before = svg.getBoundingClientRect();
    const to = Math.min(MOST, Math.max(LEAST, wanted));
    const at = { x: x ?? place.left + box.clientWidth / 2, y: y ?? place.top + box.clientHeight / 2 };
    const part = { x: (at.x - before.left) / before.width, y: (at.y - before.top) / before.height };
    box.dataset.zoomed = to;
    svg.setAttribute("width", `${(svg.viewBox.baseVal.width * to) / REM}rem`);
    svg.setAttribute("height", `${(svg.viewBox.baseVal.height * to) / REM}rem`);
    const after = svg.getBoundingClientRect();
    box.scrollLeft += after.left + part.x * after.width - at.x;
    box.scrollTop += after.top + part.y * after.height - at.y;
    box.closest(".card").querySelector("[data-zoom=plain]").textContent = `${Math.round(to * 100)} %`;
  };

  const whole = (box) => {
    const svg = drawn(box), style = getComputedStyle(box), now = svg.getBoundingClientRect(), zoomedNow = zoomed(box);
    const wide = box.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    const high = parseFloat(style.maxHeight) - parseFloat(style.paddingTop) - parseFloat(style.paddingBottom);
    return Math.min(1, (wide / now.width) * zoomedNow, (high / now.height) * zoomedNow);
  };
  // As wide as there is room, so that no column is cut off, and scrolled from top to bottom.
  const across = (box) => {
    const svg = drawn(box), style = getComputedStyle(box);
    const wide = box.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    return Math.max(READABLE, Math.min(1, wide / svg.getBoundingClientRect().width));
  };
  const SIZES = {
    in: (box) => zoomed(box) * STEP,
    out: (box) => zoomed(box) / STEP,
    plain: () => 1,
    whole,
  };
  const KEYS = { "+": "in", "=": "in", "-": "out", "0": "plain", w: "whole" };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-zoom], [data-png]");
    if (button?.dataset.zoom) zoom(boxOf(button), SIZES[button.dataset.zoom](boxOf(button)));
    else if (button) save(button);
  });

  document.addEventListener("keydown", (event) => {
    const box = event.target.closest?.(".picture");
    if (!box || !(event.key in KEYS) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    zoom(box, SIZES[KEYS[event.key]](box));
  }, true);

  // Two fingers on a pad send the wheel with the control key too.
  document.addEventListener("wheel", (event) => {
    const box = event.target.closest?.(".picture");
    if (!box || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    zoom(box, zoomed(box) * Math.exp(-Math.max(-60, Math.min(60, event.deltaY)) / 150), event.clientX, event.clientY);
  }, { passive: false });

  // A mouse takes hold of the ground; words are there to be selected, and a finger scrolls by itself.
  document.addEventListener("pointerdown", (event) => {
    const box = event.target.closest?.(".picture");
    if (!box || event.pointerType !== "mouse" || event.button !== 0 || event.target.closest("text")) return;
    if (event.clientX > box.getBoundingClientRect().left + box.clientWidth) return;
    if (event.clientY > box.getBoundingClientRect().top + box.clientHeight) return;
    event.preventDefault();
    box.focus({ preventScroll: true });
    const from = { x: event.clientX + box.scrollLeft, y: event.clientY + box.scrollTop };
    const move = (moved) => {
      box.scrollLeft = from.x - moved.clientX;
      box.scrollTop = from.y - moved.clientY;
    };
    const end = () => window.removeEventListener("pointermove", move);
    window.addEventListener("pointermove", move);
    window.addEventListener("pointerup", end, { once: true });
    window.addEventListener("pointercancel", end, { once: true });
  });

  // The file of lines drawn as one of points, twice as fine as on the page where that is not too large.
  const points = async (url) => {
    const answer = await fetch(url);
    if (!answer.ok) throw new Error(answer.status);
    const picture = new Image();
    picture.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(await answer.text())}`;
    await picture.decode();
    const { naturalWidth: wide, naturalHeight: high } = picture;
    const fine = Math.min(2, LONGEST / Math.max(wide, high), Math.sqrt(AREA / (wide * high)));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(wide * fine);
    canvas.height = Math.round(high * fine);
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    return new Promise((done, failed) => {
      canvas.toBlob((blob) => (blob ? done(blob) : failed(new Error("no picture"))), "image/png");
    });
  };
  const save = async (button) => {
    button.disabled = true;
    try {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(await points(button.dataset.png));
      link.download = button.dataset.name;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    } catch {
      button.textContent = button.dataset.failed;
    }
    button.disabled = false;
  };

  const reveal = (root) => {
    root.querySelectorAll("[data-zoom], [data-png]").forEach((button) => { button.hidden = false; });
    root.querySelectorAll(".picture").forEach((box) => {
      box.classList.add("pans");
      if (box.dataset.fit === undefined || box.dataset.zoomed !== undefined) return;
      zoom(box, across(box));
      box.scrollTo(0, 0);
    });
  };
  document.addEventListener("htmx:load", (event) => reveal(event.target));
  reveal(document);
})();
