/** Drafts: what was typed into a form survives a reload, a sign-out by time-out and a lost network. Secrets and
 * codes are never kept; an explicit sign-out forgets all. */
import { watch, type Ref } from 'vue'

const PREFIX = 'forecourt-draft:'

/** Keeps the form's fields under its name until `done` is called. */
export function keepDraft<T extends object>(name: string, fields: Ref<T>): { done(): void } {
  const key = PREFIX + name
  try {
    const known = JSON.parse(sessionStorage.getItem(key) ?? 'null') as Partial<T> | null
    if (known) fields.value = { ...fields.value, ...known }
  } catch {
    // nothing was kept, or nothing that is ours
  }
  const stop = watch(fields, (now) => put(key, JSON.stringify(now)), { deep: true })
  return {
    done() {
      stop()
      put(key, null)
    },
  }
}

export function forgetDrafts(): void {
  for (const key of Object.keys(sessionStorage)) if (key.startsWith(PREFIX)) sessionStorage.removeItem(key)
}

function put(key: string, text: string | null): void {
  try {
    if (text === null) sessionStorage.removeItem(key)
    else sessionStorage.setItem(key, text)
  } catch {
    // kept by the open page alone
  }
}
