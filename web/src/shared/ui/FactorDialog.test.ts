/** The second factor is asked for until it is right, or until somebody turns back. */
import { flushPromises, mount } from '@vue/test-utils'
import { beforeAll, expect, test, vi } from 'vitest'

import { useFactor } from '../session/factor.ts'
import { useWords } from '../words/index.ts'
import FactorDialog from './FactorDialog.vue'

beforeAll(() => useWords.ready())

test('what was shown is told, and the dialog goes', async () => {
  const factor = useFactor()
  const told = factor.shown(null)
  const shown = mount(FactorDialog, { props: { factor } })
  await shown.get('input').setValue(' 123456 ')
  await shown.get('form').trigger('submit')
  expect(await told).toBe('123456')
  await flushPromises()
  expect(shown.find('dialog').exists()).toBe(false)
})

test('a wrong one is told in the dialog, which stays, and the field is empty', async () => {
  const factor = useFactor()
  const shown = mount(FactorDialog, { props: { factor } })
  const done = vi.fn(() => Promise.reject(new Error('no answer')))
  factor.asked.value = { challenge: null, done }
  await flushPromises()
  await shown.get('input').setValue('000000')
  await shown.get('form').trigger('submit')
  await flushPromises()
  expect(done).toHaveBeenCalledWith('000000')
  expect(shown.find('.trouble').exists()).toBe(true)
  expect(shown.get('input').element.value).toBe('')
})
