/** The connection: does what is done here reach the API? Said by the browser, and by the last request. */
import { computed, ref, watch } from 'vue'

import { api, reached } from './api/client.ts'

const ASK_MS = 5_000

const online = ref(navigator.onLine)
addEventListener('online', () => {
  online.value = true
  reached.value = true
})
addEventListener('offline', () => (online.value = false))

export const connected = computed(() => online.value && reached.value)

/** A browser does not always say when the way is free again: while it was not, the API is asked how it is. */
let asking: ReturnType<typeof setInterval> | undefined
watch(reached, (now) => {
  clearInterval(asking)
  if (!now) asking = setInterval(() => void api.GET('/v1/health').catch(() => undefined), ASK_MS)
})
