/** The device: the secret name that this browser gave itself; without storage it is a new one each time. */

const KEY = 'forecourt-device'

function made(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(18))
  return btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_')
}

export const device: string = (() => {
  const fresh = made()
  try {
    const known = localStorage.getItem(KEY) ?? fresh
    localStorage.setItem(KEY, known)
    return known
  } catch {
    return fresh
  }
})()
