
"use strict";
const WORDS = JSON.parse(document.body.dataset.words);
const LANGUAGE = document.documentElement.lang;
const outcome = document.getElementById("outcome");

/** An element with texts or children; nothing is ever parsed as HTML. */
function element(name, ...children) {
  const made = document.createElement(name);
  made.append(...children);
  return made;
}

/** Shows what came of it, and takes a reader of the screen there. */
function show(heading, refused, ...children) {
  outcome.classList.toggle("refused", refused);
  outcome.replaceChildren(element("h2", heading), ...children);
  outcome.focus();
}

/** The answer of the API as { ok, status, body }; body is null when no JSON came back. */
async function asked(method, path, headers, body) {
  const told = { Accept: "application/json", "Accept-Language": LANGUAGE, ...headers };
  if (body) told["Content-Type"] = "application/json";
  try {
    const answer = await fetch("../v1/" + path, { method, headers: told, body, credentials: "omit", cache: "no-store" });
    return { ok: answer.ok, status: answer.status, body: await answer.json().catch(() => null) };
  } catch (broken) {
    return { ok: false, status: 0, body: null };
  }
}

/** The advice with the numbers of this case in the places that it names. */
function advised(problem) {
  const facts = problem.facts || {};
  return (problem.advice || "").replace(/`(\w+)`/g, (whole, name) => {
    if (!(name in facts)) return name;
    return facts[name] + (name.endsWith("_seconds") ? WORDS.seconds : "");
  });
}

function showProblem(answer) {
  const problem = answer.body;
  if (!problem || !problem.title) return show(WORDS.no_answer, true, element("p", WORDS.no_answer_advice));
  const id = element("p", WORDS.request_id + " ", element("code", problem.request_id || ""));
  id.className = "hint";
  show(WORDS.refused + " " + problem.title, true, element("p", advised(problem)), id);
}

/** Runs one piece of work at a time, and shows on its button that it runs. */
function whileBusy(button, work) {
  return async (event) => {
    event.preventDefault();
    if (button.getAttribute("aria-disabled") === "true") return;
    const words = button.textContent;
    button.setAttribute("aria-disabled", "true");
    button.textContent = WORDS.busy;
    try {
      await work();
    } finally {
      button.removeAttribute("aria-disabled");
      button.textContent = words;
    }
  };
}
