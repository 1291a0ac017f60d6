/** The paths that a run of seeds must have reached, or it has proven nothing about them. */

export const RARE_PATHS = {
  'healed from the stream': 'a store took entries back that only its stream had',
  'stream made anew': 'a stream was made again and filled from the log',
  'foreign kept aside': 'messages that are not ours were taken out of a stream',
  'fleeting message': 'a message that is not ours was gone again while an actor started',
  'Started taken back': 'two starts wrote the same number, and one gave way',
  'read from the source': 'a reader got entries from the actor itself, not from its stream',
  'healed from a reader': 'an actor got entries of its own log from one who had read them',
  'append refused': 'the stream stood elsewhere than an append expected',
  'started over': 'an actor found that its log is another one now, and started over',
  'restored store opened': 'a store of an earlier time opened again',
  'deleted store opened': 'an actor without a store opened again',
  'flipped bit': 'a bit flipped in a store, was noticed, and the store was built anew from its log',
  'clock set': 'the wall clock was set while actors ran, forward or back',
  'history refused': 'a store was refused at its start',
  'witness contradicted': 'a reader had seen what a store has not',
  'witness silent at the start': 'an actor opened before all its readers had answered',
  'reader stopped reading': 'a reader found that its source has another history',
  'reply replayed': 'a request was answered from the inbox',
  'refusal replayed': 'a no was answered from the inbox',
  'asked again by the key of a 503': 'a client without a key got one with a 503, and asked again with it',
  'gateway died': 'the gateway was killed, and what it had not answered yet was lost',
  'key reused': 'another body under a known key was refused',
  'queue key reused': 'another queued body under a known key was refused by the gateway',
  'queued again': 'a queued command came once more, and was not carried out again',
  parked: 'a queued command waited for something',
  'parked and woken': 'what it waited for came',
  'parked and expired': 'what it waited for never came',
  'dead letter': 'a queued command could not be carried out',
  'order rejected': 'an order could not be charged',
  'order cancelled': 'an order was given up while it was pending',
  'order refunded': 'the money of a paid order was given back',
  'charge overtaken': 'billing had charged an order that was cancelled, and gave the money back',
  'inbox trimmed': 'old command ids were forgotten',
  'newer version': 'an event was written that only a newer version knows',
  'disk full at a start': 'an actor was started on a disk without room',
  'slow broker': 'the broker took longer than those who ask it wait',
  'disk full': 'a turn found no room and was held again later',
  'commit failed, written': 'a commit failed and had happened all the same',
  'commit failed, undone': 'a commit failed and had not happened',
  'stopped in order': 'a process was stopped and brought its stream up to date',
  'store adopted': 'a person went on with a store that was refused, and gave up what it lacked',
  'person erased': 'a user was erased, and whoever asked was told so',
  'letter bounced': 'the mail server refused an address for good',
  'letter taken without an answer': 'the mail server had a letter, and the connection was lost before it said so',
  'letter twice': 'the mail server got a letter once more, under the same Message-ID',
  'two owners': 'a second process ran on a copy of a store',
} as const

export type RarePath = keyof typeof RARE_PATHS

/** How often each path was reached. */
export type Counts = Map<RarePath, number>

/** The paths that nothing has reached. */
export const missed = (counts: Counts): RarePath[] =>
  (Object.keys(RARE_PATHS) as RarePath[]).filter(path => !counts.get(path))
