/** stub */
import { type Exchange, sendJson } from './exchange.ts'
export const answerOpenapi = (exchange: Exchange): Response => sendJson(exchange, 200, '{}')
