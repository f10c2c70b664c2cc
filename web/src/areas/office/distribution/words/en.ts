/** The words of the distributors’ tree. */
import type { DistributionWords } from './zh.ts'

const en: DistributionWords = {
  title: 'Distributors',
  help: [
    'Open the tree step by step from its root, or find somebody by invite code, phone number or id. Phones are masked, each look is noted in the read audit.',
    'Moving, suspending or ending a place takes a reason; what was earned stays earned.',
  ],
  roots: 'All roots',
  noRoots: 'No tree yet',
  noRootsAdvice: 'Operations can begin one with a customer.',
  search: 'Invite code, phone number or id',
  searchHint: 'For instance 7K3M9PQRS2TV, 13800138000 or dst_…',
  find: 'Find',
  nobody: 'Nobody was found',
  path: 'From the root to here',
  notWhole: 'The way is long, or leads through other regions: only a part is shown.',
  distributor: 'Distributor',
  state: 'State',
  tier: 'Tier',
  region: 'Region',
  since: 'Since',
  phone: 'Phone',
  id: 'Number',
  recruits: 'Directly below',
  noRecruits: 'Nobody stands directly below',
  change: 'Change the state',
  changeTo: 'To',
  changeAbout: 'Who is suspended earns nothing new; an ended place does not come back. What was earned stays theirs.',
  reason: 'Reason',
  save: 'Change it',
  statement: 'Statement',
  states: { APPLIED: 'Applied', ACTIVE: 'Active', SUSPENDED: 'Suspended', TERMINATED: 'Ended' },
  customer: 'Open the customer',
  traceBalance: 'Trace the available commission',
}

export default en
