/** How far a watcher has come in every log: the `id` of an event in the feed, and what `Last-Event-ID` brings back. */
import { refuse } from './refused.ts'

/** By source (`order/0`), the number of the last entry that was told. */
export type Place = Record<string, number>

const PART = /^([a-z]+\/\d{1,4})=(0|[1-9]\d{0,15})$/

/** `order/0=12;billing/0=9` */
export const placeText = (place: Place): string =>
  Object.entries(place)
    .map(([source, seq]) => `${source}=${seq}`)
    .join(';')

/** The reverse of `placeText`; sources that there are not here are left out. Throws `Refused` on anything else. */
export const readPlace = (text: string, sources: readonly string[]): Place => {
  const place: Place = {}
  for (const part of text.split(';')) {
    const [, source, seq] = PART.exec(part) ?? []
    if (source === undefined)
      throw refuse('invalid_field', 'Last-Event-ID should be the id of an event, like order/0=12;billing/0=9')
    if (sources.includes(source)) place[source] = Number(seq)
  }
  return place
}
