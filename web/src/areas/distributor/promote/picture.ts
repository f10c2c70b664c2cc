/** The picture of the invite link, as an address that an image and a canvas take. */
import { computed, onScopeDispose, watch } from 'vue'

import { answer, api } from '@/shared/api/client.ts'
import { useRead } from '@/shared/reads.ts'

export function useCodePicture() {
  const read = useRead(['distributor', 'invitation'], () => answer(api.GET('/v1/distributors/me/invitation', { parseAs: 'text' })))
  const url = computed(() => {
    const svg = read.data.value as string | undefined
    return svg ? URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' })) : ''
  })
  watch(url, (_, before) => before && URL.revokeObjectURL(before))
  onScopeDispose(() => url.value && URL.revokeObjectURL(url.value))
  return { read, url }
}
