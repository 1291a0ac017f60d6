/** What Kassa writes by itself: subject and text of a letter, by what happened and by language. */
import type { Locale } from '../values.ts'

export type OrderLetter = 'order_pending' | 'order_confirmed' | 'order_rejected' | 'order_cancelled' | 'order_refunded'

/** Subject and text of a letter: plain text, never markup, so there is nothing in it that a mail reader would run. */
export type Wording = { subject: string; message: string }

/** What a letter tells of. `amount` as it is shown, where money is told of. */
export type Told = { orderId: string; amount?: string }

type Template = { subject: (told: Told) => string; message: (told: Told) => string }

const TEMPLATES: Record<OrderLetter, Record<Locale, Template>> = {
  order_pending: {
    ru: {
      subject: ({ orderId }) => `Заказ #${orderId} ожидает подтверждения`,
      message: ({ orderId }) => `Ваш заказ #${orderId} ожидает подтверждения.`,
    },
    en: {
      subject: ({ orderId }) => `Order #${orderId} is waiting for confirmation`,
      message: ({ orderId }) => `Your order #${orderId} is waiting for confirmation.`,
    },
  },
  order_confirmed: {
    ru: {
      subject: ({ orderId }) => `Заказ #${orderId} подтвержден`,
      message: ({ orderId }) => `Ваш заказ #${orderId} подтвержден и отправлен.`,
    },
    en: {
      subject: ({ orderId }) => `Order #${orderId} is confirmed`,
      message: ({ orderId }) => `Your order #${orderId} is confirmed and on its way.`,
    },
  },
  order_rejected: {
    ru: {
      subject: ({ orderId }) => `Заказ #${orderId} отклонен`,
      message: ({ orderId }) => `Ваш заказ #${orderId} отклонен: недостаточно средств на счете.`,
    },
    en: {
      subject: ({ orderId }) => `Order #${orderId} was rejected`,
      message: ({ orderId }) => `Your order #${orderId} was rejected: the balance is too low.`,
    },
  },
  order_cancelled: {
    ru: {
      subject: ({ orderId }) => `Заказ #${orderId} отменен`,
      message: ({ orderId }) => `Ваш заказ #${orderId} отменен.`,
    },
    en: {
      subject: ({ orderId }) => `Order #${orderId} was cancelled`,
      message: ({ orderId }) => `Your order #${orderId} was cancelled.`,
    },
  },
  order_refunded: {
    ru: {
      subject: ({ orderId }) => `Возврат по заказу #${orderId}`,
      message: ({ orderId, amount }) => `По вашему заказу #${orderId} возвращено ${amount}.`,
    },
    en: {
      subject: ({ orderId }) => `Refund for order #${orderId}`,
      message: ({ orderId, amount }) => `${amount} was refunded for your order #${orderId}.`,
    },
  },
}

/** The wording of `letter` in the reader's language. */
export const wordingOf = (letter: OrderLetter, locale: Locale, told: Told): Wording => {
  const { subject, message } = TEMPLATES[letter][locale]
  return { subject: subject(told), message: message(told) }
}

/** The subject of a letter in somebody else's words. */
export const subjectOfMessage: Record<Locale, string> = { ru: 'Сообщение', en: 'Message' }
