/** Passkeys: what does this device answer to a challenge, or make for an account? */

function bytes(text: string): Uint8Array<ArrayBuffer> {
  const plain = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0))
}

export interface Challenge {
  challenge: string
  credentials: string[]
  domain: string
}

export const hasPasskeys: boolean = 'PublicKeyCredential' in globalThis

/** The challenge among the facts of a problem that asks for a second factor, or null. */
export function challengeIn(facts: Record<string, unknown>): Challenge | null {
  const { challenge, credentials, domain } = facts
  if (typeof challenge !== 'string' || typeof domain !== 'string' || !Array.isArray(credentials)) return null
  return credentials.length ? { challenge, credentials: credentials.map(String), domain } : null
}

/** The answer of one of the person's passkeys, to be sent as second factor; "" when there is none. */
export async function answerOf({ challenge, credentials, domain }: Challenge): Promise<string> {
  const allowCredentials = credentials.map((id) => ({ type: 'public-key' as const, id: bytes(id) }))
  const publicKey = { challenge: bytes(challenge), rpId: domain, allowCredentials, userVerification: 'required' as const }
  try {
    const shown = (await navigator.credentials.get({ publicKey })) as PublicKeyCredential | null
    return shown ? JSON.stringify(shown.toJSON()) : ''
  } catch {
    return ''
  }
}

/** The credential that this device made, to be added to the account; "" when it made none. */
export async function madeBy(options: Record<string, unknown>): Promise<string> {
  try {
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options as unknown as PublicKeyCredentialCreationOptionsJSON)
    const made = (await navigator.credentials.create({ publicKey })) as PublicKeyCredential | null
    return made ? JSON.stringify(made.toJSON()) : ''
  } catch {
    return ''
  }
}
