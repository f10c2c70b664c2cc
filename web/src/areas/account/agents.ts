/** Agents: what does a browser's long name of itself say to a person? */

const BROWSERS: [RegExp, string][] = [
  [/MicroMessenger/, '微信 WeChat'],
  [/AlipayClient/, '支付宝 Alipay'],
  [/Edg\//, 'Edge'],
  [/Firefox\//, 'Firefox'],
  [/(?:Headless)?Chrome\//, 'Chrome'],
  [/Safari\//, 'Safari'],
]
const SYSTEMS: [RegExp, string][] = [
  [/HarmonyOS/, 'HarmonyOS'],
  [/Android/, 'Android'],
  [/iPhone|iPad/, 'iOS'],
  [/Windows/, 'Windows'],
  [/Mac OS X/, 'macOS'],
  [/Linux/, 'Linux'],
]

/** "Chrome · Android"; what neither table knows is shown as it is, shortened. */
export function nameOf(agent: string): string {
  const known = (table: [RegExp, string][]): string => table.find(([pattern]) => pattern.test(agent))?.[1] ?? ''
  return [known(BROWSERS), known(SYSTEMS)].filter(Boolean).join(' · ') || agent.slice(0, 40) || '?'
}
