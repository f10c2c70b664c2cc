/** Round numbers beside a chart, and where values stand. */
import { expect, test } from 'vitest'

import { every, exact, scale, short, ticksOf } from './chart.ts'

test.each([
  [[0, 7], 'count', [0, 2, 4, 6, 8]],
  [[12_345], 'fen', [0, 5_000, 10_000, 15_000]],
  [[-300, 900], 'fen', [-500, 0, 500, 1_000]],
  [[0], 'count', [0, 1]],
  [[], 'fen', [0, 100]],
  [[3], 'count', [0, 1, 2, 3]],
] as const)('beside %j (%s) stand %j', (values, unit, ticks) => {
  expect(ticksOf(values, unit)).toEqual(ticks)
})

test('a value stands between the ends, the larger one higher', () => {
  const y = scale(0, 1_000, 200, 0)
  expect([y(0), y(250), y(1_000)]).toEqual([200, 150, 0])
})

test.each([
  [123_456_789, 'fen', '¥1.23M', '¥1,234,567.89'],
  [-50_000, 'fen', '−¥500', '−¥500.00'],
  [1_234_500, 'fen', '¥12.35k', '¥12,345.00'],
  [17, 'count', '17', '17'],
] as const)('%i %s is %s on the axis and %s in the table', (value, unit, axis, table) => {
  expect([short(value, unit), exact(value, unit)]).toEqual([axis, table])
})

test('labels never touch', () => {
  expect([every(30, 720), every(30, 280), every(5, 720)]).toEqual([3, 10, 1])
})
