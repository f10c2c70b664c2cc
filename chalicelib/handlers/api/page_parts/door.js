
const form = document.getElementById("form");
const picture = document.getElementById("picture");
const hint = document.getElementById("code-hint");
let captcha = null;

/** The name that this browser gave itself; without storage it is a new device each time. */
const device = (() => {
  const bytes = crypto.getRandomValues(new Uint8Array(18));
  const made = btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_");
  try {
    const kept = localStorage.getItem("forecourt-device") || made;
    localStorage.setItem("forecourt-device", kept);
    return kept;
  } catch (refused) {
    return made;
  }
})();

async function anotherCaptcha() {
  const answer = await asked("POST", "captchas", {}, JSON.stringify({ device }));
  if (!answer.ok) return showProblem(answer);
  captcha = answer.body;
  picture.src = captcha.picture;
  form.answer.value = "";
}

async function hear() {
  if (!captcha) await anotherCaptcha();
  if (!captcha) return;
  const path = "captchas/" + captcha.captcha_id + "/sound";
  const answer = await asked("POST", path, {}, JSON.stringify({ device }));
  if (!answer.ok) return showProblem(answer);
  form.answer.focus();
  await new Audio(answer.body.sound).play();
}

/** The captcha that was read, if any. */
function read() {
  if (!captcha || !form.answer.value) return {};
  return { captcha: { captcha_id: captcha.captcha_id, answer: form.answer.value } };
}

/** What was refused before is forgotten once a code is sent; and the captcha that was answered is good no more. */
async function sendCode() {
  const wish = { phone: form.phone.value.trim(), device, ...read() };
  const answer = await asked("POST", "codes", {}, JSON.stringify(wish));
  if (!answer.ok) {
    showProblem(answer);
    await anotherCaptcha();
    return;
  }
  outcome.replaceChildren();
  hint.textContent = WORDS.code_sent;
  await anotherCaptcha();
  form.code.focus();
}

for (const [id, work] of [["another", anotherCaptcha], ["hear", hear], ["send", sendCode]]) {
  const button = document.getElementById(id);
  button.addEventListener("click", whileBusy(button, work));
}
anotherCaptcha();
