
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

/** Sends it, and again with the second factor where that is asked for. */
async function withFactor(send) {
  const answer = await send({});
  if (!answer.body || answer.body.code !== "SECOND_FACTOR_REQUIRED") return answer;
  outcome.replaceChildren();
  const told = await shown(answer.body.facts);
  return told ? send({ second_factor: told }) : answer;
}
