/** Gestures: a pull asks anew, a swipe goes on to the next card; a button beside each does the same. Neither ever sends
 * anything, and where money is decided there is no pull. */
import { expect, test, type CDPSession, type Locator, type Page } from '@playwright/test'

import { buyCard, comeIn, deskOf, leaveAll } from './people.ts'

const main = (page: Page): Locator => page.locator('#main')
const X = 180

interface Asked {
  reads: string[]
  writes: string[]
}

/** What the page asks of the API from now on. */
function asking(page: Page): Asked {
  const asked: Asked = { reads: [], writes: [] }
  page.on('request', (request) => {
    const { pathname } = new URL(request.url())
    if (pathname.startsWith('/v1/')) (request.method() === 'GET' ? asked.reads : asked.writes).push(pathname)
  })
  return asked
}

/** A finger goes from here to there, in steps as small as a finger's. */
async function drag(finger: CDPSession, [fromX, fromY]: [number, number], [toX, toY]: [number, number], letsGo = true): Promise<void> {
  const send = (type: 'touchStart' | 'touchMove' | 'touchEnd', x = 0, y = 0) =>
    finger.send('Input.dispatchTouchEvent', { type, touchPoints: type === 'touchEnd' ? [] : [{ x, y }] })
  await send('touchStart', fromX, fromY)
  for (let step = 1; step <= 8; step += 1) await send('touchMove', fromX + ((toX - fromX) * step) / 8, fromY + ((toY - fromY) * step) / 8)
  if (letsGo) await send('touchEnd')
}

async function settled(page: Page): Promise<void> {
  await expect(page.locator('h1').first()).toBeVisible()
  await expect(page.locator('[aria-busy="true"]')).toHaveCount(0)
  await page.waitForLoadState('networkidle')
}

test.afterEach(({ browser }) => leaveAll(browser))

test('S-153 a pull from the top reads anew, as its button does; less of a pull, and a pull where money is decided, do nothing', async ({ browser }) => {
  const phone = { viewport: { width: 375, height: 667 }, hasTouch: true, isMobile: true, reducedMotion: 'reduce' as const }
  const page = await (await deskOf(browser, phone)).newPage()
  await comeIn(page, 'customer')
  await page.goto('/orders')
  await settled(page)
  const finger = await page.context().newCDPSession(page)
  const asked = asking(page)
  const hint = page.locator('.pulled')

  await drag(finger, [X, 200], [X, 260], false)
  await expect(hint).toHaveText('继续下拉刷新')
  await finger.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] })
  await expect(hint).toHaveCount(0)
  expect(asked.reads).toEqual([])

  await drag(finger, [X, 200], [X, 320], false)
  await expect(hint).toHaveText('松开即刷新')
  expect(await hint.evaluate((one) => [getComputedStyle(one).animationName, one.getAnimations({ subtree: true }).length])).toEqual(['none', 0])
  await finger.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] })
  await expect.poll(() => asked.reads).toContain('/v1/orders')
  await expect(hint).toHaveCount(0)
  const byPull = [...asked.reads].sort()

  asked.reads.length = 0
  await main(page).getByRole('button', { name: '刷新' }).tap()
  await expect.poll(() => [...asked.reads].sort()).toEqual(byPull)

  await page.goto('/top-up')
  await settled(page)
  await expect(main(page).getByRole('button', { name: '刷新' })).toHaveCount(0)
  asked.reads.length = 0
  await drag(finger, [X, 200], [X, 340], false)
  await expect(hint).toHaveCount(0)
  await finger.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] })
  await page.waitForLoadState('networkidle')
  expect(asked.reads).toEqual([])
  expect(asked.writes.filter((path) => path !== '/v1/sessions/refresh')).toEqual([])
})

/** What was swiped glides on for a moment, and a tap within it would be lost. */
async function atRest(row: Locator): Promise<void> {
  await row.evaluate(async (one) => {
    let [before, still] = [one.scrollLeft, 0]
    while (still < 10) {
      await new Promise(requestAnimationFrame)
      still = one.scrollLeft === before ? still + 1 : 0
      before = one.scrollLeft
    }
  })
}

test('S-153 a swipe shows the next card, as its button does', async ({ browser }) => {
  const page = await (await deskOf(browser, { viewport: { width: 375, height: 667 }, hasTouch: true, isMobile: true })).newPage()
  await comeIn(page, 'customer')
  await settled(page)
  if ((await main(page).locator('.card-row > li').count()) < 2) {
    await buyCard(page)
    await expect(async () => {
      await main(page).getByRole('button', { name: '刷新' }).tap()
      await expect(main(page).locator('.card-row > li')).not.toHaveCount(1, { timeout: 500 })
    }).toPass({ timeout: 20_000 })
    await page.reload() // the card that was in sight has stayed there
    await settled(page)
  }
  const place = main(page).locator('.card-steps [aria-live]')
  await expect(place).toHaveText(/^1 \/ [2-9]\d*$/)
  const of = (await place.innerText()).split('/')[1]?.trim() ?? ''
  const row = main(page).locator('.card-row')
  const { x, y, width, height } = (await row.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 }
  const finger = await page.context().newCDPSession(page)
  await drag(finger, [x + 0.9 * width, y + height / 2], [x + 0.1 * width, y + height / 2])
  await expect(place).toHaveText(`2 / ${of}`)
  await atRest(row)
  await main(page).getByRole('button', { name: '上一张' }).tap()
  await expect(place).toHaveText(`1 / ${of}`)
  await atRest(row)
  await main(page).getByRole('button', { name: '下一张' }).tap()
  await expect(place).toHaveText(`2 / ${of}`)
  await expect(page).toHaveURL(/\/home$/)
})
