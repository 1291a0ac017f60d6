/** The types of the gateway for Hono's client: `hc<KassaApi>(url)` knows every operation of the table. */
import type { Hono } from 'hono'
import type { BlankEnv } from 'hono/types'
import type { z } from 'zod'
import type { PROBLEMS, ProblemCode, ProblemDocument } from '../bus/problem.ts'
import type { VERSION_FIELD } from './route.ts'
import type { ROUTES } from './routes.ts'

/**
 * The app as `hc` wants to see it. Paths stand without their trailing slash, replies as the contracts say them; where
 * `ok` is false, the body is a problem document.
 */
export type KassaApi = Hono<BlankEnv, KassaSchema, '/'>

// What goes on for ever is no reply of JSON.
type Line = Exclude<(typeof ROUTES)[number], { kind: 'events' }>

type KassaSchema = {
  [Path in Line['path']]: {
    [Here in Extract<Line, { path: Path }> as `$${Lowercase<Here['method']>}`]: EndpointOf<Here>
  }
}

type EndpointOf<Here extends Line> =
  | { input: InputOf<Here>; output: ReplyOf<Here>; outputFormat: 'json'; status: SuccessOf<Here> }
  | { input: InputOf<Here>; output: ProblemDocument; outputFormat: 'json'; status: ProblemStatus }

// What may have been there already is 201 when it was made.
type SuccessOf<Here extends Line> = Here extends { madeIf: string } ? Here['success'] | 201 : Here['success']

type ProblemStatus = (typeof PROBLEMS)[ProblemCode]['status']

// ---- what is sent

type InputOf<Here extends Line> = ParametersOf<Here> & FieldsOf<Here> & HeadersOf<Here>

type ParametersOf<Here extends Line> = [ParameterOf<Here['path']>] extends [never]
  ? unknown
  : { param: Record<ParameterOf<Here['path']>, string> }

type ParameterOf<Path extends string> = Path extends `${infer First}/${infer Rest}`
  ? ParameterOf<First> | ParameterOf<Rest>
  : Path extends `:${infer Name}`
    ? Name
    : never

type FieldsOf<Here extends Line> = Here['kind'] extends 'command' | 'queue' | 'dead-letter'
  ? JsonOf<Omit<BodyOf<Here>, ParameterOf<Here['path']> | typeof VERSION_FIELD>>
  : Here['method'] extends 'GET'
    ? QueryOf<Omit<BodyOf<Here>, ParameterOf<Here['path']>>>
    : unknown

type BodyOf<Here extends Line> = z.input<Here['spec']['body']>

// An operation that is said whole by its address has no body.
type JsonOf<Fields> = [keyof Fields] extends [never]
  ? unknown
  : Partial<Fields> extends Fields
    ? { json?: Fields }
    : { json: Fields }

type QueryOf<Fields> = Partial<Fields> extends Fields ? { query?: Fields } : { query: Fields }

type HeadersOf<Here extends Line> = Here['method'] extends 'GET'
  ? { header?: { 'If-None-Match'?: string } }
  : { header?: { 'Idempotency-Key'?: string; Prefer?: 'respond-async'; 'If-Match'?: string; 'If-None-Match'?: '*' } }

// ---- what comes back

type ReplyOf<Here extends Line> = Here['kind'] extends 'queue'
  ? { accepted: true; id: string }
  : Here['kind'] extends 'list'
    ? ItemsOf<Here['spec']['reply']>
    : Here extends { madeIf: infer Made extends string }
      ? Omit<z.output<Here['spec']['reply']>, Made>
      : Here extends { answeredBy: { spec: infer Second extends { reply: z.ZodType } } }
        ? z.output<Second['reply']>
        : z.output<Here['spec']['reply']>

/** The bare array of a page's items. */
type ItemsOf<Page extends z.ZodType> = z.output<Page> extends { items: infer Items } ? Items : never
