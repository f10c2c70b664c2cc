/** How the units are tested: in a light imitation of a browser; the real one drives the journeys. */
import { mergeConfig } from 'vite'
import { defineConfig } from 'vitest/config'
import app from './vite.config.ts'

export default mergeConfig(
  app,
  defineConfig({ test: { environment: 'happy-dom', include: ['src/**/*.test.ts', 'tools/**/*.test.ts'] } }),
)
