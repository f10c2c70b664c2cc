
const inside = document.getElementById("inside");
const more = document.getElementById("more");
const adding = document.getElementById("adding");
const again = document.getElementById("again");
const own = document.getElementById("own");
const confirming = document.getElementById("confirming");
const ASKS_FOR_MORE = ["CODE_REQUIRED", "CODE_WRONG", "CAPTCHA_REQUIRED", "CAPTCHA_WRONG"];
let token = "";

/** One call of whoever is signed in. */
function mine(method, path, body) {
  return asked(method, "me/" + path, { Authorization: "Bearer " + token }, body && JSON.stringify(body));
}

/** The password, once more before the first second factor. */
function proof() {
  return own.value ? { password: own.value } : {};
}

function moment(text) {
  return text ? new Date(text).toLocaleString(LANGUAGE, { timeZone: "Asia/Shanghai" }) : WORDS.never;
}

function passkeyLine(one) {
  const remove = element("button", WORDS.remove);
  remove.type = "button";
  remove.addEventListener("click", whileBusy(remove, () => removePasskey(one)));
  const told = one.cloned ? WORDS.cloned : WORDS.used + " " + moment(one.used_at);
  return element("li", element("strong", one.name), " · " + WORDS.added + " " + moment(one.added_at) + " · " + told + " ", remove);
}

async function look() {
  const [state, list] = [await mine("GET", "second-factor"), await mine("GET", "passkeys")];
  if (!state.ok || !list.ok) return showProblem(state.ok ? list : state);
  form.hidden = true;
  inside.hidden = false;
  const facts = state.body;
  again.hidden = facts.is_on;
  document.getElementById("state").replaceChildren(
    element("li", facts.is_on ? WORDS.is_on : WORDS.is_off),
    element("li", WORDS.authenticator_is + " " + (facts.authenticator ? WORDS.yes : WORDS.no)),
    element("li", WORDS.codes_left + " " + facts.recovery_codes_left),
  );
  const lines = list.body.passkeys.map(passkeyLine);
  document.getElementById("passkeys").replaceChildren(...(lines.length ? lines : [element("li", WORDS.none)]));
}

/** What came of it; recovery codes are shown this once. */
async function done(heading, codes) {
  own.value = "";
  await look();
  const list = element("ul", ...codes.map((code) => element("li", element("code", code))));
  show(heading, false, ...(codes.length ? [element("p", WORDS.keep_codes), list] : []));
}

async function signIn() {
  const proof = { phone: form.phone.value.trim(), password: form.password.value, device };
  if (form.code.value) proof.code = form.code.value;
  const answer = await signedIn(proof);
  if (!answer.ok) {
    if (ASKS_FOR_MORE.includes(codeOf(answer))) more.open = true;
    return;
  }
  form.reset();
  token = answer.body.access_token;
  document.getElementById("who").textContent = answer.body.person.phone_masked + " · " + answer.body.roles.join(", ");
  outcome.replaceChildren();
  await look();
}

async function addPasskey() {
  const asking = await withFactor((factorShown) => mine("POST", "passkeys", { ...proof(), ...factorShown }));
  if (!asking.ok) return showProblem(asking);
  let credential;
  try {
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(asking.body.options);
    credential = JSON.stringify((await navigator.credentials.create({ publicKey })).toJSON());
  } catch (refused) {
    return show(WORDS.no_passkey, true, element("p", WORDS.no_passkey_advice));
  }
  const answer = await mine("POST", "passkeys/confirmation", { name: adding.name.value.trim(), credential });
  if (!answer.ok) return showProblem(answer);
  adding.reset();
  await done(WORDS.passkey_added, answer.body.recovery_codes);
}

async function removePasskey(one) {
  const challenge = await mine("GET", "passkeys/challenge");
  if (!challenge.ok) return showProblem(challenge);
  const told = await shown(challenge.body);
  if (!told) return;
  const answer = await mine("POST", "passkeys/" + one.passkey_id + "/removal", { second_factor: told });
  if (!answer.ok) return showProblem(answer);
  await done(WORDS.passkey_removed, []);
}

async function offerSecret() {
  const answer = await withFactor((factorShown) => mine("POST", "second-factor", { ...proof(), ...factorShown }));
  if (!answer.ok) return showProblem(answer);
  document.getElementById("qr").src = answer.body.picture;
  document.getElementById("uri").textContent = answer.body.uri;
  confirming.hidden = false;
  confirming.first.focus();
}

async function confirmSecret() {
  const answer = await mine("POST", "second-factor/confirmation", { code: confirming.first.value });
  if (!answer.ok) return showProblem(answer);
  confirming.hidden = true;
  confirming.reset();
  await done(WORDS.authenticator_on, answer.body.recovery_codes);
}

form.code.required = false;
const offer = document.getElementById("offer");
offer.addEventListener("click", whileBusy(offer, offerSecret));
for (const [one, work] of [[form, signIn], [adding, addPasskey], [confirming, confirmSecret]]) {
  one.addEventListener("submit", whileBusy(one.querySelector("[type=submit]"), work));
}
