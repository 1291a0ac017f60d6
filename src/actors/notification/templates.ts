/** What Kassa writes by itself: the text of a letter, by what happened and by language. */
import type { Locale } from '../values.ts'

export type OrderLetter = 'order_pending' | 'order_confirmed' | 'order_rejected'

const TEXTS: Record<OrderLetter, Record<Locale, (orderId: string) => string>> = {
  order_pending: {
    ru: orderId => `Ваш заказ #${orderId} ожидает подтверждения.`,
    en: orderId => `Your order #${orderId} is waiting for confirmation.`,
  },
  order_confirmed: {
    ru: orderId => `Ваш заказ #${orderId} подтвержден и отправлен.`,
    en: orderId => `Your order #${orderId} is confirmed and on its way.`,
  },
  order_rejected: {
    ru: orderId => `Ваш заказ #${orderId} отклонен: недостаточно средств на счете.`,
    en: orderId => `Your order #${orderId} was rejected: the balance is too low.`,
  },
}

/** The text of `letter` about an order, in the reader's language. */
export const textOf = (letter: OrderLetter, locale: Locale, orderId: string): string => TEXTS[letter][locale](orderId)
