/** The words of the distributor's area. */
import type { DistributorWords } from './zh.ts'

const en: DistributorWords = {
  places: { workbench: 'Workbench', customers: 'Customers', promote: 'Promote', earnings: 'Earnings', me: 'Me' },
  workbench: { title: 'Workbench', available: 'Available', frozen: 'Frozen', held: 'Being paid out', owed: 'Owed' },
}

export default en
