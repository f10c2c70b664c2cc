/** Now, looked at each minute: what is in force changes while a page is open. */
import { onScopeDispose, ref, type Ref } from 'vue'

export function useNow(everyMs = 60_000): Readonly<Ref<number>> {
  const now = ref(Date.now())
  const timer = setInterval(() => (now.value = Date.now()), everyMs)
  onScopeDispose(() => clearInterval(timer))
  return now
}
