/** The letters, word for word as the founding document and the contract have them. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Locale } from '../values.ts'
import { type OrderLetter, wordingOf } from './templates.ts'

const letters: [letter: OrderLetter, locale: Locale, message: string][] = [
  ['order_pending', 'ru', 'Ваш заказ #54321 ожидает подтверждения.'],
  ['order_pending', 'en', 'Your order #54321 is waiting for confirmation.'],
  ['order_confirmed', 'ru', 'Ваш заказ #54321 подтвержден и отправлен.'],
  ['order_confirmed', 'en', 'Your order #54321 is confirmed and on its way.'],
  ['order_rejected', 'ru', 'Ваш заказ #54321 отклонен: недостаточно средств на счете.'],
  ['order_rejected', 'en', 'Your order #54321 was rejected: the balance is too low.'],
  ['order_cancelled', 'ru', 'Ваш заказ #54321 отменен.'],
  ['order_cancelled', 'en', 'Your order #54321 was cancelled.'],
  ['order_refunded', 'ru', 'По вашему заказу #54321 возвращено 99.90.'],
  ['order_refunded', 'en', '99.90 was refunded for your order #54321.'],
]
const told = { orderId: '54321', amount: '99.90' }

describe('the letter about an order', () => {
  for (const [letter, locale, message] of letters)
    it(`${letter} in ${locale} is "${message}"`, () => assert.equal(wordingOf(letter, locale, told).message, message))

  for (const [letter, locale] of letters)
    it(`${letter} in ${locale} names its order in the subject, on one line`, () => {
      const { subject } = wordingOf(letter, locale, told)
      assert.match(subject, /^[^\r\n]*#54321[^\r\n]*$/)
    })

  it('names whatever order it is about', () =>
    assert.equal(
      wordingOf('order_pending', 'ru', { orderId: 'order-7' }).message,
      'Ваш заказ #order-7 ожидает подтверждения.',
    ))
})
