/** The connection: does what is done here reach the API? Said by the browser, and by the last request. */
import { computed, ref } from 'vue'

import { reached } from './api/client.ts'

const online = ref(navigator.onLine)
addEventListener('online', () => {
  online.value = true
  reached.value = true
})
addEventListener('offline', () => (online.value = false))

export const connected = computed(() => online.value && reached.value)
