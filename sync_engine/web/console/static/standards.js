// Helps while a condition is written: proposals, and what is wrong. The form works without it.
"use strict";

(() => {
  const WAIT = 250;

  function params() {
    const rows = [...document.querySelectorAll('[name^="params."][name$=".name"]')];
    return rows.map((row) => [row.value.trim(), document.getElementsByName(row.name.replace(/name$/, "type"))[0]])
      .filter(([name, type]) => name && type)
      .map(([name, type]) => `${name}:${type.value}`).join(",");
  }

  function subject(area) {
    const chosen = document.querySelector('select[name="subject"]');
    return chosen ? chosen.value : area.dataset.language;
  }

  async function asked(area) {
    const query = new URLSearchParams({
      text: area.value, cursor: area.selectionStart, subject: subject(area), params: params() || area.dataset.params,
    });
    const answer = await fetch(`/standards/_language?${query}`, { credentials: "same-origin", headers: { Accept: "application/json" } });
    return answer.ok && !answer.redirected ? answer.json() : null;
  }

  function help(area, number) {
    const frame = document.createElement("div");
    frame.className = "writes";
    area.replaceWith(frame);
    frame.append(area);
    const list = document.createElement("ul");
    list.className = "words";
    list.id = `words-${number}`;
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", "What may stand here");
    list.hidden = true;
    const said = document.createElement("div");
    said.className = "trouble";
    said.setAttribute("role", "status");
    frame.append(list, said);
    area.setAttribute("role", "combobox");
    area.setAttribute("aria-autocomplete", "list");
    area.setAttribute("aria-controls", list.id);
    area.setAttribute("aria-expanded", "false");
    let timer, turn = 0, start = 0, chosen = -1;

    const shut = () => {
      list.hidden = true;
      chosen = -1;
      area.setAttribute("aria-expanded", "false");
      area.removeAttribute("aria-activedescendant");
    };
    const put = (from, to, word) => {
      area.setRangeText(word, from, to, "end");
      area.focus();
      look();
    };
    const take = (option) => {
      const word = option.dataset.word;
      put(start, area.selectionStart, word.endsWith("(") || word.endsWith('"') ? word : `${word} `);
      shut();
    };
    const choose = (next) => {
      const options = list.children;
      if (chosen >= 0 && options[chosen]) options[chosen].setAttribute("aria-selected", "false");
      chosen = (next + options.length) % options.length;
      options[chosen].setAttribute("aria-selected", "true");
      options[chosen].scrollIntoView({ block: "nearest" });
      area.setAttribute("aria-activedescendant", options[chosen].id);
    };
    const tell = (trouble) => {
      // What the server said of an earlier text does not hold for this one.
      const old = document.getElementById(`${area.id}-error`);
      if (old) old.hidden = true;
      said.replaceChildren();
      if (!trouble) return;
      const code = document.createElement("code");
      const mark = document.createElement("mark");
      mark.textContent = area.value.slice(trouble.start, trouble.end) || " ";
      code.append(area.value.slice(0, trouble.start), mark, area.value.slice(trouble.end));
      const text = document.createElement("pre");
      text.append(code);
      const words = document.createElement("p");
      words.className = "error";
      words.textContent = `Line ${trouble.line}, column ${trouble.column}: ${trouble.message}`;
      said.append(text, words);
      if (!trouble.instead) return;
      const mend = document.createElement("button");
      mend.type = "button";
      mend.className = "button";
      mend.textContent = `Write “${trouble.instead}”`;
      mend.addEventListener("click", () => put(trouble.start, trouble.end, trouble.instead));
      said.append(mend);
    };
    const offer = (found) => {
      start = found.start;
      list.replaceChildren(...found.words.map((each, n) => {
        const option = document.createElement("li");
        option.id = `${list.id}-${n}`;
        option.setAttribute("role", "option");
        option.setAttribute("aria-selected", "false");
        option.dataset.word = each.word;
        const about = document.createElement("small");
        about.textContent = each.help;
        option.append(each.word, about);
        option.addEventListener("pointerdown", (event) => { event.preventDefault(); take(option); });
        return option;
      }));
      chosen = -1;
      list.hidden = !found.words.length;
      area.setAttribute("aria-expanded", String(!list.hidden));
    };
    async function look(words = false) {
      const mine = ++turn;
      let found = null;
      try { found = await asked(area); } catch { /* nobody answers: the form tells on sending */ }
      if (mine !== turn || !found) return;
      tell(found.trouble);
      if (words && document.activeElement === area) offer(found);
    }
    area.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(() => look(true), WAIT);
    });
    area.addEventListener("keydown", (event) => {
      if (event.key === " " && event.ctrlKey) {
        event.preventDefault();
        look(true);
      }
      if (list.hidden) return;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        choose(chosen + (event.key === "ArrowDown" ? 1 : chosen < 0 ? 0 : -1));
      } else if (event.key === "Enter" && chosen >= 0) {
        event.preventDefault();
        take(list.children[chosen]);
      } else if (event.key === "Escape") {
        event.preventDefault();
        shut();
      }
    });
    area.addEventListener("blur", shut);
  }

  document.querySelectorAll("textarea[data-language]").forEach(help);

  // The facts beside the form follow the subject.
  const chosen = document.querySelector('#write select[name="subject"]');
  if (chosen) chosen.addEventListener("change", async () => {
    const query = new URLSearchParams({ subject: chosen.value });
    try {
      const answer = await fetch(`/standards/_facts?${query}`, { credentials: "same-origin", headers: { Accept: "text/html" } });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const facts = answer.ok && page.getElementById("facts");
      if (!facts) return;
      document.getElementById("facts").replaceWith(facts);
      document.getElementById("h-facts").textContent = `Facts of a ${chosen.value}`;
      document.querySelector(".help-panel summary").textContent = `${facts.querySelectorAll("dt").length} facts`;
    } catch { /* the button beside it does the same */ }
  });
})();
