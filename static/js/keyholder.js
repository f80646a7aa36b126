// Conveniences only: every page works without this file.
(() => {
  "use strict";

  // Browsers are told to take no text for markup or script (trusted types). One thing is let through: the answers that htmx reads
  // into a document of their own, in which nothing runs.
  window.trustedTypes?.createPolicy("default", {
    createHTML: (html, kind, sink) => (["DOMParser parseFromString", "Document parseHTMLUnsafe"].includes(sink) ? html : null),
  });

  const typing = (target) => target.closest("input, textarea, select, [contenteditable]");

  // Buttons that need script stay hidden until it runs.
  const reveal = (root) => {
    root.querySelectorAll("[data-copy], [data-dismiss]").forEach((button) => { button.hidden = false; });
    root.querySelector("[data-focus]")?.focus();
  };

  const copy = async (button) => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent.trim());
    const label = button.textContent;
    button.textContent = button.dataset.done;
    setTimeout(() => { button.textContent = label; }, 2000);
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy], [data-dismiss]");
    if (button?.dataset.copy) copy(button);
    else if (button) button.closest(".notice").remove();
    document.querySelectorAll("details.menu[open]").forEach((menu) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
  });

  // What a form's choice calls for. A select with data-groups-of="name" offers the group that is called like the choice made
  // there, and a field with data-with="name=one,other" is there only with one of those choices. Without script all of them are.
  const chosen = (form, name) => {
    const field = form.elements[name];
    const option = field.options ? field.selectedOptions[0] : [...field].find((radio) => radio.checked);
    if (!option?.value) return { value: "", words: "" };
    return { value: option.value, words: (option.labels?.[0] ?? option).textContent.trim() };
  };

  const groups = new WeakMap();
  const offer = (select) => {
    if (!groups.has(select)) groups.set(select, [...select.querySelectorAll("optgroup")]);
    const { words } = chosen(select.form, select.dataset.groupsOf);
    const kept = select.value;
    groups.get(select).forEach((group) => group.remove());
    select.append(...groups.get(select).filter((group) => !words || group.label === words));
    select.value = kept;
    if (select.selectedIndex < 0) select.selectedIndex = 0;
  };

  const follow = (field) => {
    const [name, values] = field.dataset.with.split("=");
    // Where the page doesn't let one choose, what stands there stays.
    if (!field.form.elements[name]) return;
    field.disabled = field.closest(".field").hidden = !values.split(",").includes(chosen(field.form, name).value);
  };

  // With data-whose="name=one,other" nobody is chosen while one of those choices is made: the first option then says
  // data-unchosen.
  const askWhose = (select) => {
    const [name, values] = select.dataset.whose.split("="), first = select.options[0];
    first.dataset.words ??= first.textContent;
    const isAsked = values.split(",").includes(chosen(select.form, name).value);
    first.textContent = isAsked ? select.dataset.unchosen : first.dataset.words;
  };

  const adapt = (root) => {
    root.querySelectorAll("[data-whose]").forEach(askWhose);
    root.querySelectorAll("[data-groups-of]").forEach(offer);
    root.querySelectorAll("[data-with]").forEach(follow);
  };
  document.addEventListener("change", (event) => { if (event.target.form) adapt(event.target.form); });

  // The fields of a country that is chosen come from the server. What somebody typed meanwhile stays.
  const typedIn = (part) => part.querySelectorAll("input:not([type=hidden]), textarea, select");
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { target } = event.detail;
    if (!target.matches("fieldset.address > .fields")) return;
    const typed = new Map([...typedIn(target)].map((field) => [field.name, field.value]));
    document.addEventListener("htmx:afterSwap", () => {
      typedIn(document.getElementById(target.id)).forEach((field) => {
        if (typed.get(field.name)) field.value = typed.get(field.name);
        if (field.selectedIndex < 0) field.selectedIndex = 0;
      });
    }, { once: true });
  });

  // What is wider than its place opens where its middle matters: data-centre names that part.
  const centre = (box) => {
    const part = box.querySelector(box.dataset.centre)?.getBoundingClientRect();
    const place = box.getBoundingClientRect();
    if (!part) return;
    box.scrollLeft += part.left + part.width / 2 - place.left - place.width / 2;
    if (box.matches(".picture")) box.scrollTop += part.top + part.height / 2 - place.top - place.height / 2;
  };
  document.querySelectorAll("[data-centre]").forEach(centre);

  // What an address leads to stands open.
  const unfold = () => {
    const place = location.hash.startsWith("#hit-") ? document.getElementById(location.hash.slice(1)) : null;
    const folded = place?.querySelector(":scope > details.hit");
    if (folded) folded.open = true;
    for (let above = place?.closest("details"); above; above = above.parentElement.closest("details")) above.open = true;
    place?.scrollIntoView();
  };
  window.addEventListener("hashchange", unfold);
  unfold();

  // j and k walk the rows of table[data-rows], and the matches of a case; Enter opens the row's title, or unfolds the match.
  const walk = (step) => {
    const rows = [...document.querySelectorAll("table[data-rows] tbody tr, details.hit")];
    if (!rows.length) return;
    const now = rows.findIndex((row) => row.classList.contains("current"));
    rows[now]?.classList.remove("current");
    const next = rows[Math.min(Math.max(now + step, 0), rows.length - 1)];
    next.classList.add("current");
    next.querySelector("a, summary")?.focus();
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

  // One press, one submission: of two the browser follows the second alone, and what came of the first is never read.
  document.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (event.defaultPrevented || !button || event.target.method !== "post" || event.target.target || event.target.hasAttribute("hx-post")) return;
    if ("sent" in button.dataset) {
      event.preventDefault();
      return;
    }
    if ("file" in event.target.dataset) {
      // The answer is a file, and this page stays: what was wrong before is told no longer, and another may be asked for.
      event.target.querySelectorAll(".error-summary, .errors").forEach((told) => told.remove());
      event.target.querySelectorAll(".wrong").forEach((field) => field.classList.remove("wrong"));
      return;
    }
    button.dataset.sent = "";
    setTimeout(() => { button.disabled = true; });
  });
  window.addEventListener("pageshow", () => {
    adapt(document);
    document.querySelectorAll("button[data-sent]").forEach((button) => {
      button.disabled = false;
      delete button.dataset.sent;
    });
  });

  // A page that came back with errors is the answer to a form, which no browser may keep; going back to it later, it could only
  // ask to send the form again. Once the form is sent anew from its own address, that entry is the plain page.
  document.addEventListener("submit", (event) => {
    const answered = performance.getEntriesByType("navigation")[0]?.responseStatus;
    if (event.defaultPrevented) return;
    if (answered === 422 && !event.target.hasAttribute("action")) history.replaceState(null, "", location.href);
  });

  // Leaving asks first where something would be lost: in a form that somebody has typed in, or that came back with errors. Pages
  // of one box are those of signing in, and keep nothing.
  const unsent = new Set();
  let sending = null;
  const ask = (event) => {
    const leaving = sending;
    sending = null;
    if ([...unsent].some((form) => form !== leaving && form.isConnected)) event.preventDefault();
    else unsent.clear();
  };
  const keep = (form) => {
    if (form?.method !== "post" || !form.closest("body:not(.boxed) main")) return;
    unsent.add(form);
    window.addEventListener("beforeunload", ask);
  };
  document.addEventListener("input", (event) => keep(event.target.form));
  document.addEventListener("submit", (event) => {
    if (!event.defaultPrevented) sending = event.target;
  });
  document.querySelectorAll("form .error-summary, form .wrong").forEach((wrong) => keep(wrong.closest("form")));

  // The browser gave no passkey: a sentence says so, in place of a line in its console.
  document.addEventListener("allauth.error", (event) => {
    event.preventDefault();
    document.querySelectorAll("[data-passkey-refused]").forEach((notice) => { notice.hidden = false; });
  });

  // What refreshes itself leaves alone where somebody writes or reads: a part with the focus, with something typed, or with
  // a form opened. The part says so where it can.
  const typed = (field) => {
    if (field.options) return field.selectedIndex !== Math.max(0, [...field.options].findIndex((one) => one.defaultSelected));
    if (["checkbox", "radio"].includes(field.type)) return field.checked !== field.defaultChecked;
    return field.value !== field.defaultValue;
  };
  const isBusy = (part) => part.contains(document.activeElement)
    || [...part.querySelectorAll("input, select, textarea")].some(typed)
    || part.querySelector("details[open] form") !== null;
  let kept = false;
  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    if (!isBusy(event.detail.target)) return;
    event.detail.shouldSwap = false;
    kept = true;
  });
  document.addEventListener("htmx:afterSettle", () => {
    if (kept) document.querySelectorAll("[data-kept]").forEach((words) => { words.hidden = false; });
    kept = false;
  });

  // Before a session ends for want of use the page says so, and one press goes on with it, in all tabs of the browser. What is
  // counted is what a person asked for in any of them, not what pages ask for by themselves.
  const ending = document.getElementById("session-end");
  const WARNED = 120_000;
  const began = Date.now();
  let seen = began;
  const tabs = ending && "BroadcastChannel" in window ? new BroadcastChannel("keyholder-seen") : null;
  const share = () => {
    seen = Date.now();
    tabs?.postMessage(seen);
  };
  const say = (words, at) => {
    ending.querySelectorAll("[data-words]").forEach((part) => { part.hidden = part.dataset.words !== words; });
    ending.querySelectorAll("time").forEach((time) => {
      time.textContent = new Date(at).toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
    });
    ending.querySelector("[data-stay]").hidden = words !== "idle";
    ending.querySelector("[data-close]").hidden = words === "idle";
    if (!ending.open) ending.showModal();
    ending.querySelector("button:not([hidden])").focus();
  };
  let told = "";
  const watch = () => {
    const idle = seen + ending.dataset.idle * 1000, last = began + ending.dataset.absolute * 1000;
    const end = Math.min(idle, last), left = end - Date.now();
    const words = left <= 0 ? "over" : left > WARNED ? "" : idle <= last ? "idle" : "absolute";
    if (words === told) return;
    told = words;
    if (words) say(words, end);
    else ending.close();
  };
  const stay = async () => {
    const token = ending.querySelector("[name=csrfmiddlewaretoken]").value;
    const answer = await fetch(ending.dataset.url, { method: "POST", headers: { "X-CSRFToken": token }, redirect: "manual" })
      .catch(() => null);
    if (answer?.status === 204) share();
    // The server alone knows when the session ends; where it could not be asked, it may be asked again.
    else if (answer?.type === "opaqueredirect" || answer?.status === 401) ending.dataset.idle = 0;
    watch();
  };
  if (ending) {
    share();
    setInterval(watch, 1000);
    document.addEventListener("visibilitychange", watch);
    tabs?.addEventListener("message", (event) => {
      seen = Math.max(seen, event.data);
      watch();
    });
    document.addEventListener("htmx:afterRequest", (event) => {
      // What failed was no use of the session: it may have ended, or the server was not reached. A form refused is answered.
      const { successful, requestConfig, xhr } = event.detail;
      if ((successful || xhr.status === 422) && requestConfig.headers["Asked-By"] !== "page") share();
    });
    ending.querySelector("[data-stay]").addEventListener("click", stay);
    ending.querySelector("[data-close]").addEventListener("click", () => ending.close());
    // Whoever presses Escape is there.
    ending.addEventListener("cancel", (event) => {
      if (told !== "idle") return;
      event.preventDefault();
      stay();
    });
  }

  document.addEventListener("htmx:load", (event) => {
    reveal(event.target);
    adapt(event.target);
    event.target.querySelectorAll("[data-centre]").forEach(centre);
  });
  reveal(document);
  adapt(document);
})();
