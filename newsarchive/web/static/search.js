// Results that follow what is typed; without this script the form is sent as any other. "/" goes to the field.
"use strict";

const PAUSE_MS = 200;

const form = document.getElementById("search");
const field = form.elements.q;
let shown = address().search;
let timer = 0;
let asking = new AbortController();

// The address of what the form asks for: that which sending it gives, without the fields that say nothing.
function address() {
  const asked = new URL(form.action);
  asked.search = ""; // The language stands in a field of its own.
  for (const [name, value] of new FormData(form)) {
    const said = value.trim();
    if (said && !(name === "sort" && said === "relevance")) asked.searchParams.append(name, said);
  }
  return asked;
}

async function find() {
  const asked = address();
  if (asked.search === shown) return;
  asking.abort();
  asking = new AbortController();
  const part = new URL(asked);
  part.searchParams.set("fragment", "1");
  const results = document.getElementById("results");
  results.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(part, { signal: asking.signal });
    const found = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (answer.ok) show(found, asked);
    else explain(found.querySelector("main p")?.textContent ?? form.dataset.unanswered);
  } catch (error) {
    // A later question has taken the place of this one.
    if (error.name === "AbortError") return;
    explain(form.dataset.unanswered);
  }
  results.removeAttribute("aria-busy");
}

// Why nothing is shown, in place of results that are of another question than the form asks.
function explain(reason) {
  shown = null;
  document.getElementById("count").textContent = reason;
  document.getElementById("results").replaceChildren();
}

function show(found, asked) {
  shown = asked.search;
  history.replaceState(null, "", asked);
  document.title = found.getElementById("results").dataset.title;
  document.getElementById("count").textContent = found.getElementById("count").textContent;
  document.getElementById("results").replaceWith(document.adoptNode(found.getElementById("results")));
  for (const choice of form.querySelectorAll("select, datalist")) {
    // A menu that is open would close. Copies, since a menu that loses an option chooses another.
    if (choice !== document.activeElement) {
      choice.replaceChildren(...Array.from(found.getElementById(choice.id).children, (option) => option.cloneNode(true)));
    }
  }
  for (const link of document.querySelectorAll("a[hreflang]")) {
    const there = new URL(asked);
    there.searchParams.set("lang", link.hreflang);
    link.href = there;
  }
}

form.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(find, PAUSE_MS);
});

form.addEventListener("submit", (event) => {
  event.preventDefault();
  clearTimeout(timer);
  location.assign(address());
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.target.matches("input, select, textarea")) return;
  event.preventDefault();
  field.focus();
  field.select();
});
