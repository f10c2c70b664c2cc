/** A sheet may be left by Escape while it still asks for something, and not while something is being done. */
import { mount } from '@vue/test-utils'
import { beforeAll, expect, test } from 'vitest'

import { useWords } from '../words/index.ts'
import ConfirmSheet from './ConfirmSheet.vue'

beforeAll(() => useWords.ready())

function sheet(state: { busy?: boolean; pending?: boolean }) {
  const shown = mount(ConfirmSheet, { props: { title: 'Pay', action: 'Pay ¥1.00', ...state }, attachTo: document.body })
  return { shown, escape: () => shown.get('dialog').element.dispatchEvent(new Event('cancel', { cancelable: true })) }
}

test.each([
  [{}, 1],
  [{ pending: true }, 1],
  [{ busy: true }, 0],
])('Escape in the state %o closes it %i times', (state, times) => {
  const { shown, escape } = sheet(state)
  escape()
  expect(shown.emitted('close') ?? []).toHaveLength(times)
  shown.unmount()
})

test('nothing is confirmed while it is asked for', async () => {
  const { shown } = sheet({ pending: true })
  await shown.get('.deeds .button.primary').trigger('click')
  expect(shown.emitted('confirm')).toBeUndefined()
  await shown.setProps({ pending: false })
  await shown.get('.deeds .button.primary').trigger('click')
  expect(shown.emitted('confirm')).toHaveLength(1)
  shown.unmount()
})
