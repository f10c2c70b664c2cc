/** The words of the archive. */
import type { ArchiveWords } from './zh.ts'

const en: ArchiveWords = {
  title: 'Archive',
  help: [
    'Every record is written to a locked archive, chained to the one before and sealed each day. A verification checks every object, link and seal, and each record against the store.',
    'It goes on in slices while you do other things; there is one at a time. What the store holds and the archive does not is looked for by make verify-archive.',
  ],
  records: 'Records in the archive',
  sealedDay: 'Newest sealed day',
  seal: 'Digest of its seal',
  never: 'none yet',
  verify: 'Verify it',
  running: 'Verifying',
  waiting: 'Begins within a minute',
  progress: (percent) => `${percent} done`,
  checked: (records, objects) => `${records} records, ${objects} objects checked`,
  last: 'The last result',
  intact: 'Intact',
  broken: (count) => `${count} things are wrong`,
  all: 'All verifications',
  nothing: 'Never verified',
  nothingAdvice: 'Begin at any time; trade is not disturbed.',
  when: 'When',
  by: 'By',
  result: 'Result',
  findings: 'What is wrong',
  states: { WAITING: 'Waits', RUNNING: 'Runs', DONE: 'Done' },
}

export default en
