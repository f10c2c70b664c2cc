/** 分销区的文字。 */
const zh = {
  places: { workbench: '工作台', customers: '客户', promote: '推广', earnings: '收益', me: '我的' },
  toCustomer: '首页',
  notSold: '已下架的商品',
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
    why: '为什么是这个数',
    actions: { COMMISSION: '佣金', COMMISSION_REVERSAL: '退款冲回', COMMISSION_HOLD: '核查标记' } as Record<string, string>,
    help: [
      '冻结中：订单付款后先冻结，过了退货期、到了解冻日，变为可提现。',
      '提现处理中：已申请提现、正在审核或付款的金额。',
      '待扣回：订单退款时佣金已经提走的部分，会从以后解冻的佣金中扣回。',
    ],
  },
  why: {
    title: '为什么是这个数', sale: '一、这笔订单', rule: '二、适用的规则', sum: '三、怎么算', cap: '四、上限', after: '五、之后的变化',
    checked: '六、核对', boughtAt: '付款时间', paid: '实付金额', quantity: (count: number) => `× ${count}`, plan: '方案版本',
    version: (version: number) => `第 ${version} 版`, level: '您的级别',
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
    noRule: '没有适用于您这一级的规则，这一行不计佣金。', litres: (volume: string) => `${volume} 升`,
    cut: (exact: string, kept: string) => `${exact} 元中不足 1 分的部分舍去，得 ${kept}`, exactly: '正好到分，没有舍去', eachCut: '两个乘积各舍去不足 1 分的部分',
    limit: (limit: string) => `本规则每行最多 ${limit}`, limited: '已按规则的行上限封顶', rounding: (how: string) => `取整：${how}`,
    noCap: '这份方案没有合计上限。', capSum: (base: string, bps: string) => `各级合计最多为${base}的 ${bps}`,
    capNotReached: '没有达到上限，全额计入', capOrder: { NEAREST_FIRST: '超过上限：离顾客近的一级先得', PRO_RATA: '超过上限：各级按比例分摊' },
    grants: '本行计入', together: '各行合计', amount: '佣金', reversed: '因退款冲回', nothingReversed: '没有退款，没有冲回', net: '现在的净额',
    held: '这笔佣金正在核查，暂不解冻。', recomputed: '系统按同一说明重新计算', agrees: '三次计算一致：入账、系统重算、本页重算',
    differs: '计算结果不一致，请联系客服核对这笔佣金。', entry: '编号',
  },
  statement: {
    title: '账户流水', help: '每一行是账户的一次变动，带序号，并与上一行的校验值相连：少一行、改一行都能看出来。冻结中的佣金在解冻时才进入流水。',
    at: '时间', what: '事项', change: '变动', after: '变动后可提现', version: '序号', none: '还没有变动', noneAdvice: '佣金解冻后，变动会出现在这里。',
    whats: { release: '佣金解冻', request: '申请提现', back: '提现退回', paid: '提现付出', clawback: '退款扣回', state: '提现进展，金额不变', other: '其他变动' },
    columns: { available_fen: '可提现', held_fen: '提现处理中', owed_fen: '待扣回' } as Record<string, string>,
  },
  terms: {
    title: '提现须知', bounds: '单笔金额', boundsOf: (least: string, most: string) => (most ? `${least} 至 ${most}` : `${least} 起`), fee: '手续费', feeOf: (rate: string) => `提现金额的 ${rate}`,
    tax: '个人所得税', taxes: { NONE: '不代扣（公司收款，凭发票）', PER_PAYMENT: '按劳务报酬代扣，同一个月合并计算', CUMULATIVE: '按累计预扣法代扣' } as Record<string, string>,
    arrives: '到账时间', arrivesBy: (day: string) => `预计 ${day} 前（按工作日计）`, left: '剩余次数', leftOf: (today: number, month: number) => `今天 ${today} 次，本月 ${month} 次`,
    people: '审核', review: (most: string, people: number) => (most ? `${most} 以内 ${people} 人` : `更高 ${people} 人`), payee: '收款账户', noPayee: '尚未登记', change: '更换', setPayee: '去登记',
    pending: (amount: string) => `此前申请的 ${amount} 尚未付款，会先计税。`,
  },
  missing: {
    title: '还缺什么', go: '去办理',
    advice: {
      KYC_REQUIRED: '请先在“我的”完成实名认证，再回来提现。', PAYEE_MISSING: '请登记接收提现的银行账户；登记满一天后即可提现。',
      SECOND_FACTOR_MISSING: '提现要用二次验证确认。请先在“我的”设置验证器。', INSUFFICIENT_AVAILABLE: '可提现余额还不到最低金额，请等冻结中的佣金解冻。',
    } as Record<string, string>,
  },
  amount: {
    title: '提现', label: '提现金额（元）', hint: (least: string, most: string) => `${least} 至 ${most}`, all: (most: string) => `全部提现 ${most}`, next: '下一步：核对收款人',
    needed: '请填写金额，例如 100 或 100.50', below: (least: string) => `最少 ${least}`, above: (most: string) => `单笔最多 ${most}`, more: (free: string) => `可提现余额只有 ${free}`,
    needs: (people: number) => `需要 ${people} 人审核后付款`, open: '有一笔提现结果未知', openAdvice: '请先查询它的结果，再申请新的提现。', toOpen: '去查询',
    help: ['金额先从可提现中扣出，审核、付款完成后到账；审核前可以撤回。', '税和手续费在付款时扣除，实际以付款当天为准。'],
  },
  split: { gross: '提现金额', tax: '代扣个人所得税', fee: '手续费', net: '预计到账', arrived: '到账金额' },
  confirm: {
    title: '确认提现', amount: '提现金额', payee: '收款人', withdraw: (amount: string) => `确认提现 ${amount}`, bound: '验证只对这一笔有效：换了金额或收款人都要重新确认。五分钟内有效。',
    factor: '验证器数字或恢复码', factorHint: '验证器当前显示的六位数字', passkey: '使用通行密钥',
  },
  withdrawals: { title: '提现记录', another: '申请提现', none: '还没有提现', noneAdvice: '可提现金额达到最低金额后，就可以申请提现。', progress: '查看进度', goOn: '继续', drop: '删除' },
  progress: {
    title: '提现进度', steps_: '进度', cancel: '撤回提现', cancelTitle: '撤回这笔提现？', cancelAction: (amount: string) => `撤回 ${amount}`, cancelAbout: (amount: string) => `${amount} 会立即退回可提现余额。`,
    tooLate: '已通过审核，不能再撤回。', refused: '未通过原因：', reason: (reason: string) => `原因：${reason}`, splitLater: (rate: string) => `手续费 ${rate}；税和实际到账金额在付款时计算。`,
    states: {
      SUBMITTED: '已提交', REVIEW_1: '审核中', REVIEW_2: '审核中', REVIEW_3: '审核中', APPROVED: '已通过，待付款', RISK_HOLD: '风控核查中', PAYING: '付款中', UNKNOWN: '等待银行答复',
      PAID: '已到账', FAILED: '付款未成功', CANCELLED: '已撤回', REJECTED: '未通过', RETURNED: '已退回',
    } as Record<string, string>,
    steps: {
      SUBMIT: '已提交申请', REJECT: '未通过，金额已退回可提现', CANCEL: '已撤回，金额已退回可提现', HOLD: '风控核查', LIFT_HOLD: '核查结束', PAY: '已交银行付款', SUCCEED: '银行已付款',
      FAIL: '银行付款未成功', LOSE_ANSWER: '银行暂无答复', RETURN: '金额已退回可提现',
    } as Record<string, string>,
    reviewers: ['财务复核', '风控复核', '管理层复核'], approvedBy: (who: string) => `${who}通过`, toReview: (who: string) => `等待${who}`, toPay: '等待银行付款', toArrive: '到账', toLift: '等待核查结束', bankAsked: '正在向银行查询结果', toPayAgain: '等待财务再次付款或退回',
  },
  payee: {
    title: '收款账户', now: '当前账户', none: '尚未登记', since: (when: string) => `${when} 起`, another: '登记或更换', coolDown: '登记或更换后，24 小时内不能提现。这样即使登录被盗，钱也不会马上被转走。',
    name: '户名', nameHint: '与您的实名一致', bank: '开户银行', bankHint: '例如：中国建设银行昆明分行', account: '账号', accountHint: '8 至 32 位数字，可以带空格', accountWrong: '请填写 8 至 32 位数字',
    next: '下一步：核对', confirm: '确认收款账户', save: '确认更换', help: ['账号加密保存，页面上只显示末四位。', '每次更换都要用二次验证确认，并会出现在您的账户记录里。'],
  },
  promote: {
    title: '推广', link: '邀请链接', copyLink: '复制链接', share: '分享', code: '邀请码', copyCode: '复制邀请码', qrAlt: '邀请链接的二维码', qrAbout: '顾客扫码或打开链接注册，之后的购买就会关联到您。',
    shareTitle: 'Forecourt 加油卡', shareText: '在线购买和充值加油卡：', notActive: '您的推广资格当前没有生效，暂时不能邀请顾客。', poster: '海报', layout: '版式',
    layouts: { middle: '竖版居中', band: '竖版上下', wide: '横版' }, headline: '文案', headlineHint: '文案经过审核，不能自行修改，也不能承诺收益。',
    headlines: ['加油卡，在线购买，几分钟可用', '充值加油卡，价格清清楚楚', '余额和订单，随时看得见'], brand: 'Forecourt 加油卡', scan: '扫码注册，在线购卡', codeIs: (code: string) => `邀请码 ${code}`, mark: '广告',
    posterAlt: (headline: string, code: string) => `海报：${headline}，邀请码 ${code}`, save: '保存为图片',
    help: ['邀请不收费，也不因拉人获得报酬；只有顾客购买和充值才有佣金。', '请勿承诺收益，请勿改动海报文案。'],
  },
  customers: {
    title: '客户', mine: '我的客户', recruits: '我邀请的分销商', recruitsAbout: '只列出直接用您的邀请码加入的人；加入本身没有任何报酬。', who: '编号末位', since: '成为客户', joined: '加入日期', lately: '最近购买', none: '还没有客户', noRecruits: '还没有人用您的邀请码成为分销商',
    latelies: { WEEK: '一周内', MONTH: '一个月内', QUARTER: '三个月内', LONGER: '三个月以前', NEVER: '还没有购买' } as Record<string, string>,
    help: ['为保护隐私，这里不显示姓名、手机号、金额和具体购买日期。', '编号末位只用来区分不同的客户。'],
  },
  rules: {
    title: '等级规则', firm: '不变的规则', inForce: '现行规则', announced: (day: string) => `自 ${day} 起的规则`, none: '现在没有生效的佣金方案。', from: '生效日期', tier: '您的等级', everyTier: '普通', next: '上一等级', holds: '冻结天数', cap: '合计上限',
    holdOf: (event: string, days: number) => `${event} ${days} 天`, pays: '佣金', where: '适用于', most: '每行最多', whose: '对您', mine: '适用', others: (tier: string) => `仅限 ${tier}`, everywhere: '全部商品', paysNothing: '这一级没有佣金。',
    category: (name: string) => `品类：${name}`, categories: { virtual: '电子卡', named: '记名卡', stock: '实体卡', topup: '充值' } as Record<string, string>, region: (code: string) => `地区编码 ${code}`, campaign: (name: string) => `活动 ${name}`, differential: (rate: string, base: string) => `按${base}的 ${rate}，减去更近一级的比率`,
    firmly: ['最多两级：直接顾客，和您直接邀请的分销商的顾客。', '加入不收费、不用购买；邀请别人加入没有报酬。', '自己购买不计佣金。', '多条规则都适用时，范围最窄的一条有效。'],
    help: ['佣金只来自真实的购买和充值。', '规则变更会提前公布；已付款的订单仍按付款时的规则计算。'],
  },
  me: {
    title: '我的', place: '我的分销资格', since: '加入日期', tier: '等级', agreement: '协议版本', number: '邀请码', states: { ACTIVE: '有效', SUSPENDED: '已暂停', TERMINATED: '已放弃' } as Record<string, string>, changePayee: '更换收款账户', setPayee: '登记收款账户',
    account: '账号与安全', accountAbout: '手机号、密码、二次验证、隐私和显示偏好。', toAccount: '去账号设置', leave: '放弃分销资格', leaveAbout: '放弃后不再产生新的佣金，不能恢复。', leaveTitle: '放弃分销资格？', leaveAction: '永久放弃',
    leaveWarnings: ['不再产生新的佣金，也不能再邀请别人。', '已经赚到的佣金照常解冻，仍可提现。', '不能恢复，也不能再次加入。'], leaveAgreed: '我明白这不能恢复',
  },
  apply: {
    title: '成为分销商', conditions: '加入条件', free: ['不收任何费用，不用先购买。', '邀请别人加入没有报酬，只有顾客购买和充值才有佣金。', '需要实名认证。'],
    already: '您已经是分销商。', left: '您已放弃分销资格，不能再次加入；已经赚到的佣金仍可提现。', who: '一、实名', named: '已实名', unnamed: '尚未实名', nameFirst: '请先完成实名认证，再回到这里。', by: '二、邀请人', codeHint: '邀请您的分销商的 12 位邀请码，也可以粘贴邀请链接',
    test: '三、小测试', wrong: '再想一想：这一题答错了', wrongs: (count: number) => `有 ${count} 题答错了，已在题目下标出。请改正后再提交，次数不限。`, agreement: (version: string) => `分销协议（${version} 版）`, agree: (version: string) => `我已阅读并同意 ${version} 版分销协议`, agreementSays: ['佣金按公布的方案计算，每一笔都能查看是怎么算出来的。', '顾客退款时，对应的佣金会冲回。', '不得承诺收益，不得改动官方宣传文案。', '提现会代扣个人所得税，并由人审核。'],
    send: '提交申请', join: '同意并加入', mine: '我的申请', sentAt: (when: string) => `提交于 ${when}`, lapses: (day: string) => `由工作人员审核；${day} 前没有结果会自动失效，可以再申请。`, takeBack: '撤回申请',
    states: { SUBMITTED: '审核中', APPROVED: '已通过', REFUSED: '未通过', WITHDRAWN: '已撤回', LAPSED: '已失效' } as Record<string, string>,
  },
}

export type DistributorWords = typeof zh
export default zh
