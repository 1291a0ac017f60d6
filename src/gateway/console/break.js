/** Breaking things while orders are placed: what is broken, how it heals, and the proof afterwards. */
import { post } from './api.js'
import { button, field, h, notice, replace, say, table } from './dom.js'
import { watchHealing } from './healing.js'
import { placeAndProve } from './proof.js'
import { command, customerLink, moment } from './shown.js'
import { isGood } from './weigh.js'

/** Enough are taken by then that something can be lost. */
const BROKEN_AFTER = 3
const MOST = 200

const BREAKAGES = [
  {
    text: 'Kill billing',
    path: '/v1/demo/kill',
    body: { actor: 'billing' },
    done: ({ actor, pid }, healing) => {
      healing.killed(actor)
      return `${actor} was killed: pid ${pid}, by SIGKILL.`
    },
  },
  {
    text: 'Delete the stream of the orders',
    path: '/v1/demo/delete-stream',
    body: { actor: 'order' },
    done: ({ stream, messages }, healing) => {
      healing.deleted(stream)
      return `${stream} was deleted, with its ${messages} entries.`
    },
  },
  {
    text: 'Slow the mail',
    path: '/v1/demo/slow-mail',
    body: { seconds: 10 },
    done: ({ seconds, each_letter_ms }, healing) => {
      healing.slowed(seconds)
      return `The mail is slow for ${seconds} s: each letter waits ${each_letter_ms / 1000} s before it leaves.`
    },
  },
]

/** How to do the same where no button may. */
const byHand = () => [
  h(
    'p',
    { class: 'where' },
    'With KASSA_DEMO=1 there are buttons here for what you can do by hand: delete the stream of the orders, which is made again from the store;',
  ),
  command('nats --context kassa stream rm ORDER_0 -f'),
  h('p', { class: 'where' }, 'kill billing, whose pid stands in what it answers:'),
  command("kill -9 $(nats --context kassa req billing.0.query.Health '{}' --raw | jq .pid)"),
]

const shown = (wanted, found, currency) =>
  table(
    'What was asked for, and what is there',
    ['What', 'Found', 'Should be'],
    [
      ['Orders acknowledged', found.acknowledged, wanted],
      ['Lost', found.lost, 0],
      ['Doubled', found.doubled, 0],
      ['Confirmed', found.confirmed, wanted],
      ['Charged exactly once', found.chargedOnce, wanted],
      ['Confirmed by exactly one letter', found.toldOnce, wanted],
      [['Balance of customer ', customerLink(found.user_id), `, ${currency}`], found.balance, found.expected],
    ].map(([what, is, should]) => ({ cells: [what, String(is), String(should)] })),
  )

export const renderBreaking = ({ currency, demo }) => {
  const line = notice()
  const happened = h('ol', { id: 'happened' })
  const told = h('div', { class: 'list', id: 'proof' })
  const count = h('input', { type: 'number', min: '1', max: String(MOST), value: '20' })
  let burst
  const note = text => happened.append(h('li', {}, moment(new Date().toISOString()), ` ${text}`))

  const run = async (wanted, { taken, healing }) => {
    try {
      const found = await placeAndProve(wanted, placed => {
        say(line, `${placed} of ${wanted} orders are taken${demo ? '' : '. Break something now'}.`)
        if (placed >= Math.min(BROKEN_AFTER, wanted)) taken.resolve()
        if (placed === wanted) note('All orders are taken; each is waited for.')
      })
      const { lost, doubled, open } = found
      const verdict = `${lost} of ${wanted} orders lost, ${doubled} doubled, ${open} not settled.`
      say(line, verdict, isGood(wanted, found) ? 'good' : 'bad')
      replace(told, shown(wanted, found, currency))
    } catch (fault) {
      say(line, fault.message, 'bad')
    } finally {
      taken.resolve()
      healing.stop()
      burst = undefined
    }
  }
  /** The burst that is under way, or a new one. */
  const begin = () => {
    if (burst) return burst
    replace(happened)
    replace(told)
    const wanted = Math.min(MOST, Math.max(1, Number(count.value) || 1))
    burst = { taken: Promise.withResolvers(), healing: watchHealing(note) }
    burst.over = run(wanted, burst)
    return burst
  }
  const breakIt = async ({ path, body, done }) => {
    const { taken, healing } = begin()
    await taken.promise
    try {
      note(done(await post(path, body), healing))
    } catch (fault) {
      note(fault.message)
    }
  }

  return {
    elements: [
      h('h2', {}, 'Break it'),
      h(
        'p',
        {},
        'Orders are placed one after the other, each under a key of its own until there is an answer, while something is broken; then everything is counted.',
      ),
      !demo && byHand(),
      h(
        'div',
        { class: 'row' },
        field('Orders', count),
        demo && BREAKAGES.map(breakage => button(breakage.text, line, () => breakIt(breakage))),
        button(demo ? 'Break nothing' : 'Place them, and prove it', line, () => begin().over),
      ),
      line,
      happened,
      told,
    ],
    heard: step => burst?.healing.heard(step),
    leave: () => burst?.healing.stop(),
  }
}
