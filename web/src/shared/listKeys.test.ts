/** The row above and below, and the ends of a list. */
import { expect, test } from 'vitest'

import { neighbour } from './listKeys.ts'

test.each([
  [['a', 'b', 'c'], '', 1, 'a'],
  [['a', 'b', 'c'], '', -1, 'c'],
  [['a', 'b', 'c'], 'a', 1, 'b'],
  [['a', 'b', 'c'], 'c', 1, 'c'],
  [['a', 'b', 'c'], 'a', -1, 'a'],
  [[], '', 1, ''],
] as const)('in %j from %j by %i is %j', (rows, at, step, next) => {
  expect(neighbour(rows, at, step)).toBe(next)
})
