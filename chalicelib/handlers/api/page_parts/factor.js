
const factor = document.getElementById("factor");
const passkey = document.getElementById("passkey");

function bytes(text) {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
}

/** What one of this person's passkeys answers to a challenge; "" when the browser or its owner gives none. */
async function answerOf(facts) {
  const allowCredentials = facts.credentials.map((id) => ({ type: "public-key", id: bytes(id) }));
  const publicKey = { challenge: bytes(facts.challenge), rpId: facts.domain, allowCredentials, userVerification: "required" };
  try {
    return JSON.stringify((await navigator.credentials.get({ publicKey })).toJSON());
  } catch (refused) {
    return "";
  }
}

/** What the person shows: digits, a recovery code, or a passkey's answer; "" when they turn back. */
function shown(facts) {
  passkey.hidden = !(facts.credentials && facts.credentials.length && window.PublicKeyCredential);
  factor.hidden = false;
  factor.scrollIntoView({ block: "center" });
  (passkey.hidden ? factor.digits : passkey).focus();
  return new Promise((done) => {
    const end = (told) => {
      factor.hidden = true;
      factor.reset();
      done(told);
    };
    factor.onsubmit = (event) => {
      event.preventDefault();
      end(factor.digits.value.trim());
    };
    passkey.onclick = async () => {
      const answer = await answerOf(facts);
      if (answer) end(answer);
    };
    document.getElementById("cancel").onclick = () => end("");
  });
}

/** What was shown and not looked at yet, since a captcha was asked for first. */
let held = "";

function codeOf(answer) {
  return (answer.body && answer.body.code) || "";
}

/** Sends it, and again with the second factor where that is asked for. */
async function withFactor(send) {
  let answer = await send(held ? { second_factor: held } : {});
  if (codeOf(answer) === "SECOND_FACTOR_REQUIRED") {
    outcome.replaceChildren();
    held = await shown(answer.body.facts);
    if (held) answer = await send({ second_factor: held });
  }
  if (!codeOf(answer).startsWith("CAPTCHA_")) held = "";
  return answer;
}

/** Signs in with a proof, and with the captcha that was read, which is good once; shows why not. */
async function signedIn(proof) {
  const wasRead = form.answer.value;
  const answer = await withFactor((more) => {
    const sent = { ...proof, ...read(), ...more };
    form.answer.value = "";
    return asked("POST", "sessions", {}, JSON.stringify(sent));
  });
  if (wasRead || codeOf(answer).startsWith("CAPTCHA_")) await anotherCaptcha();
  if (!answer.ok) showProblem(answer);
  return answer;
}
