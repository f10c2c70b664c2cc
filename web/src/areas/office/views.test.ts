import { beforeEach, describe, expect, it } from 'vitest'
import { ref } from 'vue'

import { hiddenIn, hide } from '@/shared/columns.ts'
import { NAME_MAX, useViews, type Filters } from './views.ts'

const filters = ref<Filters>({})
const viewsOf = (table: string) => useViews({ table, filters: () => filters.value, apply: (told) => (filters.value = told) })

beforeEach(() => {
  localStorage.clear()
  filters.value = {}
  hide('t', hiddenIn('t'), null)
})

describe('a view with a name', () => {
  it('brings back filters and columns as they were', () => {
    const { save, choose } = viewsOf('t')
    filters.value = { kind: 'REFUND' }
    hide('t', hiddenIn('t'), new Set(['since']))
    save(' 退款 ')
    filters.value = {}
    hide('t', hiddenIn('t'), new Set(['amount', 'since']))

    choose('退款')
    expect(filters.value).toEqual({ kind: 'REFUND' })
    expect([...(hiddenIn('t').value ?? [])]).toEqual(['since'])
  })

  it('is there again on the next visit, and says so while it is shown', () => {
    filters.value = { kind: 'PLAN' }
    viewsOf('t').save('plans')
    const again = viewsOf('t')
    expect(again.views.value).toEqual([{ name: 'plans', filters: { kind: 'PLAN' }, hidden: null }])
    expect(again.current.value).toBe('plans')
  })

  it('takes the place of one of the same name', () => {
    const { save, views } = viewsOf('t')
    save('mine')
    filters.value = { kind: 'GRANT' }
    save('mine')
    expect(views.value).toEqual([{ name: 'mine', filters: { kind: 'GRANT' }, hidden: null }])
  })

  it('goes when it is removed; the table stays as it is', () => {
    const { save, remove, views } = viewsOf('t')
    filters.value = { kind: 'GRANT' }
    save('mine')
    remove('mine')
    expect(views.value).toEqual([])
    expect(filters.value).toEqual({ kind: 'GRANT' })
  })

  it('of none, the table is as it comes', () => {
    const { choose } = viewsOf('t')
    filters.value = { kind: 'GRANT' }
    hide('t', hiddenIn('t'), new Set(['since']))
    choose('')
    expect([filters.value, hiddenIn('t').value]).toEqual([{}, null])
  })

  it('has no empty name, and none that is too long', () => {
    const { save, views } = viewsOf('t')
    save('  ')
    save('x'.repeat(100))
    expect(views.value.map((view) => view.name.length)).toEqual([NAME_MAX])
  })

  it('is not read where something else was kept', () => {
    localStorage.setItem('forecourt-views::t', '[{"name":1},"x",null]')
    expect(viewsOf('t').views.value).toEqual([])
  })
})
