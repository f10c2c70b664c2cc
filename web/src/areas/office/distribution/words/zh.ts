/** 分销树的文字。 */
const zh = {
  title: '分销商',
  help: [
    '从树根逐级打开，或用邀请码、手机号、编号查找。手机号打码显示，每次查看记入访问审计。',
    '移动位置、暂停或终止须写明理由；已赚得的佣金不受影响。',
  ],
  roots: '全部树根',
  noRoots: '还没有分销树',
  noRootsAdvice: '运营可以为一位顾客建立新的树根。',
  search: '邀请码、手机号或编号',
  searchHint: '例如 7K3M9PQRS2TV、13800138000 或 dst_…',
  find: '查找',
  nobody: '没有找到',
  path: '从树根到此',
  notWhole: '路径较长或经过其他区域，只显示部分。',
  distributor: '分销商',
  state: '状态',
  tier: '等级',
  region: '区域',
  since: '加入时间',
  phone: '手机号',
  id: '编号',
  recruits: '直接推荐',
  noRecruits: '没有直接推荐的分销商',
  change: '变更状态',
  changeTo: '变更为',
  changeAbout: '暂停后不再产生新的佣金；终止不可恢复。已赚得的仍归本人。',
  reason: '理由',
  save: '确认变更',
  statement: '账户明细',
  states: { APPLIED: '已申请', ACTIVE: '正常', SUSPENDED: '已暂停', TERMINATED: '已终止' } as Record<string, string>,
  customer: '打开客户',
  traceBalance: '追踪可用佣金',
}

export type DistributionWords = typeof zh
export default zh
