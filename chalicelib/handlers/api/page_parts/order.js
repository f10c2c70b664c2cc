
const again = document.getElementById("again");
let token = "";

/** Fen as yuan, without fractions in between. */
function yuan(fen) {
  const digits = String(fen).padStart(3, "0");
  return "¥" + digits.slice(0, -2) + "." + digits.slice(-2);
}

function moment(text) {
  const told = new Date(text).toLocaleString(LANGUAGE, { timeZone: "Asia/Shanghai" });
  const made = element("time", told);
  made.dateTime = text;
  return made;
}

function word(state) {
  return WORDS.states[state] || state;
}

function facts(order) {
  const list = [[WORDS.amount, yuan(order.payable_fen)], [WORDS.quantity, String(order.quantity)]];
  if (order.topup_state) list.push([WORDS.topup, WORDS.topup_states[order.topup_state] || order.topup_state]);
  return list.flatMap(([name, told]) => [element("dt", name), element("dd", told)]);
}

async function look() {
  const path = "orders/" + encodeURIComponent(form.dataset.orderId);
  const answer = await asked("GET", path, { Authorization: "Bearer " + token });
  const signedOut = answer.status === 401;
  form.hidden = !signedOut && answer.status !== 404;
  again.hidden = !form.hidden;
  if (!answer.ok) return showProblem(answer);
  const order = answer.body;
  const steps = order.steps.map((step) => element("li", word(step.state), " · ", moment(step.at)));
  show(
    WORDS.state + " " + word(order.state),
    false,
    element("dl", ...facts(order)),
    element("h2", WORDS.steps),
    element("ol", ...steps),
  );
}

async function signIn() {
  const answer = await signedIn({ phone: form.phone.value.trim(), code: form.code.value, device });
  if (!answer.ok) return;
  form.reset();
  token = answer.body.access_token;
  await look();
}

form.addEventListener("submit", whileBusy(form.querySelector("[type=submit]"), signIn));
again.addEventListener("click", whileBusy(again, look));
