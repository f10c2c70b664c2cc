/** 归档核验的文字。 */
const zh = {
  title: '归档核验',
  help: [
    '每一笔分录都写入锁定的归档并前后相连，每天封存一次。核验逐条检查对象、链接、封存和账本中的对应记录。',
    '核验在后台分段进行，可以离开本页；一次只进行一个。归档里没有而账本里有的记录，由运维命令 make verify-archive 查找。',
  ],
  records: '归档中的记录',
  sealedDay: '最近封存日',
  seal: '封存摘要',
  never: '还没有',
  verify: '开始核验',
  running: '正在核验',
  waiting: '即将开始',
  progress: (percent: string) => `已完成 ${percent}`,
  checked: (records: number, objects: number) => `已检查 ${records} 条记录、${objects} 个对象`,
  last: '最近一次结果',
  intact: '完好无改动',
  broken: (count: number) => `发现 ${count} 处问题`,
  all: '全部核验',
  nothing: '还没有核验过',
  nothingAdvice: '随时可以开始一次，不影响交易。',
  when: '时间',
  by: '发起人',
  result: '结果',
  findings: '问题',
  states: { WAITING: '等待', RUNNING: '进行中', DONE: '完成' },
}

export type ArchiveWords = typeof zh
export default zh
