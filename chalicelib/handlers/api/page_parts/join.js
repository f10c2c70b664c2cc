
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
let kept = { told: "", key: "" };

/** The time is the server's own, since a telephone's clock may be wrong. */
function ulid() {
  let time = Number(document.body.dataset.nowMs) + Math.floor(performance.now());
  let text = "";
  for (let place = 0; place < 10; place += 1) {
    text = ALPHABET[time % 32] + text;
    time = Math.floor(time / 32);
  }
  for (const byte of crypto.getRandomValues(new Uint8Array(16))) text += ALPHABET[byte % 32];
  return text;
}

/** One key for one registration, however often it is sent; what was altered is another one. */
function keyOf(told) {
  if (told !== kept.told) kept = { told, key: ulid() };
  return kept.key;
}

async function register() {
  const body = JSON.stringify({
    phone: form.phone.value.trim(),
    code: form.code.value,
    device,
    password: form.password.value,
    invite_code: form.dataset.code,
  });
  const answer = await asked("POST", "people", { "Idempotency-Key": keyOf(body) }, body);
  if (!answer.ok) return showProblem(answer);
  kept = { told: "", key: "" };
  form.reset();
  form.hidden = true;
  show(
    WORDS.registered,
    false,
    element("p", WORDS.account + " ", element("code", answer.body.person_id), " · " + answer.body.phone_masked),
    element("ol", ...WORDS.next.map((step) => element("li", step))),
  );
}

form.addEventListener("submit", whileBusy(form.querySelector("[type=submit]"), register));
