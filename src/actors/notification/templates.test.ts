/** The letters, word for word as the founding document and the contract have them. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Locale } from '../values.ts'
import { type OrderLetter, textOf } from './templates.ts'

const letters: [letter: OrderLetter, locale: Locale, text: string][] = [
  ['order_pending', 'ru', 'Ваш заказ #54321 ожидает подтверждения.'],
  ['order_pending', 'en', 'Your order #54321 is waiting for confirmation.'],
  ['order_confirmed', 'ru', 'Ваш заказ #54321 подтвержден и отправлен.'],
  ['order_confirmed', 'en', 'Your order #54321 is confirmed and on its way.'],
  ['order_rejected', 'ru', 'Ваш заказ #54321 отклонен: недостаточно средств на счете.'],
  ['order_rejected', 'en', 'Your order #54321 was rejected: the balance is too low.'],
]

describe('the letter about an order', () => {
  for (const [letter, locale, text] of letters)
    it(`${letter} in ${locale} is "${text}"`, () => assert.equal(textOf(letter, locale, '54321'), text))

  it('names whatever order it is about', () =>
    assert.equal(textOf('order_pending', 'ru', 'order-7'), 'Ваш заказ #order-7 ожидает подтверждения.'))
})
