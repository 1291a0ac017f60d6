/** Names that look like settings of Kassa and are none. */
import { nearestName } from './nearest-name.ts'

/** Names that Kassa sets for its own processes; no person should. */
const ownNames = ['KASSA_SUPERVISED', 'KASSA_LIFELINE', 'KASSA_RESTARTS']

/** A warning for each `KASSA_*` in `env` that is not among the `known` names. */
export function unknownNames(env: Record<string, string | undefined>, known: readonly string[]): string[] {
  const unknown = Object.keys(env).filter(name => name.startsWith('KASSA_') && ![...known, ...ownNames].includes(name))

  return unknown.map(name => {
    const meant = nearestName(name, known)
    return meant ? `${name} is not a setting of Kassa; did you mean ${meant}?` : `${name} is not a setting of Kassa`
  })
}
