/** When an order, a product or a user is changed, and when not: one row a reason. */
import type { FieldFault, ProblemCode } from '../../bus/problem.ts'
import type { Decision } from '../kernel/decision.ts'
import { specify } from '../kernel/test-rules.ts'
import { MAX_BALANCE_MINOR } from '../values.ts'
import { cancelOrder, changeUser, confirmOrder, eraseUser, putProduct, refundOrder, registerUser } from './rules.ts'

const refused = (code: ProblemCode, detail: string, errors?: FieldFault[]): Decision => ({
  kind: 'refusal',
  refusal: { code, detail, ...(errors ? { errors } : {}) },
  deadLetter: code,
})
const happened = (type: string, user: string | undefined, data: object, personal?: object): Decision =>
  ({
    kind: 'event',
    event: { type, ...(user ? { user } : {}), data, ...(personal ? { personal } : {}) },
    reply: {},
  }) as Decision

const pending = {
  order_id: '54321',
  user_id: '93493453',
  status: 'Pending',
  locale: 'ru',
  totalMinor: 500_00,
  version: 7,
} as const
const confirmed = { ...pending, status: 'Confirmed' } as const
const wish = { order_id: '54321' }
const ended = ['Confirmed', 'Rejected', 'Cancelled', 'Refunded'] as const

const cancelled = happened('OrderCancelled', '93493453', { order_id: '54321', user_id: 93493453, locale: 'ru' })

specify('order: somebody gives an order up', [
  {
    given: 'no such order',
    outcome: 'it is refused: order_not_found',
    decide: () => cancelOrder(undefined, wish),
    decision: refused('order_not_found', 'there is no order 54321'),
  },
  {
    given: 'another version than the one it is meant for',
    outcome: 'it is refused: version_mismatch',
    decide: () => cancelOrder(pending, { ...wish, if_version: 6 }),
    decision: refused('version_mismatch', 'its version is 7; read it again'),
  },
  {
    given: 'that it is meant for an order that is not there yet',
    outcome: 'it is refused: version_mismatch',
    decide: () => cancelOrder(pending, { ...wish, if_version: 0 }),
    decision: refused('version_mismatch', 'its version is 7; read it again'),
  },
  ...ended.map(status => ({
    given: `that it is ${status}`,
    outcome: 'it is refused: order_not_pending',
    decide: () => cancelOrder({ ...pending, status }, wish),
    decision: refused('order_not_pending', `order 54321 is ${status} and can be cancelled only while Pending`),
  })),
  {
    given: 'that it is pending',
    outcome: 'it is cancelled',
    decide: () => cancelOrder(pending, wish),
    decision: cancelled,
  },
  {
    given: 'that it is pending and of the very version',
    outcome: 'it is cancelled',
    decide: () => cancelOrder(pending, { ...wish, if_version: 7 }),
    decision: cancelled,
  },
  {
    given: 'that it is pending and meant whatever its version',
    outcome: 'it is cancelled',
    decide: () => cancelOrder(pending, { ...wish, if_version: '*' }),
    decision: cancelled,
  },
])

specify('order: billing has charged an order that was given up', [
  {
    given: 'that it is cancelled',
    outcome: 'nothing changes; billing gives the money back by itself',
    decide: () => confirmOrder({ ...pending, status: 'Cancelled' }),
    decision: { kind: 'nothing', reply: {} },
  },
])

const refundedOf = (amount: string) =>
  happened('OrderRefunded', '93493453', { order_id: '54321', user_id: 93493453, amount, locale: 'ru' })
const tooMuch = 'should be 500 at the most, which is what was charged'

specify('order: the money of an order is to go back', [
  {
    given: 'no such order',
    outcome: 'it is refused: order_not_found',
    decide: () => refundOrder(undefined, wish),
    decision: refused('order_not_found', 'there is no order 54321'),
  },
  {
    given: 'another version than the one it is meant for',
    outcome: 'it is refused: version_mismatch',
    decide: () => refundOrder(confirmed, { ...wish, if_version: 6 }),
    decision: refused('version_mismatch', 'its version is 7; read it again'),
  },
  ...(['Pending', 'Rejected', 'Cancelled', 'Refunded'] as const).map(status => ({
    given: `that it is ${status}`,
    outcome: 'it is refused: order_not_refundable',
    decide: () => refundOrder({ ...pending, status }, wish),
    decision: refused('order_not_refundable', `order 54321 is ${status}; only a Confirmed one is refunded, once`),
  })),
  {
    given: 'one minor unit more than was charged',
    outcome: 'it is refused: invalid_amount',
    decide: () => refundOrder(confirmed, { ...wish, amount: 500_01 }),
    decision: refused('invalid_amount', `#/amount: ${tooMuch}`, [{ pointer: '#/amount', detail: tooMuch }]),
  },
  {
    given: 'no amount',
    outcome: 'all of it goes back',
    decide: () => refundOrder(confirmed, wish),
    decision: refundedOf('500'),
  },
  {
    given: 'just what was charged',
    outcome: 'all of it goes back',
    decide: () => refundOrder(confirmed, { ...wish, amount: 500_00 }),
    decision: refundedOf('500'),
  },
  {
    given: 'less than was charged',
    outcome: 'that part goes back',
    decide: () => refundOrder(confirmed, { ...wish, amount: 99_90 }),
    decision: refundedOf('99.90'),
  },
])

const product = { product_id: '12345', name: 'Tea', priceMinor: 100_00, version: 3 }
const tea = { product_id: '12345', name: 'Tea', price: 100_00 }
const tooDear = 'should be no more than a balance can hold'

specify('order: a product is to have a name and a price', [
  {
    given: 'no such product, though it is meant for one of whatever version',
    outcome: 'it is refused: version_mismatch',
    decide: () => putProduct(undefined, { ...tea, if_version: '*' }),
    decision: refused('version_mismatch', 'there is no such thing, of whatever version'),
  },
  {
    given: 'no such product, though it is meant for a version',
    outcome: 'it is refused: version_mismatch',
    decide: () => putProduct(undefined, { ...tea, if_version: 3 }),
    decision: refused('version_mismatch', 'there is no such thing, of whatever version'),
  },
  {
    given: 'such a product, though it is meant to be new',
    outcome: 'it is refused: version_mismatch',
    decide: () => putProduct(product, { ...tea, if_version: 0 }),
    decision: refused('version_mismatch', 'its version is 3; read it again'),
  },
  {
    given: 'another version than the one it is meant for',
    outcome: 'it is refused: version_mismatch',
    decide: () => putProduct(product, { ...tea, if_version: 2 }),
    decision: refused('version_mismatch', 'its version is 3; read it again'),
  },
  {
    given: 'a price beyond every balance',
    outcome: 'it is refused: invalid_amount',
    decide: () => putProduct(product, { ...tea, price: MAX_BALANCE_MINOR + 1 }),
    decision: refused('invalid_amount', `#/price: ${tooDear}`, [{ pointer: '#/price', detail: tooDear }]),
  },
  {
    given: 'that it has them already',
    outcome: 'nothing changes',
    decide: () => putProduct(product, tea),
    decision: { kind: 'nothing', reply: {} },
  },
  {
    given: 'no such product',
    outcome: 'it is made',
    decide: () => putProduct(undefined, { ...tea, if_version: 0 }),
    decision: happened('ProductChanged', undefined, { product_id: '12345', name: 'Tea', price: '100' }),
  },
  {
    given: 'another price',
    outcome: 'it is changed',
    decide: () => putProduct(product, { ...tea, price: 99_90, if_version: 3 }),
    decision: happened('ProductChanged', undefined, { product_id: '12345', name: 'Tea', price: '99.90' }),
  },
  {
    given: 'another name',
    outcome: 'it is changed',
    decide: () => putProduct(product, { ...tea, name: 'Coffee' }),
    decision: happened('ProductChanged', undefined, { product_id: '12345', name: 'Coffee', price: '100' }),
  },
])

const person = { first_name: 'Ivan', last_name: 'Petrov', email: 'ivan@example.com', locale: 'ru' } as const
const user = { user_id: '93493453', ...person, version: 4 } as const
const userChanged = (locale: string, address_changed: boolean, changes: object) =>
  happened(
    'UserChanged',
    '93493453',
    { user_id: 93493453, locale, address_changed },
    { first_name: 'Ivan', last_name: 'Petrov', email: 'ivan@example.com', ...changes },
  )

specify('order: a user is to be changed', [
  {
    given: 'no such user, or one who was erased',
    outcome: 'it is refused: user_not_found',
    decide: () => changeUser(undefined, { user_id: '93493453', locale: 'en' }),
    decision: refused('user_not_found', 'there is no user 93493453'),
  },
  {
    given: 'another version than the one it is meant for',
    outcome: 'it is refused: version_mismatch',
    decide: () => changeUser(user, { user_id: '93493453', locale: 'en', if_version: 3 }),
    decision: refused('version_mismatch', 'its version is 4; read it again'),
  },
  {
    given: 'nothing that is another',
    outcome: 'nothing changes',
    decide: () => changeUser(user, { user_id: '93493453', first_name: 'Ivan' }),
    decision: { kind: 'nothing', reply: {} },
  },
  {
    given: 'no field at all',
    outcome: 'nothing changes',
    decide: () => changeUser(user, { user_id: '93493453' }),
    decision: { kind: 'nothing', reply: {} },
  },
  {
    given: 'another address',
    outcome: 'it is sealed, and readers hear that the address is another',
    decide: () => changeUser(user, { user_id: '93493453', email: 'petrov@example.com', if_version: 4 }),
    decision: userChanged('ru', true, { email: 'petrov@example.com' }),
  },
  {
    given: 'another language',
    outcome: 'readers hear of it',
    decide: () => changeUser(user, { user_id: '93493453', locale: 'en' }),
    decision: userChanged('en', false, {}),
  },
  {
    given: 'another name',
    outcome: 'it is sealed',
    decide: () => changeUser(user, { user_id: '93493453', last_name: 'Sidorov' }),
    decision: userChanged('ru', false, { last_name: 'Sidorov' }),
  },
])

specify('order: a user is to be erased', [
  {
    given: 'no such user, or one who was erased',
    outcome: 'it is refused: user_not_found',
    decide: () => eraseUser(undefined, { user_id: '93493453' }),
    decision: refused('user_not_found', 'there is no user 93493453'),
  },
  {
    given: 'another version than the one it is meant for',
    outcome: 'it is refused: version_mismatch',
    decide: () => eraseUser(user, { user_id: '93493453', if_version: 3 }),
    decision: refused('version_mismatch', 'its version is 4; read it again'),
  },
  {
    given: 'a user',
    outcome: 'they are erased, and every actor hears of it',
    decide: () => eraseUser(user, { user_id: '93493453' }),
    decision: {
      kind: 'event',
      event: { type: 'PersonErased', user: '93493453', data: { user_id: 93493453 } },
      reply: { user_id: 93493453, erased: true },
    },
  },
])

specify('order: a user whose id comes from outside was erased', [
  {
    given: 'that somebody registers the id again',
    outcome: 'it is set aside: the id is not given out twice',
    decide: () => registerUser('erased', 'unique_user_id', person),
    decision: {
      ...refused('invalid_id', 'user unique_user_id was erased; take another id'),
      deadLetter: 'content_mismatch',
    } as Decision,
  },
])
