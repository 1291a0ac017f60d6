/** A JSON number that a JavaScript number would not give back as it was written. */

/**
 * What the JSON reader gives for `100.00`, `1e3`, `-0` or `9007199254740993`: the text itself, so that money is read
 * from the literal and never from a float. A number that prints as it was written (`1000.5`) is a plain number.
 */
export class NumberLiteral {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
  /** Whoever takes a number literal also takes its text, so it travels on as a string. */
  toJSON(): string {
    return this.text
  }
}

/** The text of a JSON string or number, or `undefined` for anything else. */
export const literalText = (value: unknown): string | undefined => {
  if (typeof value === 'string') return value
  if (typeof value === 'number') return String(value)
  if (value instanceof NumberLiteral) return value.text
  return undefined
}
