/** The offline shell: the service worker keeps the app's own files, never an answer of the API. */

const WORKER = '/sw.js'

interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(): string }): { createScriptURL(input: string): unknown }
}

/** The policy under which a script's address may be named here; it names one. */
function workerAddress(): string {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes }
  const policy = trustedTypes?.createPolicy('forecourt', { createScriptURL: () => WORKER })
  return (policy?.createScriptURL('') ?? WORKER) as string
}

export async function registerShell(): Promise<void> {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return
  try {
    await navigator.serviceWorker.register(workerAddress())
  } catch {
    // a browser that refuses it has no shell offline; everything else works
  }
}
