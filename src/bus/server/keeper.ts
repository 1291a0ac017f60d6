/** The keeper: a few lines of sh between us and nats-server, which outlive us by seconds and then end it. */

/** How long nats-server goes on after a supervisor that was killed, so that the actors can still drain, s. */
const graceSeconds = 3
/** How long it may take to end after that, s. */
const endSeconds = 5

/**
 * stdin is a pipe that only the supervisor holds; when it closes, nats-server gets SIGTERM after the grace.
 * The watcher takes its sleep with it when it is told that nats-server has ended, so that nothing at all is left.
 * It is waited for, since in a container nobody else may take its end in: it would stay as a zombie.
 * The server gets neither end of the pipe, and its pid is said on stdout.
 */
const script = `
exec 3<&0 </dev/null
"$@" 3<&- &
server=$!
echo "$server"
exec >/dev/null
(
  trap 'kill "$pause"; exit' TERM
  read -r never <&3
  exec 3<&-
  sleep ${graceSeconds} & pause=$!
  wait "$pause"
  kill -TERM "$server"
  sleep ${endSeconds} & pause=$!
  wait "$pause"
  kill -KILL "$server"
) 2>/dev/null &
watcher=$!
exec 3<&-
wait "$server"
code=$?
kill "$watcher" 2>/dev/null
wait "$watcher"
exit "$code"
`

/** The command that runs nats-server under its keeper; on Windows, which has no sh, bare. */
export function keptCommand(program: string, args: string[]): { command: string; args: string[]; kept: boolean } {
  if (process.platform === 'win32') return { command: program, args, kept: false }
  return { command: 'sh', args: ['-c', script, 'kassa-nats-keeper', program, ...args], kept: true }
}
