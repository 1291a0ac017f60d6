/** The supervisor, over small processes of its own kind. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type ChildSpec, launchProcess } from './launch.ts'
import type { Running } from './running.ts'
import { createSupervisor, type Happening, type Part } from './supervisor.ts'
import { programOf } from './test-program.ts'

const quickTimes = { backoffMin: 5, backoffMax: 20, steady: 10_000, stageDrain: 400, wholeDrain: 1_000 }
const childModule = new URL('./child.ts', import.meta.url).href

/** A process that runs `code`; `endWithParent` is at hand. */
function spec(code: string): ChildSpec {
  return { ...programOf(programText(code)), env: process.env }
}

const programText = (code: string) => `import { endWithParent } from ${JSON.stringify(childModule)}\n${code}`

const waits = 'endWithParent(async () => {}); console.log("up")'
const part = (name: string, stage: number, child: ChildSpec): Part => ({
  name,
  stage,
  launch: () => launchProcess({ ...child, stdout: 'ignore' }),
})

/** A supervisor whose happenings can be waited for. */
function watched(times = quickTimes) {
  const happenings: Happening[] = []
  const supervisor = createSupervisor(happening => happenings.push(happening), times)
  const until = async (what: Happening['what'], count = 1) => {
    while (happenings.filter(happening => happening.what === what).length < count) await sleep(5)
  }
  return { supervisor, happenings, until }
}

/** A part that is no process: it ends when told to, in the order that the test looks at. */
function fake(name: string, stage: number, order: string[], obeys = true): Part {
  return {
    name,
    stage,
    async launch(): Promise<Running> {
      const { promise: exited, resolve } = Promise.withResolvers<{
        code: number | null
        signal: NodeJS.Signals | null
      }>()
      const end = (how: string) => {
        order.push(`${name} ${how}`)
        resolve({ code: 0, signal: null })
      }
      return { pid: 1, exited, ask: () => void (obeys && end('drained')), kill: () => end('killed') }
    },
  }
}

describe('supervisor: keeping parts running', () => {
  it('starts a part again when it is killed', async () => {
    const { supervisor, happenings, until } = watched()
    supervisor.keep(part('order', 2, spec(waits)))
    await until('started')
    process.kill((happenings[0] as { pid: number }).pid, 'SIGKILL')
    await until('started', 2)

    assert.deepEqual(happenings[1], { what: 'died', part: 'order', reason: 'ended by SIGKILL', restartInMs: 5 })
    await supervisor.stop()
  })

  it('waits longer after each quick death, and gives up after ten while others go on', async () => {
    const { supervisor, happenings, until } = watched()
    const order: string[] = []
    supervisor.keep({ name: 'broken', stage: 2, launch: () => Promise.reject(new Error('no such program')) })
    supervisor.keep(fake('billing', 2, order))
    await until('gave up')

    const pauses = happenings.filter(happening => happening.what === 'died').map(happening => happening.restartInMs)
    assert.deepEqual(pauses, [5, 10, 20, 20, 20, 20, 20, 20, 20])
    const last = happenings.at(-1)
    assert.deepEqual(last, {
      what: 'gave up',
      part: 'broken',
      reason: 'no such program, 10 times in a row',
      exitCode: null,
    })
    assert.deepEqual(order, [], 'billing runs')
    await supervisor.stop()
  })

  it('gives up at once when a part refuses its configuration (exit code 78)', async () => {
    const { supervisor, happenings, until } = watched()
    supervisor.keep(part('order', 2, spec('process.exit(78)')))
    await until('gave up')
    assert.deepEqual(happenings.at(-1), {
      what: 'gave up',
      part: 'order',
      reason: 'ended with exit code 78',
      exitCode: 78,
    })
    await supervisor.stop()
  })

  it('forgets old deaths of a part that was up for a steady while', async () => {
    const { supervisor, happenings, until } = watched({ ...quickTimes, steady: 0 })
    supervisor.keep({ name: 'broken', stage: 2, launch: () => Promise.reject(new Error('down')) })
    await until('died', 12)
    assert.ok(happenings.every(happening => happening.what === 'died' && happening.restartInMs === 5))
    await supervisor.stop()
  })

  it('kills a part that is named, as often as it is asked, and never gives it up for that', async () => {
    const { supervisor, happenings, until } = watched()
    const order: string[] = []
    supervisor.keep(fake('billing', 2, order))
    assert.equal(supervisor.kill('billing'), undefined, 'it is not up yet')
    assert.equal(supervisor.kill('nobody'), undefined)
    for (let kills = 1; kills <= 12; kills++) {
      await until('started', kills)
      assert.equal(supervisor.kill('billing'), 1)
    }
    await until('started', 13)
    assert.deepEqual(order, Array(12).fill('billing killed'))
    const pauses = happenings.filter(happening => happening.what === 'died').map(({ restartInMs }) => restartInMs)
    assert.deepEqual(pauses, Array(12).fill(5), 'each is the first of its kind')
    await supervisor.stop()
  })

  it('passes SIGHUP on to the part that is named, and to no other', async () => {
    const { supervisor, until } = watched()
    const order: string[] = []
    const hears = (name: string): Part => ({
      ...fake(name, 2, order),
      launch: async signal => ({
        ...(await fake(name, 2, order).launch(signal)),
        hangUp: () => order.push(`${name} read`),
      }),
    })
    supervisor.keep(hears('billing'))
    supervisor.keep(hears('gateway'))
    await until('started', 2)
    supervisor.hangUp('gateway')
    assert.deepEqual(order, ['gateway read'])
    await supervisor.stop()
  })
})

describe('supervisor: stopping', () => {
  it('drains the gateway first, then the actors, then the broker', async () => {
    const { supervisor, until } = watched()
    const order: string[] = []
    for (const [name, stage] of [
      ['nats-server', 3],
      ['order', 2],
      ['gateway', 1],
    ] as const)
      supervisor.keep(fake(name, stage, order))
    await until('started', 3)
    await supervisor.stop()
    assert.deepEqual(order, ['gateway drained', 'order drained', 'nats-server drained'])
  })

  it('waits longer for a part that says so', async () => {
    const { supervisor, until } = watched({ ...quickTimes, stageDrain: 20, wholeDrain: 60_000 })
    const order: string[] = []
    const slow = fake('all in one', 1, order)
    supervisor.keep({
      ...slow,
      drains: 3_000,
      launch: async signal => {
        const running = await slow.launch(signal)
        return { ...running, ask: () => void sleep(200).then(running.ask) }
      },
    })
    supervisor.keep(fake('nats-server', 3, order))
    await until('started', 2)
    await supervisor.stop()
    assert.deepEqual(order, ['all in one drained', 'nats-server drained'])
  })

  it('kills what does not drain, in the end', async () => {
    const { supervisor, until } = watched()
    const order: string[] = []
    supervisor.keep(fake('stubborn', 1, order, false))
    supervisor.keep(fake('order', 2, order))
    await until('started', 2)
    await supervisor.stop()
    assert.deepEqual(order, ['order drained', 'stubborn killed'])
  })

  it('restarts nothing that ends meanwhile', async () => {
    const { supervisor, happenings, until } = watched()
    supervisor.keep(part('order', 2, spec(waits)))
    await until('started')
    await supervisor.stop()
    assert.deepEqual(
      happenings.map(happening => happening.what),
      ['started'],
    )
  })

  it('lets a child finish its drain, whatever signals follow', async () => {
    const place = mkdtempSync(join(tmpdir(), 'kassa-supervisor-'))
    const running = await launchProcess({
      ...spec(`
        import { mkdirSync } from 'node:fs'
        import { setTimeout as sleep } from 'node:timers/promises'
        endWithParent(async () => { await sleep(300); process.exit(7) })
        mkdirSync(${JSON.stringify(join(place, 'up'))})`),
    })
    while (!existsSync(join(place, 'up'))) await sleep(5)
    running.ask()
    running.ask()
    process.kill(running.pid, 'SIGINT')
    assert.deepEqual(await running.exited, { code: 7, signal: null })
    rmSync(place, { recursive: true })
  })

  it('leaves nothing running when it is killed itself: children end when their stdin closes', {
    timeout: 10_000,
  }, async () => {
    const launchModule = new URL('launch.ts', import.meta.url).href
    const parentCode = `
      import { launchProcess } from ${JSON.stringify(launchModule)}
      const child = await launchProcess({ ...${JSON.stringify(programOf(programText(waits)))}, env: process.env, stdout: 'ignore' })
      console.log(child.pid)`
    const { command, args } = programOf(parentCode)
    const parent = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    const [said] = await once(parent.stdout, 'data')
    parent.kill('SIGKILL')
    while (isAlive(Number(said))) await sleep(20)
  })
})

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    // Gone.
    return false
  }
}
