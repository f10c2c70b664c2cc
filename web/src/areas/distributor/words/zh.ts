/** 分销区的文字。 */
const zh = {
  places: { workbench: '工作台', customers: '客户', promote: '推广', earnings: '收益', me: '我的' },
  toCustomer: '我要加油',
  workbench: {
    title: '工作台', today: '今日新增佣金', todayCount: (count: number) => `今日 ${count} 笔`, available: '可提现', withdraw: '提现',
    waits: '等待处理', nothingWaits: '没有需要您处理的事', next: '下次解冻', nextOn: (day: string) => `${day} 解冻`,
    nothingFrozen: '没有冻结中的佣金', notices: '规则变更', noNotices: '暂无规则变更', noticeFrom: (day: string) => `新规则自 ${day} 起生效`,
    seeRules: '查看等级规则', unknown: (count: number) => `${count} 笔提现结果未知`, unknownAdvice: '请先查询结果，不要另提一笔。',
    inReview: (count: number) => `${count} 笔提现处理中`, payeeMissing: '还没有收款账户', payeeMissingAdvice: '登记后满一天即可提现。',
    owed: '有佣金待扣回', owedAdvice: '退款订单的佣金会从以后的收益中扣回。', invite: '邀请顾客', inviteAdvice: '顾客用您的链接注册后购卡，佣金就会记到这里。',
  },
  earnings: {
    title: '收益', available: '可提现', frozen: '冻结中', held: '提现处理中', owed: '待扣回', withdraw: '提现', records: '提现记录',
    statement: '账户流水', rules: '等级规则', byDay: '按解冻日查看', released: (day: string) => `${day} 解冻`, lookedInto: '风控核查中，结束后解冻',
    entries: '佣金明细', none: '还没有佣金', noneAdvice: '邀请顾客注册并购卡，订单付款后佣金会出现在这里。', promote: '去推广',
    why: '为什么是这个数', frees: '解冻日', order: '订单商品', choose: '选一笔佣金，查看它是怎么算出来的。',
    actions: { COMMISSION: '佣金', COMMISSION_REVERSAL: '退款冲回', COMMISSION_HOLD: '核查标记' } as Record<string, string>,
    help: [
      '冻结中：订单付款后先冻结，过了退货期、到了解冻日，变为可提现。',
      '提现处理中：已申请提现、正在审核或付款的金额。',
      '待扣回：订单退款时佣金已经提走的部分，会从以后解冻的佣金中扣回。',
    ],
  },
  why: {
    title: '为什么是这个数', back: '返回收益', sale: '一、这笔订单', rule: '二、适用的规则', sum: '三、怎么算', cap: '四、上限', after: '五、之后的变化',
    checked: '六、核对', boughtAt: '付款时间', goods: '商品', paid: '实付金额', quantity: (count: number) => `× ${count}`, plan: '方案版本',
    version: (plan: string, version: number) => `${plan} 第 ${version} 版`, level: '您的级别',
    levels: { 1: '第 1 级：顾客由您直接带来', 2: '第 2 级：顾客由您直接邀请的分销商带来' } as Record<number, string>,
    event: '事件', events: { CARD_SALE: '购卡', TOPUP: '充值', CONSUMPTION: '消费', ADDON: '附加服务' } as Record<string, string>,
    kinds: {
      PERCENT: (rate: string, base: string) => `按${base}的 ${rate}`,
      DIFFERENTIAL: (rate: string, base: string, lower: string) => `按${base}的 ${rate}，减去更靠近顾客一级已得的 ${lower}`,
      FIXED_PER_ORDER: (amount: string) => `每单固定 ${amount}`,
      FIXED_PER_UNIT: (amount: string) => `每件固定 ${amount}`,
      LITRES: (amount: string) => `每升 ${amount}`,
    },
    bases: { PAID: '实付金额', MARGIN: '毛利', LIST: '标价', VOLUME: '油量' } as Record<string, string>,
    noRule: '没有适用于您这一级的规则，这一行不计佣金。', rate: '比率', worked: '计算', units: (count: number) => `${count} 件`, litres: (volume: string) => `${volume} 升`,
    cut: (exact: string, kept: string) => `${exact} 元中不足 1 分的部分舍去，得 ${kept}`, exactly: '正好到分，没有舍去',
    limit: (limit: string) => `本规则每行最多 ${limit}`, limited: '已按规则的行上限封顶', rounding: '取整',
    noCap: '这份方案没有合计上限。', capSum: (base: string, bps: string) => `各级合计最多为${base}的 ${bps}`,
    capNotReached: '没有达到上限，全额计入', capOrder: { NEAREST_FIRST: '超过上限：离顾客近的一级先得', PRO_RATA: '超过上限：各级按比例分摊' },
    grants: '本行计入', together: '各行合计', amount: '佣金', reversed: '因退款冲回', nothingReversed: '没有退款，没有冲回', net: '现在的净额',
    held: '这笔佣金正在核查，暂不解冻。', recomputed: '系统按同一说明重新计算', agrees: '三次计算一致：入账、系统重算、本页重算',
    differs: '计算结果不一致，请联系客服核对这笔佣金。', entry: '编号',
  },
  statement: {
    title: '账户流水', help: '每一行是账户的一次变动，带序号，并与上一行的校验值相连：少一行、改一行都能看出来。冻结中的佣金在解冻时才进入流水。',
    at: '时间', what: '事项', change: '变动', after: '变动后可提现', version: '序号', none: '还没有变动', noneAdvice: '佣金解冻后，变动会出现在这里。',
    whats: { release: '佣金解冻', request: '申请提现', back: '提现退回', paid: '提现付出', clawback: '退款扣回', other: '其他变动' },
    columns: { available_fen: '可提现', held_fen: '提现处理中', owed_fen: '待扣回' } as Record<string, string>,
  },
}

export type DistributorWords = typeof zh
export default zh
