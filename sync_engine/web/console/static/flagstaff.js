// Everything works without this: it only spares the reader a page load, or asks before a change.
"use strict";

(() => {
  const parse = (text) => new DOMParser().parseFromString(text, "text/html");

  // The sentence above a page tells of the same as its regions.
  function summarize(page) {
    const [head, fresh] = [document, page].map((each) => each.querySelector("main header.head"));
    if (head && fresh && !head.contains(document.activeElement)) head.replaceWith(fresh);
  }

  // Fetch an address and put its region of the same id in the place of ours.
  async function update(address, id, remember) {
    const region = document.getElementById(id);
    if (!region) return false;
    const focused = region.contains(document.activeElement) && document.activeElement.id;
    region.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(address, { credentials: "same-origin", headers: { Accept: "text/html" } });
      const page = answer.ok && !answer.redirected && parse(await answer.text());
      const fresh = page && page.getElementById(id);
      if (!fresh) return false;
      region.replaceWith(fresh);
      summarize(page);
      if (focused) document.getElementById(focused)?.focus();
      if (remember) history.pushState({ region: id }, "", address);
      return true;
    } catch {
      return false;
    } finally {
      region.removeAttribute("aria-busy");
    }
  }

  document.addEventListener("click", async (event) => {
    const link = event.target.closest("a[data-update]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    if (!(await update(link.href, link.dataset.update, true))) location.assign(link.href);
  });

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.dataset.update || form.method !== "get") return;
    event.preventDefault();
    const address = new URL(form.action);
    address.search = new URLSearchParams(new FormData(form)).toString();
    if (!(await update(address, form.dataset.update, true))) location.assign(address);
  });

  window.addEventListener("popstate", (event) => {
    if (event.state && event.state.region) update(location.href, event.state.region, false);
    else location.reload();
  });

  // What could not be read anew is not passed off as new; with the next answer this goes again.
  function doubt(region) {
    if (region.querySelector(":scope > [data-old]")) return;
    const note = document.createElement("p");
    note.className = "warn";
    note.dataset.old = "";
    note.setAttribute("role", "status");
    note.textContent = "This could not be read anew, so it may be out of date. Load the page again.";
    region.prepend(note);
  }

  // Regions that tell how things stand are read again while somebody looks, unless they read in them.
  const busy = (region) => region.contains(document.activeElement) || !getSelection().isCollapsed;
  for (const { id, dataset } of document.querySelectorAll("[id][data-refresh]")) {
    const tick = async () => {
      const region = document.getElementById(id);
      if (!region || document.hidden || busy(region)) return;
      if (!(await update(location.href, id, false))) doubt(region);
    };
    setInterval(tick, Number(dataset.refresh) * 1000);
  }

  // A question that would unfold opens as a dialog.
  document.addEventListener("click", (event) => {
    const summary = event.target.closest("details[data-dialog] > summary");
    if (!summary) return;
    event.preventDefault();
    const question = summary.parentElement.querySelector(".question");
    const dialog = document.createElement("dialog");
    dialog.setAttribute("aria-label", summary.textContent.trim());
    const cancel = document.createElement("button");
    cancel.type = "button";
    cancel.className = "button";
    cancel.textContent = "Cancel";
    cancel.addEventListener("click", () => dialog.close());
    question.querySelector(".tools").prepend(cancel);
    dialog.append(question);
    dialog.addEventListener("close", () => {
      cancel.remove();
      summary.parentElement.append(question);
      dialog.remove();
      summary.focus();
    });
    document.body.append(dialog);
    dialog.showModal();
  });

  // A condition is completed word by word: by facts, and after a fact by its values.
  document.addEventListener("input", (event) => {
    const field = event.target;
    if (!field.dataset.words || !field.list) return;
    const facts = JSON.parse(field.dataset.words);
    const [, before, word] = field.value.match(/^(.*?)([^\s(,]*)$/s);
    const fact = before.match(/([a-z]+(?: [a-z]+)?)\s*(?:=|!=|in\s*\([^)]*)\s*$/i);
    const named = fact && Object.keys(facts).find((name) => fact[1].toLowerCase().endsWith(name));
    const offered = named ? facts[named] : [...Object.keys(facts), "and", "or", "not", "is empty", "contains", "older than"];
    field.list.replaceChildren(
      ...offered
        .filter((each) => each.startsWith(word.toLowerCase()))
        .map((each) => Object.assign(document.createElement("option"), { value: before + each })),
    );
  });

  // Menus close when one looks elsewhere.
  const close = (except) => {
    for (const menu of document.querySelectorAll("details.person[open]")) if (menu !== except) menu.open = false;
  };
  document.addEventListener("click", (event) => close(event.target.closest("details.person")));
  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && document.querySelector("details.person[open]");
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
})();
