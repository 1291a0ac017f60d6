/** One setting: the schema of its text, and what a person needs to know of its variable. */
import { z } from 'zod'

/** `standard` is the text that counts when the variable is unset; without one it may stay unset. */
export type Variable = {
  name: string
  standard?: string
  /** What the help shows instead of `standard`, where that would name a path of this machine. */
  shown?: string
  wish: string
  example: string
  meaning: string
  /** What was got is not repeated in a fault: there may be a password in it. */
  isSecret?: true
}

const variables = z.registry<Variable>()

/** A setting that always has a value. */
export function setting<Field extends z.ZodType<unknown, string>>(
  field: Field,
  variable: Variable & { standard: string },
) {
  const schema = z.prefault(field, variable.standard as z.input<Field>)
  variables.add(schema as z.ZodType, variable)
  return schema
}

/** A setting that may stay unset. */
export function optionalSetting<Field extends z.ZodType<unknown, string>>(field: Field, variable: Variable) {
  const schema = field.optional()
  variables.add(schema as z.ZodType, variable)
  return schema
}

/** The variable a schema made here belongs to. */
export function variableOf(schema: z.ZodType): Variable {
  const variable = variables.get(schema)
  if (!variable) throw new Error('Cannot find the variable of a setting: its schema was not made by setting()')
  return variable
}

/** What to tell a person whose text did not fit. */
export function faultLine({ name, wish, example, isSecret }: Variable, text: string | undefined): string {
  const got = isSecret ? 'something else (not shown, there may be a password in it)' : `"${text}"`
  return `${name}: got ${got}; ${wish}, for example ${name}=${example}`
}
