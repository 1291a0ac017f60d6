/** What the owner of a key may do: one line for each route that is not the operator's alone. */
import type { ROUTES } from './routes.ts'

/**
 * How a caller who is bound to a user is held to it: `user`: by the field `user_id`; `order` and `letter`: by whose it
 * is; `free`: it is nobody's; `never`: such a caller may not.
 */
export type Holding = 'user' | 'order' | 'letter' | 'free' | 'never'

type Name = (typeof ROUTES)[number]['name']

/**
 * For clients: the document's operations and what can be read under /v1. Money, letters of a free text and new users are
 * the shop's business, so a caller who is bound to one user makes none of them, for that user neither.
 */
export const CLIENTS: Partial<Record<Name, Holding>> = {
  CreateUser: 'never',
  PutMoney: 'never',
  GetHistory: 'user',
  ListLetters: 'user',
  CreateOrder: 'user',
  SendLetter: 'never',
  RegisterUser: 'never',
  SubscribeQueue: 'never',
  PlaceOrder: 'never',
  Withdraw: 'never',
  ListOrders: 'user',
  GetOrder: 'order',
  GetOrderTimeline: 'order',
  GetBalance: 'user',
  ListProducts: 'free',
  GetProduct: 'free',
  GetUser: 'user',
  ExportUser: 'user',
  ListAllLetters: 'user',
  GetLetter: 'letter',
}
