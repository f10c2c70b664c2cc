/** 订单、充值与退款的文字。 */
const zh = {
  steps: {
    title: '新手指引', skip: '跳过指引', place: (now: number, all: number) => `第 ${now} 步，共 ${all} 步`,
    buy: { title: '先有一张卡', text: '面值多少，卡里就有多少；未用部分可以退。' },
    topUp: { title: '试试充值', text: '选金额、确认、付款，三步完成。下次会记住您常用的金额。' },
    safety: { title: '知道怎么保护它', text: '卡丢了，先冻结再挂失，余额不会少。', action: '查看我的卡' },
  },
  ways: {
    title: '更多功能', demo: '看演示，不花钱', display: '字号与关怀模式', topUp: '给卡充值', orders: '查询与退款', bind: '添加已有的卡', loss: '冻结与挂失',
    security: '保护账户', data: '个人信息与授权', later: (count: number) => `还有 ${count} 项，用得上时再出现；跳过指引可马上看到全部。`,
  },
  topUp: {
    title: '充值', card: '充值到', amount: '充值金额', usual: '我常用的', common: '其他金额', custom: '自定义金额',
    customHint: '最少 ¥1.00', room: (amount: string) => `这张卡最多还能充 ${amount}（法定余额上限）`, tooMuch: (amount: string) => `最多 ${amount}`,
    tooLittle: '最少 ¥1.00', chooseAmount: '请选择或填写金额', none: '没有可充值的卡', noneAdvice: '先买一张电子卡，之后就能随时充值。',
    next: (amount: string) => `去确认，付 ${amount}`, choose: '去确认', confirmTitle: '确认充值', arrives: '到账时间', atOnce: '付款后立即到账',
    byIssuer: '付款后由油企入账，通常几分钟', help: '充值只做三件事：选金额、确认、付款。金额以确认页为准；价格在您确认前会重新询价，变了会先告诉您。',
    hint: '不确定选多少？可以先充少一点，没用完的部分可以退。付不了款时，换一种付款方式，或联系客服。',
  },
  buy: {
    title: '购卡', product: '选择卡', named: '记名卡', namedText: '登记在您名下：可挂失、可补卡，余额上限 ¥5,000.00，需要实名。',
    bearer: '不记名卡', bearerText: '不登记姓名：谁持有谁使用，不能挂失，余额上限 ¥1,000.00。', physical: '实体卡从库存发出，收到后凭卡密激活。',
    virtual: '电子卡付款后立即生成，在“加油卡”里直接使用。', face: '面值', price: '售价', quantity: '张数', confirmTitle: '确认购卡',
    none: '目前没有在售的卡', next: (amount: string) => `去确认，付 ${amount}`, help: '售价低于面值的部分是优惠。未使用的部分可以退款，规则见付款按钮旁。',
    saved: (amount: string) => `省 ${amount}`, group: (kind: string) => kind,
  },
  name: {
    title: '需要实名', text: '购买记名卡，或一天内购买较多不记名卡，法规要求登记姓名和身份证号。信息加密保存，只用于核验。',
    name: '姓名', number: '身份证号', numberHint: '18 位，最后一位可能是 X', send: '确认实名', done: '已实名，请继续下单',
  },
  sheet: {
    pay: (amount: string) => `付款 ${amount}`, what: '内容', credited: '到账', payable: '实付', saved: '优惠', payee: '收款方',
    payeeName: 'Forecourt', way: '付款方式', quantity: '张数', each: (count: number) => `× ${count}`, toPage: '接下来会打开支付页面', again: '按新价格确认',
    changed: (amount: string) => `价格已变为 ${amount}，没有下单，也没有扣款。请按新价格再确认一次。`, pricing: '正在询价…',
    draft: '现在离线，已存为草稿。恢复网络后，由您确认再发送。', notice: '查看并接受新版说明', sameWarning: '有一笔同样的订单结果未知，请先查询结果。',
  },
  way: { title: '付款方式', channels: { sandbox: '支付渠道（沙箱）' } as Record<string, string>, channelHint: '打开支付页面付款；沙箱不产生真实扣款', card: (name: string) => `用 ${name} 的余额`, short: '余额不足' },
  rule: {
    title: '退款规则', short: '未使用的可退：退还实付金额减去已使用的金额。',
    text: '您要求退款时，退还的是实付金额减去已使用金额，已使用部分按优惠前的价格计算，不会超过卡内剩余金额。因我们的原因退款时，已使用部分按优惠后的价格计算。款项退回原付款方式。油企已入账的代充值不能由我们退回。',
  },
  intents: {
    title: '待确认的操作', kinds: { order: '下单', refund: '退款', 'refund-request': '退款申请' } as Record<string, string>, ask: '查询结果', continue: '继续确认',
    forget: '删除草稿', found: '查到了：已经成功', open: '查看订单', close: '知道了', madeAt: (when: string) => `${when} 发起`,
    draftAdvice: '还没有发送，不会自动发送。继续时会重新询价。', rejectedAdvice: '没有下单，没有扣款。', sendingAdvice: '正在等待答复，请不要重复操作。',
  },
  orders: {
    title: '订单', groups: { all: '全部', toPay: '待付款', going: '进行中', done: '已完成', back: '退款', closed: '已关闭' } as Record<string, string>,
    filter: '按状态筛选', empty: '还没有订单', emptyAdvice: '充值或购卡后，每一步和时间都会记在这里。', emptyGroup: '这一类没有订单', emptySoFar: '已加载的订单里没有这一类，可以加载更多。', choose: '选一个订单查看详情', list: '订单列表',
    help: '“结果未知”表示我们还没收到对方答复，会一直查询；查明之前不会重复扣款。',
  },
  order: {
    title: (use: string) => `${use}订单`, where: '钱在哪里', history: '经过', facts: '订单信息', placed: '下单时间', paid: '付款时间', card: '卡', region: '地区',
    payNow: '去付款', check: '我已付款，查一下', checked: '还没有收到付款。付款后通常几秒内到账。', cancel: '取消订单', cancelTitle: '取消这个订单？', cancelText: '还没有付款的订单会关闭，不扣款。',
    fromCard: '改用卡余额付款', again: '再来一单', refund: '退款', support: '联系客服', showCard: '查看卡片', refunds: '退款记录', payUntil: (when: string) => `请在 ${when} 前付款，超时自动关闭`,
    topUp: '油企入账', fromCardTitle: '用卡余额付款', refundAmount: '退回', byChannel: (name: string) => name, byCard: '卡余额',
    request: '退款申请', requestStates: { WAITING: '等待审批', APPROVED: '已同意', REFUSED: '未同意', EXPIRED: '已过期' } as Record<string, string>, requestUntil: (when: string) => `${when} 前答复`,
    help: '这里显示订单的每一步和时间。遇到问题，“联系客服”在页面最下方，请报订单号。',
  },
  where: {
    unpaid: '还在您这里，尚未付款。', paid: '我们已收到付款，正在处理。', held: '我们已收到付款，正在人工审核。通过后继续，不通过会原路退回。',
    atIssuer: '已交给油企入账，等待答复。', issuerSilent: '已交给油企，但没有收到答复。我们会一直查询，不会重复充值；查明后立即更新，失败则原路退回。',
    delivering: '正在入账。', onNewCard: '在您的新卡里。', onCard: '已在卡里，可以使用。', onIssuerCard: '已在油企的卡账户里。',
    toLoad: '已在油企账户里，等您到加油站圈存到卡上。', comingBack: '正在退回给您。', back: '已退回给您。', partBack: '一部分已退回，其余仍在卡里。',
    nothingPaid: '没有收到付款，没有扣款。', surplusBack: '多付的款项正在或已经退回给您。',
  },
  topUpStates: {
    SUBMITTED: '已提交', UNKNOWN: '结果未知，查询中', SUCCEEDED: '已入账', SUCCEEDED_PENDING_LOAD: '待圈存', LOADED: '已圈存', FAILED: '未成功',
  } as Record<string, string>,
  refundStates: {
    REQUESTED: '等待油企确认', APPROVED: '已批准', SUBMITTED: '已提交渠道', UNKNOWN: '结果未知，查询中', SUCCEEDED: '已退回', FAILED: '渠道未成功，将重试', MANUAL: '人工处理中', REJECTED: '油企未同意',
  } as Record<string, string>,
  support: {
    tell: '联系时请报订单号', questions: '常见问题',
  },
  refund: {
    title: '退款', gives: '退回给您', leaves: '从卡中扣除', to: '退到', toChannel: '原支付渠道', toCard: (name: string) => name, which: '退哪些卡', all: '全部',
    part: '只退一部分', whole: '全部可退金额', amount: '退款金额', tooMuch: (amount: string) => `最多 ${amount}`, next: '去确认', confirmTitle: '确认退款', action: (amount: string) => `退款 ${amount}`,
    reason: '原因', reasonHint: '给审批的人看，例如“换车，不再使用”', ask: '申请审批', asked: '已提交，一周内答复', approval: '这个金额需要审批。提交申请后，一周内会有答复；同意后按同样的规则退回。',
    none: '没有可退的金额', reasonTitle: '申请退款审批', closes: '退完后，不再有余额的卡会关闭。', help: '先显示能退多少、从哪张卡扣，确认后才提交。同一笔退款不会重复。', card: (last4: string) => `尾号 ${last4}`,
  },
}

export type TradeWords = typeof zh
export default zh
