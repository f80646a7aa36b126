// A file is shown before it is sent, and sent in parts that are tried again: a lost connection costs one of them. Without this file
// the form carries it whole.
(() => {
  "use strict";

  const PART = 1024 * 1024, TRIES = 8;
  const wait = (milliseconds) => new Promise((done) => { setTimeout(done, milliseconds); });

  // Of the two fields, a file and the camera, the one that holds something.
  const chosen = (form) => [...form.querySelectorAll("input[type=file]")].find((input) => input.files.length);

  const preview = async (form, box) => {
    const file = chosen(form)?.files[0], canvas = box.querySelector("canvas");
    box.hidden = !file;
    canvas.hidden = true;
    if (!file) return;
    box.querySelector("[data-name]").textContent = `${file.name}, ${(file.size / 1048576).toFixed(1)} MB`;
    // What the browser can't draw, a PDF or most HEIC files, has its name alone.
    const drawn = await createImageBitmap(file, { resizeWidth: 320, resizeQuality: "medium" }).catch(() => null);
    if (!drawn || chosen(form)?.files[0] !== file) return;
    [canvas.width, canvas.height] = [drawn.width, drawn.height];
    canvas.getContext("2d").drawImage(drawn, 0, 0);
    canvas.hidden = false;
  };

  const token = (form) => form.querySelector("[name=csrfmiddlewaretoken]").value;

  // How far the file has come by the server's word; null where it does not answer as it should.
  const told = async (answer) => ([200, 409].includes(answer?.status) ? (await answer.json()).at : null);

  const send = async (form, file, number, show) => {
    let at = 0, failed = 0;
    while (at < file.size) {
      const data = new FormData();
      data.append("csrfmiddlewaretoken", token(form));
      data.append("sent", number);
      data.append("at", at);
      data.append("size", file.size);
      data.append("part", file.slice(at, at + PART), "part");
      let answer = await fetch(form.dataset.parts, { method: "POST", body: data, redirect: "manual" }).catch(() => null);
      let came = await told(answer);
      if (came === null && answer && answer.status < 500) return false;
      if (came === null || came <= at) {
        failed += 1;
        if (failed > TRIES) return false;
        show(at, true);
        await wait(Math.min(500 * 2 ** failed, 15_000));
        answer = await fetch(`${form.dataset.parts}?sent=${number}`, { redirect: "manual" }).catch(() => null);
        came = await told(answer);
      } else failed = 0;
      if (came !== null) at = came;
      show(at, false);
    }
    return true;
  };

  const add = (form, name, value) => {
    const field = document.createElement("input");
    [field.type, field.name, field.value] = ["hidden", name, value];
    form.append(field);
  };

  document.querySelectorAll("form[data-parts]").forEach((form) => {
    const inputs = [...form.querySelectorAll("input[type=file]")], box = form.querySelector("[data-preview]");
    const bar = box.querySelector("progress"), lost = box.querySelector("[data-lost]");
    inputs.forEach((input) => input.addEventListener("change", () => {
      inputs.filter((other) => other !== input).forEach((other) => { other.value = ""; });
      preview(form, box);
    }));
    window.addEventListener("pageshow", () => preview(form, box));
    form.addEventListener("submit", async (event) => {
      const file = chosen(form)?.files[0];
      // What is too large is told by the form itself, and a small one gains nothing.
      if (!file || file.size <= PART || file.size > Number(form.dataset.largest)) return;
      event.preventDefault();
      if ("going" in form.dataset) return;
      form.dataset.going = "";
      const number = crypto.randomUUID();
      bar.closest(".progress").hidden = false;
      const show = (at, isLost) => {
        bar.value = at / file.size;
        lost.hidden = !isLost;
      };
      if (await send(form, file, number, show)) {
        add(form, "sent", number);
        add(form, "sent_name", file.name);
        inputs.forEach((input) => { input.disabled = true; });
      }
      form.submit();
    });
  });
})();
