// A file is shown before it is sent, and sent in parts that are tried again: a lost connection costs one of them. Without this file
// the form carries it whole.
(() => {
  "use strict";

  const PART = 1024 * 1024, TRIES = 8, SILENT = 30_000;
  const wait = (milliseconds) => new Promise((done) => { setTimeout(done, milliseconds); });
  const number = (digits) => new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: digits });
  const share = new Intl.NumberFormat(document.documentElement.lang, { style: "percent" });

  // As the page says it of a file that it has.
  const sized = (bytes) => {
    if (bytes < 1024) return `${bytes} B`;
    return bytes < 1048576 ? `${number(1).format(bytes / 1024)} KB` : `${number(1).format(bytes / 1048576)} MB`;
  };

  // Of the two fields, a file and the camera, the one that holds something.
  const chosen = (form) => [...form.querySelectorAll("input[type=file]")].find((input) => input.files.length);

  const preview = async (form, box) => {
    const file = chosen(form)?.files[0], canvas = box.querySelector("canvas");
    box.hidden = !file;
    canvas.hidden = true;
    // Another takes the place of the one that is there.
    form.querySelectorAll("[data-held]").forEach((held) => { held.hidden = Boolean(file); });
    if (!file) return;
    box.querySelector("[data-name]").textContent = `${file.name}, ${sized(file.size)}`;
    box.querySelector("[data-large]").hidden = file.size <= Number(form.dataset.largest);
    // What the browser can't draw, a PDF or most HEIC files, has its name alone.
    const drawn = await createImageBitmap(file, { resizeWidth: 320, resizeQuality: "medium" }).catch(() => null);
    if (!drawn || chosen(form)?.files[0] !== file) return;
    [canvas.width, canvas.height] = [drawn.width, drawn.height];
    canvas.getContext("2d").drawImage(drawn, 0, 0);
    canvas.hidden = false;
  };

  const place = (text) => {
    try {
      return JSON.parse(text).at ?? null;
    } catch {
      return null;
    }
  };

  // How far the file has come by the server's word, and null where it does not answer as it should; no answer at all is a status
  // of 0. A connection on which nothing moves is given up.
  const asked = (address, data, signal, moved) => new Promise((done) => {
    const request = new XMLHttpRequest();
    let silence;
    const heard = () => {
      clearTimeout(silence);
      silence = setTimeout(() => request.abort(), SILENT);
    };
    request.open(data ? "POST" : "GET", address);
    request.upload.addEventListener("progress", (event) => {
      heard();
      moved?.(event.loaded);
    });
    request.addEventListener("loadend", () => {
      clearTimeout(silence);
      done({ status: request.status, at: [200, 409].includes(request.status) ? place(request.responseText) : null });
    });
    signal.addEventListener("abort", () => request.abort());
    heard();
    request.send(data);
  });

  const part = (form, file, name, at) => {
    const data = new FormData(), token = form.querySelector("[name=csrfmiddlewaretoken]");
    if (token) data.append("csrfmiddlewaretoken", token.value);
    data.append("sent", name);
    data.append("at", at);
    data.append("size", file.size);
    data.append("part", file.slice(at, at + PART), "part");
    return data;
  };

  // What became of it: sent, stopped, gone as the connection is, or to be sent whole because the server takes no parts. `show` is told how many bytes have
  // gone, and whether the connection is lost.
  const send = async (form, file, name, signal, show) => {
    const there = `${form.dataset.parts}?sent=${name}`;
    let failed = 0, at = (await asked(there, null, signal)).at ?? 0;
    while (at < file.size && !signal.aborted) {
      const began = at;
      show(at, false);
      let answer = await asked(form.dataset.parts, part(form, file, name, at), signal, (sent) => {
        show(Math.min(began + sent, file.size), false);
      });
      if (signal.aborted) break;
      if (answer.at === null && answer.status && answer.status < 500) return "whole";
      if (answer.at === null || answer.at <= at) {
        failed += 1;
        if (failed > TRIES) return "gone";
        show(at, true);
        await wait(Math.min(500 * 2 ** failed, 15_000));
        answer = await asked(there, null, signal);
      } else failed = 0;
      at = answer.at ?? at;
    }
    return signal.aborted ? "stopped" : "sent";
  };

  const add = (form, name, value) => {
    form.querySelectorAll(`input[type=hidden][name=${name}]`).forEach((before) => before.remove());
    const field = document.createElement("input");
    [field.type, field.name, field.value] = ["hidden", name, value];
    form.append(field);
  };

  const stay = (event) => event.preventDefault();

  document.querySelectorAll("form[data-parts]").forEach((form) => {
    const inputs = [...form.querySelectorAll("input[type=file]")], box = form.querySelector("[data-preview]");
    const button = form.querySelector("button:not([type=button])"), bar = box.querySelector("progress");
    const told = [...box.querySelectorAll("[data-told]")], names = new WeakMap();
    let stop = null;

    const say = (words) => told.forEach((sentence) => { sentence.hidden = sentence.dataset.told !== words; });

    const moving = (is) => {
      box.querySelector(".progress").hidden = box.querySelector("[data-stop]").hidden = !is;
      inputs.forEach((input) => { input.disabled = is; });
      button.disabled = is;
      say("");
      if (is) window.addEventListener("beforeunload", stay);
      else window.removeEventListener("beforeunload", stay);
    };

    const show = (file) => (at, isLost) => {
      bar.value = at / file.size;
      box.querySelector("[data-share]").textContent = share.format(at / file.size);
      say(isLost ? "lost" : "");
    };

    // The form itself: with the file, or with the name under which it is there. The server looks at it for some seconds.
    const finish = (file, name) => {
      moving(false);
      if (name) {
        add(form, "sent", name);
        add(form, "sent_name", file.name);
        inputs.forEach((input) => { input.disabled = true; });
        box.querySelector(".progress").hidden = false;
        bar.removeAttribute("value");
        box.querySelector("[data-share]").textContent = "";
        say("checking");
      }
      form.dataset.ready = "";
      form.requestSubmit(button);
      button.disabled = true;
    };

    inputs.forEach((input) => input.addEventListener("change", () => {
      inputs.filter((other) => other !== input).forEach((other) => { other.value = ""; });
      say("");
      preview(form, box);
    }));
    box.querySelector("[data-stop]").addEventListener("click", () => stop?.abort());
    window.addEventListener("pageshow", () => {
      delete form.dataset.ready;
      moving(false);
      preview(form, box);
    });
    form.addEventListener("submit", async (event) => {
      const file = chosen(form)?.files[0];
      // A number is drawn only where the page comes by https, or from this very machine.
      if (!file || !crypto.randomUUID || "ready" in form.dataset) return;
      event.preventDefault();
      if (file.size > Number(form.dataset.largest) || "going" in form.dataset) return;
      form.dataset.going = "";
      // What was stopped, or lost for good, goes on from where it is.
      if (!names.has(file)) names.set(file, crypto.randomUUID());
      stop = new AbortController();
      moving(true);
      const ended = await send(form, file, names.get(file), stop.signal, show(file));
      delete form.dataset.going;
      if (ended === "sent") finish(file, names.get(file));
      else if (ended === "whole") finish(file, "");
      else {
        moving(false);
        say(ended);
      }
    });
  });
})();
